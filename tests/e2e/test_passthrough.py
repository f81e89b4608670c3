"""A listener of protocol TLS, on which no route can stand."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

from support.client import TIMEOUT
from support.process import Process
from support.serving import HERE

MANIFEST = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: c}
spec: {controllerName: gwroute.dev/gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g, namespace: default}
spec:
  gatewayClassName: c
  listeners: [{name: tls, port: 443, protocol: TLS, tls: {mode: Passthrough}}]
"""


def test_a_connection_is_closed_without_an_answer(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(MANIFEST)
    with Process("serve", "-f", file, "--listen", "443=127.0.0.1:0", *HERE) as process:
        found = process.told(r"^listener default/g/tls  (\S+):(\d+)  0 routes")
        address = (found[1], int(found[2]))
        with socket.create_connection(address, timeout=TIMEOUT) as connection:
            connection.sendall(b"\x16\x03\x01\x00\x05hello")
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(1) == b"", "no alert, and no byte of HTTP"
