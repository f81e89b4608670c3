"""Certificates of listeners: whether what they refer to is there and can be used.

A certificate is a Secret with ``tls.crt`` and ``tls.key`` in PEM. Names and dates in it are not
looked at: the Gateway API does not ask for that.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple

from gwroute.model import Gateway, Listener, ListenerSet, Secret
from gwroute.model.reference import SecretObjectReference
from gwroute.resolve.conditions import Reason
from gwroute.resolve.grants import Referrer, permitted
from gwroute.resolve.suggest import did_you_mean, full_kind
from gwroute.store import ObjectStore

__all__ = ["Fault", "certificate_faults", "wants_client_certificates"]

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\s+[A-Za-z0-9+/=\s:,-]+-----END \1-----", re.ASCII)


class Fault(NamedTuple):
    """What is wrong with one reference, or with the lack of any."""

    reason: str
    code: str
    field: str
    """Below the listener."""
    message: str
    help: str | None = None


def certificate_faults(
    store: ObjectStore, owner: Gateway | ListenerSet, listener: Listener
) -> list[Fault]:
    """What is wrong with the certificates of an HTTPS listener, a fault a reference at most."""
    settings = listener.tls
    if settings is None or not settings.certificate_refs:
        return [
            Fault(
                Reason.INVALID_CERTIFICATE_REF,
                "GWR209",
                "tls" if settings else "name",
                "an HTTPS listener needs a certificate",
                "add tls.certificateRefs with the name of a kubernetes.io/tls Secret",
            )
        ]
    if settings.mode != "Terminate":
        message = f"tls.mode {settings.mode} does not fit protocol HTTPS"
        wanted = "use Terminate, or protocol TLS"
        return [
            Fault(Reason.INVALID_CERTIFICATE_REF, "GWR209", "tls.mode", message, wanted)
            for _ in settings.certificate_refs
        ]
    faults = (
        _fault(store, owner, ref, f"tls.certificateRefs[{at}]")
        for at, ref in enumerate(settings.certificate_refs)
    )
    return [fault for fault in faults if fault is not None]


def wants_client_certificates(gateway: Gateway, port: int) -> bool:
    """Whether HTTPS clients on a port have to show a certificate.

    What is said of a port replaces the default entirely (FrontendTLSConfig).
    """
    frontend = gateway.spec.tls.frontend if gateway.spec.tls else None
    if frontend is None:
        return False
    own = next((item.tls for item in frontend.per_port if item.port == port), frontend.default)
    return own.validation is not None


def _fault(
    store: ObjectStore, owner: Gateway | ListenerSet, ref: SecretObjectReference, field: str
) -> Fault | None:
    invalid = Reason.INVALID_CERTIFICATE_REF
    if (ref.group, ref.kind) != ("", "Secret"):
        message = f"{full_kind(ref.group, ref.kind)} {ref.name} is no certificate"
        return Fault(invalid, "GWR209", f"{field}.kind", message, "name a Secret")
    own = owner.namespace or ""
    namespace = ref.namespace or own
    name = f"Secret {namespace}/{ref.name}"
    if not permitted(store, Referrer(owner.key.kind, own), "", "Secret", namespace, ref.name):
        return Fault(
            Reason.REF_NOT_PERMITTED,
            "GWR202",
            f"{field}.namespace",
            f"{name} is in another namespace, which grants no {owner.key.kind} of {own} its use",
            f"add a ReferenceGrant to namespace {namespace}",
        )
    secret = store.find(Secret, namespace, ref.name)
    if secret is None:
        known = (item.name for item in store.of(Secret) if item.namespace == namespace)
        return Fault(
            invalid,
            "GWR209",
            f"{field}.name",
            f"{name} does not exist",
            did_you_mean(ref.name, known) or "create it, or correct the name",
        )
    unusable = _unusable(secret)
    return Fault(invalid, "GWR209", f"{field}.name", f"{name} {unusable}") if unusable else None


def _unusable(secret: Secret) -> str | None:
    """Why a Secret is no certificate with its key."""
    if secret.type not in ("kubernetes.io/tls", "Opaque"):
        return f"is of type {secret.type}, not kubernetes.io/tls"
    for key, wanted in (("tls.crt", "CERTIFICATE"), ("tls.key", "PRIVATE KEY")):
        text = _text(secret, key)
        if not text:
            return f"has no {key}"
        found = _PEM.search(text)
        if found is None or not found[1].endswith(wanted):
            return f"has a {key} that is no {wanted.lower()} in PEM"
    return None


def _text(secret: Secret, key: str) -> str | None:
    if key in secret.string_data:
        return secret.string_data[key]
    try:
        return base64.b64decode(secret.data.get(key, ""), validate=True).decode("ascii", "replace")
    except binascii.Error:
        return None
