"""What is wrong with a user's objects, from reading, from resolution and from the checks here.

A check is a function from a store and a resolution to findings. It reads no files.
"""

from __future__ import annotations

from gwroute.finding import Finding
from gwroute.resolve import Resolution
from gwroute.store import ObjectStore

__all__ = ["validate"]


def validate(store: ObjectStore, resolution: Resolution) -> tuple[Finding, ...]:
    """All findings, in the order of files and lines; those without a file come last.

    Args:
        store: The objects, with what was wrong when they were read.
        resolution: What they came to.
    """
    return tuple(sorted((*store.findings, *resolution.findings), key=_place))


def _place(finding: Finding) -> tuple[bool, str, int, int, str]:
    file, line, column = finding.file or "", finding.line or 0, finding.column or 0
    return (finding.file is None, file, line, column, finding.code)
