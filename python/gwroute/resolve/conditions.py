"""Conditions: what a controller says about objects in their status.

This is the only place that spells types and reasons; they are those of the Gateway API. A message
says what is the case and, if something is wrong, what to do about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from gwroute.model import ObjectKey, ParentReference

__all__ = ["Condition", "ConditionStatus", "Reason", "Type", "Verdict", "good"]

ConditionStatus = Literal["True", "False", "Unknown"]


class Type:
    """Types of conditions."""

    ACCEPTED: Final = "Accepted"
    CONFLICTED: Final = "Conflicted"
    DEFAULT_GATEWAY: Final = "DefaultGateway"
    INSECURE_FRONTEND_VALIDATION_MODE: Final = "InsecureFrontendValidationMode"
    OVERLAPPING_TLS_CONFIG: Final = "OverlappingTLSConfig"
    PARTIALLY_INVALID: Final = "PartiallyInvalid"
    PROGRAMMED: Final = "Programmed"
    RESOLVED_REFS: Final = "ResolvedRefs"
    SUPPORTED_VERSION: Final = "SupportedVersion"


NEGATIVE: Final = frozenset(
    {
        Type.CONFLICTED,
        Type.INSECURE_FRONTEND_VALIDATION_MODE,
        Type.OVERLAPPING_TLS_CONFIG,
        Type.PARTIALLY_INVALID,
    }
)
"""Types that are good news when they are False; they are written only when True."""


class Reason:
    """Reasons of conditions. ``RivalRoute`` is our own, where the API leaves the reason free."""

    ACCEPTED: Final = "Accepted"
    ADDRESS_NOT_ASSIGNED: Final = "AddressNotAssigned"
    ADDRESS_NOT_USABLE: Final = "AddressNotUsable"
    BACKEND_NOT_FOUND: Final = "BackendNotFound"
    CONFIGURATION_CHANGED: Final = "ConfigurationChanged"
    CONFLICTED: Final = "Conflicted"
    HOSTNAME_CONFLICT: Final = "HostnameConflict"
    INCOMPATIBLE_FILTERS: Final = "IncompatibleFilters"
    INVALID: Final = "Invalid"
    INVALID_CA_CERTIFICATE_KIND: Final = "InvalidCACertificateKind"
    INVALID_CA_CERTIFICATE_REF: Final = "InvalidCACertificateRef"
    INVALID_CERTIFICATE_REF: Final = "InvalidCertificateRef"
    INVALID_CLIENT_CERTIFICATE_REF: Final = "InvalidClientCertificateRef"
    INVALID_KIND: Final = "InvalidKind"
    INVALID_PARAMETERS: Final = "InvalidParameters"
    INVALID_ROUTE_KINDS: Final = "InvalidRouteKinds"
    LISTENERS_NOT_RESOLVED: Final = "ListenersNotResolved"
    LISTENERS_NOT_VALID: Final = "ListenersNotValid"
    NOT_ALLOWED: Final = "NotAllowed"
    NOT_ALLOWED_BY_LISTENERS: Final = "NotAllowedByListeners"
    NO_MATCHING_LISTENER_HOSTNAME: Final = "NoMatchingListenerHostname"
    NO_MATCHING_PARENT: Final = "NoMatchingParent"
    NO_VALID_CA_CERTIFICATE: Final = "NoValidCACertificate"
    OVERLAPPING_CERTIFICATES: Final = "OverlappingCertificates"
    OVERLAPPING_HOSTNAMES: Final = "OverlappingHostnames"
    PARENT_NOT_ACCEPTED: Final = "ParentNotAccepted"
    PARENT_NOT_PROGRAMMED: Final = "ParentNotProgrammed"
    PORT_UNAVAILABLE: Final = "PortUnavailable"
    PROGRAMMED: Final = "Programmed"
    PROTOCOL_CONFLICT: Final = "ProtocolConflict"
    REF_NOT_PERMITTED: Final = "RefNotPermitted"
    RESOLVED_REFS: Final = "ResolvedRefs"
    RIVAL_ROUTE: Final = "RivalRoute"
    TARGET_NOT_FOUND: Final = "TargetNotFound"
    UNSUPPORTED_ADDRESS: Final = "UnsupportedAddress"
    UNSUPPORTED_PROTOCOL: Final = "UnsupportedProtocol"
    UNSUPPORTED_VALUE: Final = "UnsupportedValue"
    UNSUPPORTED_VERSION: Final = "UnsupportedVersion"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A condition before it is known where it stands."""

    type: str
    status: ConditionStatus
    reason: str
    message: str

    @property
    def holds(self) -> bool:
        """Whether the status is ``True``."""
        return self.status == "True"


def good(type: str, message: str) -> Verdict:  # noqa: A002
    """The verdict that all is well: ``True``, for the reason named like the type."""
    return Verdict(type, "True", type, message)


class Condition(NamedTuple):
    """One condition of one object, or of one of its parents or listeners."""

    object: ObjectKey
    type: str
    status: ConditionStatus
    reason: str
    message: str
    observed_generation: int
    parent: ParentReference | None = None
    """Of routes: the entry of ``spec.parentRefs``, defaults filled in."""
    listener: str | None = None
    """Of Gateways and ListenerSets: the listener it is about; None for the whole."""
    controller: str | None = None
    """Of routes: name of the controller that the parent belongs to."""

    @classmethod
    def of(
        cls, key: ObjectKey, verdict: Verdict, generation: int, listener: str | None = None
    ) -> Condition:
        """The condition that a verdict becomes at an object or one of its listeners."""
        return cls(
            key,
            verdict.type,
            verdict.status,
            verdict.reason,
            verdict.message,
            generation,
            listener=listener,
        )

    @property
    def ok(self) -> bool:
        """Whether the condition says that all is well."""
        return self.status == ("False" if self.type in NEGATIVE else "True")

    def __str__(self) -> str:
        """``HTTPRoute shop/cart: ResolvedRefs=False (BackendNotFound) Service ...``."""
        at = f" listener {self.listener}" if self.listener is not None else ""
        return f"{self.object}{at}: {self.type}={self.status} ({self.reason}) {self.message}"
