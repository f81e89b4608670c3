"""The loop, with a source and a data plane that only note what happens."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest

from gwroute.controller import Controller, State
from gwroute.errors import BindError, LoadError
from gwroute.finding import Finding
from gwroute.model.parse import read
from gwroute.resolve import Options
from gwroute.router import Request, Router
from gwroute.store import Delete, Event, Put, Reset, Synced

GATEWAY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: gwroute}
spec: {controllerName: gwroute.dev/gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public, namespace: infra}
spec:
  gatewayClassName: gwroute
  listeners:
  - {name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
"""
ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: cart, namespace: shop}
spec:
  parentRefs:
  - {name: public, namespace: infra}
  rules:
  - matches:
    - path: {type: PathPrefix, value: /cart}
    filters:
    - type: RequestRedirect
      requestRedirect: {statusCode: 302}
"""
BROKEN = Finding(code="GWR001", message="not YAML", file="a.yaml", line=1, column=2)


def puts(*texts: str) -> list[Event]:
    return [Put(obj) for text in texts for obj in read(text, "all.yaml").objects]


def everything(*texts: str, findings: tuple[Finding, ...] = ()) -> list[Event]:
    return [Reset(), *puts(*texts), Synced(findings)]


class Source:
    """Reads what it is given, and hands on what is put into ``news``."""

    def __init__(self, events: list[Event]) -> None:
        self.events = events
        self.error: Exception | None = None
        self.news: list[list[Event]] = []

    def read(self) -> list[Event]:
        if self.error is not None:
            raise self.error
        return self.events

    def watch(self, stop: Flag) -> Iterator[list[Event]]:
        yield from self.news
        stop.wait()


class Plane:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.router: Router | None = None
        self.infos: list[Mapping[str, Any]] = []
        self.failures: list[str] = []
        self.open: dict[tuple[str, int], str] = {}
        self.taken: set[str] = set()
        self.ready = False
        self.status: Any = None
        self.asked: list[str] = []

    def listen(self, gateway: str, port: int, address: str) -> str:
        if address in self.taken:
            raise BindError(f"{address}: address in use")
        self.open[gateway, port] = address
        return address

    def unlisten(self, gateway: str, port: int) -> None:
        del self.open[gateway, port]

    def swap(self, router: Router, info: Mapping[str, Any], _: bytes) -> int:
        self.router = router
        self.infos.append(info)
        return len(self.infos)

    def set_status(self, status: bytes) -> None:
        self.status = json.loads(status)

    def reload_failed(self, error: str) -> None:
        self.failures.append(error)

    def set_ready(self, ready: bool) -> None:
        self.ready = ready

    def wait_event(self, timeout: float) -> str | None:
        del timeout
        return self.asked.pop(0) if self.asked else None

    def answers(self, path: str) -> int:
        assert self.router is not None
        decision = self.router.decide(Request("GET", f"http://shop.example.com{path}"))
        return int(decision.status)


@pytest.fixture
def plane() -> Plane:
    return Plane()


@pytest.fixture
def source() -> Source:
    return Source(everything(GATEWAY, ROUTE))


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "gwroute")
    return caplog


def controller(source: Source, plane: Plane, state: State | None = None) -> Controller:
    return Controller(source, Options(), plane, listen={"80": "127.0.0.1:8080"}, state=state)


# -- the beginning


def test_the_first_configuration_serves_before_it_is_ready(
    source: Source, plane: Plane, log: pytest.LogCaptureFixture
) -> None:
    controller(source, plane).start()
    assert plane.ready
    assert plane.open == {("infra/public", 80): "127.0.0.1:8080"}
    assert plane.answers("/cart") == 302
    assert log.messages == ["listener infra/public/http  127.0.0.1:8080  1 route", "ready"]


def test_a_source_that_cannot_be_read_is_no_beginning(source: Source, plane: Plane) -> None:
    source.error = LoadError("manifests: no such folder")
    with pytest.raises(LoadError, match="no such folder"):
        controller(source, plane).start()
    assert not plane.ready


def test_without_any_port_there_is_no_beginning(source: Source, plane: Plane) -> None:
    plane.taken.add("127.0.0.1:8080")
    with pytest.raises(BindError, match=r"--listen 80=127\.0\.0\.1:8080"):
        controller(source, plane).start()
    assert not plane.ready


def test_one_port_that_is_taken_does_not_keep_the_others(
    source: Source, plane: Plane, log: pytest.LogCaptureFixture
) -> None:
    second = "  - {name: more, port: 8081, protocol: HTTP}\n"
    source.events = everything(GATEWAY + second, ROUTE)
    plane.taken.add(":8081")
    controller(source, plane).start()
    assert plane.ready
    assert list(plane.open) == [("infra/public", 80)]
    assert any("--listen 8081=" in line for line in log.messages)
    denied = {
        (entry["section"], entry["type"]): (entry["status"], entry["reason"])
        for entry in plane.status
        if "8081" in entry["message"] and entry["status"] == "False"
    }
    assert denied == {
        (None, "Programmed"): ("False", "AddressNotUsable"),
        ("more", "Accepted"): ("False", "PortUnavailable"),
        ("more", "Programmed"): ("False", "Invalid"),
    }


def test_an_option_that_matches_nothing_is_told_once(
    source: Source, plane: Plane, log: pytest.LogCaptureFixture
) -> None:
    listen = {"80": "127.0.0.1:8080", "8443": "127.0.0.1:8443"}
    run = Controller(source, Options(), plane, listen=listen)
    run.start()
    assert run.apply([*puts(ROUTE.replace("/cart", "/basket")), Synced()])
    told = [line for line in log.messages if line.startswith("--listen")]
    [line] = told
    assert line.startswith("--listen 8443=: no Gateway has a listener that is served here")


# -- changes


def test_a_change_is_put_in_place_and_told(
    source: Source, plane: Plane, log: pytest.LogCaptureFixture
) -> None:
    run = controller(source, plane)
    run.start()
    log.clear()
    assert run.apply([*puts(ROUTE.replace("/cart", "/basket")), Synced()])
    assert (plane.answers("/basket"), plane.answers("/cart")) == (302, 404)
    [line] = log.messages
    assert line.startswith("changed HTTPRoute shop/cart; generation 1 -> 2 in ")


def test_what_an_api_server_would_refuse_is_served_and_told_once(
    source: Source, plane: Plane, log: pytest.LogCaptureFixture
) -> None:
    spoilt = ROUTE.replace("spec:\n", "spec:\n  hostnames: [Shop.example.com]\n")
    source.events = everything(GATEWAY, spoilt)
    run = controller(source, plane)
    run.start()
    assert plane.answers("/cart") == 302
    run.apply([*puts(ROUTE.replace("name: cart", "name: other")), Synced()])
    [(level, line)] = [(r.levelname, r.message) for r in log.records if "GWR104" in r.message]
    assert level == "ERROR"
    assert line.startswith("all.yaml:5:15: error GWR104: HTTPRoute shop/cart: spec.hostnames[0] ")


def test_what_is_new_and_what_is_gone_is_told(
    source: Source, plane: Plane, log: pytest.LogCaptureFixture
) -> None:
    run = controller(source, plane)
    run.start()
    log.clear()
    (old,) = puts(ROUTE)
    assert isinstance(old, Put)
    new = puts(*(ROUTE.replace("name: cart", f"name: r{n}") for n in range(4)))
    run.apply([Delete(old.object.key), *new, Synced()])
    [line] = log.messages
    assert line.startswith(
        "gone HTTPRoute shop/cart, new HTTPRoute shop/r0, new HTTPRoute shop/r1, and 2 more; "
    )


def test_what_changes_nothing_is_no_generation(source: Source, plane: Plane) -> None:
    run = controller(source, plane)
    run.start()
    assert not run.apply([Synced()])
    assert len(plane.infos) == 1


def test_a_broken_file_is_told_once_and_what_is_live_stays(
    source: Source, plane: Plane, log: pytest.LogCaptureFixture
) -> None:
    run = controller(source, plane)
    run.start()
    log.clear()
    assert not run.apply([Synced((BROKEN,))])
    assert not run.apply([Synced((BROKEN,))])
    assert plane.answers("/cart") == 302
    assert plane.failures == [str(BROKEN)]
    assert log.messages == [f"{BROKEN}; what is live of it stays"]


def test_the_rest_goes_on_beside_a_broken_file_until_it_is_mended(
    source: Source, plane: Plane, log: pytest.LogCaptureFixture
) -> None:
    run = controller(source, plane)
    run.start()
    run.apply([*puts(ROUTE.replace("/cart", "/basket")), Synced((BROKEN,))])
    assert plane.answers("/basket") == 302
    assert plane.infos[-1]["error"] == str(BROKEN)
    log.clear()
    run.apply([Synced(())])
    assert plane.infos[-1]["error"] is None
    assert log.messages[0].startswith("mended; generation 2 -> 3 in ")


def test_a_fault_of_our_own_does_not_end_what_is_served(
    source: Source, plane: Plane, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = controller(source, plane)
    run.start()

    def fail(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(run._resolver, "resolve", fail)
    run.apply([*puts(ROUTE.replace("/cart", "/basket")), Synced()])
    assert plane.failures == ["what was read cannot be used: division by zero"]
    assert plane.answers("/cart") == 302


def test_a_gateway_that_goes_takes_its_port_along(
    source: Source, plane: Plane, log: pytest.LogCaptureFixture
) -> None:
    run = controller(source, plane)
    run.start()
    run.apply([*everything(ROUTE)])
    assert plane.open == {}
    assert "Gateway infra/public: port 80 closed" in log.messages


def test_reading_again_without_a_change_says_so(
    source: Source, plane: Plane, log: pytest.LogCaptureFixture
) -> None:
    run = controller(source, plane)
    run.start()
    run.reread()
    assert log.messages[-1] == "read everything again; generation 1 stays"
    source.error = LoadError("manifests: no such folder")
    run.reread()
    assert plane.failures == ["manifests: no such folder"]
    assert plane.answers("/cart") == 302


# -- the loop


def test_the_loop_follows_the_source_and_ends_when_it_is_told(source: Source, plane: Plane) -> None:
    source.news = [[*puts(ROUTE.replace("/cart", "/basket")), Synced()]]
    run = controller(source, plane)
    run.start()
    loop = Thread(target=run.run)
    loop.start()
    waits = Flag()
    for _ in range(1000):
        if plane.answers("/basket") == 302:
            break
        waits.wait(0.01)
    assert plane.answers("/basket") == 302
    plane.asked.append("drain")
    loop.join(10)
    assert not loop.is_alive()


# -- the state on disk


@pytest.mark.parametrize("loss", ["unreadable", "broken"])
def test_the_last_good_snapshot_serves_until_the_source_can_be_read(
    source: Source, plane: Plane, tmp_path: Path, log: pytest.LogCaptureFixture, loss: str
) -> None:
    state = State(tmp_path)
    controller(source, Plane(), state).start()
    if loss == "unreadable":
        source.error = LoadError("manifests: no such folder")
    else:
        source.events = everything(findings=(BROKEN,))
    run = controller(source, plane, state)
    run.start()
    assert plane.ready
    assert plane.answers("/cart") == 302
    assert any("serving the last good snapshot" in line for line in log.messages)
    assert not run.apply([Synced((BROKEN,))])
    assert plane.answers("/cart") == 302
    source.error = None
    run.apply(everything(GATEWAY, ROUTE.replace("/cart", "/basket")))
    assert (plane.answers("/basket"), plane.answers("/cart")) == (302, 404)


def test_a_broken_configuration_is_not_kept(source: Source, plane: Plane, tmp_path: Path) -> None:
    run = controller(source, plane, State(tmp_path))
    run.start()
    good = State(tmp_path).load()
    run.apply([*puts(ROUTE.replace("/cart", "/basket")), Synced((BROKEN,))])
    assert State(tmp_path).load() == good
