"""An empty folder to type in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, without variables that change the answers."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("GWROUTE_") or name == "NODE_NAME":
            monkeypatch.delenv(name)
    return tmp_path
