"""gwroute as it is measured: the manifests it serves."""

from __future__ import annotations

import sys
from pathlib import Path

from keys import KeyPair
from process import HOST
from subjects import Subject

sys.path.insert(0, str(Path(__file__).parents[1]))

from data.routes import write

GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: bench}
spec: {controllerName: gwroute.dev/gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: bench, namespace: bench}
spec:
  gatewayClassName: bench
  listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
"""

LISTENER = "[{name: http, port: 80, protocol: HTTP, "

SECURE_LISTENER = """[{name: https, port: 443, protocol: HTTPS,
    tls: {certificateRefs: [{name: web}]}, """

SECRET = """
apiVersion: v1
kind: Secret
metadata: {{name: web, namespace: bench}}
type: kubernetes.io/tls
stringData:
  tls.crt: |
    {certificate}
  tls.key: |
    {key}
"""

BACKEND = """
apiVersion: v1
kind: Service
metadata: {name: backend, namespace: bench}
spec: {ports: [{name: http, port: 80}]}
"""

ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}, namespace: bench}}
spec:
  parentRefs: [{{namespace: {namespace}, name: {gateway}}}]
  hostnames: [www.example.com]
  rules:
  - matches: [{{path: {{type: PathPrefix, value: {path}}}}}]
    {then}
"""

FORWARD = "backendRefs: [{name: backend, port: 80}]"

AWAY = """filters:
    - type: RequestRedirect
      requestRedirect: {statusCode: 302, path: {type: ReplaceFullPath, replaceFullPath: /get}}"""

FILTERS = """filters:
    - type: RequestHeaderModifier
      requestHeaderModifier:
        set: [{name: x-gateway, value: public}, {name: x-tenant, value: shop}]
        add: [{name: x-seen, value: gateway}]
        remove: [x-debug]
    - type: ResponseHeaderModifier
      responseHeaderModifier:
        set: [{name: x-frame-options, value: DENY}]
        add: [{name: x-served, value: gateway}]
        remove: [server]
    - type: URLRewrite
      urlRewrite:
        hostname: internal.example.com
        path: {type: ReplacePrefixMatch, replacePrefixMatch: /inner/items}
    - type: CORS
      cors:
        allowOrigins: ["https://*.example.com"]
        allowMethods: [GET, POST]
        allowHeaders: [x-tenant]
        exposeHeaders: [x-served]
        allowCredentials: true
        maxAge: 600"""

MIRROR = """
    - type: RequestMirror
      requestMirror: {backendRef: {name: backend, port: 80}}"""


def plain(folder: Path, port: int, backend: int, routes: int = 1) -> Subject:
    """gwroute with one worker, and so many plain routes on one host."""
    paths = ["/get"] if routes == 1 else [f"/get/{number}" for number in range(routes)]
    manifests = _manifests(folder, dict.fromkeys(paths, FORWARD))
    name = "gwroute" if routes == 1 else f"gwroute, {routes:,} routes"
    return Subject(name, _serve(manifests, port, backend), port)


def full(folder: Path, port: int, backend: int, routes: int) -> Subject:
    """gwroute with so many routes that have two of everything, and a plain one to ask for."""
    manifests = folder / "manifests"
    write(manifests, routes)
    _write_routes(manifests, "infra/public", {"/get": FORWARD})
    name = f"gwroute, {routes:,} full routes"
    return Subject(name, _serve(manifests, port, backend), port)


def secure(folder: Path, port: int, backend: int, pair: KeyPair) -> Subject:
    """gwroute over TLS."""
    manifests = _manifests(folder, {"/get": FORWARD, "/away": AWAY})
    secret = SECRET.format(certificate=_indented(pair.certificate), key=_indented(pair.key))
    (manifests / "secret.yaml").write_text(secret)
    (manifests / "gateway.yaml").write_text(GATEWAY.replace(LISTENER, SECURE_LISTENER))
    return Subject("gwroute", _serve(manifests, port, backend, entry=443), port)


def filtered(folder: Path, port: int, backend: int, filters: str) -> Subject:
    """gwroute with one rule, and these filters in it."""
    names = {"": "no filters", FILTERS: "all filters"}
    name = names.get(filters, "all filters and a mirror")
    then = f"{filters}\n    {FORWARD}" if filters else FORWARD
    manifests = _manifests(folder / name.replace(" ", "-"), {"/get": then})
    return Subject(name, _serve(manifests, port, backend), port)


def _manifests(folder: Path, rules: dict[str, str]) -> Path:
    manifests = folder / "manifests"
    manifests.mkdir(parents=True)
    (manifests / "gateway.yaml").write_text(GATEWAY)
    _write_routes(manifests, "bench/bench", rules)
    return manifests


def _write_routes(manifests: Path, parent: str, rules: dict[str, str]) -> None:
    """One route for each path and what is done there."""
    namespace, _, gateway = parent.partition("/")
    documents = [
        ROUTE.format(name=f"r{number}", path=path, then=then, namespace=namespace, gateway=gateway)
        for number, (path, then) in enumerate(rules.items())
    ]
    (manifests / "plain.yaml").write_text("---".join([BACKEND, *documents]))


def _indented(file: Path) -> str:
    return file.read_text().strip().replace("\n", "\n    ")


def _serve(manifests: Path, port: int, backend: int, entry: int = 80) -> tuple[str, ...]:
    return (
        *(str(Path(sys.executable).parent / "gwroute"), "serve", "-f", str(manifests)),
        *("--workers", "1", "--access-log", "off", "--listen", f"{entry}={HOST}:{port}"),
        *("--endpoint", f"bench/backend:80={HOST}:{backend}"),
        *("--admin", "off", "--stats", "off", "--ready-address", "off"),
    )
