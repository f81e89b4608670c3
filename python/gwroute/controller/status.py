"""What has become of a resolution where it is served, as ``/status`` of the admin port shows it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from gwroute.controller.bindings import Entry
from gwroute.model import ObjectKey
from gwroute.resolve import Condition, Resolution, ResolvedGateway
from gwroute.resolve.conditions import Reason, Type

__all__ = ["as_served", "document"]

EVERYWHERE = {"0.0.0.0", "::"}
"""No address that somebody could be told."""


def document(conditions: Iterable[Condition]) -> bytes:
    """The conditions as JSON."""
    return json.dumps([_shown(condition) for condition in conditions]).encode()


def _shown(condition: Condition) -> dict[str, Any]:
    parent = condition.parent
    return {
        "object": str(condition.object),
        "parent": None if parent is None else f"{parent.kind} {parent.namespace}/{parent.name}",
        "section": condition.listener if parent is None else parent.section_name,
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
        "observedGeneration": condition.observed_generation,
    }


def as_served(
    resolution: Resolution, bound: Mapping[Entry, tuple[str, ...]], refused: Mapping[Entry, str]
) -> Resolution:
    """A resolution with what is known only where it is served.

    Args:
        resolution: What was resolved.
        bound: Where each port is bound. That is the address of a Gateway which has no other.
        refused: Why ports could not be bound, each at one of its addresses at least.
    """
    conditions = resolution.conditions
    if refused:
        conditions = tuple(_with_refusals(conditions, resolution.gateways, bound, refused))
    gateways = tuple(_with_addresses(gateway, bound) for gateway in resolution.gateways)
    return dataclasses.replace(resolution, conditions=conditions, gateways=gateways)


def _with_addresses(
    gateway: ResolvedGateway, bound: Mapping[Entry, tuple[str, ...]]
) -> ResolvedGateway:
    if gateway.addresses:
        return gateway
    name = f"{gateway.key.namespace}/{gateway.key.name}"
    hosts = {
        where.rpartition(":")[0].strip("[]")
        for entry, places in bound.items()
        for where in places
        if entry[0] == name
    }
    found = [{"type": "IPAddress", "value": host} for host in sorted(hosts - EVERYWHERE)]
    return dataclasses.replace(gateway, addresses=tuple(found)) if found else gateway


def _with_refusals(
    conditions: Iterable[Condition],
    gateways: Collection[ResolvedGateway],
    bound: Mapping[Entry, tuple[str, ...]],
    refused: Mapping[Entry, str],
) -> Iterator[Condition]:
    whole: dict[ObjectKey, str] = {}
    listeners: dict[tuple[ObjectKey, str], str] = {}
    for gateway in gateways:
        for listener in gateway.listeners:
            entry = (f"{gateway.key.namespace}/{gateway.key.name}", listener.port)
            if entry in refused:
                whole[gateway.key] = refused[entry]
                if entry not in bound:
                    listeners[listener.owner, listener.name] = refused[entry]
    sets = _sets_of(gateways, whole)
    for condition in conditions:
        if condition.listener is not None:
            why = listeners.get((condition.object, condition.listener))
            yield _listener(condition, why) if why is not None else condition
        elif condition.type == Type.PROGRAMMED and condition.object in whole:
            yield _denied(condition, Reason.ADDRESS_NOT_USABLE, whole[condition.object])
        elif condition.type == Type.PROGRAMMED and condition.ok and condition.object in sets:
            yield _denied(condition, Reason.PARENT_NOT_PROGRAMMED, sets[condition.object])
        else:
            yield condition


def _sets_of(
    gateways: Iterable[ResolvedGateway], refused: Mapping[ObjectKey, str]
) -> dict[ObjectKey, str]:
    """The ListenerSets of Gateways that lack an address, and what to say of each."""
    return {
        listener.owner: f"The Gateway is not programmed: {refused[gateway.key]}"
        for gateway in gateways
        if gateway.key in refused
        for listener in gateway.listeners
        if listener.owner != gateway.key
    }


def _listener(condition: Condition, why: str) -> Condition:
    reasons = {Type.ACCEPTED: Reason.PORT_UNAVAILABLE, Type.PROGRAMMED: Reason.INVALID}
    return (
        _denied(condition, reasons[condition.type], why) if condition.type in reasons else condition
    )


def _denied(condition: Condition, reason: str, message: str) -> Condition:
    return condition._replace(status="False", reason=reason, message=message)
