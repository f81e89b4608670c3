"""Files that are followed: what is told as they change."""

from __future__ import annotations

import errno
import io
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event as Stop
from threading import Thread
from types import SimpleNamespace

import pytest

from gwroute.errors import LoadError
from gwroute.model import ObjectKey, Service
from gwroute.sources import disk, tree
from gwroute.sources.files import FileSource, load
from gwroute.sources.watch import changes
from gwroute.store import Delete, Event, ObjectStore, Put, Synced
from support.manifests import codes, failing, names, port, service, services

DEADLINE = 10.0


class Following:
    """A store kept at what a source tells, in a thread of its own."""

    def __init__(self, source: FileSource, store: ObjectStore) -> None:
        self.source = source
        self.store = store
        self.batches: list[list[Event]] = []
        self._news: SimpleQueue[list[Event]] = SimpleQueue()
        self.stop = Stop()
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        for events in self.source.watch(self.stop):
            self._news.put(events)

    def until(self, condition: Callable[[ObjectStore], bool]) -> None:
        deadline = time.monotonic() + DEADLINE
        while not condition(self.store):
            try:
                events = self._news.get(timeout=max(deadline - time.monotonic(), 0.001))
            except Empty:
                raise AssertionError(f"not told: {self.store} {self.store.findings}") from None
            assert isinstance(events[-1], Synced)
            self.batches.append(events)
            self.store = self.store.apply(events)

    def told(self) -> list[Event]:
        """All news so far, without their ends."""
        return [event for batch in self.batches for event in batch[:-1]]

    def end(self) -> None:
        self.stop.set()
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive()


@pytest.fixture
def follow() -> Iterator[Callable[..., Following]]:
    running: list[Following] = []

    def start(*paths: Path, recursive: bool = False) -> Following:
        source = FileSource(*paths, recursive=recursive)
        running.append(Following(source, ObjectStore().apply(source.read())))
        return running[-1]

    yield start
    for following in running:
        following.end()


def replace(file: Path, text: str) -> None:
    """As editors save: a new file takes the name."""
    other = file.with_name(f".{file.name}.new")
    other.write_text(text)
    other.rename(file)


def in_place(file: Path, text: str) -> None:
    file.write_text(text)


def copied(file: Path, text: str) -> None:
    other = file.with_suffix(".other")
    other.write_text(text)
    shutil.copyfile(other, file)


Follow = Callable[..., Following]


@pytest.mark.parametrize("write", [in_place, replace, copied])
@pytest.mark.parametrize("given", ["file", "folder"])
def test_a_changed_file(
    tmp_path: Path, follow: Follow, write: Callable[[Path, str], None], given: str
) -> None:
    (tmp_path / "b.yaml").write_text(service("b"))
    file = tmp_path / "a.yaml"
    file.write_text(services("a", "a2"))
    following = follow(tmp_path if given == "folder" else file)
    for number in (81, 82, 83):
        write(file, service("a", number) + "---\n" + service("a2"))
        following.until(lambda store, number=number: port(store, "a") == number)  # type: ignore[misc]
    assert {type(event) for event in following.told()} == {Put}
    assert {event.object.name for event in following.told() if isinstance(event, Put)} == {"a"}


def test_files_that_come_and_go(tmp_path: Path, follow: Follow) -> None:
    (tmp_path / "a.yaml").write_text(service("a"))
    following = follow(tmp_path)
    (tmp_path / "b.yaml").write_text(service("b"))
    following.until(lambda store: names(store) == ["a", "b"])
    (tmp_path / "a.yaml").unlink()
    following.until(lambda store: names(store) == ["b"])
    assert following.told()[-1] == Delete(ObjectKey("Service", "default", "a"))
    (tmp_path / "b.yaml").rename(tmp_path / "c.yaml")
    following.until(lambda store: "c.yaml" in str(store.of(Service)[0].origin))
    assert names(following.store) == ["b"]


def test_what_happened_before_watching_began(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(service("a"))
    source = FileSource(tmp_path)
    store = ObjectStore().apply(source.read())
    (tmp_path / "b.yaml").write_text(service("b"))
    stop = Stop()
    events = next(source.watch(stop))
    stop.set()
    assert names(store.apply(events)) == ["a", "b"]


def test_folders_that_come_and_go(tmp_path: Path, follow: Follow) -> None:
    (tmp_path / "a.yaml").write_text(service("a"))
    following = follow(tmp_path, recursive=True)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "b.yaml").write_text(service("b"))
    following.until(lambda store: names(store) == ["a", "b"])
    (tmp_path / "deep" / "er" / "b.yaml").write_text(service("b", 81))
    following.until(lambda store: port(store, "b") == 81)
    (tmp_path / "deep").rename(tmp_path / "other")
    following.until(lambda store: "other" in str(store.of(Service)[1].origin))
    shutil.rmtree(tmp_path / "other")
    following.until(lambda store: names(store) == ["a"])


