"""Fields that are recognised and have no effect: a finding each, that says what happens instead."""

from __future__ import annotations

from collections.abc import Iterator

from gwroute.finding import Finding
from gwroute.model import Gateway

__all__ = ["unsupported_of_gateway"]


def unsupported_of_gateway(gateway: Gateway) -> Iterator[Finding]:
    """What a Gateway asks for and does not get."""
    for index, listener in enumerate(gateway.spec.listeners):
        if listener.tls is not None and listener.tls.options:
            field = f"spec.listeners[{index}].tls.options"
            names = ", ".join(listener.tls.options)
            message = f"{gateway.key}: {names} in tls.options is not supported and has no effect"
            yield Finding.at("GWR902", gateway, field, message, key=True)
