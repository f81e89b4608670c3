"""What --help promises: a purpose, and examples that run as they stand."""

from __future__ import annotations

import re
import shlex

import pytest

from gwroute.cli.main import COMMANDS
from support.process import Process
from support.transcript import run

STAYS = ("serve", "echo", "demo")
"""Commands that go on until they are told to end."""
FREE = {
    **dict.fromkeys(("HTTP_PORT", "H2C_PORT"), "0"),
    **dict.fromkeys(("GWROUTE_ADMIN", "GWROUTE_STATS", "GWROUTE_READY_ADDRESS"), "127.0.0.1:0"),
}
"""Ports that nobody else has, where an example names none."""


def help_of(command: str) -> str:
    done = run(command, "--help")
    assert done.returncode == 0
    return done.stdout


def examples(command: str) -> list[list[str]]:
    _, _, text = help_of(command).partition("Examples:\n")
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [shlex.split(line.strip().removeprefix("gwroute ")) for line in lines if line.strip()]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_a_command_is_for(command: str) -> None:
    usage, _, rest = help_of(command).partition("\n\n")
    assert usage.startswith(f"Usage: gwroute {command}")
    assert "--help" in rest
    assert len(examples(command)) == 2


def test_lines_that_stand_apart_are_not_filled() -> None:
    lines = [line.split() for line in help_of("completion").splitlines()]
    assert ["bash:", "source", "<(gwroute", "completion", "bash)", "in", "~/.bashrc"] in lines


@pytest.mark.parametrize(
    "arguments",
    [line for command in COMMANDS for line in examples(command)],
    ids=lambda arguments: " ".join(arguments)[:60],
)
def test_an_example_runs_as_it_stands(arguments: list[str]) -> None:
    if arguments[0] in STAYS:
        words = [word.replace("127.0.0.1:8080", "127.0.0.1:0") for word in arguments]
        with Process(*words, env=FREE) as process:
            process.told("^ready$")
            assert process.stop() == 0
    else:
        done = run(*arguments)
        assert done.returncode in (0, 1), done.stderr
        assert "error: " not in done.stderr
        assert done.stdout or arguments[0] == "validate"
