"""Fields that are recognised and have no effect: a finding each, that says what happens instead."""

from __future__ import annotations

from collections.abc import Iterator

from gwroute.finding import Finding
from gwroute.model import BackendTLSPolicy, Gateway, ListenerSet, Object

__all__ = ["unsupported_of_listeners", "unsupported_of_policy"]


def unsupported_of_listeners(owner: Gateway | ListenerSet) -> Iterator[Finding]:
    """What the listeners of a Gateway or a ListenerSet ask for and do not get."""
    for index, listener in enumerate(owner.spec.listeners):
        if listener.tls is not None and listener.tls.options:
            yield _options(owner, f"spec.listeners[{index}].tls.options", listener.tls.options)


def unsupported_of_policy(policy: BackendTLSPolicy) -> Iterator[Finding]:
    """What a policy asks for and does not get."""
    if policy.spec.options:
        yield _options(policy, "spec.options", policy.spec.options)


def _options(obj: Object, field: str, options: dict[str, str]) -> Finding:
    """No option of the API is gwroute's: each belongs to some other implementation."""
    where = ".".join(field.split(".")[-2:]) if field.endswith("tls.options") else field
    message = f"{obj.key}: {', '.join(options)} in {where} is not supported and has no effect"
    return Finding.at("GWR902", obj, field, message, key=True)
