"""The pages about findings, run as they stand: what an example shows, and that the mend mends it.

``GWROUTE_GOLDEN=1`` rewrites the transcripts from what is so.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from gwroute.finding import CODES
from support.pages import COMMANDS, FOLDER, commands, lay_out, page, parts, replay

GOLDEN = bool(os.environ.get("GWROUTE_GOLDEN"))
ONLY_A_RACE = {"GWR015"}
"""Codes of which no example can be shown: a file that goes away while it is read."""
RUN = sorted(CODES.keys() - ONLY_A_RACE)


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert sorted(file.stem for file in FOLDER.glob("GWR*.md")) == sorted(CODES)


def test_the_index_names_every_code() -> None:
    index = (FOLDER / "README.md").read_text("utf-8")
    expected = [
        f"| [{code}]({code}.md) | {level} | {title} |" for code, (level, title) in CODES.items()
    ]
    assert [line for line in index.splitlines() if line.startswith("| [GWR")] == expected


@pytest.mark.parametrize("code", CODES)
def test_a_page_is_headed_by_its_code_and_says_what_to_do(code: str) -> None:
    text = page(code)
    assert text.startswith(f"# {code}: {CODES[code].title}\n")
    assert "\n## Mend\n\n" in text


@pytest.mark.parametrize("code", ["GWR001", "GWR501"])
def test_there_is_nothing_wrong_with_the_objects_beside_the_examples(code: str, here: Path) -> None:
    lay_out(code, {}, here)
    assert replay(COMMANDS) == COMMANDS


@pytest.mark.parametrize("code", RUN)
def test_the_example_shows_the_finding(code: str, here: Path) -> None:
    text = page(code)
    shown, _ = parts(text)
    lay_out(code, shown.files, here)
    actual = replay(commands(shown.transcript))
    assert re.search(rf"^(\S+: )?{CODES[code].level} {code}: ", actual, re.MULTILINE)
    if GOLDEN:
        (FOLDER / f"{code}.md").write_text(with_transcript(text, actual), "utf-8")
    assert actual == shown.transcript or GOLDEN


def with_transcript(text: str, transcript: str) -> str:
    """The page with another transcript of its example."""
    example, heading, mend = text.partition("## Mend\n")
    example = re.sub(r"\n```console\n.*?^```\n", "", example, flags=re.DOTALL | re.MULTILINE)
    return f"{example.rstrip()}\n\n```console\n{transcript}```\n\n{heading}{mend}"


@pytest.mark.parametrize("code", RUN)
def test_after_the_mend_there_is_nothing_left_to_tell(code: str, here: Path) -> None:
    _, mended = parts(page(code))
    lay_out(code, mended.files, here)
    assert replay(mended.transcript) == mended.transcript
