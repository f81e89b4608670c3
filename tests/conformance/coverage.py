"""Which sentences of the Gateway API which cases cover: ``python -m conformance.coverage``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from conformance.case import Case, read_cases
from conformance.refusals import FILE as REFUSALS
from conformance.refusals import refusals

FOLDER = Path(__file__).resolve().parent
PAGE = FOLDER / "coverage.md"
SENTENCES = FOLDER / "sentences.yaml"
ROUTING = FOLDER.parent / "routing" / "cases"
HEAD = """# What the cases cover

Made by `python -m conformance.coverage` in the folder of tests, of the `spec:` lines of the cases
in `tests/conformance/cases` and `tests/routing/cases`, of `refusals.yaml`, and of `sentences.yaml`.
"""


class Sentences:
    """What ``sentences.yaml`` says."""

    def __init__(self) -> None:
        found: dict[str, Any] = yaml.safe_load(SENTENCES.read_text("utf-8"))
        subjects: Mapping[str, Mapping[str, str]] = found["sentences"]
        self.texts = {
            f"{s}.{name}": text for s, said in subjects.items() for name, text in said.items()
        }
        """Sentences by name: ``mirror.copy``."""
        self.routing: dict[str, list[str]] = found["routing"]
        """The ``spec:`` lines of routing cases that show one."""
        self.tests: dict[str, list[str]] = found["tests"]
        """Tests that show what no case can: ``tests/a/test_b.py::test_c``."""
        self.elsewhere: dict[str, str] = found["elsewhere"]
        """Why one is not asked here."""

    def named(self) -> set[str]:
        """All names that anything is said of."""
        return {*self.routing, *self.tests, *self.elsewhere}


def routing_files() -> dict[str, set[str]]:
    """By ``spec:`` line, the files of routing cases that have it."""
    found: dict[str, set[str]] = {}
    for file in sorted(ROUTING.glob("*.yaml")):
        for document in yaml.load_all(file.read_text("utf-8"), Loader=yaml.CSafeLoader):
            if document and "spec" in document:
                found.setdefault(document["spec"], set()).add(file.stem)
    return found


def page(cases: Iterable[Case]) -> str:
    """The page, as Markdown."""
    return "\n".join([HEAD, *_lines(list(cases))]).rstrip() + "\n"


def _lines(cases: list[Case]) -> Iterator[str]:
    said = Sentences()
    shown = _shown(said, cases)
    subject = ""
    for name, text in said.texts.items():
        if name.partition(".")[0] != subject:
            subject = name.partition(".")[0]
            yield from ("", f"## {subject}", "", "| sentence | cases |", "|---|---|")
        why = f"*{said.elsewhere[name]}*" if name in said.elsewhere else "**none**"
        yield f"| {text} | {', '.join(shown[name]) or why} |"
    missing = uncovered(cases)
    yield from ("", "## Not covered", "")
    yield from (f"- {said.texts[name]}" for name in missing) if missing else ("Nothing.",)


def uncovered(cases: Iterable[Case]) -> list[str]:
    """Names of the sentences that nothing shows and that are not asked elsewhere."""
    said = Sentences()
    shown = _shown(said, list(cases))
    return [name for name in said.texts if not shown[name] and name not in said.elsewhere]


def _shown(said: Sentences, cases: list[Case]) -> dict[str, list[str]]:
    """By name of a sentence, who shows it."""
    files = routing_files()
    rows = {refusal.shows for refusal in refusals()}
    found = {}
    for name in said.texts:
        lines = {file for line in said.routing.get(name, ()) for file in files[line]}
        found[name] = [
            *(f"`{case.name}`" for case in cases if name in case.spec),
            *(f"routing `{file}`" for file in sorted(lines)),
            *([f"`{REFUSALS.name}`"] if name in rows else ()),
            *(f"`{test}`" for test in said.tests.get(name, ())),
        ]
    return found


if __name__ == "__main__":
    PAGE.write_text(page(read_cases(FOLDER)), "utf-8")