def test_a_folder_that_goes_before_it_is_watched(tmp_path: Path) -> None:
    gone, there = str(tmp_path / "gone"), str(tmp_path)
    named = [{gone: 1, there: 2}]
    stop = Stop()
    batches = changes(lambda: named[-1], stop)
    assert next(batches) is None
    named.append({there: 2})
    assert next(batches) is None
    (tmp_path / "a.yaml").touch()
    assert str(tmp_path / "a.yaml") in next(batch for batch in batches if batch)
    stop.set()


def test_a_folder_that_is_replaced(tmp_path: Path, follow: Follow) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.yaml").write_text(service("a"))
    following = follow(folder)
    shutil.rmtree(folder)
    following.until(lambda store: "GWR014" in codes(store) or not names(store))
    folder.mkdir()
    (folder / "b.yaml").write_text(service("b"))
    following.until(lambda store: names(store) == ["b"] and not store.findings)
    (folder / "b.yaml").write_text(service("b", 81))
    following.until(lambda store: port(store, "b") == 81)


@pytest.mark.parametrize("given", ["file", "folder"])
def test_a_config_map_mount(tmp_path: Path, follow: Follow, given: str) -> None:
    mount(tmp_path, "..1", {"a.yaml": service("a"), "b.yaml": service("b")})
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    (tmp_path / "b.yaml").symlink_to("..data/b.yaml")
    following = follow(tmp_path if given == "folder" else tmp_path / "a.yaml")
    mount(tmp_path, "..2", {"a.yaml": service("a", 81), "b.yaml": service("b")})
    shutil.rmtree(tmp_path / "..1")
    following.until(lambda store: port(store, "a") == 81)
    assert {type(event) for event in following.told()} == {Put}
    origin = following.store.of(Service)[0].origin
    assert origin is not None
    assert origin.file == str(tmp_path / "a.yaml")


def test_a_link_that_comes_to_lead_nowhere(tmp_path: Path, follow: Follow) -> None:
    (tmp_path / "there").write_text(service("a"))
    (tmp_path / "a.yaml").symlink_to("there")
    following = follow(tmp_path)
    (tmp_path / "fresh").symlink_to("gone")
    (tmp_path / "fresh").rename(tmp_path / "a.yaml")
    following.until(lambda store: codes(store) == ["GWR014"])
    assert names(following.store) == ["a"]
    (tmp_path / "a.yaml").unlink()
    following.until(lambda store: not codes(store) and not names(store))


def mount(folder: Path, version: str, files: dict[str, str]) -> None:
    """As the kubelet does it: a new folder, and one link switched at once."""
    (folder / version).mkdir()
    for name, text in files.items():
        (folder / version / name).write_text(text)
    (folder / "..data_tmp").symlink_to(version)
    (folder / "..data_tmp").rename(folder / "..data")


def test_a_broken_file_leaves_the_last_good_state(tmp_path: Path, follow: Follow) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(services("a", "b"))
    following = follow(tmp_path)
    file.write_text(service("a", 81) + "---\nkind: [\n")
    following.until(lambda store: codes(store) == ["GWR001"])
    assert (names(following.store), port(following.store, "a")) == (["a", "b"], 81)
    file.write_text(services("a", "b"))
    following.until(lambda store: not store.findings)
    assert port(following.store, "a") == 80


def test_a_wrong_object_leaves_its_last_good_state(tmp_path: Path, follow: Follow) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(services("a", "b", "c"))
    following = follow(tmp_path)
    file.write_text(service("a") + "---\n" + service("b").replace("80", "eighty"))
    following.until(lambda store: names(store) == ["a", "b"])
    assert codes(following.store) == ["GWR007"]
    assert port(following.store, "b") == 80


