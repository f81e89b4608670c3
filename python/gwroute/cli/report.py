"""Findings as text, JSON, GitHub annotations, SARIF and JUnit.

A format is a function from findings to the whole of what is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any
from xml.etree import ElementTree

import click

from gwroute.cli import output
from gwroute.finding import CODES, Finding, render_all

__all__ = ["FORMATS"]

Format = Callable[[Sequence[Finding]], str]

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
SARIF_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
GITHUB_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


def text(findings: Sequence[Finding]) -> str:
    """Each finding with the lines of its file, the place underlined."""
    rendered = zip(findings, render_all(findings), strict=True)
    return "\n".join(_coloured(finding, words) + "\n" for finding, words in rendered)


def _coloured(finding: Finding, words: str) -> str:
    first, newline, frame = words.partition("\n")
    level = click.style(finding.level, fg=output.LEVEL_COLOURS[finding.level], bold=True)
    return first.replace(f"{finding.level} {finding.code}", f"{level} {finding.code}", 1) + (
        newline + frame
    )


def json(findings: Sequence[Finding]) -> str:
    """A list of objects; every key is always there."""
    return output.as_json([_document(finding) for finding in findings])


def _document(finding: Finding) -> dict[str, Any]:
    key = finding.object
    return {
        "code": finding.code,
        "level": finding.level,
        "message": finding.message,
        "help": finding.help,
        "object": None if key is None else key._asdict(),
        "field": finding.field,
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "witness": finding.witness,
    }


def github(findings: Sequence[Finding]) -> str:
    """Workflow commands, which GitHub shows at the lines of a pull request."""
    return "".join(_annotation(finding) for finding in findings)


def _annotation(finding: Finding) -> str:
    place = {
        "file": finding.file,
        "line": finding.line,
        "col": finding.column,
        "title": f"{finding.code} {CODES[finding.code].title}",
    }
    properties = ",".join(
        f"{name}={_escaped(str(value), ',:')}" for name, value in place.items() if value is not None
    )
    message = finding.message + (f"\n{finding.help}" if finding.help else "")
    return f"::{GITHUB_LEVELS[finding.level]} {properties}::{_escaped(message)}\n"


def _escaped(value: str, also: str = "") -> str:
    """As workflow commands want it."""
    for character in f"%\r\n{also}":
        value = value.replace(character, f"%{ord(character):02X}")
    return value


def sarif(findings: Sequence[Finding]) -> str:
    """SARIF 2.1.0, as code scanning reads it."""
    codes = sorted({finding.code for finding in findings})
    driver = {
        "name": "gwroute",
        "version": version("gwroute"),
        "rules": [_sarif_rule(code) for code in codes],
    }
    results = [_sarif_result(finding, codes) for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return output.as_json({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _sarif_rule(code: str) -> Mapping[str, Any]:
    level, title = CODES[code]
    return {
        "id": code,
        "shortDescription": {"text": title},
        "defaultConfiguration": {"level": SARIF_LEVELS[level]},
    }


def _sarif_result(finding: Finding, codes: Sequence[str]) -> Mapping[str, Any]:
    words = finding.message + (f"; {finding.help}" if finding.help else "")
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": SARIF_LEVELS[finding.level],
        "message": {"text": words},
    }
    if finding.file is not None:
        result["locations"] = [{"physicalLocation": _sarif_place(finding)}]
    return result


def _sarif_place(finding: Finding) -> Mapping[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": finding.file}}
    if finding.line is not None:
        region = {"startLine": finding.line, "startColumn": finding.column or 1}
        place["region"] = region
    return place


def junit(findings: Sequence[Finding]) -> str:
    """One test case a finding, failed from a warning on; one that passed if there is none."""
    suite = ElementTree.Element(
        "testsuite",
        name="gwroute validate",
        tests=str(len(findings) or 1),
        failures=str(sum(finding.level != "info" for finding in findings)),
    )
    for finding, words in zip(findings, render_all(findings), strict=True):
        case = ElementTree.SubElement(
            suite, "testcase", classname=finding.file or "gwroute", name=_junit_name(finding)
        )
        if finding.level != "info":
            failure = ElementTree.SubElement(
                case, "failure", type=finding.code, message=finding.message
            )
            failure.text = words
    if not findings:
        ElementTree.SubElement(suite, "testcase", classname="gwroute", name="no findings")
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document.decode() + "\n"


def _junit_name(finding: Finding) -> str:
    return f"{finding.code} {finding.object or CODES[finding.code].title}"


FORMATS: Mapping[str, Format] = {
    "text": text,
    "json": json,
    "github": github,
    "sarif": sarif,
    "junit": junit,
}
"""Every format by its name."""
