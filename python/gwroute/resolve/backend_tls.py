"""BackendTLSPolicy: which one counts for a Service port, and what it comes to.

A policy that names a port counts more than one for the whole Service; among equals the older one
counts, then the one whose name comes first. What a policy wants is never replaced by clear text: if
it cannot be obeyed, requests to the backend get 500.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from gwroute import ir
from gwroute.model import BackendTLSPolicy
from gwroute.model.policy import BackendTLSPolicyValidation, PolicyTargetReference, SubjectAltName
from gwroute.resolve.conditions import Reason, Type, Verdict, good
from gwroute.resolve.grants import Referrer
from gwroute.resolve.material import Fault, Keys, Named, Target, authorities_of
from gwroute.resolve.suggest import with_help
from gwroute.store import ObjectStore

__all__ = ["BackendTLS", "Judged", "ServicePortName", "judge", "policy_for", "stronger_than"]

FIELD = "spec.validation"


class ServicePortName(NamedTuple):
    """A port of a Service."""

    namespace: str
    service: str
    port: str | None
    """Its name."""


@dataclass(frozen=True, slots=True)
class BackendTLS:
    """TLS to a backend."""

    tls: ir.UpstreamTLS
    authorities: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a policy comes to by itself, wherever it applies."""

    tls: BackendTLS | None
    """None if it cannot be obeyed."""
    accepted: Verdict
    resolved: Verdict
    faults: tuple[Fault, ...]


def policy_for(store: ObjectStore, port: ServicePortName) -> BackendTLSPolicy | None:
    """The policy that counts for a Service port.

    Args:
        store: Where policies are.
        port: The port.
    """
    found = store.backend_tls_of(port.namespace, "Service", port.service)
    if not found:
        return None
    by_port = [item for item in found if port.port is not None and _names(item, port, port.port)]
    whole = [item for item in found if _names(item, port, None)]
    return min(by_port or whole, key=_age, default=None)


def _names(policy: BackendTLSPolicy, port: ServicePortName, section: str | None) -> bool:
    return any(
        is_service(target)
        and target.name == port.service
        and (target.section_name or None) == section
        for target in policy.spec.target_refs
    )


def is_service(target: PolicyTargetReference) -> bool:
    """Whether a target is of the only kind that a policy can apply to."""
    return (target.group, target.kind) == ("", "Service")


def _age(policy: BackendTLSPolicy) -> tuple[float, str]:
    """Oldest first; what does not come from a cluster counts as newest."""
    created = policy.metadata.creation_timestamp
    return (float("inf") if created is None else created, policy.name)


def stronger_than(
    store: ObjectStore, policy: BackendTLSPolicy, target: PolicyTargetReference
) -> BackendTLSPolicy | None:
    """The policy that counts for the same target in place of this one, if there is one."""
    namespace, section = policy.namespace or "", target.section_name or None
    port = ServicePortName(namespace, target.name, section)
    rivals = [
        item
        for item in store.backend_tls_of(namespace, "Service", target.name)
        if _names(item, port, section)
    ]
    first = min(rivals, key=_age, default=policy)
    return None if first.name == policy.name else first


def judge(store: ObjectStore, keys: Keys, policy: BackendTLSPolicy) -> Judged:
    """What a policy comes to.

    Args:
        store: Where ConfigMaps and Secrets are.
        keys: Who judges what is in them.
        policy: The policy.
    """
    validation = policy.spec.validation
    names = [_name(item) for item in validation.subject_alt_names]
    for at, name in enumerate(names):
        if name is None:
            kind = validation.subject_alt_names[at].type
            message = f"type {kind} is none of Hostname, URI"
            if kind in ("Hostname", "URI"):
                message = f"type {kind} needs a name in the field {kind.lower()}"
            return _invalid(Fault("", "GWR314", f"{FIELD}.subjectAltNames[{at}].type", message))
    alternatives = tuple(name for name in names if name is not None)
    if not validation.ca_certificate_refs:
        return _by_system(validation, alternatives)
    namespace = policy.namespace or ""
    targets = [
        Target(ref.group, ref.kind, namespace, ref.name) for ref in validation.ca_certificate_refs
    ]
    found = authorities_of(
        store,
        keys,
        Referrer("BackendTLSPolicy", namespace),
        targets,
        f"{FIELD}.caCertificateRefs",
        (Reason.INVALID_CA_CERTIFICATE_REF, Reason.INVALID_KIND),
    )
    resolved = _resolved(found.faults)
    if not found.usable:
        message = f"No authority can be used: {found.faults[0].message}"
        accepted = Verdict(Type.ACCEPTED, "False", Reason.NO_VALID_CA_CERTIFICATE, message)
        return Judged(None, accepted, resolved, found.faults)
    trusted = tuple(item.name for item in found.usable)
    tls = ir.UpstreamTLS(validation.hostname, trusted, alternatives)
    return Judged(BackendTLS(tls, found.usable), _ACCEPTED, resolved, found.faults)


_ACCEPTED = good(Type.ACCEPTED, "The policy is obeyed")


def _by_system(
    validation: BackendTLSPolicyValidation, alternatives: tuple[ir.SubjectAltName, ...]
) -> Judged:
    known = validation.well_known_ca_certificates
    if known != "System":
        where = "caCertificateRefs" if known is None else "wellKnownCACertificates"
        what = "there is no authority" if known is None else f"{known} is none of System"
        help_ = "name a ConfigMap with a ca.crt, or set wellKnownCACertificates: System"
        return _invalid(Fault("", "GWR314", f"{FIELD}.{where}", what, help_))
    tls = ir.UpstreamTLS(validation.hostname, None, alternatives)
    return Judged(BackendTLS(tls, ()), _ACCEPTED, _resolved(()), ())


def _invalid(fault: Fault) -> Judged:
    words = with_help(fault.message, fault.help)
    accepted = Verdict(Type.ACCEPTED, "False", Reason.INVALID, words)
    return Judged(None, accepted, _resolved(()), (fault,))


def _resolved(faults: tuple[Fault, ...]) -> Verdict:
    if not faults:
        return good(Type.RESOLVED_REFS, "All references of the policy are resolved")
    words = with_help(faults[0].message, faults[0].help)
    return Verdict(Type.RESOLVED_REFS, "False", faults[0].reason, words)


def _name(given: SubjectAltName) -> ir.SubjectAltName | None:
    if given.type == "Hostname" and given.hostname:
        return ir.SubjectAltName("Hostname", given.hostname)
    if given.type == "URI" and given.uri:
        return ir.SubjectAltName("URI", given.uri)
    return None