def test_a_file_that_can_no_longer_be_read(
    tmp_path: Path, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(service("a"))
    following = follow(tmp_path)
    failing(monkeypatch, "a.yaml", PermissionError(errno.EACCES, "Permission denied"))
    file.write_text(service("a"))
    following.until(lambda store: codes(store) == ["GWR014"])
    assert names(following.store) == ["a"]
    monkeypatch.undo()
    file.write_text(service("a"))
    following.until(lambda store: not store.findings)


def test_a_silence_comes_and_goes(tmp_path: Path, follow: Follow) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(service("a"))
    following = follow(tmp_path)
    replace(file, f"{service('a').rstrip()} # gwroute: ignore[GWR203]\n")
    following.until(lambda store: [item.codes for item in store.silences] == [("GWR203",)])
    replace(file, service("a"))
    following.until(lambda store: store.silences == ())
    replace(file, f"# gwroute: ignore[GWR203]\n{service('a')}")
    following.until(lambda store: bool(store.silences))
    file.unlink()
    following.until(lambda store: not names(store))
    assert following.store.silences == ()


def test_the_object_that_was_replaced_comes_back(tmp_path: Path, follow: Follow) -> None:
    (tmp_path / "a.yaml").write_text(service("x", 1))
    (tmp_path / "b.yaml").write_text(service("x", 2))
    following = follow(tmp_path)
    assert (port(following.store, "x"), codes(following.store)) == (2, ["GWR011"])
    (tmp_path / "b.yaml").unlink()
    following.until(lambda store: port(store, "x") == 1)
    assert not following.store.findings
    (tmp_path / "c.yaml").write_text(service("x", 3))
    following.until(lambda store: port(store, "x") == 3)
    (tmp_path / "a.yaml").write_text(service("x", 4))
    following.until(lambda store: "c.yaml:1" in store.findings[0].message)
    assert port(following.store, "x") == 3


def test_only_the_changed_file_is_read_again(
    tmp_path: Path, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(100):
        (tmp_path / f"{number}.yaml").write_text(service(f"s{number}"))
    following = follow(tmp_path)
    following.until(lambda store: len(store) == 100)
    read: list[str] = []
    real = disk.contents

    def contents(path: str, *, given: bool) -> disk.Content:
        read.append(Path(path).name)
        return real(path, given=given)

    monkeypatch.setattr(tree, "contents", contents)
    (tmp_path / "7.yaml").write_text(service("s7", 81))
    following.until(lambda store: port(store, "s7") == 81)
    assert set(read) == {"7.yaml"}


def test_a_whole_checkout_at_once(tmp_path: Path, follow: Follow) -> None:
    following = follow(tmp_path)
    for number in range(1500):
        (tmp_path / f"{number}.yaml").write_text(service(f"s{number}"))
    following.until(lambda store: len(store) == 1500)
    for number in range(1500):
        (tmp_path / f"{number}.yaml").unlink()
    following.until(lambda store: len(store) == 0)


def test_reading_anew_while_watching_is_told_to_who_watches(tmp_path: Path, follow: Follow) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(service("a"))
    following = follow(tmp_path)
    file.write_text(service("a", 81))
    following.source.read()
    following.until(lambda store: port(store, "a") == 81)


def test_files_that_are_no_manifests_are_not_looked_at(tmp_path: Path, follow: Follow) -> None:
    (tmp_path / "a.yaml").write_text(service("a"))
    following = follow(tmp_path)
    (tmp_path / "b.txt").write_text(service("b"))
    (tmp_path / ".c.yaml").write_text(service("c"))
    (tmp_path / "d.yaml").mkdir()
    (tmp_path / "e.yaml").write_text(service("e"))
    following.until(lambda store: names(store) == ["a", "e"])
    assert not following.store.findings


def test_a_pipe_in_a_folder_is_no_manifest_and_is_not_waited_for(
    tmp_path: Path, follow: Follow
) -> None:
    followed = follow(tmp_path)
    os.mkfifo(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").write_text(service("b"))
    followed.until(lambda store: names(store) == ["b"])
    (tmp_path / "b.yaml").unlink()
    os.mkfifo(tmp_path / "b.yaml")
    followed.until(lambda store: names(store) == [])
    assert names(load(tmp_path)) == []


def test_standard_input_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = SimpleNamespace(buffer=io.BytesIO(service("a").encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    source = FileSource("-")
    first = source.read()
    assert source.read() == first
    stop = Stop()
    watcher = Thread(target=lambda: list(source.watch(stop)))
    watcher.start()
    stop.set()
    watcher.join(DEADLINE)
    assert not watcher.is_alive()


def test_watching_without_the_library_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "watchfiles", None)
    source = FileSource(tmp_path)
    with pytest.raises(LoadError, match=r"gwroute\[cli\]"):
        next(source.watch(Stop()))


def test_a_path_that_is_not_there_yet(tmp_path: Path) -> None:
    for path in (tmp_path / "new" / "deep" / "a.yaml", tmp_path / "later" / "deep"):
        source = FileSource(path)
        with pytest.raises(LoadError):
            source.read()
        following = Following(source, ObjectStore())
        try:
            following.until(lambda store: codes(store) == ["GWR014"])
            path.parent.mkdir(parents=True)
            if path.suffix:
                path.write_text(service("a"))
            else:
                path.mkdir()
                (path / "a.yaml").write_text(service("a"))
            following.until(lambda store: names(store) == ["a"] and not store.findings)
        finally:
            following.end()


def test_a_folder_whose_folder_is_replaced(tmp_path: Path, follow: Follow) -> None:
    folder = tmp_path / "outer" / "inner"
    folder.mkdir(parents=True)
    (folder / "a.yaml").write_text(service("a"))
    following = follow(folder)
    (tmp_path / "outer").rename(tmp_path / "old")
    following.until(lambda store: codes(store) == ["GWR014"])
    assert names(following.store) == ["a"]
    folder.mkdir(parents=True)
    (folder / "b.yaml").write_text(service("b"))
    following.until(lambda store: names(store) == ["b"])
