"""Documents by name, and what is asked of any of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

Document = dict[str, Any]
GROUP = "gateway.networking.k8s.io"


class World:
    """All documents there are."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._found = {(item["kind"], *place(item)): item for item in documents}

    def of(self, kind: str) -> Iterator[Document]:
        """All of a kind."""
        return (item for (other, *_), item in self._found.items() if other == kind)

    def find(self, kind: str, namespace: str | None, name: str) -> Document | None:
        return self._found.get((kind, namespace, name))

    def selects(self, rule: Document, own: str, other: str) -> bool:
        """Whether ``namespaces`` with ``from`` and ``selector`` takes objects of a namespace."""
        if rule["from"] in ("All", "None"):
            return rule["from"] == "All"
        if rule["from"] == "Same":
            return own == other
        namespace = self.find("Namespace", None, other)
        if namespace is None:
            return False
        labels = namespace["metadata"].get("labels", {}) | {"kubernetes.io/metadata.name": other}
        return selected(rule["selector"], labels)


def selected(selector: Document, labels: dict[str, str]) -> bool:
    """A label selector: all of its requirements, and an empty one takes everything."""
    wanted = selector.get("matchLabels", {})
    return all(labels.get(name) == value for name, value in wanted.items()) and all(
        _holds(item, labels) for item in selector.get("matchExpressions", ())
    )


def _holds(item: Document, labels: dict[str, str]) -> bool:
    key = item["key"]
    return {
        "In": lambda: key in labels and labels[key] in item["values"],
        "NotIn": lambda: key not in labels or labels[key] not in item["values"],
        "Exists": lambda: key in labels,
        "DoesNotExist": lambda: key not in labels,
    }[item["operator"]]()


def place(item: Document) -> tuple[str | None, str]:
    """Namespace and name."""
    return item["metadata"].get("namespace"), item["metadata"]["name"]


def path_of(item: Document) -> str:
    """``namespace/name``, which decides between objects of one age."""
    return "/".join(part for part in place(item) if part)


def age(item: Document) -> tuple[str, str]:
    """Oldest first, then ``namespace/name``. Who has no age is not from a cluster: the newest."""
    return item["metadata"].get("creationTimestamp", "never"), path_of(item)
