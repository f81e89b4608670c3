"""Runs the property tests for a while: round after round, each with seeds of its own.

``python -m property.soak SECONDS [FOLDER]`` from the folder of tests, or ``make soak-properties``.
A round is every test with the examples of the long profile, so that each has its share of the time;
when the time is up, the test under way is the last. What was found is printed with what reproduces
it.

Exit codes: 0 nothing was found; 1 something was; 2 the tests cannot be run.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
NONE_FOUND, FOUND, UNUSABLE = range(3)


class Clock:
    """A plugin that ends a round when the time is up, and counts."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.run: Counter[str] = Counter()
        self.failed: dict[str, str] = {}

    @property
    def is_up(self) -> bool:
        return time.monotonic() >= self.until

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Another order each round, so that no test is always the one left out."""
        random.shuffle(items)

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        if self.is_up:
            item.session.shouldstop = "the time is up"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.setdefault(report.nodeid, report.longreprtext)
        if report.when == "call":
            self.run[report.nodeid] += 1


def round_(folder: Path, clock: Clock, seed: int) -> bool:
    """Every test once, or as many as there is time for; False if they cannot be run."""
    options = [f"--hypothesis-seed={seed}", "-o", "timeout=0", "-q", "--no-header", "-r", "fE"]
    options += ["--no-summary", "-p", "no:cacheprovider"]
    code = pytest.main([str(folder), *options], [clock])
    if code == pytest.ExitCode.INTERRUPTED:
        return clock.is_up
    return code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


def main(seconds: float, folder: Path = FOLDER) -> int:
    os.environ["GWROUTE_HYPOTHESIS"] = "soak"
    begun = time.monotonic()
    clock, rounds = Clock(begun + seconds), 0
    while not clock.is_up:
        rounds += 1
        seed = random.SystemRandom().getrandbits(32)
        print(f"round {rounds}, seed {seed}, {time.monotonic() - begun:.0f} s", flush=True)
        if not round_(folder, clock, seed):
            return UNUSABLE
    if not clock.run:
        print("the time was too short for a single test")
        return UNUSABLE
    for name, text in clock.failed.items():
        print(f"\n{name}\n{text}")
    found = f"{len(clock.failed)} failing" if clock.failed else "found nothing"
    print(
        f"{found}: {clock.run.total()} runs of {len(clock.run)} tests in {rounds} rounds, "
        f"up to 250 examples a run, {time.monotonic() - begun:.0f} s"
    )
    return FOUND if clock.failed else NONE_FOUND


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), *map(Path, sys.argv[2:])))
