"""Where the material lies that some checkouts have beside them, and others do not."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The top of this checkout."""


def shared(name: str) -> Path:
    """The folder ``../shared/NAME``, seen from the checkout or the folder its worktrees are in."""
    beside = [ROOT.parent / "shared" / name, ROOT.parent.parent / "shared" / name]
    return next((folder for folder in beside if folder.is_dir()), beside[0])
