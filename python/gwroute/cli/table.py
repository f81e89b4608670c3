"""Tables and ages as kubectl prints them."""

from __future__ import annotations

from collections.abc import Sequence

PADDING = 3
"""Blanks between the longest cell of a column and the next column."""

SMALLEST = 6
"""Columns are at least this wide, padding included."""


def render(header: Sequence[str], rows: Sequence[Sequence[str]], *, header_row: bool = True) -> str:
    """The table as text with a line end; an empty string if there is nothing to show."""
    lines = [header, *rows] if header_row else list(rows)
    if not lines:
        return ""
    widths = [max(SMALLEST, PADDING + max(map(len, column))) for column in zip(*lines, strict=True)]
    return "".join(_line(cells, widths) for cells in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "".join(padded).rstrip() + "\n"


def age(seconds: float) -> str:
    """A length of time in kubectl's short form: ``2m31s``, ``19m``, ``3h``, ``5d``.

    Two units at most, and the second one only where it still matters.
    """
    if seconds < -1:
        return "<invalid>"
    whole = max(0, int(seconds))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if whole < 120:
        return f"{whole}s"
    if minutes < 10:
        return _two(minutes, "m", whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if hours < 192:
        return _two(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    if days < 2920:
        return _two(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"
