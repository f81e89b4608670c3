"""Manifests as documents that a case changes before they are read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

import gwroute
from gwroute.model.parse import read
from gwroute.store import ObjectStore

EXAMPLES = Path(gwroute.__file__).parent / "examples"
"""The manifests that come with the package."""
SCENARIO = ("backend", "gatewayclass", "gateway-config", "gateway", "httproute-weight", "two-pools")
"""The edge scenario at its last step, in a cluster with two node pools."""


class Documents:
    """A set of documents; ``of`` finds one to change in place."""

    def __init__(self, documents: Iterable[dict[str, Any]]) -> None:
        self.documents = list(documents)

    @classmethod
    def edge(cls, *names: str) -> Documents:
        """Files of ``examples/edge`` by their stems."""
        texts = [(EXAMPLES / "edge" / f"{name}.yaml").read_text() for name in names or SCENARIO]
        return cls.text("\n---\n".join(texts))

    @classmethod
    def text(cls, text: str) -> Documents:
        """The documents of a text."""
        return cls(document for document in yaml.safe_load_all(text) if document is not None)

    def of(self, kind: str, name: str) -> Any:
        """The one document of that kind and name."""
        (found,) = (
            item
            for item in self.documents
            if item["kind"] == kind and item["metadata"]["name"] == name
        )
        return found

    def all(self, kind: str) -> list[Any]:
        """All documents of a kind."""
        return [item for item in self.documents if item["kind"] == kind]

    def drop(self, kind: str, name: str | None = None) -> Documents:
        """Take away one document, or all of a kind."""
        self.documents = [
            item
            for item in self.documents
            if item["kind"] != kind or name not in (None, item["metadata"]["name"])
        ]
        return self

    def add(self, text: str) -> Documents:
        """Add the documents of a text."""
        self.documents += Documents.text(text).documents
        return self

    def yaml(self) -> str:
        """All of them as text."""
        return yaml.safe_dump_all(self.documents, sort_keys=False)

    def store(self) -> ObjectStore:
        """All of them, read."""
        return store(self.yaml())


def store(text: str) -> ObjectStore:
    """The objects of a text; what is wrong with it is in the findings."""
    manifest = read(text, "test.yaml", "default")
    return ObjectStore(manifest.objects, manifest.findings, manifest.skipped)
