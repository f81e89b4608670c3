"""A rule with a session keeps each client at one of its pods."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from gwroute import EchoServer
from support.process import Process
from support.serving import GATEWAY, HERE, Answer, Served, serving

ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec:
  parentRefs: [{name: ack-gateway}]
  rules:
  - sessionPersistence: {type: Cookie, cookie: {name: stay}}
    backendRefs: [{name: cart, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: cart}
spec: {ports: [{port: 80}]}
"""

PODS = ("one", "two", "three")


def cookie(answer: Answer) -> str | None:
    """The cookie that an answer sets."""
    lines = [value for name, value in answer.headers if name.lower() == "set-cookie"]
    return lines[0].partition(";")[0] if lines else None


@contextmanager
def pods() -> Iterator[str]:
    """Three of them; the option value that names their addresses."""
    with ExitStack() as stack:
        started = [stack.enter_context(EchoServer(name, http="127.0.0.1:0")) for name in PODS]
        yield "default/cart:80=" + ",".join(pod.addresses["http"] for pod in started)


@pytest.fixture
def world(tmp_path: Path) -> Path:
    world = tmp_path / "world.yaml"
    world.write_text(GATEWAY + ROUTE, "utf-8")
    return world


def is_known(served: Served, bound: str, pod: str) -> bool:
    """Whether a client with that cookie is sent to its pod, and never given another cookie."""
    answers = [served.get("/", headers=(("cookie", bound),)) for _ in range(5)]
    return all((answer.pod, cookie(answer)) == (pod, None) for answer in answers)


def test_a_client_stays_where_it_was_answered_first(world: Path) -> None:
    with pods() as endpoints, serving(world, options=["--endpoint", endpoints]) as served:
        seen = set()
        for _ in range(20):
            first = served.get("/")
            bound = cookie(first)
            assert bound is not None
            assert bound.startswith("stay=")
            assert is_known(served, bound, first.pod)
            seen.add(first.pod)
        assert len(seen) > 1, "new clients are spread"


def test_replicas_with_one_key_know_each_others_clients(world: Path, tmp_path: Path) -> None:
    key = tmp_path / "keys" / "session"
    key.parent.mkdir()
    key.write_bytes(b"k" * 32)
    with pods() as endpoints, ExitStack() as stack:
        given = ["--endpoint", endpoints]
        keyed = [*given, "--session-key", key]
        one, two, other = (
            stack.enter_context(serving(world, options=options))
            for options in (keyed, keyed, given)
        )
        first = one.get("/")
        bound = cookie(first)
        assert bound is not None
        assert is_known(two, bound, first.pod)
        assert not is_known(other, bound, first.pod)
        key.write_bytes(b"n" * 40)
        two.process.told("new session keys")
        assert is_known(two, bound, first.pod)
        renewed = two.get("/")
        after = cookie(renewed)
        assert after is not None
        one.process.told("new session keys")
        assert is_known(one, after, renewed.pod)


def test_a_key_that_is_too_short_is_told_at_the_start(world: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"short")
    with Process("serve", "-f", world, "--session-key", key, *HERE) as process:
        process.told(f"session key {key}: 5 bytes, and a key has at least 32")
        assert process.end() == 2
