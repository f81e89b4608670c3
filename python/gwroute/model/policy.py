"""ReferenceGrant and BackendTLSPolicy (gateway.networking.k8s.io)."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar

from gwroute.model.base import Ignored, model
from gwroute.model.meta import Object
from gwroute.model.reference import GATEWAY_GROUP, Hostname, LocalObjectReference, Name

__all__ = [
    "BackendTLSPolicy",
    "BackendTLSPolicySpec",
    "BackendTLSPolicyValidation",
    "PolicyTargetReference",
    "ReferenceGrant",
    "ReferenceGrantFrom",
    "ReferenceGrantSpec",
    "ReferenceGrantTo",
    "SubjectAltName",
]


@model()
class ReferenceGrantFrom:
    """Who may refer."""

    group: str
    kind: str
    namespace: str


@model()
class ReferenceGrantTo:
    """To what; without a name, to all of that kind."""

    group: str
    kind: str
    name: str | None = None


@model()
class ReferenceGrantSpec:
    """Spec of a ReferenceGrant."""

    from_: tuple[ReferenceGrantFrom, ...]
    to: tuple[ReferenceGrantTo, ...]


@model()
class ReferenceGrant(Object):
    """Allows references from other namespaces into its own."""

    GROUP: ClassVar[str] = GATEWAY_GROUP
    VERSIONS: ClassVar[tuple[str, ...]] = ("v1", "v1beta1", "v1alpha2")

    spec: ReferenceGrantSpec
    status: Ignored = None


@model()
class PolicyTargetReference:
    """What a policy applies to, in its own namespace."""

    group: str
    kind: str
    name: Name
    section_name: str | None = None


@model()
class SubjectAltName:
    """A name that the backend's certificate may carry."""

    type: str
    hostname: Hostname | None = None
    uri: str | None = None


@model()
class BackendTLSPolicyValidation:
    """How the backend's certificate is validated."""

    hostname: Hostname
    ca_certificate_refs: tuple[LocalObjectReference, ...] = ()
    well_known_ca_certificates: str | None = None
    subject_alt_names: tuple[SubjectAltName, ...] = ()


@model()
class BackendTLSPolicySpec:
    """Spec of a BackendTLSPolicy."""

    target_refs: tuple[PolicyTargetReference, ...]
    validation: BackendTLSPolicyValidation
    options: dict[str, str] = field(default_factory=dict)


@model()
class BackendTLSPolicy(Object):
    """Speaks TLS to a Service."""

    GROUP: ClassVar[str] = GATEWAY_GROUP
    VERSIONS: ClassVar[tuple[str, ...]] = ("v1", "v1alpha3", "v1alpha2")

    spec: BackendTLSPolicySpec
    status: Ignored = None
