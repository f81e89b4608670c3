from pathlib import Path

import pytest

from gwroute import ir
from gwroute.controller.state import State
from gwroute.errors import LoadError

SNAPSHOT = ir.Snapshot(listeners=(ir.Listener("infra/a/http", "infra/a", "http", 80, "HTTP"),))


def test_what_was_saved_last_is_loaded(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    state.save(ir.Snapshot())
    state.save(SNAPSHOT)
    assert State(tmp_path / "state").load() == SNAPSHOT
    assert [file.name for file in (tmp_path / "state").iterdir()] == ["snapshot.json"]


def test_without_a_file_there_is_none(tmp_path: Path) -> None:
    assert State(tmp_path / "state").load() is None


@pytest.mark.parametrize("text", [b"", b"{", b'{"schema": "x"}', b"\xff"])
def test_a_file_that_is_no_snapshot_is_named(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "snapshot.json").write_bytes(text)
    with pytest.raises(LoadError, match=r"snapshot\.json: not a snapshot that can be used"):
        State(tmp_path).load()
