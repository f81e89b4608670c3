"""Write the package's schemas anew from the Gateway API's CustomResourceDefinitions.

    make schemas STANDARD=… EXPERIMENTAL=…

STANDARD and EXPERIMENTAL are folders with the CRDs of the two release channels. What is written,
one file a kind in ``python/gwroute/schemas``, is their OpenAPI schemas without what checking an
object does not need (descriptions, status), and with both channels in one document: that of the
experimental channel, and where the standard one differs

* ``x-gwroute-channel`` on a field or a rule that only one channel has,
* ``x-gwroute-standard`` on a schema: the keywords with other values, null for those it lacks.

Versions of a kind that share their schema share it here. ``metadata`` is spelt out, since an API
server checks names and labels of every object, and a CRD says nothing of them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

KINDS = {
    "GatewayClass", "Gateway", "ListenerSet", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute",
    "UDPRoute", "ReferenceGrant", "BackendTLSPolicy",
}  # fmt: skip
"""Kinds that the object model has; others are not read, so there is nothing to check."""

TARGET = Path(__file__).resolve().parents[1] / "python" / "gwroute" / "schemas"

Document = dict[str, Any]
Key = tuple[str, str]
"""Kind and version."""

SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
NAME = r"([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]"


def keys_rule(what: str, flags: str = "") -> Document:
    """The rule for the keys of labels and annotations."""
    return {
        "message": f"{what} keys must be a name of up to 63 characters, after an optional DNS"
        " subdomain and a slash",
        "rule": f'self.all(key, key.matches(r"""^{flags}({SUBDOMAIN}/)?{NAME}$"""))',
    }


METADATA: Document = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 253, "pattern": f"^{SUBDOMAIN}$"},
        "namespace": {
            "type": "string",
            "minLength": 1,
            "maxLength": 63,
            "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        },
        "labels": {
            "type": "object",
            "additionalProperties": {"type": "string", "maxLength": 63, "pattern": f"^({NAME})?$"},
            "x-kubernetes-validations": [keys_rule("Label")],
        },
        "annotations": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "x-kubernetes-validations": [keys_rule("Annotation", "(?i)")],
        },
    },
}
"""ObjectMeta as an API server checks it (Kubernetes, "Object Names and IDs" and "Labels and
Selectors")."""


def definitions(folder: Path) -> Iterator[Document]:
    """The CRDs of the wanted kinds."""
    for file in sorted(folder.glob("*.yaml")):
        for document in yaml.safe_load_all(file.read_text()):
            crd = document and document.get("kind") == "CustomResourceDefinition"
            if crd and document["spec"]["names"]["kind"] in KINDS:
                yield document


def schemas(folder: Path) -> dict[Key, Document]:
    """The schema of every served version of every kind."""
    found = {}
    for definition in definitions(folder):
        for version in definition["spec"]["versions"]:
            if version["served"]:
                schema = pruned(version["schema"]["openAPIV3Schema"])
                schema["properties"].pop("status", None)
                schema["properties"]["metadata"] = METADATA
                found[definition["spec"]["names"]["kind"], version["name"]] = schema
    return found


def pruned(schema: Document) -> Document:
    """A schema without descriptions."""
    kept = {key: value for key, value in schema.items() if key != "description"}
    for key in ("items", "additionalProperties", "not"):
        if isinstance(kept.get(key), dict):
            kept[key] = pruned(kept[key])
    for key in ("oneOf", "anyOf", "allOf"):
        if key in kept:
            kept[key] = [pruned(branch) for branch in kept[key]]
    if "properties" in kept:
        kept["properties"] = {name: pruned(part) for name, part in kept["properties"].items()}
    return kept


def merged(standard: Document, experimental: Document) -> Document:
    """Both channels' schemas in one."""
    both: Document = {}
    differs: Document = {}
    for key in sorted({*standard, *experimental}):
        old, new = standard.get(key), experimental.get(key)
        if key == "properties":
            both[key] = merged_properties(old or {}, new or {})
        elif key in ("items", "additionalProperties") and old and new:
            both[key] = merged(old, new)
        elif key == "x-kubernetes-validations":
            both[key] = merged_rules(old or [], new or [])
        else:
            if new is not None:
                both[key] = new
            if old != new:
                differs[key] = old
    return {**both, "x-gwroute-standard": differs} if differs else both


def merged_properties(standard: Document, experimental: Document) -> Document:
    """The fields of both; the experimental channel has all of the standard one's."""
    gone = standard.keys() - experimental.keys()
    assert not gone, f"fields that only the standard channel has: {gone}"
    return {
        name: merged(standard[name], part) if name in standard else only_experimental(part)
        for name, part in experimental.items()
    }


def only_experimental(part: Document) -> Document:
    """A field of the experimental channel; a default would put it into standard objects."""
    assert "default" not in part
    return {**part, "x-gwroute-channel": "experimental"}


def merged_rules(standard: list[Document], experimental: list[Document]) -> list[Document]:
    """The rules of both, each once."""
    there = {rule["rule"] for rule in experimental}
    also = {rule["rule"] for rule in standard}
    return [
        *(
            r if r["rule"] in also else {**r, "x-gwroute-channel": "experimental"}
            for r in experimental
        ),
        *({**r, "x-gwroute-channel": "standard"} for r in standard if r["rule"] not in there),
    ]


def documents(
    standard: dict[Key, Document], experimental: dict[Key, Document]
) -> dict[str, Document]:
    """What is written, by kind."""
    found: dict[str, Document] = {}
    for (kind, version), schema in sorted(experimental.items()):
        document = found.setdefault(kind, {"kind": kind, "versions": {}, "schemas": []})
        there = (kind, version) in standard
        whole = merged(standard[kind, version] if there else schema, schema)
        if whole not in document["schemas"]:
            document["schemas"].append(whole)
        entry: Document = {"schema": document["schemas"].index(whole)}
        document["versions"][version] = (
            entry if there else {**entry, "x-gwroute-channel": "experimental"}
        )
    return found


def main(standard: str, experimental: str, target: str = str(TARGET)) -> None:
    """Write the files."""
    for kind, document in documents(schemas(Path(standard)), schemas(Path(experimental))).items():
        text = json.dumps(document, indent=1, sort_keys=True)
        Path(target, f"{kind.lower()}.json").write_text(text + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
