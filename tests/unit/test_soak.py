"""The long run tells what it found, and does not take nothing for success."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.transcript import ROOT

PASSES = "def test_holds(): pass\n"
FAILS = "def test_breaks(): raise ValueError('found')\n"


def soak(folder: Path, seconds: str, *tests: str) -> subprocess.CompletedProcess[str]:
    for number, test in enumerate(tests):
        (folder / f"test_{number}.py").write_text(test)
    argv = [sys.executable, "-m", "property.soak", seconds, str(folder)]
    return subprocess.run(argv, cwd=ROOT / "tests", capture_output=True, text=True, timeout=60)


def test_nothing_is_found(tmp_path: Path) -> None:
    done = soak(tmp_path, "0.1", PASSES)
    assert (done.returncode, "found nothing: " in done.stdout) == (0, True), done.stdout


def test_what_is_found_is_told(tmp_path: Path) -> None:
    done = soak(tmp_path, "0.1", FAILS)
    assert (done.returncode, "1 failing: " in done.stdout) == (1, True), done.stdout
    assert "ValueError: found" in done.stdout


def test_the_test_under_way_is_the_last(tmp_path: Path) -> None:
    slow = "import time\ndef test_{0}(): time.sleep(0.5)\n"
    done = soak(tmp_path, "0.1", *(slow.format(number) for number in range(4)))
    assert (done.returncode, "1 runs of 1 tests" in done.stdout) == (0, True), done.stdout


def test_no_time_and_no_tests_are_no_success(tmp_path: Path) -> None:
    assert soak(tmp_path, "0", PASSES).returncode == 2
    assert soak(tmp_path, "0.1", "import nothing_of_that_name\n").returncode == 2
