"""The log of a running gateway: lines on standard error."""

from __future__ import annotations

import logging

import click

from gwroute.cli import output
from gwroute.finding import Finding

__all__ = ["LEVELS", "to_standard_error"]

LEVELS = ("error", "warning", "info", "debug")
"""From quiet to talkative."""


class _Lines(logging.Handler):
    """A line for each record; one that is no good news begins with its level."""

    def emit(self, record: logging.LogRecord) -> None:
        about = record.args[0] if isinstance(record.args, tuple) and record.args else None
        if isinstance(about, Finding):
            output.finding(about)
            return
        text = record.getMessage()
        if record.levelno >= logging.WARNING:
            level = record.levelname.lower()
            text = f"{click.style(level, fg=output.LEVEL_COLOURS[level], bold=True)}: {text}"
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
        output.note(text)


def to_standard_error(level: str) -> None:
    """Shows what gwroute logs, from a level on."""
    logger = logging.getLogger("gwroute")
    logger.setLevel(level.upper())
    logger.handlers = [_Lines()]
    logger.propagate = False
