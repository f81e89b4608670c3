"""What makes a rule unusable, and names and values that can stand in a header."""

from __future__ import annotations

import re
from functools import lru_cache

from gwroute.resolve.conditions import Reason

__all__ = ["Invalid", "is_header_name", "is_header_value"]


class Invalid(Exception):  # noqa: N818 - a verdict on a rule, never seen outside
    """A rule that cannot be used.

    Attributes:
        reason: Of the condition.
        field: What is wrong, below what was looked at; below the rule in the end.
        message: What is wrong with it.
        help: What to do, if the message does not say it.
    """

    def __init__(
        self,
        field: str,
        message: str,
        reason: str = Reason.UNSUPPORTED_VALUE,
        help: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.field = field
        self.message = message
        self.help = help

    def under(self, parent: str) -> Invalid:
        """The same, one level further up."""
        return Invalid(f"{parent}.{self.field}", self.message, self.reason, self.help)


_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", re.ASCII)
_VALUE = re.compile(r"[\t -~]*", re.ASCII)


@lru_cache(maxsize=1024)
def is_header_name(name: str) -> bool:
    """Whether a name is a token of RFC 9110 5.1. Few names stand in most rules."""
    return _NAME.fullmatch(name) is not None


def is_header_value(value: str) -> bool:
    """Whether a value can be sent: visible ASCII, blanks and tabs."""
    # The first is what most values are, and cheaper to find out.
    return (value.isascii() and value.isprintable()) or _VALUE.fullmatch(value) is not None
