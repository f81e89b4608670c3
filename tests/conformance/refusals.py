"""What an API server would refuse, as a table: ``refusals.yaml``."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from conformance import edits
from gwroute.model.schema import Violation, violations

FILE = Path(__file__).with_name("refusals.yaml")


@dataclass(frozen=True)
class Refusal:
    """A sound object, and what makes it one that is refused."""

    sound: Mapping[str, Any]
    shows: str
    """Name of the sentence."""
    changes: Mapping[str, Any]
    """Values by path."""
    at: str
    """The field where it is told."""

    def __str__(self) -> str:
        return f"{self.sound['kind']} {self.changes}"

    def document(self) -> Mapping[str, Any]:
        """The object that is refused."""
        document: dict[str, Any] = copy.deepcopy(dict(self.sound))
        for path, value in self.changes.items():
            edits.set_at(document, path, value)
        return document


def refusals() -> Iterator[Refusal]:
    """All of the table."""
    for part in yaml.load(FILE.read_text("utf-8"), yaml.CSafeLoader):
        for row in part["refused"]:
            yield Refusal(part["sound"], row["shows"], row["set"], row["at"])


def told(document: Mapping[str, Any]) -> tuple[Violation, ...]:
    """What is said of an object."""
    found = violations(document["kind"], document["apiVersion"], [json.dumps(document).encode()])
    return found.get(0, ())
