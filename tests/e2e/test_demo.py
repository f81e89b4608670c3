"""``gwroute demo``, used as its own text says: the lines that it prints are run as they stand."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.process import Process
from support.serving import HERE, Served
from support.transcript import GWROUTE, environment, run

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "curl", "sed", "grep"))),
    reason="the scenario's own commands need bash, curl, sed and grep",
)

RUNS = 10
"""Of the pipeline, which sends twenty requests each time."""
OFF = 34
"""Six standard deviations of how often 200 draws of probability 0.2 come true."""


class Demo:
    """A demo that runs, and its text as a person would follow it."""

    def __init__(self, process: Process) -> None:
        self.process = process
        process.told("^ready$")
        text = "\n".join(process.out)
        self.steps = {
            int(number): commands
            for number, commands in re.findall(r"  # (\d)\..*\n((?:  [^#\n].*\n|    .*\n)+)", text)
        }
        self.explain = next(line for line in process.out if "gwroute explain" in line)
        self.host = process.told(r"export GATEWAY_HOST=(\S+)")[1]

    def shell(self, commands: str) -> str:
        """What the commands print."""
        path = f"{GWROUTE.parent}:{environment()['PATH']}"
        done = subprocess.run(
            ["bash", "-c", commands],
            env={**environment(), "GATEWAY_HOST": self.host, "PATH": path},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout

    def apply(self, step: int) -> str:
        """Copies the step's file over the route, and hands back the rest of its commands."""
        copying, _, rest = self.steps[step].partition("\n")
        assert copying.strip().startswith("cp ")
        said = len(self.process.err)
        self.shell(copying)
        self.process.told(r"changed HTTPRoute default/backend; generation", after=said)
        return rest


@pytest.fixture
def demo(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Demo]:
    arguments = getattr(request, "param", ())
    # What is killed leaves its folder behind.
    env = {"TMPDIR": str(tmp_path)}
    with Process("demo", "--address", "127.0.0.1:0", *HERE, *arguments, env=env) as process:
        yield Demo(process)


def test_the_three_steps(demo: Demo) -> None:
    first = json.loads(demo.shell(demo.steps[1]))
    assert first["path"] == "/get"
    assert first["pod"].startswith("backend-5bff7c6d9-")
    assert "Added-Header" not in first["headers"]

    second = json.loads(demo.shell(demo.apply(2)))
    assert second["headers"]["Added-Header"] == ["foo"]
    assert second["headers"]["X-Request-Id"] != first["headers"]["X-Request-Id"]

    pipeline = demo.apply(3)
    lines = [line for _ in range(RUNS) for line in demo.shell(pipeline).splitlines()]
    assert len(lines) == 20 * RUNS
    found = Counter(lines)
    assert set(found) == {" backend", " backend-2"}
    assert abs(found[" backend-2"] - len(lines) / 5) <= OFF


def test_the_explanation_it_proposes(demo: Demo) -> None:
    shown = demo.shell(demo.explain)
    assert "listener  default/ack-gateway/http" in shown
    assert "pool hangzhou" in shown


@pytest.mark.parametrize("demo", [("--node-pool", "shenzhen")], indirect=True)
def test_in_the_other_pool_the_share_of_backend_2_gets_503(demo: Demo) -> None:
    demo.apply(3)
    found = Counter(answer.status for answer in Served(demo.process).many(200))
    assert set(found) == {200, 503}
    assert abs(found[503] - 40) <= OFF


@pytest.mark.parametrize("demo", [("--node-pool", "NPYYY")], indirect=True)
def test_a_pool_by_the_providers_id(demo: Demo) -> None:
    assert "seen from node pool shenzhen" in demo.process.everything()


def test_it_ends_cleanly(demo: Demo) -> None:
    folder = Path(demo.process.told(r"manifests  (\S+)")[1]).parent
    assert folder.is_dir()
    assert demo.process.stop() == 0
    assert not folder.exists()


def test_an_address_that_is_taken_names_the_option(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        address = f"127.0.0.1:{holder.getsockname()[1]}"
        done = run("demo", "--address", address, "--folder", str(tmp_path / "edge"), *HERE)
    assert done.returncode == 2
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith(f"error: cannot listen on {address}")
    assert "--address" in line


def test_a_folder_that_was_given_stays(tmp_path: Path) -> None:
    arguments = ("--address", "127.0.0.1:0", "--folder", str(tmp_path / "edge"), *HERE)
    with Process("demo", *arguments) as process:
        demo = Demo(process)
        assert demo.process.stop() == 0
    assert any((tmp_path / "edge").rglob("*.yaml"))
