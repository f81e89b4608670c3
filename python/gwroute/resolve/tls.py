"""TLS at listeners: the certificates that are shown, and what clients have to show."""

from __future__ import annotations

from dataclasses import dataclass

from gwroute import ir
from gwroute.model import Gateway, Listener, ListenerSet
from gwroute.model.gateway import FrontendTLSValidation
from gwroute.resolve.conditions import Reason
from gwroute.resolve.grants import Referrer
from gwroute.resolve.material import Fault, Keys, Named, Target, authorities_of, key_pair_of
from gwroute.store import ObjectStore

__all__ = [
    "Certificates",
    "ClientSide",
    "certificates_of",
    "client_side",
    "is_insecure",
    "validation_of",
]


@dataclass(frozen=True, slots=True)
class Certificates:
    """What the certificate references of a listener come to."""

    usable: tuple[Named, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientSide:
    """What clients have to show on a port."""

    validation: ir.ClientValidation | None = None
    """None if nothing, or if it is not known what."""
    authorities: tuple[Named, ...] = ()
    faults: tuple[Fault, ...] = ()


def certificates_of(
    store: ObjectStore, keys: Keys, owner: Gateway | ListenerSet, listener: Listener
) -> Certificates:
    """The certificates of an HTTPS listener.

    Args:
        store: Where Secrets and ReferenceGrants are.
        keys: Who judges what is in them.
        owner: The Gateway or ListenerSet.
        listener: The listener.
    """
    settings, invalid = listener.tls, Reason.INVALID_CERTIFICATE_REF
    if settings is None or not settings.certificate_refs:
        field = "tls" if settings else "name"
        help_ = "add tls.certificateRefs with the name of a kubernetes.io/tls Secret"
        message = "an HTTPS listener needs a certificate"
        return Certificates(faults=(Fault(invalid, "GWR209", field, message, help_),))
    if settings.mode != "Terminate":
        message = f"tls.mode {settings.mode} does not fit protocol HTTPS"
        help_ = "use Terminate, or protocol TLS"
        return Certificates(faults=(Fault(invalid, "GWR209", "tls.mode", message, help_),))
    referrer = Referrer(owner.key.kind, owner.namespace or "")
    found = [
        key_pair_of(
            store,
            keys,
            referrer,
            Target(ref.group, ref.kind, ref.namespace or referrer.namespace, ref.name),
            f"tls.certificateRefs[{at}]",
            invalid,
        )
        for at, ref in enumerate(settings.certificate_refs)
    ]
    return Certificates(
        tuple(item for item in found if isinstance(item, Named)),
        tuple(item for item in found if isinstance(item, Fault)),
    )


def validation_of(gateway: Gateway, port: int) -> tuple[FrontendTLSValidation | None, str]:
    """How HTTPS clients on a port are validated, and where that is written.

    What is said of a port replaces the default entirely (FrontendTLSConfig).
    """
    frontend = gateway.spec.tls.frontend if gateway.spec.tls else None
    if frontend is None:
        return None, ""
    for at, item in enumerate(frontend.per_port):
        if item.port == port:
            return item.tls.validation, f"spec.tls.frontend.perPort[{at}].tls.validation"
    return frontend.default.validation, "spec.tls.frontend.default.validation"


def is_insecure(gateway: Gateway, ports: set[int]) -> bool:
    """Whether clients are let in on some of these ports whatever they show."""
    found = [validation_of(gateway, port)[0] for port in ports]
    return any(item is not None and item.mode == "AllowInsecureFallback" for item in found)


def client_side(store: ObjectStore, keys: Keys, gateway: Gateway, port: int) -> ClientSide:
    """What clients have to show on a port of a Gateway.

    Without any authority that can be used nobody can be let in: ``validation`` is None and there
    are faults.

    Args:
        store: Where ConfigMaps and ReferenceGrants are.
        keys: Who judges what is in them.
        gateway: The Gateway.
        port: The port; all its listeners share this, so that no server name evades it.
    """
    given, field = validation_of(gateway, port)
    if given is None:
        return ClientSide()
    if given.mode not in ("AllowValidOnly", "AllowInsecureFallback"):
        message = f"mode {given.mode} is none of AllowValidOnly, AllowInsecureFallback"
        return ClientSide(faults=(Fault(Reason.INVALID, "GWR309", f"{field}.mode", message),))
    referrer = Referrer("Gateway", gateway.namespace or "")
    targets = [
        Target(ref.group, ref.kind, ref.namespace or referrer.namespace, ref.name)
        for ref in given.ca_certificate_refs
    ]
    reasons = (Reason.INVALID_CA_CERTIFICATE_REF, Reason.INVALID_CA_CERTIFICATE_KIND)
    found = authorities_of(store, keys, referrer, targets, f"{field}.caCertificateRefs", reasons)
    if not found.usable:
        return ClientSide(faults=found.faults)
    names = tuple(item.name for item in found.usable)
    validation = ir.ClientValidation(names, given.mode)  # type: ignore[arg-type]
    return ClientSide(validation, found.usable, found.faults)
