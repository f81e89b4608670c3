import signal
from threading import Thread, Timer, get_ident

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


def test_a_signal_that_another_thread_takes_is_heard_by_who_waits() -> None:
    inbox = Inbox()
    before = signal.signal(signal.SIGUSR1, lambda *_: inbox.put("drain"))
    rescue = Timer(10.0, inbox.put, ["reload"])
    taker = Thread(target=lambda: signal.pthread_kill(get_ident(), signal.SIGUSR1))
    try:
        rescue.start()
        Timer(0.05, taker.start).start()
        assert inbox.get() == "drain"
    finally:
        rescue.cancel()
        taker.join()
        signal.signal(signal.SIGUSR1, before)
