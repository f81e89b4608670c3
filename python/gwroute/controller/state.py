"""The last good snapshot on disk, for a start without a source."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from gwroute import ir
from gwroute.errors import LoadError

__all__ = ["State"]

FILE = "snapshot.json"


class State:
    """A folder with the last good snapshot.

    Args:
        folder: Made if it does not exist.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.file = Path(folder) / FILE

    def save(self, snapshot: ir.Snapshot) -> None:
        """Puts the snapshot in place of the last one, wholly or not at all."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.file.with_suffix(".new")
        with fresh.open("wb") as out:
            out.write(ir.encode(snapshot))
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(self.file)

    def load(self) -> ir.Snapshot | None:
        """The last good snapshot; None if there is none.

        Raises:
            LoadError: There is a file, and it is no snapshot of this version.
        """
        try:
            return ir.decode(self.file.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise LoadError(f"{self.file}: not a snapshot that can be used: {reason}") from error
