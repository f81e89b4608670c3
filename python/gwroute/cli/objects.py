"""Objects as they would be in a cluster: with their status, and with what a controller makes.

Documents, not model objects: what a person wrote comes back as it was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gwroute.cli.columns import at
from gwroute.cli.kinds import Kind
from gwroute.model import Gateway, ObjectKey, Service
from gwroute.model.registry import KINDS
from gwroute.resolve import Resolution, ResolvedGateway
from gwroute.resolve.generated import Settings, generated_name, objects_of
from gwroute.status import with_status
from gwroute.store import ObjectStore

__all__ = ["Cluster"]

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cluster:
    """The objects of some files as a cluster would show them."""

    store: ObjectStore
    resolution: Resolution
    settings: Settings = field(default_factory=Settings)

    def of(self, kind: Kind) -> Iterator[Document]:
        """All objects of a kind, by namespace and name."""
        model = KINDS.get((kind.group, kind.name))
        objects = self.store.of(model) if model is not None else ()
        found = {_place(document): document for document in with_status(objects, self.resolution)}
        for document in self._generated():
            if document["kind"] == kind.name:
                place = _place(document)
                found[place] = _over(found.get(place), document)
        return (found[place] for place in sorted(found))

    def _generated(self) -> Iterator[Document]:
        for resolved in self.resolution.gateways:
            if resolved.accepted and not resolved.assumed:
                yield from self._made_for(resolved)

    def _made_for(self, resolved: ResolvedGateway) -> Iterator[Document]:
        gateway: Gateway = resolved.gateway
        given = resolved.proxy.service.get("name")
        name = given or generated_name(gateway, self.settings.prefix)
        existing = self.store.get(ObjectKey("Service", self.settings.namespace, name))
        yield from objects_of(
            gateway,
            resolved.proxy,
            gateway_class=resolved.gateway_class,
            ports=[(item.protocol, item.port) for item in resolved.listeners if item.programmed],
            existing=existing if isinstance(existing, Service) else None,
            settings=self.settings,
        )


def _place(document: Mapping[str, Any]) -> tuple[str, str]:
    return at(document, "metadata", "namespace") or "", at(document, "metadata", "name")


def _over(existing: Mapping[str, Any] | None, made: Document) -> Document:
    """What a controller makes, over what the cluster has: when it was made, and its status."""
    if existing is None:
        return made
    metadata = {**existing["metadata"], **made["metadata"]}
    status = {"status": existing["status"]} if "status" in existing else {}
    return {**made, "metadata": metadata, **status}
