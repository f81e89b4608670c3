"""What checks look at: objects, what they came to, and what several checks have to work out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from gwroute.model import ObjectKey
from gwroute.nodepools import Pool, PoolIndex
from gwroute.resolve import Resolution, ResolvedGateway
from gwroute.resolve.generated import objects_of
from gwroute.resolve.kinds import ROUTES, Route
from gwroute.store import ObjectStore

__all__ = ["View"]

Made = Mapping[str, Any]
"""A document."""


class View:
    """A store and its resolution.

    Args:
        store: The objects, as they were read.
        resolution: What they came to.
    """

    def __init__(self, store: ObjectStore, resolution: Resolution) -> None:
        self.store = store
        self.resolution = resolution

    @cached_property
    def pools(self) -> PoolIndex:
        """All node pools."""
        return PoolIndex.of(self.store, self.resolution.options.pool_label_keys)

    @cached_property
    def gateways(self) -> tuple[ResolvedGateway, ...]:
        """Accepted Gateways of our classes that are among the objects, served here or not."""
        return tuple(
            gateway
            for gateway in self.resolution.gateways
            if gateway.accepted and not gateway.assumed
        )

    @cached_property
    def gateway_of(self) -> Mapping[str, ResolvedGateway]:
        """Gateways by the keys of their listeners."""
        return {
            listener.key: gateway
            for gateway in self.resolution.gateways
            for listener in gateway.listeners
        }

    @cached_property
    def made(self) -> Mapping[ObjectKey, tuple[Made, Made]]:
        """Per Gateway, the Service and the workload that a controller makes for it."""
        found = {}
        for gateway in self.gateways:
            ports = [(item.protocol, item.port) for item in gateway.listeners if item.programmed]
            service, workload = objects_of(gateway.gateway, gateway.proxy, ports=ports)
            found[gateway.key] = (service, workload)
        return found

    @cached_property
    def reported(self) -> frozenset[tuple[str, ObjectKey | None]]:
        """Code and object of what resolution found already."""
        return frozenset((item.code, item.object) for item in self.resolution.findings)

    def pool_of(self, gateway: ResolvedGateway) -> Pool | None:
        """The pool that the proxies of a Gateway are pinned to; None if it is none or unknown."""
        return self.pools.named(*gateway.pin) if gateway.pin else None

    def route(self, kind: str, namespace: str, name: str) -> Route | None:
        """A route."""
        return self.store.find(ROUTES[kind], namespace, name)

    def named(self, listeners: Iterable[str]) -> str:
        """Names of the Gateways of listeners, for a message."""
        keys = dict.fromkeys(
            str(self.gateway_of[key].key) for key in listeners if key in self.gateway_of
        )
        return ", ".join(sorted(keys))
