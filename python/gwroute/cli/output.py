"""Standard output and standard error: what goes where, in which colour, in which format."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from gwroute.finding import Finding

LEVEL_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}
"""Colour of each level of a finding."""


def colour_wanted() -> bool | None:
    """False if ``NO_COLOR`` forbids colours; None leaves it to what the stream is."""
    return False if os.environ.get("NO_COLOR") else None


def data(text: str) -> None:
    """Writes data, and nothing else is, to standard output."""
    click.echo(text, nl=not text.endswith("\n"))


def data_text(text: str) -> None:
    """Writes whole lines of data to standard output."""
    click.echo(text, nl=False)


def note(text: str) -> None:
    """Writes something about the data to standard error."""
    click.echo(text, err=True)


def note_text(text: str) -> None:
    """Writes whole lines to standard error."""
    click.echo(text, err=True, nl=False)


def error(text: str) -> None:
    """Writes what went wrong to standard error."""
    note(f"{click.style('error', fg='red', bold=True)}: {text}")


def finding(found: Finding) -> None:
    """Writes the line of a finding to standard error."""
    level = click.style(found.level, fg=LEVEL_COLOURS[found.level], bold=True)
    note(str(found).replace(found.level, level, 1))


def count(number: int, noun: str) -> str:
    """``1 object``, ``2 objects``."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def as_json(document: Any) -> str:
    """JSON with an indent of two, keys in the order they have, nothing escaped needlessly."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_yaml(document: Any) -> str:
    """YAML, keys in the order they have."""
    import yaml

    # The dumper in C is ten times as fast; it is missing where libyaml is.
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(
        document, Dumper=dumper, sort_keys=False, allow_unicode=True, default_flow_style=False
    )
    return text


def formatted(document: Any, output: str) -> str:
    """The document as JSON or YAML."""
    return as_yaml(document) if output == "yaml" else as_json(document)


def is_terminal() -> bool:
    """Whether standard error is a terminal, where progress may be shown."""
    return sys.stderr.isatty()
