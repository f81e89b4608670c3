"""The collector is held off, and afterwards as it was."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from gwroute.collector import collector_paused


class Cycle:
    """Refers to itself, so that only the collector can end it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    enabled = gc.isenabled()
    gc.enable()
    yield
    gc.unfreeze()
    if not enabled:
        gc.disable()


def test_it_is_held_off_and_runs_again() -> None:
    with collector_paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_lets_it_run_again() -> None:
    with pytest.raises(KeyError), collector_paused():
        raise KeyError
    assert gc.isenabled()


def test_who_turned_it_off_finds_it_off() -> None:
    gc.disable()
    with collector_paused():
        pass
    assert not gc.isenabled()


def test_unwanted_it_runs_on() -> None:
    with collector_paused(False):
        assert gc.isenabled()


def test_what_was_made_is_old_and_can_still_be_collected() -> None:
    with collector_paused():
        made = Cycle()
        gone = weakref.ref(made)
        del made
    gc.collect(0)
    assert gone() is not None
    assert gc.get_freeze_count() == 0
    gc.collect()
    assert gone() is None


def test_what_was_frozen_stays_frozen() -> None:
    gc.freeze()
    frozen = gc.get_freeze_count()
    with collector_paused():
        pass
    assert gc.get_freeze_count() == pytest.approx(frozen, abs=100)
    assert gc.get_freeze_count() > 0
