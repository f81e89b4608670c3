"""Row 27 of the table: the last known result stays while the source cannot be reached."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gwroute.controller import Controller, State
from gwroute.errors import LoadError
from gwroute.resolve import Options
from gwroute.router import Forward, Request, Router
from gwroute.store import Event, Put, Reset, Synced
from support.documents import Documents


class Source:
    """A cluster that can be cut off."""

    def __init__(self) -> None:
        self.cut_off = False

    def read(self) -> list[Event]:
        if self.cut_off:
            raise OSError("the API server cannot be reached")
        edge = Documents.edge().drop("EnvoyProxy")
        del edge.of("Gateway", "ack-gateway")["spec"]["infrastructure"]
        return [Reset(), *(Put(obj) for obj in edge.store()), Synced(())]


class Plane:
    """Keeps the table it is given, and what it is told of failures."""

    def __init__(self) -> None:
        self.router = Router.__new__(Router)
        self.failures: list[str] = []

    def listen(self, gateway: str, port: int, address: str) -> str:
        del gateway, port
        return address

    def unlisten(self, gateway: str, port: int) -> None: ...

    def set_status(self, status: bytes) -> None: ...

    def set_ready(self, ready: bool) -> None: ...

    def swap(self, router: Router, info: Mapping[str, Any], _: bytes) -> int:
        del info
        self.router = router
        return 1

    def reload_failed(self, error: str) -> None:
        self.failures.append(error)

    def reached(self, draw: float) -> list[str]:
        request = Request("GET", "http://www.example.com/get")
        answer = self.router.decide(request, draw=draw)
        assert isinstance(answer, Forward)
        upstreams = {item.key: item for item in self.router.snapshot.upstreams}
        return [item.address for item in upstreams[answer.upstream].endpoints]


def controller(source: Source, plane: Plane, state: State | None = None) -> Controller:
    return Controller(
        source, Options(node="node-a1"), plane, listen={"80": "127.0.0.1:0"}, state=state
    )


def test_row_27_cut_off_after_the_start_the_last_known_result_stays() -> None:
    source, plane = Source(), Plane()
    running = controller(source, plane)
    running.start()
    source.cut_off = True
    running.reread()
    assert plane.failures == ["the API server cannot be reached"]
    assert (plane.reached(0.4), plane.reached(0.9)) == (["172.20.1.21"], ["172.20.1.32"])


def test_row_27_a_proxy_that_starts_cut_off_serves_the_last_known_result(tmp_path: Path) -> None:
    source, state = Source(), State(tmp_path)
    controller(source, Plane(), state).start()
    source.cut_off = True
    plane = Plane()
    controller(source, plane, state).start()
    assert (plane.reached(0.4), plane.reached(0.9)) == (["172.20.1.21"], ["172.20.1.32"])
    with pytest.raises((OSError, LoadError)):
        controller(source, Plane()).start()
