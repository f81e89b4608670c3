"""CRDs among the objects."""

from __future__ import annotations

from collections.abc import Iterator

from gwroute.checks.view import View
from gwroute.finding import Finding
from gwroute.resolve.versions import BUNDLE_VERSION, SUPPORTED, unsupported

__all__ = ["unknown_releases"]


def unknown_releases(view: View) -> Iterator[Finding]:
    """CRDs of a release of the Gateway API that is not known (GWR315)."""
    for crd in unsupported(view.store):
        version = crd.metadata.annotations[BUNDLE_VERSION]
        yield Finding.at(
            "GWR315",
            crd,
            f'metadata.annotations["{BUNDLE_VERSION}"]',
            f"{crd.key} is of {version}; fields that are new in it are not read, and all "
            "GatewayClasses get SupportedVersion=False",
            help=f"supported are {SUPPORTED}",
        )
