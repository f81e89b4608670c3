"""Keys of session tokens, from files."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from threading import Condition, Event, Thread

import pytest

from gwroute import LoadError
from gwroute.controller import SessionKeys

ONE, TWO, THREE = (bytes([number]) * 32 for number in range(3))


class Plane:
    """Notes the keys it is given."""

    def __init__(self) -> None:
        self.keys: tuple[bytes, ...] = ()
        self.given = Condition()

    def set_session_keys(self, keys: Sequence[bytes]) -> None:
        with self.given:
            self.keys = tuple(keys)
            self.given.notify_all()


@pytest.fixture
def plane() -> Plane:
    return Plane()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    file.write_bytes(ONE)
    return file


def test_files_are_keys_in_the_order_given(plane: Plane, file: Path, tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.write_bytes(TWO + b"\n")
    keys = SessionKeys([file, second], plane)
    assert keys.load()
    assert plane.keys == (ONE, TWO + b"\n")
    assert not keys.load()


def test_a_key_that_goes_still_opens(plane: Plane, file: Path) -> None:
    keys = SessionKeys([file], plane)
    keys.load()
    for key, all_of_them in [
        (TWO, (TWO, ONE)),
        (THREE, (THREE, TWO, ONE)),
        (ONE, (ONE, THREE, TWO)),
    ]:
        file.write_bytes(key)
        assert keys.load()
        assert plane.keys == all_of_them
    for number in range(10, 30):
        file.write_bytes(bytes([number]) * 32)
        keys.load()
    assert len(plane.keys) == 8


@pytest.mark.parametrize("content", [b"", b"x" * 31, None])
def test_a_file_that_is_no_key_is_told_by_name(
    plane: Plane, file: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    keys = SessionKeys([file], plane)
    keys.load()
    if content is None:
        file.unlink()
        reason = "No such file"
    else:
        file.write_bytes(content)
        reason = f"{len(content)} bytes, and a key has at least 32"
    with pytest.raises(LoadError, match=f"session key {file}: {reason}"):
        keys.load()
    with caplog.at_level(logging.ERROR, "gwroute"):
        keys.reload()
    assert "the session keys stay as they were" in caplog.text
    assert plane.keys == (ONE,)


def test_files_are_followed(plane: Plane, file: Path) -> None:
    keys, stop = SessionKeys([file], plane), Event()
    keys.load()
    follower = Thread(target=keys.follow, args=(stop,))
    follower.start()
    try:
        fresh = file.with_name("fresh")
        fresh.write_bytes(TWO)
        fresh.replace(file)
        with plane.given:
            assert plane.given.wait_for(lambda: plane.keys == (TWO, ONE), timeout=20)
    finally:
        stop.set()
        follower.join()
