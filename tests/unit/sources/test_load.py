"""Manifests in files and folders, read once and read again."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest

from gwroute.errors import LoadError
from gwroute.model import HTTPRoute, ObjectKey, Service
from gwroute.sources.files import FileSource, load
from gwroute.store import ObjectStore, Put, Reset, Synced
from support.manifests import codes, failing, names, port, service, services

# -- read once


def test_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text(services("a", "b"))
    store = load(file)
    assert names(store) == ["a", "b"]
    origin = store.of(Service)[1].origin
    assert origin is not None
    assert (origin.file, origin.line) == (str(file), 6)


def test_the_manifests_in_a_folder(tmp_path: Path) -> None:
    for name in ("b.yaml", "c.yml", "d.json", "e.txt", ".f.yaml", "g.gwtest.yaml", "h.yaml~"):
        (tmp_path / name).write_text(service(name[0] if name[0] != "." else "f"))
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "a.yaml").write_text(service("a"))
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "x.yaml").write_text(service("x"))
    assert names(load(tmp_path)) == ["b", "c", "d"]
    assert names(load(tmp_path, recursive=True)) == ["a", "b", "c", "d"]


def test_places_are_named_as_they_were_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.yaml").write_text(service("a"))
    monkeypatch.chdir(tmp_path)
    for given in ("in", "in/", "./in"):
        origin = load(given).of(Service)[0].origin
        assert origin is not None
        assert origin.file == given.rstrip("/") + "/a.yaml"


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = SimpleNamespace(buffer=io.BytesIO(service("a").encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    store = load("-", namespace="shop")
    origin = store.of(Service)[0].origin
    assert origin is not None
    assert (origin.file, store.of(Service)[0].namespace) == ("-", "shop")


def test_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_text, args=(service("a"),))
    writer.start()
    source = FileSource(pipe)
    first = source.read()
    writer.join()
    assert [type(event) for event in first] == [Reset, Put, Synced]
    assert source.read() == first, "a pipe is read once"


def test_documents_and_files_in_the_order_in_which_they_are_given(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(service("a", 1))
    document = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a"},
        "spec": {"ports": [{"port": 2}]},
    }
    other = {**document, "metadata": {"name": "b"}}
    assert port(load(file, document, other), "a") == 2
    assert port(load(document, other, file), "a") == 1
    assert names(load(document, other)) == ["a", "b"]
    assert len(load()) == 0


def test_a_path_at_which_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"missing: no such file"):
        load(tmp_path / "missing")


def test_a_folder_without_manifests(tmp_path: Path) -> None:
    store = load(tmp_path)
    assert codes(store) == ["GWR016"]
    assert store.findings[0].file == str(tmp_path)


def test_the_later_file_wins(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(service("x", 1))
    (tmp_path / "b.yaml").write_text(service("z", 1) + "---\n" + service("x", 2))
    store = load(tmp_path)
    assert port(store, "x") == 2
    (finding,) = store.findings
    assert (finding.code, finding.level, finding.line) == ("GWR011", "info", 3)
    assert finding.file == str(tmp_path / "a.yaml")
    assert str(tmp_path / "b.yaml:6") in finding.message


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text(service(name))
    failing(monkeypatch, "a.yaml", PermissionError(errno.EACCES, "Permission denied"))
    store = load(tmp_path)
    assert (names(store), codes(store)) == (["b"], ["GWR014"])
    assert store.findings[0].file == str(tmp_path / "a.yaml")
    assert "Permission denied" in store.findings[0].message


def test_a_file_that_disappears_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text(service(name))
    failing(monkeypatch, "a.yaml", FileNotFoundError(errno.ENOENT, "No such file or directory"))
    store = load(tmp_path)
    assert (names(store), codes(store)) == (["b"], ["GWR015"])


def test_a_folder_in_a_folder_that_cannot_be_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.yaml").write_text(service("a"))
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "b.yaml").write_text(service("b"))
    source = FileSource(tmp_path, recursive=True)
    store = ObjectStore().apply(source.read())
    real = os.scandir

    def scandir(path: str) -> Iterator[os.DirEntry[str]]:
        if path.endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path)

    monkeypatch.setattr("os.scandir", scandir)
    store = store.apply(source.read())
    assert (names(store), codes(store)) == (["a", "b"], ["GWR014"])
    monkeypatch.undo()
    store = store.apply(source.read())
    assert (names(store), codes(store)) == (["a", "b"], [])


def test_a_link_that_leads_to_itself(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("a.yaml")
    (tmp_path / "b.yaml").write_text(service("b"))
    store = load(tmp_path)
    assert (names(store), codes(store)) == (["b"], ["GWR014"])
    assert store.findings[0].file == str(tmp_path / "a.yaml")


def test_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("gone.yaml")
    (tmp_path / "b.yaml").write_text(service("b"))
    (tmp_path / ".#b.yaml").symlink_to("me@here.1")
    (tmp_path / "c.yaml").symlink_to(tmp_path)
    store = load(tmp_path)
    assert (names(store), codes(store)) == (["b"], ["GWR014"])
    assert store.findings[0].file == str(tmp_path / "a.yaml")
    assert "No such file" in store.findings[0].message


def test_silences_in_the_order_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(f"# gwroute: ignore[GWR203]\n{service('b')}")
    (tmp_path / "a.yaml").write_text(f"# gwroute: ignore[GWR204]\n{service('a')}")
    assert [item.codes for item in load(tmp_path).silences] == [("GWR204",), ("GWR203",)]


# -- read again


def test_what_did_not_change_stays_the_same_object(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(services("a", "b"))
    (tmp_path / "c.yaml").write_text(service("c"))
    source = FileSource(tmp_path)
    old = ObjectStore().apply(source.read())
    (tmp_path / "a.yaml").write_text(service("a") + "---\n" + service("b", 81))
    new = old.apply(source.read())
    assert new.changes_since(old) == (ObjectKey("Service", "default", "b"),)


def test_an_object_that_moved_in_its_file_is_another(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(services("a", "b"))
    source = FileSource(file)
    old = ObjectStore().apply(source.read())
    file.write_text(service("a") + "\n---\n" + service("b"))
    new = old.apply(source.read())
    assert new.changes_since(old) == (ObjectKey("Service", "default", "b"),)
    origin = new.of(Service)[1].origin
    assert origin is not None
    assert origin.line == 7


def test_a_path_that_went_away_leaves_everything_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(service("a"))
    source = FileSource(file)
    before = source.read()
    file.unlink()
    with pytest.raises(LoadError):
        source.read()
    file.write_text(service("a"))
    assert source.read() == before


def test_the_routes_of_a_store_have_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\n"
        "spec:\n  rules:\n  - matches:\n    - {}\n"
    )
    (route,) = load(file).of(HTTPRoute)
    assert route.origin is not None
    assert route.origin.rule_lines() == ((6, (7,)),)
