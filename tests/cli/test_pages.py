"""Transcripts of the command line: whole output compared, real processes."""

import os
from pathlib import Path

import pytest

from support.transcript import replay

PAGES = sorted((Path(__file__).parent / "pages").glob("*.txt"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page(page: Path) -> None:
    expected = page.read_text("utf-8")
    actual = replay(expected)
    if os.environ.get("GWROUTE_GOLDEN"):
        page.write_text(actual, "utf-8")
    assert actual == expected or os.environ.get("GWROUTE_GOLDEN")
