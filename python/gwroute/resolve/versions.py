"""Of which release of the Gateway API the CRDs among the objects are."""

from __future__ import annotations

import re

from gwroute.model import CustomResourceDefinition
from gwroute.resolve.conditions import Reason, Type, Verdict, good
from gwroute.store import ObjectStore

__all__ = ["BUNDLE_VERSION", "SUPPORTED", "supported_version", "unsupported"]

BUNDLE_VERSION = "gateway.networking.k8s.io/bundle-version"
"""Annotation of each CRD of the Gateway API."""
GROUP = ".gateway.networking.k8s.io"
"""How the names of these CRDs end."""
NEWEST = 7
"""The last minor version of v1 whose fields are read."""
SUPPORTED = f"v1.0 to v1.{NEWEST}"
"""In words. What is built between releases calls itself v0.0.0-dev, and is read as the last."""

_RELEASE = re.compile(r"v1\.(\d{1,4})\.\d+(-[0-9A-Za-z.-]+)?")


def supported_version(store: ObjectStore) -> Verdict | None:
    """The condition SupportedVersion of a GatewayClass; None if no CRD says what it is of."""
    bundles = {version for crd in _definitions(store) if (version := _version(crd)) is not None}
    if not bundles:
        return None
    unknown = unsupported(store)
    if not unknown:
        shown = ", ".join(sorted(bundles))
        return good(Type.SUPPORTED_VERSION, f"The CRDs are of {shown}; supported are {SUPPORTED}")
    message = (
        f"{unknown[0].key} is of {_version(unknown[0])}; supported are {SUPPORTED}. What can be "
        "read is served; install CRDs of a supported release, or another release of gwroute"
    )
    return Verdict(Type.SUPPORTED_VERSION, "False", Reason.UNSUPPORTED_VERSION, message)


def unsupported(store: ObjectStore) -> tuple[CustomResourceDefinition, ...]:
    """The CRDs of the Gateway API that are of another release."""
    return tuple(
        crd
        for crd in _definitions(store)
        if (version := _version(crd)) is not None and not _is_known(version)
    )


def _definitions(store: ObjectStore) -> tuple[CustomResourceDefinition, ...]:
    found = store.of(CustomResourceDefinition)
    return tuple(crd for crd in found if crd.name.endswith(GROUP))


def _version(crd: CustomResourceDefinition) -> str | None:
    return crd.metadata.annotations.get(BUNDLE_VERSION)


def _is_known(version: str) -> bool:
    release = _RELEASE.fullmatch(version)
    return version == "v0.0.0-dev" or (release is not None and int(release[1]) <= NEWEST)
