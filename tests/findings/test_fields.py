"""Object and field of the findings that the checks make, from the examples of their pages."""

from __future__ import annotations

from pathlib import Path

import pytest

import gwroute
from gwroute.checks import validate
from support.pages import lay_out, page, parts

KUBERNETES = "spec.provider.kubernetes"
SERVICE = f"{KUBERNETES}.envoyService"
TOPOLOGY = 'metadata.annotations["openyurt.io/topologyKeys"]'

FIELDS = {
    "GWR207": ("HTTPRoute shop/cart", "spec.rules[0].backendRefs"),
    "GWR208": ("Service shop/cart", "spec.ports[0].name"),
    "GWR213": ("ReferenceGrant shop/web", None),
    "GWR214": ("EndpointSlice shop/cart-2", 'metadata.labels["kubernetes.io/service-name"]'),
    "GWR215": ("EnvoyProxy infra/public", None),
    "GWR312": ("Gateway infra/internal", "spec.listeners[0].name"),
    "GWR313": ("HTTPRoute shop/cart", "spec.hostnames[1]"),
    "GWR701": ("Gateway infra/public", "spec.listeners[1].tls.certificateRefs[0].name"),
    "GWR503": ("Service shop/orders", TOPOLOGY),
    "GWR504": ("Service shop/orders", TOPOLOGY),
    "GWR505": ("EnvoyProxy infra/beijing", f"{KUBERNETES}.envoyDaemonSet.pod.nodeSelector"),
    "GWR506": ("EnvoyProxy infra/shenzhen", f"{KUBERNETES}.envoyDaemonSet.pod.nodeSelector"),
    "GWR507": ("EnvoyProxy infra/public", f"{SERVICE}.type"),
    "GWR508": ("EnvoyProxy infra/shenzhen", f"{SERVICE}.annotations"),
    "GWR509": ("EnvoyProxy infra/public", f'{SERVICE}.annotations["openyurt.io/topologyKeys"]'),
    "GWR510": ("EnvoyProxy infra/shenzhen", f"{SERVICE}.externalTrafficPolicy"),
    "GWR511": ("EnvoyProxy infra/shenzhen", f"{SERVICE}.annotations"),
    "GWR512": ("HTTPRoute shop/till", "spec.parentRefs"),
    "GWR513": ("Deployment shop/orders", "spec.template.spec"),
    "GWR514": ("Node node-c1", "metadata.labels"),
    "GWR515": ("Service shop/orders", "spec.trafficDistribution"),
    "GWR516": ("NodePool hangzhou", "status.nodes"),
    "GWR517": ("Node node-a1", 'metadata.labels["apps.openyurt.io/nodepool"]'),
    "GWR521": ("EnvoyProxy infra/shenzhen", f"{SERVICE}.patch"),
    "GWR522": ("EnvoyProxy infra/public", f"{KUBERNETES}.envoyDaemonSet"),
    "GWR523": (
        "EnvoyProxy infra/shenzhen",
        f'{SERVICE}.annotations["nodeport.openyurt.io/listen"]',
    ),
    "GWR801": (None, None),
}


@pytest.mark.parametrize("code", FIELDS)
def test_a_finding_names_object_and_field(code: str, here: Path) -> None:
    shown, _ = parts(page(code))
    lay_out(code, shown.files, here)
    store = gwroute.load(here)
    found = next(item for item in validate(store, gwroute.resolve(store)) if item.code == code)
    wanted, field = FIELDS[code]
    assert (found.object and str(found.object), found.field) == (wanted, field)
