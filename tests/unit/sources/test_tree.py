"""Files that are looked at while somebody writes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event as Stop

from gwroute.sources.disk import Root
from gwroute.sources.tree import PATIENCE, PAUSE, Tree
from gwroute.store import Event, Put


def service(name: str, port: int = 80) -> str:
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n"
        f"spec: {{ports: [{{port: {port}}}]}}\n"
    )


class Editor(Stop):
    """Does the next thing whenever somebody waits."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        super().__init__()
        self.steps = list(steps)
        self.waits = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.waits += 1
        if self.steps:
            self.steps.pop(0)()
        return super().wait(timeout)


def tree_of(folder: Path) -> Tree:
    tree = Tree([Root.of(0, str(folder))], recursive=False, namespace="default")
    tree.read()
    tree.catalogue.changes()
    return tree


def put(events: list[Event]) -> dict[str, int]:
    """Names and ports of what is put; nothing else may be told."""
    objects = [event.object for event in events if isinstance(event, Put)]
    assert len(objects) == len(events), events
    return {obj.name: obj.spec.ports[0].port for obj in objects}  # type: ignore[attr-defined]


def test_a_file_that_is_moved_away_and_written_anew_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(service("a"))
    tree = tree_of(tmp_path)
    file.rename(tmp_path / "a.yaml~")
    editor = Editor(lambda: None, lambda: file.write_text(service("a", 81)))
    tree.look({str(file)}, editor)
    assert put(tree.catalogue.changes()) == {"a": 81}


def test_a_file_that_is_emptied_and_written_bit_by_bit_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    whole = service("a", 81) + "---\n" + service("b", 81)
    file.write_text(service("a") + "---\n" + service("b"))
    tree = tree_of(tmp_path)
    file.write_text("")
    editor = Editor(*(lambda end=end: file.write_text(whole[:end]) for end in CUTS))  # type: ignore[misc]
    while editor.steps:
        editor.steps.pop(0)()
        tree.look({str(file)}, editor)
    assert put(tree.catalogue.changes()) == {"a": 81, "b": 81}


CUTS = (40, 77, 81, 150, None)
"""Within an object, between two, and at the end."""


def test_a_file_that_only_gains_is_not_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(service("a"))
    tree = tree_of(tmp_path)
    file.write_text(service("a") + "---\n" + service("b"))
    editor = Editor()
    tree.look({str(file)}, editor)
    assert editor.waits == 0
    assert put(tree.catalogue.changes()) == {"b": 80}


def test_files_that_are_gone_are_waited_for_together(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.yaml" for number in range(50)]
    for file in files:
        file.write_text(service(f"s{file.stem}"))
    tree = tree_of(tmp_path)
    for file in files:
        file.unlink()
    editor = Editor()
    tree.look({str(file) for file in files}, editor)
    assert editor.waits < len(files)
    assert len(tree.catalogue.changes()) == len(files)


def test_a_file_that_never_rests_is_believed_at_last(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(service("a") + "---\n" + service("b"))
    tree = tree_of(tmp_path)
    file.write_text(service("a"))

    def touch(number: int) -> Callable[[], object]:
        return lambda: file.write_text(f"{service('a')}# {number}\n")

    editor = Editor(*map(touch, range(round(10 * PATIENCE / PAUSE))))
    tree.look({str(file)}, editor)
    assert editor.steps
    assert len(tree.catalogue.changes()) == 1


def test_whoever_stops_is_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(service("a"))
    tree = tree_of(tmp_path)
    file.unlink()
    editor = Editor()
    editor.set()
    tree.look({str(file)}, editor)
    assert editor.waits == 1
