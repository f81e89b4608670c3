"""Routes change under load: no request is lost, and none is answered by a mixture."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from pathlib import Path

from support.client import TIMEOUT
from support.serving import HOST, Served, copy_edge, echoes, serving

CLIENTS = 4
REQUESTS = 1500
"""Of each client."""

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


def forms(served: Served, found: Counter[tuple[object, ...]]) -> None:
    """Counts what came of a client's requests: status, form of request, of response, and pod."""
    connection = http.client.HTTPConnection(*served.address(), timeout=TIMEOUT)
    for _ in range(REQUESTS):
        connection.request("GET", "/get", headers={"host": HOST})
        answer = connection.getresponse()
        seen = json.loads(answer.read() or b"{}")
        request = tuple(seen.get("headers", {}).get("X-Form", ()))
        found[answer.status, request, answer.headers["x-form"], seen.get("pod")] += 1
    connection.close()


def test_no_request_is_lost_and_none_is_answered_by_a_mixture(tmp_path: Path) -> None:
    names = ("backend", "backend-2")
    copy_edge(tmp_path, "httproute-prefix.yaml")
    route = tmp_path / "httproute.yaml"
    route.write_text(ROUTE.format(backend=names[0]), "utf-8")
    with echoes(*names) as address:
        options = [
            word
            for name in names
            for word in ("--endpoint", f"default/{name}:3000={address[name]}")
        ]
        with serving(tmp_path, options=options) as served:
            counts = [Counter[tuple[object, ...]]() for _ in range(CLIENTS)]
            clients = [threading.Thread(target=forms, args=(served, c)) for c in counts]
            for client in clients:
                client.start()
            changes = 0
            while any(client.is_alive() for client in clients):
                said = len(served.process.err)
                route.write_text(ROUTE.format(backend=names[(changes + 1) % 2]), "utf-8")
                served.process.told("^changed HTTPRoute default/backend; ", after=said)
                changes += 1
            for client in clients:
                client.join()
            found = sum(counts, Counter[tuple[object, ...]]())
    whole = {(200, (name,), name, name) for name in names}
    assert set(found) == whole
    assert sum(found.values()) == CLIENTS * REQUESTS
    assert changes >= 10
