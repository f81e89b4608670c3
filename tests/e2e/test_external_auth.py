"""A service of one's own says whether requests may pass."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from conformance.material import KeyPair, make
from gwroute import EchoServer
from support.serving import GATEWAY, Served, serving

ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec:
  parentRefs: [{name: ack-gateway}]
  rules:
  - filters:
    - type: ExternalAuth
      externalAuth:
        protocol: HTTP
        backendRef: {name: check, port: 80}
        http: {path: /check, allowedResponseHeaders: [x-user]}
        forwardBody: {maxSize: 16}
    backendRefs: [{name: cart, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: cart}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: check}
spec: {ports: [{port: 80}]}
"""

POLICY = """\
---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: check}
spec:
  targetRefs: [{group: "", kind: Service, name: check}]
  validation:
    hostname: check.internal
    caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]
---
"""
AUTHORITY = make("ca", is_authority=True)
OTHER = make("other ca", is_authority=True)
CHECK = make("check", ["check.internal"], authority=AUTHORITY)


class Check(BaseHTTPRequestHandler):
    """Knows one token, and says no to some bodies."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        known = self.headers.get("authorization") == "Bearer ann"
        allowed = known and self.path.startswith("/check/") and body != "bad"
        text = f"no to {self.path}".encode()
        self.send_response(200 if allowed else 403 if known else 401)
        self.send_header("x-user", "ann")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing is written."""


def authority(pair: KeyPair) -> str:
    """The ConfigMap that the policy names."""
    kind = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca"}}
    return json.dumps({**kind, "data": {"ca.crt": pair.certificate_pem}})


def over_tls(folder: Path) -> ssl.SSLContext:
    """What the service needs to be known as the one that the policy means."""
    (folder / "pair.pem").write_text(CHECK.certificate_pem + CHECK.key_pem, "utf-8")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pair.pem")
    return context


@contextmanager
def checking(context: ssl.SSLContext | None = None) -> Iterator[str]:
    """The service; where it is."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Check) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def gateway(folder: Path, check: str, more: str = "") -> Iterator[Served]:
    world = folder / "world.yaml"
    world.write_text(GATEWAY + ROUTE + more, "utf-8")
    with EchoServer(http="127.0.0.1:0") as backend:
        given = (f"default/cart:80={backend.addresses['http']}", f"default/check:80={check}")
        options = [part for one in given for part in ("--endpoint", one)]
        with serving(world, options=options) as served:
            yield served


def test_a_request_passes_when_the_service_says_so(tmp_path: Path) -> None:
    ann = (("authorization", "Bearer ann"),)
    with checking() as check, gateway(tmp_path, check) as served:
        nobody = served.get("/a/../b?c")
        assert (nobody.status, nobody.body) == (401, b"no to /check/b?c")
        passed = served.get("/b", headers=(*ann, ("x-user", "root")))
        assert passed.backend_headers("x-user") == ["ann"]
        assert served.get("/b", method="POST", headers=ann, body=b"good").status == 200
        assert served.get("/b", method="POST", headers=ann, body=b"bad").status == 403
        assert served.get("/b", method="POST", headers=ann, body=b"x" * 17).status == 413


def test_without_the_service_nothing_passes(tmp_path: Path) -> None:
    with checking() as gone:
        pass
    with gateway(tmp_path, gone) as served:
        assert served.get("/b").status == 503


def test_a_policy_on_its_service_is_obeyed(tmp_path: Path) -> None:
    ann = (("authorization", "Bearer ann"),)
    with checking(over_tls(tmp_path)) as check:
        with gateway(tmp_path, check, POLICY + authority(AUTHORITY)) as served:
            assert served.get("/b", headers=ann).backend_headers("x-user") == ["ann"]
            assert served.get("/b").status == 401
        with gateway(tmp_path, check, POLICY + authority(OTHER)) as served:
            assert served.get("/b", headers=ann).status == 503
        with gateway(tmp_path, check) as served:
            assert served.get("/b", headers=ann).status == 503
