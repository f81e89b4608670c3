"""How long from 10,000 routes in files to serving them, and from one changed file to serving it?

And reading alone, beside PyYAML with libyaml, which makes lists and mappings of the same files
and no objects.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
import yaml
from pytest_benchmark.fixture import BenchmarkFixture

from data.routes import write
from gwroute import load
from serving import Serving, mark

ROUTES = 10_000
QUIET = 0.3
"""Seconds between two changes."""


@pytest.fixture(scope="module", params=[1, ROUTES], ids=["one host", "a host each"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred routes a file, with two matches, two filters and two backends each."""
    made = tmp_path_factory.mktemp("routes")
    write(made, ROUTES, hosts=request.param)
    return made


def gwroute(folder: Path) -> None:
    load(folder)


def pyyaml(folder: Path) -> None:
    for file in folder.iterdir():
        list(yaml.load_all(file.read_bytes(), Loader=yaml.CSafeLoader))


@pytest.mark.parametrize("reader", [gwroute, pyyaml])
@pytest.mark.parametrize("folder", [1], indirect=True, ids=["one host"])
@pytest.mark.benchmark(group="reading")
def bench_reading(benchmark: BenchmarkFixture, folder: Path, reader: object) -> None:
    benchmark.pedantic(reader, (folder,), rounds=3)


@pytest.mark.benchmark(group="from files to serving")
def bench_start(benchmark: BenchmarkFixture, folder: Path) -> None:
    """From the command to the first answer, the interpreter's start included."""
    mark(folder, "first")
    with ExitStack() as stack:

        def serve() -> None:
            stack.enter_context(Serving(folder)).wait_for("first")

        benchmark.pedantic(serve, setup=stack.close, rounds=5)


@pytest.mark.benchmark(group="from a changed file to serving it")
def bench_change(benchmark: BenchmarkFixture, folder: Path) -> None:
    """One change at a time: what comes while the last is still being reported waits for that."""
    mark(folder, "first")
    names = (f"n{number}" for number in count())
    with Serving(folder) as serving:
        serving.wait_for("first")

        def change() -> None:
            name = next(names)
            mark(folder, name)
            serving.wait_for(name)

        benchmark.pedantic(change, setup=lambda: time.sleep(QUIET), rounds=30)
