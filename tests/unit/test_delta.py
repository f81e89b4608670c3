"""Deltas: as small as the change, by identity first and equality second."""

from dataclasses import replace
from typing import ClassVar

import pytest

from gwroute import delta, ir

LISTENERS = (ir.Listener("g/h", "g/g", "h", 80, "HTTP"),)
RULES = tuple(
    ir.Rule(
        f"r{n}",
        ir.RouteRef("HTTPRoute", "a", "r", n),
        (ir.VirtualHost("g/h"),),
        (ir.RouteMatch(),),
    )
    for n in range(5)
)
UPSTREAMS = (ir.Upstream("a/s:80", "a/s:80"), ir.Upstream("a/t:80", "a/t:80"))
OLD = ir.Snapshot(LISTENERS, RULES, UPSTREAMS)
CHANGED = replace(RULES[2], matches=(ir.RouteMatch(method="GET"),))
EXTRA = replace(RULES[0], key="new")


def of(rules: tuple[ir.Rule, ...]) -> ir.Delta:
    return delta.diff(OLD, replace(OLD, rules=rules))


@pytest.mark.parametrize(
    ("rules", "put", "deleted"),
    [
        (RULES, (), ()),
        (tuple(reversed(RULES)), (), ()),
        ((*RULES[:2], CHANGED, *RULES[3:]), (CHANGED,), ()),
        (RULES[1:], (), ("r0",)),
        (RULES[:-1], (), ("r4",)),
        ((*RULES[:2], *RULES[3:]), (), ("r2",)),
        ((EXTRA, *RULES), (EXTRA,), ()),
        ((*RULES, EXTRA), (EXTRA,), ()),
        ((*RULES[:3], EXTRA, *RULES[3:]), (EXTRA,), ()),
        ((EXTRA, *RULES[1:]), (EXTRA,), ("r0",)),
        ((), (), ("r0", "r1", "r2", "r3", "r4")),
    ],
    ids=[
        "nothing",
        "another order",
        "one changed",
        "first gone",
        "last gone",
        "one gone between",
        "new in front",
        "new behind",
        "new between",
        "one for another",
        "all gone",
    ],
)
def test_only_what_changed_is_in_it(
    rules: tuple[ir.Rule, ...], put: tuple[ir.Rule, ...], deleted: tuple[str, ...]
) -> None:
    assert of(rules) == ir.Delta(put_rules=put, delete_rules=deleted)
    assert delta.is_empty(of(rules)) == (not put and not deleted)


def test_equal_records_that_are_other_objects_do_not_count() -> None:
    again = ir.decode(ir.encode(OLD))
    assert delta.is_empty(delta.diff(OLD, again))


class _Watched(str):
    """A key that counts how often it is compared."""

    compared: ClassVar[int] = 0

    def __eq__(self, other: object) -> bool:
        _Watched.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_the_same_objects_are_not_compared() -> None:
    rules = tuple(replace(rule, key=_Watched(rule.key)) for rule in RULES)
    old = replace(OLD, rules=rules)
    new = replace(OLD, rules=(*rules[:2], CHANGED, *rules[3:]))
    _Watched.compared = 0
    assert delta.diff(old, new).put_rules == (CHANGED,)
    assert _Watched.compared <= 2


def test_listeners_change_as_a_whole() -> None:
    more = (*LISTENERS, replace(LISTENERS[0], key="g/i", port=81))
    changed = delta.diff(OLD, replace(OLD, listeners=more))
    assert changed == ir.Delta(listeners=more)
    assert not delta.is_empty(changed)


def test_upstreams_change_by_record() -> None:
    other = replace(UPSTREAMS[0], assumed=True)
    changed = delta.diff(OLD, replace(OLD, upstreams=(other,)))
    assert changed == ir.Delta(put_upstreams=(other,), delete_upstreams=("a/t:80",))
