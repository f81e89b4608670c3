"""What README shows is run as it stands: the Python block, and each line for the shell.

Stands alone, so that it can run beside an installed wheel too.
"""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
GWROUTE = str(Path(sys.executable).with_name("gwroute"))

SHELL = re.findall(r"^    gwroute (.*?)(?:\s+#.*)?$", README, re.MULTILINE)
STAYS = ("serve", "demo")
"""Commands that run until they are told to end."""
FREE = ("--admin", "127.0.0.1:0", "--stats", "127.0.0.1:0", "--ready-address", "127.0.0.1:0")
PATIENCE = 60


def lines() -> list[str]:
    """Lines for the shell that can be run; one of them stands for all commands."""
    return [line for line in SHELL if "COMMAND" not in line]


def test_there_is_something_to_run() -> None:
    assert len(lines()) >= 7
    assert "```python" in README


def test_the_python_block_runs() -> None:
    block = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert block is not None
    code = block[1].replace('"manifests/"', '"examples/shop"')
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    assert "->" in done.stdout
    assert "/cart" in done.stdout
    assert "listener" in done.stdout


@pytest.mark.parametrize("line", [line for line in lines() if not line.startswith(STAYS)])
def test_a_command_answers(line: str) -> None:
    done = subprocess.run(
        [GWROUTE, *shlex.split(line)], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout or "no findings" in done.stderr


@pytest.mark.parametrize("line", [line for line in lines() if line.startswith(STAYS)])
def test_a_command_serves_until_it_is_told_to_end(line: str) -> None:
    words = [word.replace("127.0.0.1:8080", "127.0.0.1:0") for word in shlex.split(line)]
    process = subprocess.Popen(
        [GWROUTE, *words, *FREE], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    assert process.stderr is not None
    said = []
    try:
        for told in process.stderr:
            said.append(told)
            if told.strip() == "ready":
                break
        assert said, "nothing was said"
        assert said[-1].strip() == "ready", "".join(said)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
