"""Transcripts: what is typed and the whole of what comes back.

A page holds a sentence and commands. ``| `` stands before each line of standard output, ``! ``
before each of standard error, ``? `` before an exit code other than 0; ``< FILE`` behind a command
is its standard input::

    # A word that is nearly a command gets a suggestion.
    $ gwroute gte
    ! error: there is no command 'gte'; did you mean get?
    ? 2

``GWROUTE_GOLDEN=1`` rewrites the pages from what is so.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
GWROUTE = Path(sys.executable).parent / "gwroute"


def environment() -> dict[str, str]:
    """The environment without variables that change what gwroute does."""
    ours = ("GWROUTE_", "NODE_NAME", "NO_COLOR", "KUBECONFIG", "_GWROUTE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "COLUMNS": "100", "LC_ALL": "C.UTF-8"}


def run(*args: str, stdin: str = "", cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Runs ``gwroute`` as a process of its own and waits for its end."""
    return subprocess.run(
        [str(GWROUTE), *args],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment(),
        timeout=60,
        check=False,
    )


def replay(page: str) -> str:
    """The page with what its commands answer now."""
    return "".join(_answered(line) for line in page.splitlines())


def _answered(line: str) -> str:
    if line.startswith(("|", "!", "?")):
        return ""
    if not line.startswith("$ gwroute"):
        return line + "\n"
    command, _, file = line.removeprefix("$ gwroute").partition(" < ")
    stdin = (ROOT / file).read_text("utf-8") if file else ""
    return line + "\n" + "".join(_shown(run(*shlex.split(command), stdin=stdin)))


def _shown(done: subprocess.CompletedProcess[str]) -> Iterator[str]:
    yield from (f"| {line}".rstrip() + "\n" for line in done.stdout.splitlines())
    yield from (f"! {line}".rstrip() + "\n" for line in done.stderr.splitlines())
    if done.returncode:
        yield f"? {done.returncode}\n"
