"""Routes change under load: no request is lost, and none is answered by a mixture."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

from support.client import TIMEOUT
from support.serving import HOST, Served, copy_edge, echoes, serving

CLIENTS = 4
REQUESTS = 1500
"""Of each client, at least."""

CHANGES = 10
"""While they ask, at least."""

ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: backend
spec:
  parentRefs:
  - name: ack-gateway
  hostnames:
  - "www.example.com"
  rules:
  - matches:
    - path: {{type: PathPrefix, value: /get}}
    filters:
    - type: RequestHeaderModifier
      requestHeaderModifier:
        set:
        - {{name: x-form, value: {backend}}}
    - type: ResponseHeaderModifier
      responseHeaderModifier:
        set:
        - {{name: x-form, value: {backend}}}
    backendRefs:
    - {{name: {backend}, port: 3000}}
"""
"""Each form of the route writes its own name on request and response, and leads to its own pod."""


def forms(served: Served, enough: Event) -> Counter[tuple[object, ...]]:
    """What came of a client's requests: status, form of request and response, and pod."""
    found: Counter[tuple[object, ...]] = Counter()
    with closing(http.client.HTTPConnection(*served.address(), timeout=TIMEOUT)) as connection:
        while found.total() < REQUESTS or not enough.is_set():
            connection.request("GET", "/get", headers={"host": HOST})
            answer = connection.getresponse()
            body = answer.read()
            seen = json.loads(body) if answer.status == 200 else {"headers": {}}
            request = tuple(seen["headers"].get("X-Form", ()))
            found[answer.status, request, answer.headers["x-form"], seen.get("pod")] += 1
    return found


def change(route: Path, backend: str) -> None:
    """Another form of the route, written over the last one as ``cp`` does it."""
    route.write_text(ROUTE.format(backend=backend), "utf-8")


def test_no_request_is_lost_and_none_is_answered_by_a_mixture(tmp_path: Path) -> None:
    names = ("backend", "backend-2")
    copy_edge(tmp_path, "httproute-prefix.yaml")
    route = tmp_path / "httproute.yaml"
    change(route, names[0])
    changes, enough = 0, Event()
    with echoes(*names) as address, ThreadPoolExecutor(CLIENTS) as clients:
        endpoints = [f"default/{name}:3000={address[name]}" for name in names]
        options = [word for endpoint in endpoints for word in ("--endpoint", endpoint)]
        with serving(tmp_path, options=options) as served:
            running = [clients.submit(forms, served, enough) for _ in range(CLIENTS)]
            try:
                while changes < CHANGES or not all(client.done() for client in running):
                    said = len(served.process.err)
                    changes += 1
                    change(route, names[changes % 2])
                    served.process.told("^changed HTTPRoute default/backend; ", after=said)
                    if changes == CHANGES:
                        enough.set()
            finally:
                enough.set()
            found = sum((client.result() for client in running), Counter[tuple[object, ...]]())
    assert set(found) == {(200, (name,), name, name) for name in names}
    assert found.total() >= CLIENTS * REQUESTS
