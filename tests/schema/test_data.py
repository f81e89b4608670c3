"""The schemas in the package against the CRDs they were made from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.shared import ROOT, shared

CRDS = shared("crds")


@pytest.mark.skipif(not CRDS.is_dir(), reason="the CRDs are not beside this checkout")
def test_the_schemas_are_what_the_tool_makes_of_the_crds(tmp_path: Path) -> None:
    tool = ROOT / "tools" / "schemas.py"
    folders = [CRDS / "standard", CRDS / "experimental", tmp_path]
    subprocess.run([sys.executable, tool, *folders], check=True)
    made = {file.name: file.read_text() for file in tmp_path.iterdir()}
    package = ROOT / "python" / "gwroute" / "schemas"
    kept = {file.name: file.read_text() for file in package.glob("*.json")}
    assert made.keys() == kept.keys()
    assert made == kept
