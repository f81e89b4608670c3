"""Changes of documents, as the steps of a case name them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from conformance.cluster import Document

GATEWAY_API = "gateway.networking.k8s.io/v1"
"""Where an object belongs of which only the kind is told."""


def set_at(document: Document, path: str, value: Any) -> None:
    """Sets the field at a path such as ``spec.rules[0].name`` or ``data['ca.crt']``."""
    *steps, last = _steps(path)
    place: Any = document
    for step in steps:
        place = place[step] if isinstance(step, int) else place.setdefault(step, {})
    place[last] = value


def append_at(document: Document, path: str, value: Any) -> None:
    """Appends to the list at a path."""
    get_at(document, path).append(value)


def remove_at(document: Document, path: str, where: Mapping[str, Any]) -> None:
    """Removes the entries of a list whose fields equal ``where``; there has to be one."""
    entries = get_at(document, path)
    gone = [e for e in entries if all(e.get(name) == value for name, value in where.items())]
    if not gone:
        raise LookupError(f"no entry of {path} has {dict(where)}")
    for entry in gone:
        entries.remove(entry)


def get_at(document: Document, path: str) -> Any:
    """What is at a path."""
    place: Any = document
    for step in _steps(path):
        place = place[step]
    return place


def _steps(path: str) -> list[str | int]:
    found = re.findall(r"\['([^']+)'\]|\[(\d+)\]|([^.\[\]]+)", path)
    return [quoted or (int(number) if number else plain) for quoted, number, plain in found]
