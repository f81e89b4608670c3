"""Parameters that are of any shape: resolution says what is wrong, and raises nothing."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gwroute.resolve import Options, resolve
from gwroute.store import ObjectStore
from support.keys import BY_FORM
from support.objects import obj

SCALARS = st.one_of(st.integers(-1, 2), st.booleans(), st.sampled_from(("", "a", "In")))
WEIRD = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=4,
)
KEY = "apps.openyurt.io/nodepool"


def shaped(sound: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly as it should be."""
    return st.one_of(sound, sound, sound, WEIRD)


def mapping(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return shaped(st.fixed_dictionaries({}, optional=fields))


EXPRESSION = mapping(
    key=shaped(st.just(KEY)),
    operator=shaped(st.just("In")),
    values=shaped(st.lists(shaped(st.just("a")), max_size=2)),
)
TERM = mapping(matchExpressions=shaped(st.lists(EXPRESSION, max_size=2)))
REQUIRED = mapping(nodeSelectorTerms=shaped(st.lists(TERM, max_size=2)))
NODE_AFFINITY = mapping(requiredDuringSchedulingIgnoredDuringExecution=REQUIRED)
AFFINITY = st.fixed_dictionaries({"nodeAffinity": NODE_AFFINITY})
POD = mapping(nodeSelector=mapping(**{KEY: WEIRD}), affinity=AFFINITY, tolerations=WEIRD)
DEPLOYMENT = mapping(spec=mapping(template=mapping(spec=POD), replicas=WEIRD))
SERVICE = mapping(spec=mapping(externalTrafficPolicy=WEIRD), metadata=mapping(annotations=WEIRD))
TYPES = st.sampled_from(("JSONMerge", "StrategicMerge", "other"))


@given(AFFINITY, DEPLOYMENT, SERVICE, TYPES)
def test_nothing_is_raised(affinity: Any, deployment: Any, service: Any, kind: str) -> None:
    kubernetes = {
        "envoyDeployment": {
            "pod": {"affinity": affinity},
            "patch": {"type": kind, "value": deployment},
        },
        "envoyService": {"type": "NodePort", "patch": {"type": kind, "value": service}},
    }
    ref = {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": "p"}
    spec = {
        "gatewayClassName": "c",
        "infrastructure": {"parametersRef": ref},
        "listeners": [{"name": "l", "port": 80, "protocol": "HTTP"}],
    }
    provider = {"type": "Kubernetes", "kubernetes": kubernetes}
    objects = [
        obj("GatewayClass", "c", spec={"controllerName": "gwroute.dev/gateway-controller"}),
        obj("EnvoyProxy", "p", spec={"provider": provider}),
        obj("Gateway", "g", spec=spec),
        obj("Node", "n", labels={KEY: "a"}),
    ]
    found = resolve(ObjectStore(objects), Options(), lambda _: None, BY_FORM)
    assert [gateway.accepted for gateway in found.gateways] == [True]
