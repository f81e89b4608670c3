"""TLS of a Gateway as a whole: the certificate it shows to backends, and what that says of it."""

from __future__ import annotations

from collections.abc import Iterable

from gwroute.finding import Finding
from gwroute.model import Gateway
from gwroute.resolve.conditions import Reason, Type, Verdict, good
from gwroute.resolve.grants import Referrer
from gwroute.resolve.listeners import EffectiveListener
from gwroute.resolve.material import Fault, Keys, Named, Target, key_pair_of
from gwroute.resolve.suggest import with_help
from gwroute.resolve.tls import is_insecure
from gwroute.store import ObjectStore

__all__ = ["client_certificate", "tls_verdicts"]

FIELD = "spec.tls.backend.clientCertificateRef"


def client_certificate(store: ObjectStore, keys: Keys, gateway: Gateway) -> Named | Fault | None:
    """What a Gateway shows to backends that ask for a certificate.

    Args:
        store: Where Secrets and ReferenceGrants are.
        keys: Who judges what is in them.
        gateway: The Gateway.
    """
    backend = gateway.spec.tls.backend if gateway.spec.tls else None
    ref = backend.client_certificate_ref if backend else None
    if ref is None:
        return None
    own = gateway.namespace or ""
    target = Target(ref.group, ref.kind, ref.namespace or own, ref.name)
    reason = Reason.INVALID_CLIENT_CERTIFICATE_REF
    return key_pair_of(store, keys, Referrer("Gateway", own), target, FIELD, reason)


def tls_verdicts(
    gateway: Gateway,
    shown: Named | Fault | None,
    listeners: Iterable[EffectiveListener],
    findings: list[Finding],
) -> tuple[Verdict, ...]:
    """Whether all references of a Gateway are resolved, and whether clients are let in unknown.

    Args:
        gateway: The Gateway.
        shown: What it shows to backends.
        listeners: Its own, and those of its ListenerSets.
        findings: What is wrong is added here.
    """
    listeners = list(listeners)
    verdicts = [_resolved(gateway, shown, listeners)]
    if isinstance(shown, Fault):
        message = f"{gateway.key}: {shown.message}; no certificate is shown to backends"
        findings.append(Finding.at(shown.code, gateway, shown.field, message, help=shown.help))
    if is_insecure(gateway, {item.spec.port for item in listeners if item.tls is not None}):
        verdicts.append(
            Verdict(
                Type.INSECURE_FRONTEND_VALIDATION_MODE,
                "True",
                Reason.CONFIGURATION_CHANGED,
                "Mode AllowInsecureFallback lets clients in without a valid certificate",
            )
        )
    return tuple(verdicts)


def _resolved(
    gateway: Gateway, shown: Named | Fault | None, listeners: Iterable[EffectiveListener]
) -> Verdict:
    if isinstance(shown, Fault):
        words = with_help(shown.message, shown.help)
        return Verdict(Type.RESOLVED_REFS, "False", shown.reason, words)
    own = [item for item in listeners if item.owner == gateway.key]
    bad = [item.spec.name for item in own if not item.resolved]
    if bad:
        words = f"See the conditions of listener {', '.join(bad)}"
        return Verdict(Type.RESOLVED_REFS, "False", Reason.LISTENERS_NOT_RESOLVED, words)
    return good(Type.RESOLVED_REFS, "All references of the Gateway are resolved")
