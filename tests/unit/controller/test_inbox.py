from gwroute.controller.inbox import Inbox
from gwroute.store import Reset, Synced


def test_what_comes_in_quick_succession_is_one_change() -> None:
    inbox = Inbox()
    first, second = Reset(), Synced()
    inbox.put([first])
    inbox.put([second])
    assert inbox.get() == [first, second]


def test_a_wish_between_changes_keeps_its_place() -> None:
    inbox = Inbox()
    inbox.put([Reset()])
    inbox.put("reload")
    inbox.put([Synced()])
    assert [inbox.get(), inbox.get(), inbox.get()] == [[Reset()], "reload", [Synced()]]


def test_a_wish_is_handed_out_as_it_came() -> None:
    inbox = Inbox()
    inbox.put("drain")
    assert inbox.get() == "drain"
