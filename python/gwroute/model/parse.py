"""From text to objects and findings.

Reading never raises for what is in a text: what cannot be used becomes a finding, and the rest is
used. Of one object, unknown fields are dropped and the rest is used; an object with a wrong type
or value is not used at all, because nobody can tell what it would have meant.

An object that is written twice counts as ``kubectl apply`` would leave it: the last one stays.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from gwroute.finding import Finding
from gwroute.model.key import ObjectKey, Position
from gwroute.model.meta import Object
from gwroute.model.registry import KINDS, adapter

__all__ = ["Manifest", "read"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one text held."""

    objects: tuple[Object, ...]
    findings: tuple[Finding, ...] = ()
    skipped: int = 0
    """Objects of kinds that gwroute has no use for."""


class _Origin:
    __slots__ = ("_node", "_prefix", "column", "file", "line")

    def __init__(self, file: str, node: yaml.Node) -> None:
        self.file = file
        self._node = node
        self.line = node.start_mark.line + 1
        self.column = node.start_mark.column + 1

    def position(self, field: str, *, key: bool = False) -> Position:
        node, mark = self._node, self._node.start_mark
        for part in re.findall(r"[^.\[\]]+", field):
            if (
                isinstance(node, yaml.SequenceNode)
                and part.isdigit()
                and int(part) < len(node.value)
            ):
                node = node.value[int(part)]
                mark = node.start_mark
            elif isinstance(node, yaml.MappingNode):
                for k, v in node.value:
                    if k.value == part:
                        node = v
                        mark = k.start_mark if key else v.start_mark
                        break
                else:
                    break
            else:
                break
        return Position(self.file, mark.line + 1, mark.column + 1)

    def rule_lines(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        document = self.document()
        rules = (document.get("spec") or {}).get("rules") or []
        return tuple(
            (
                self.position(f"spec.rules[{i}]").line,
                tuple(
                    self.position(f"spec.rules[{i}].matches[{j}]").line
                    for j in range(len(rule.get("matches") or []))
                ),
            )
            for i, rule in enumerate(rules)
        )

    def document(self) -> dict[str, Any]:
        loader = yaml.SafeLoader("")
        return dict(loader.construct_document(self._node))


def read(text: str | bytes, file: str = "-", namespace: str = "default") -> Manifest:
    """Read all documents of a text.

    Args:
        text: YAML or JSON, any number of documents; ``List`` objects are taken apart.
        file: Name for positions.
        namespace: For objects that name none and live in one.
    """
    objects: dict[ObjectKey, Object] = {}
    findings: list[Finding] = []
    skipped = 0
    try:
        nodes = list(yaml.compose_all(text, yaml.SafeLoader))
    except yaml.YAMLError as error:
        return Manifest((), (Finding.of("GWR001", str(error), file=file),))
    for node in nodes:
        if node is None or not isinstance(node, yaml.MappingNode):
            continue
        obj = _object(node, file, namespace, findings)
        if obj is None:
            skipped += 1
        else:
            objects[obj.key] = obj
    return Manifest(tuple(objects.values()), tuple(findings), skipped)


def _object(node: yaml.Node, file: str, namespace: str, findings: list[Finding]) -> Object | None:
    origin = _Origin(file, node)
    document = origin.document()
    group, _, _version = document["apiVersion"].rpartition("/")
    kind = KINDS.get((group, document["kind"]))
    if kind is None:
        return None
    try:
        obj: Object = adapter(kind).validate_json(json.dumps(document, default=str))
    except ValidationError as error:
        findings.append(Finding.of("GWR007", str(error), file=file, line=origin.line))
        return None
    object.__setattr__(obj, "origin", origin)
    wanted = (obj.metadata.namespace or namespace) if kind.NAMESPACED else None
    if wanted != obj.metadata.namespace:
        object.__setattr__(obj.metadata, "namespace", wanted)
    return obj
