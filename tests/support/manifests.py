"""Manifests of Services, what a store has of them, and files that cannot be read."""

from __future__ import annotations

import pytest

from gwroute.model import Service
from gwroute.sources import disk, tree
from gwroute.store import ObjectStore


def service(name: str, port: int = 80) -> str:
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n"
        f"spec: {{ports: [{{port: {port}}}]}}\n"
    )


def services(*names: str) -> str:
    return "---\n".join(service(name) for name in names)


def names(store: ObjectStore) -> list[str]:
    return [obj.name for obj in store.of(Service)]


def port(store: ObjectStore, name: str) -> int | None:
    found = store.service("default", name)
    return found.spec.ports[0].port if found else None


def codes(store: ObjectStore) -> list[str]:
    return [finding.code for finding in store.findings]


def failing(monkeypatch: pytest.MonkeyPatch, name: str, error: OSError) -> None:
    """Makes reading files of that name fail."""
    real = disk.contents

    def contents(path: str, *, given: bool) -> disk.Content:
        return disk.Content(None, (), error) if path.endswith(name) else real(path, given=given)

    monkeypatch.setattr(tree, "contents", contents)
