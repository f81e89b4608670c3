"""Durations of the Gateway API: a subset of Go's (GEP-2257).

One to four groups of one to five digits and a unit, ``h``, ``m``, ``s`` or ``ms``; the value is
their sum. No sign, no fraction, no blank.
"""

from __future__ import annotations

import re

__all__ = ["PATTERN", "milliseconds"]

PATTERN = r"^([0-9]{1,5}(h|m|s|ms)){1,4}$"
"""As the CRDs have it."""

_WHOLE = re.compile(PATTERN, re.ASCII)
_GROUP = re.compile(r"([0-9]+)(ms|h|m|s)", re.ASCII)
_UNITS = {"h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}


def milliseconds(text: str) -> int:
    """The value of a duration in milliseconds.

    Raises:
        ValueError: The text is no duration.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text!r} is no duration such as 10s, 500ms or 1h30m")
    return sum(int(number) * _UNITS[unit] for number, unit in _GROUP.findall(text))
