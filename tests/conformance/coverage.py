"""Which sentences of the Gateway API which cases cover: ``python -m conformance.coverage``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from conformance.case import Case, read_cases

FOLDER = Path(__file__).resolve().parent
PAGE = FOLDER / "coverage.md"
SENTENCES = FOLDER / "sentences.yaml"
ROUTING = FOLDER.parent / "routing" / "cases"
HEAD = """# What the cases cover

Made by `python -m conformance.coverage` in the folder of tests, of the `spec:` lines of the cases
in `tests/conformance/cases` and `tests/routing/cases`, and of `sentences.yaml`.
"""


def sentences() -> dict[str, str]:
    """Sentences by name: ``mirror.copy``."""
    subjects: Mapping[str, Mapping[str, str]] = _read()["sentences"]
    return {f"{s}.{name}": text for s, said in subjects.items() for name, text in said.items()}


def routing() -> dict[str, list[str]]:
    """By name of a sentence, the ``spec:`` lines of routing cases that show it."""
    lines: dict[str, list[str]] = _read()["routing"]
    return lines


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
    files, lines = routing_files(), routing()
    uncovered = []
    subject = ""
    for name, text in sentences().items():
        if name.partition(".")[0] != subject:
            subject = name.partition(".")[0]
            yield from ("", f"## {subject}", "", "| sentence | cases |", "|---|---|")
        shown = [f"`{case.name}`" for case in cases if name in case.spec]
        of_routing = {file for line in lines.get(name, ()) for file in files[line]}
        shown += [f"routing `{file}`" for file in sorted(of_routing)]
        if not shown:
            uncovered.append(text)
        yield f"| {text} | {', '.join(shown) or '**none**'} |"
    yield from ("", "## Not covered", "")
    yield from (f"- {text}" for text in uncovered) if uncovered else ("Nothing.",)


def _read() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(SENTENCES.read_text("utf-8"))
    return found


if __name__ == "__main__":
    PAGE.write_text(page(read_cases(FOLDER)), "utf-8")
