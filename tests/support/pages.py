"""Pages about findings, and how their examples are run.

A page, ``docs/findings/GWRnnn.md``, has an example and a mend. The ``yaml`` blocks of each are
files (``example.yaml``, or as the block is named) beside the objects of ``base.yaml``, and of
``pools.yaml`` where the page is about node pools. The ``console`` block is a transcript; the same
commands have nothing to tell after the mend.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from click.testing import CliRunner

from gwroute.cli.main import cli
from support.shared import ROOT

FOLDER = ROOT / "docs" / "findings"
COMMANDS = "$ gwroute validate -f .\n"
"""What is typed where a page shows no transcript."""

_BLOCK = re.compile(r"^```(yaml|console)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Part(NamedTuple):
    """The example of a page, or its mend."""

    files: Mapping[str, str]
    transcript: str

    @classmethod
    def of(cls, text: str) -> Part:
        """The blocks in a part of a page."""
        blocks = _BLOCK.findall(text)
        files = {name or "example.yaml": body for kind, name, body in blocks if kind == "yaml"}
        return cls(files, "".join(body for kind, _, body in blocks if kind == "console"))


def page(code: str) -> str:
    """The page about a code."""
    return (FOLDER / f"{code}.md").read_text("utf-8")


def parts(text: str) -> tuple[Part, Part]:
    """The example, and what it is after the mend."""
    _, example, mend = re.split(r"^## (?:Example|Mend)$", text, flags=re.MULTILINE)
    shown, mended = Part.of(example), Part.of(mend)
    typed = mended.transcript or commands(shown.transcript)
    return shown, Part({**shown.files, **mended.files}, typed)


def commands(transcript: str) -> str:
    """A transcript without the answers."""
    lines = transcript.splitlines(keepends=True)
    return "".join(line for line in lines if line.startswith("$ ")) or COMMANDS


def lay_out(code: str, files: Mapping[str, str], folder: Path) -> None:
    """The files of a part, and beside them the objects that it does not show itself."""
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    shown = {key(item) for text in files.values() for item in documents(text)}
    beside = [item for item in world(code) if key(item) not in shown]
    (folder / "world.yaml").write_text(yaml.safe_dump_all(beside), "utf-8")


def world(code: str) -> list[dict[str, Any]]:
    """The objects beside which the page's examples stand."""
    names = ["base.yaml", "pools.yaml"] if code.startswith("GWR5") else ["base.yaml"]
    return [item for name in names for item in documents((FOLDER / name).read_text("utf-8"))]


def documents(text: str) -> list[dict[str, Any]]:
    """The objects in a text; none if it is not YAML, as examples may be."""
    try:
        found = list(yaml.safe_load_all(text))
    except yaml.YAMLError:
        return []
    return [item for item in found if isinstance(item, dict)]


def key(document: dict[str, Any]) -> tuple[object, ...]:
    """What tells an object from the others."""
    metadata = document.get("metadata") or {}
    return document.get("kind"), metadata.get("namespace"), metadata.get("name")


def replay(typed: str) -> str:
    """Commands, each with what it answers on standard output."""
    return "".join(line + answer(line.removeprefix("$ ")) for line in typed.splitlines(True))


def answer(line: str) -> str:
    """What a command answers; those that are not ours only prepare something."""
    program, *arguments = shlex.split(line)
    if program != "gwroute":
        subprocess.run([program, *arguments], check=True, timeout=10)
        return ""
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False, standalone_mode=False)
    lines = done.stdout.strip("\n").splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)
