"""Words for people: how kinds are named, and what a name may have been meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["did_you_mean", "full_kind", "with_help"]


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """``did you mean cart-canary?`` if a known name is close, else None."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.75)
    return f"did you mean {close[0]}?" if close else None


def full_kind(group: str, kind: str) -> str:
    """``example.com/Thing``; of the core group the kind alone."""
    return f"{group}/{kind}" if group else kind


def with_help(message: str, help_: str | None) -> str:
    """What is wrong, and what to do about it."""
    return f"{message}; {help_}" if help_ else message
