"""What resolution comes to."""

from __future__ import annotations

from dataclasses import dataclass, field

from gwroute import ir
from gwroute.finding import Finding
from gwroute.model import Gateway, GatewayClass, ObjectKey
from gwroute.nodepools import Location, PoolName
from gwroute.resolve.conditions import Condition
from gwroute.resolve.infrastructure import EffectiveProxy
from gwroute.resolve.options import Options
from gwroute.secrets import Secrets

__all__ = ["Resolution", "ResolvedGateway", "ResolvedListener"]


@dataclass(frozen=True, slots=True)
class ResolvedListener:
    """One listener of a Gateway, or of a ListenerSet that is attached to it."""

    key: str
    """``infra/public/https``; of a ListenerSet ``infra/public/shop/more/https``."""
    owner: ObjectKey
    """The Gateway or ListenerSet whose spec has it."""
    name: str
    port: int
    protocol: str
    hostname: str | None
    """In lower case; None takes every host."""
    attached_routes: int
    programmed: bool
    """Whether it serves."""
    supported_kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResolvedGateway:
    """One Gateway of a class of ours."""

    key: ObjectKey
    gateway: Gateway
    gateway_class: GatewayClass
    proxy: EffectiveProxy
    pin: PoolName | None
    """The pool label and value that its proxies are pinned to."""
    location: Location
    """Where its proxies are, as far as it is known."""
    served: bool
    """Whether this instance serves it."""
    accepted: bool
    listeners: tuple[ResolvedListener, ...]
    """Its own, then those of its ListenerSets, in order of precedence."""
    addresses: tuple[dict[str, str], ...] = ()
    """``status.addresses``."""
    attached_listener_sets: int = 0
    assumed: bool = False
    """It is not among the objects, and assumed to exist."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the objects mean together."""

    snapshot: ir.Snapshot
    """For a router or a proxy."""
    conditions: tuple[Condition, ...] = ()
    """What a controller would write into the status of objects."""
    findings: tuple[Finding, ...] = ()
    """What is wrong, each at its place in the files."""
    assumed: tuple[str, ...] = ()
    """What was missing and taken to exist, a sentence each."""
    gateways: tuple[ResolvedGateway, ...] = ()
    """Gateways of our classes, by namespace and name."""
    options: Options = field(default_factory=Options)
    """What resolution was told beside the objects."""
    secrets: Secrets = field(default_factory=Secrets)
    """Key material that the snapshot names, for a proxy."""
