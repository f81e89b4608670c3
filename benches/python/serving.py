"""``gwroute serve`` over a folder, as whoever waits for it sees it."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

HOST = "127.0.0.78"
"""Where it listens: an address of loopback that nothing else is likely to use."""
PATIENCE = 60.0
"""Seconds to wait for an answer."""

MARKER = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: marker, namespace: shop}}
spec:
  parentRefs: [{{name: public, namespace: infra}}]
  hostnames: [h0.example.com]
  rules:
  - matches: [{{path: {{type: Exact, value: /marker}}}}]
    filters:
    - type: RequestRedirect
      requestRedirect: {{hostname: {name}.example.com}}
"""
"""A route on the first host of the others, whose answer tells which version of it is served."""


def mark(folder: Path, name: str) -> None:
    """Writes the marker as an editor does: a new file in the place of the old one."""
    written = folder / "marker.new"
    written.write_text(MARKER.format(name=name))
    written.replace(folder / "marker.yaml")


class Serving:
    """The process; ended with the ``with`` block."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self._port = probe.getsockname()[1]
        command = (
            *(Path(sys.executable).with_name("gwroute"), "serve", "-f", folder),
            *("--workers", "1", "--access-log", "off", "--listen", f"80={HOST}:{self._port}"),
            *("--admin", "off", "--stats", "off", "--ready-address", "off"),
        )
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._connection = http.client.HTTPConnection(HOST, self._port, timeout=PATIENCE)

    def wait_for(self, name: str) -> None:
        """Asks until the marker is served in that version."""
        end = time.monotonic() + PATIENCE
        while self._ask() != f"http://{name}.example.com/marker":
            # Asking without a pause would keep it from its work.
            time.sleep(0.001)
            if time.monotonic() > end or self._process.poll() is not None:
                raise TimeoutError(f"{name} is not served")

    def _ask(self) -> str | None:
        try:
            self._connection.request("GET", "/marker", headers={"host": "h0.example.com"})
            response = self._connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return None
        return response.getheader("location")

    def __enter__(self) -> Serving:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._connection.close()
        self._process.terminate()
        self._process.wait(PATIENCE)
