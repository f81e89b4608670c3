"""A rule with a session keeps each client at one of its pods."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from gwroute import EchoServer
from support.serving import Answer, serving

WORLD = """\
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: c}
spec: {controllerName: gwroute.dev/gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: ack-gateway}
spec: {gatewayClassName: c, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec:
  parentRefs: [{name: ack-gateway}]
  rules:
  - sessionPersistence: {type: Cookie, cookie: {name: stay}}
    backendRefs: [{name: cart, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: cart}
spec: {ports: [{port: 80}]}
"""

PODS = ("one", "two", "three")


def cookie(answer: Answer) -> str | None:
    """The cookie that an answer sets."""
    lines = [value for name, value in answer.headers if name.lower() == "set-cookie"]
    return lines[0].partition(";")[0] if lines else None


def test_a_client_stays_where_it_was_answered_first(tmp_path: Path) -> None:
    world = tmp_path / "world.yaml"
    world.write_text(WORLD, "utf-8")
    with ExitStack() as stack:
        pods = [stack.enter_context(EchoServer(name, http="127.0.0.1:0")) for name in PODS]
        endpoints = ",".join(pod.addresses["http"] for pod in pods)
        options = ["--endpoint", f"default/cart:80={endpoints}"]
        served = stack.enter_context(serving(world, options=options))
        seen = set()
        for _ in range(20):
            first = served.get("/")
            bound = cookie(first)
            assert bound is not None
            assert bound.startswith("stay=")
            for _ in range(5):
                again = served.get("/", headers=(("cookie", bound),))
                assert (again.pod, cookie(again)) == (first.pod, None)
            seen.add(first.pod)
        assert len(seen) > 1, "new clients are spread"
