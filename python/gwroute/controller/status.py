"""The conditions of what is served, as ``/status`` of the admin port shows them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gwroute.controller.bindings import Entry
from gwroute.resolve import Condition, ResolvedGateway

__all__ = ["document", "with_refusals"]


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


def with_refusals(
    conditions: Iterable[Condition],
    gateways: Iterable[ResolvedGateway],
    refused: Mapping[Entry, str],
) -> Iterator[Condition]:
    """The conditions, as they are where some ports could not be bound."""
    if not refused:
        yield from conditions
        return
    listeners = {
        (gateway.key, listener.name): refused.get(
            (f"{gateway.key.namespace}/{gateway.key.name}", listener.port)
        )
        for gateway in gateways
        for listener in gateway.listeners
    }
    whole = {key: why for (key, _), why in listeners.items() if why is not None}
    for condition in conditions:
        if condition.listener is not None:
            why = listeners.get((condition.object, condition.listener))
            yield _listener(condition, why) if why is not None else condition
        else:
            why = whole.get(condition.object)
            yield _gateway(condition, why) if why is not None else condition


def _listener(condition: Condition, why: str) -> Condition:
    reasons = {"Accepted": "PortUnavailable", "Programmed": "Invalid"}
    return (
        _denied(condition, reasons[condition.type], why) if condition.type in reasons else condition
    )


def _gateway(condition: Condition, why: str) -> Condition:
    programmed = condition.type == "Programmed"
    return _denied(condition, "AddressNotUsable", why) if programmed else condition


def _denied(condition: Condition, reason: str, message: str) -> Condition:
    return dataclasses.replace(condition, status="False", reason=reason, message=message)
