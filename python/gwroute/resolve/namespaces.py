"""Which namespaces a Gateway or a listener takes routes or ListenerSets from."""

from __future__ import annotations

from collections.abc import Mapping

from gwroute.model import LabelSelector
from gwroute.store import ObjectStore

__all__ = ["takes_namespace"]

NAME_LABEL = "kubernetes.io/metadata.name"
"""Label that the API server gives every Namespace."""


def takes_namespace(
    store: ObjectStore, from_: str, selector: LabelSelector | None, own: str, other: str
) -> bool:
    """Whether objects of a namespace are taken.

    Args:
        store: Where Namespaces are.
        from_: ``All``, ``Same`` or ``Selector``; anything else takes none.
        selector: For ``Selector``; without one nothing is taken.
        own: Namespace of the Gateway or ListenerSet.
        other: Namespace of the object that wants to attach.
    """
    if from_ == "All":
        return True
    if from_ == "Same":
        return own == other
    if from_ != "Selector" or selector is None:
        return False
    labels = _labels(store, other)
    return labels is not None and selector.matches(labels)


def _labels(store: ObjectStore, name: str) -> Mapping[str, str] | None:
    namespace = store.namespace(name)
    return None if namespace is None else {**namespace.metadata.labels, NAME_LABEL: name}
