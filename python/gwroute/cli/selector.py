"""Label selectors as kubectl takes them with ``-l``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import click

Labels = Mapping[str, str]
Selector = Callable[[Labels], bool]

_TERM = re.compile(
    r"""
    \s*(?:
      (?P<set_key>[^\s,=!()]+)\s+(?P<set_op>in|notin)\s*\((?P<values>[^)]*)\)
    | (?P<key>[^\s,=!()]+)\s*(?P<op>!=|==|=)\s*(?P<value>[^\s,=!()]*)
    | (?P<absent>!)?\s*(?P<bare>[^\s,=!()]+)
    )\s*(?:,|$)
    """,
    re.VERBOSE,
)


def parse(text: str) -> Selector:
    """The selector; a usage error that shows where it stops being one."""
    terms: list[Selector] = []
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise click.BadParameter(f"{text[position:]!r} is no selector", param_hint="-l")
        terms.append(_term(match))
        position = match.end()
    return lambda labels: all(term(labels) for term in terms)


def _term(match: re.Match[str]) -> Selector:
    found = match.groupdict()
    if found["set_key"]:
        values = {value.strip() for value in found["values"].split(",")}
        if found["set_op"] == "in":
            return lambda labels: labels.get(found["set_key"]) in values
        return lambda labels: labels.get(found["set_key"]) not in values
    if found["key"]:
        if found["op"] == "!=":
            return lambda labels: labels.get(found["key"]) != found["value"]
        return lambda labels: labels.get(found["key"]) == found["value"]
    if found["absent"]:
        return lambda labels: found["bare"] not in labels
    return lambda labels: found["bare"] in labels
