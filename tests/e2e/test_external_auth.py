"""A service of one's own says whether requests may pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from gwroute import EchoServer
from support.serving import Served, serving

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


@contextmanager
def checking() -> Iterator[str]:
    """The service; where it is."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Check) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def gateway(folder: Path, check: str) -> Iterator[Served]:
    world = folder / "world.yaml"
    world.write_text(WORLD, "utf-8")
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
