"""HTTPS listeners on one port that clients may take for one.

A client that has a connection may use it for every name that the certificate is good for (RFC 9113
9.1.1). What then belongs to another listener gets 421.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gwroute.resolve.conditions import Reason, Type, Verdict
from gwroute.resolve.hostnames import overlap
from gwroute.resolve.listeners import EffectiveListener
from gwroute.secrets import KeyPair

__all__ = ["with_overlaps"]


def with_overlaps(listeners: Sequence[EffectiveListener]) -> tuple[EffectiveListener, ...]:
    """The listeners, those that overlap with others with the condition that says so."""
    by_port: dict[int, list[EffectiveListener]] = {}
    for item in listeners:
        if item.spec.protocol == "HTTPS" and item.conflict is None:
            by_port.setdefault(item.spec.port, []).append(item)
    return tuple(_judged(item, by_port.get(item.spec.port, ())) for item in listeners)


def _judged(item: EffectiveListener, on_port: Sequence[EffectiveListener]) -> EffectiveListener:
    if not any(item is other for other in on_port):
        return item
    others = [other for other in on_port if other is not item]
    port, what = item.spec.port, "a client may reuse a connection of one for requests to the other"
    shown = _certificates(item)
    if any(overlap(item.hostname, other.hostname) for other in others):
        reason = Reason.OVERLAPPING_HOSTNAMES
        how = f"Another HTTPS listener on port {port} takes some of the same hostnames"
    elif any(shown & _certificates(other) for other in others):
        reason = Reason.OVERLAPPING_CERTIFICATES
        how = f"Another HTTPS listener on port {port} shows the same certificate"
    else:
        return item
    verdict = Verdict(Type.OVERLAPPING_TLS_CONFIG, "True", reason, f"{how}; {what}, which get 421")
    return replace(item, verdicts=(*item.verdicts, verdict))


def _certificates(item: EffectiveListener) -> frozenset[str]:
    """What it shows, in PEM; names in it are not read, so that only equal ones overlap."""
    shown = item.tls.certificates if item.tls else ()
    pairs = (named.value for named in item.material if named.name in shown)
    return frozenset(pair.certificates for pair in pairs if isinstance(pair, KeyPair))
