"""CRDs of the Gateway API, and the condition SupportedVersion."""

from __future__ import annotations

import pytest

from gwroute import resolve
from gwroute.checks import validate
from support.documents import Documents

CLASS = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "GatewayClass",
    "metadata": {"name": "ours"},
    "spec": {"controllerName": "gwroute.dev/gateway-controller"},
}


def world(*versions: str | None, group: str = "gateway.networking.k8s.io") -> Documents:
    """A class, and a CRD for each version; one without if that is None."""
    crds = [
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {
                "name": f"kind{number}.{group}",
                "annotations": {}
                if version is None
                else {"gateway.networking.k8s.io/bundle-version": version},
            },
            "spec": {"group": group},
        }
        for number, version in enumerate(versions)
    ]
    return Documents([CLASS, *crds])


def told(documents: Documents) -> list[tuple[str, str, str]]:
    """Type, status and reason of each condition, and the code of each finding at a CRD."""
    store = documents.store()
    resolution = resolve(store)
    conditions = [(item.type, item.status, item.reason) for item in resolution.conditions]
    codes = [item.code for item in validate(store, resolution) if "kind" in str(item.object)]
    return [*conditions, *((code, "", "") for code in codes)]


ACCEPTED = ("Accepted", "True", "Accepted")
KNOWN = ("SupportedVersion", "True", "SupportedVersion")
UNKNOWN = ("SupportedVersion", "False", "UnsupportedVersion")


@pytest.mark.parametrize("version", ["v1.0.0", "v1.6.1", "v1.7.0", "v1.5.0-rc.2", "v0.0.0-dev"])
def test_a_release_that_is_known_is_supported(version: str) -> None:
    assert told(world(version, None)) == [ACCEPTED, KNOWN]


@pytest.mark.parametrize("version", ["v1.8.0", "v2.0.0", "v0.8.1", "1.6.1", "v1.6", "", "v1.6.1x"])
def test_another_is_not_and_the_crd_is_named(version: str) -> None:
    assert told(world("v1.6.1", version)) == [ACCEPTED, UNKNOWN, ("GWR315", "", "")]


def test_nothing_is_said_without_crds_of_the_gateway_api() -> None:
    assert told(world()) == [ACCEPTED]
    assert told(world(None)) == [ACCEPTED]
    assert told(world("v9.0.0", group="example.com")) == [ACCEPTED]
