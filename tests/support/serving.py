"""``gwroute serve`` as a process, with echo backends in this one."""

from __future__ import annotations

import http.client
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gwroute import BindError, EchoServer
from support.client import TIMEOUT, send
from support.process import Process
from support.transcript import ROOT

EDGE = ROOT / "examples" / "edge"
HOST = "www.example.com"
HERE = ("--admin", "127.0.0.1:0", "--stats", "127.0.0.1:0", "--ready-address", "127.0.0.1:0")
"""The own endpoints at free ports."""

GATEWAY = """\
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
"""
"""A Gateway with one listener in clear text, for manifests to go on from."""

Headers = tuple[tuple[str, str], ...]


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Headers
    body: bytes

    @property
    def seen(self) -> dict[str, Any]:
        """What the echo backend saw."""
        assert self.status == 200, (self.status, self.body)
        document: dict[str, Any] = json.loads(self.body)
        return document

    @property
    def pod(self) -> str:
        """The backend that answered."""
        return str(self.seen["pod"])

    def backend_headers(self, name: str) -> list[str]:
        """Lines of a header as the backend saw them."""
        lines: dict[str, list[str]] = self.seen["headers"]
        return next((v for n, v in lines.items() if n.lower() == name.lower()), [])


class Served:
    """A gateway that serves, as a client and as who runs it see it."""

    def __init__(self, process: Process) -> None:
        self.process = process

    def address(self, listener: str = "default/ack-gateway/http") -> tuple[str, int]:
        """Where a listener accepts."""
        found = self.process.told(rf"^listener {listener}  (\S+):(\d+)  ")
        return found[1], int(found[2])

    def endpoint(self, name: str) -> tuple[str, int]:
        """Where ``admin``, ``stats`` or ``ready`` is."""
        found = self.process.told(rf"^{name} +(\S+):(\d+)$")
        return found[1], int(found[2])

    def get(
        self,
        target: str = "/get",
        *,
        host: str = HOST,
        method: str = "GET",
        headers: Headers = (),
        body: bytes | None = None,
    ) -> Answer:
        """One request on a connection of its own."""
        lines = (("host", host), *headers)
        return Answer(*send(self.address(), method, target, lines, body))

    def many(self, number: int, target: str = "/get") -> Iterator[Answer]:
        """Requests one after the other, on one connection as long as it lasts."""
        connection = http.client.HTTPConnection(*self.address(), timeout=TIMEOUT)
        try:
            for _ in range(number):
                connection.request("GET", target, headers={"host": HOST})
                answer = connection.getresponse()
                yield Answer(answer.status, tuple(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def ask(self, name: str, path: str, method: str = "GET", headers: Headers = ()) -> Answer:
        """A request to ``admin``, ``stats`` or ``ready``."""
        where = self.endpoint(name)
        lines = (("host", "localhost"), *headers)
        return Answer(*send(where, method, path, lines))

    def generation(self) -> int:
        """The number of the configuration that is live."""
        return int(json.loads(self.ask("admin", "/generation").body)["generation"])


@contextmanager
def serving(*paths: Path, options: Sequence[str | Path] = ()) -> Iterator[Served]:
    """Serves files; ready when the block begins."""
    files = [argument for path in paths for argument in ("-f", path)]
    log = () if "--access-log" in options else ("--access-log", "off")
    with Process("serve", *files, "--listen", "80=127.0.0.1:0", *HERE, *log, *options) as process:
        process.told("^ready$")
        yield Served(process)


@contextmanager
def echoes(*pods: str) -> Iterator[dict[str, str]]:
    """Echo backends by the name of their pod, with the address of each."""
    with ExitStack() as stack:
        yield {pod: stack.enter_context(EchoServer(pod, namespace="default")).http for pod in pods}


PODS = {
    "172.20.1.21": "backend-5bff7c6d9-aaaaa",
    "172.20.2.21": "backend-5bff7c6d9-bbbbb",
    "172.20.1.32": "backend-2-6c8d5f7b4-aaaaa",
    "172.20.9.32": "backend-2-6c8d5f7b4-ccccc",
}
"""The edge scenario's pods by the addresses they are imagined to have."""


@contextmanager
def edge_pods(manifest: Path) -> Iterator[None]:
    """Echo backends in the place of the scenario's pods; the manifest gets their addresses."""
    with ExitStack() as stack:
        port = _start_pods(stack)
        text = manifest.read_text("utf-8").replace("port: 3000", f"port: {port}")
        for address, here in zip(PODS, _hosts(), strict=False):
            text = text.replace(address, here)
        manifest.write_text(text, "utf-8")
        yield


def _hosts() -> Iterator[str]:
    return (f"127.0.0.{number}" for number in range(31, 31 + len(PODS)))


def _start_pods(stack: ExitStack) -> int:
    """Starts them, each on an address of its own and all on one port, which is told."""
    for _ in range(20):
        with ExitStack() as attempt:
            port = 0
            try:
                for host, pod in zip(_hosts(), PODS.values(), strict=True):
                    server = EchoServer(pod, namespace="default", http=f"{host}:{port}")
                    attempt.enter_context(server)
                    port = int(server.http.rpartition(":")[2])
            except BindError:
                continue
            stack.push(attempt.pop_all())
            return port
    raise AssertionError("found no port that is free on all of the addresses")


def copy_edge(folder: Path, route: str, *, pools: bool = False) -> Path:
    """The edge scenario's own files, byte for byte, with one of its routes."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ["backend.yaml", "gatewayclass.yaml", "gateway-config.yaml", "gateway.yaml"]
    for name in [*names, *(["two-pools.yaml"] if pools else [])]:
        shutil.copyfile(EDGE / name, folder / name)
    shutil.copyfile(EDGE / route, folder / "httproute.yaml")
    return folder
