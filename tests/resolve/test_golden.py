"""Manifests, and the whole of what they resolve to.

``NAME.in.yaml`` begins with a sentence; a line ``# options: {...}`` gives options by name.
``GWROUTE_GOLDEN=1`` writes ``NAME.out.yaml`` anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from gwroute import ir
from gwroute.model.parse import read
from gwroute.resolve import Condition, Options, Resolution, ResolvedGateway, Resolver
from gwroute.router import Router, accepts_regex
from gwroute.store import ObjectStore
from support.keys import BY_FORM

CASES = {
    file.name.removesuffix(".in.yaml"): file
    for file in Path(__file__).parent.glob("cases/*.in.yaml")
}


@pytest.mark.parametrize("file", CASES.values(), ids=CASES.keys())
def test_golden(file: Path) -> None:
    text = file.read_text("utf-8")
    manifest = read(text, file.name)
    assert not manifest.findings, manifest.findings
    # Of keys the form is looked at alone, so that the cases can be read.
    found = Resolver(_options(text), accepts_regex, BY_FORM).resolve(ObjectStore(manifest.objects))
    Router(found.snapshot)
    out = file.with_name(file.name.replace(".in.", ".out."))
    written = _written(found)
    if os.environ.get("GWROUTE_GOLDEN"):
        out.write_text(written, "utf-8")
    assert written == out.read_text("utf-8")


def _options(text: str) -> Options:
    line = next((x for x in text.splitlines() if x.startswith("# options:")), "# options: {}")
    given: dict[str, Any] = yaml.safe_load(line.removeprefix("# options:"))
    return Options(**{k: tuple(v) if isinstance(v, list) else v for k, v in given.items()})


def _written(found: Resolution) -> str:
    document = {
        "gateways": [_gateway(item) for item in found.gateways],
        "conditions": [_condition(item) for item in found.conditions],
        "findings": [
            f"{item}" + (f" ({item.help})" if item.help else "") for item in found.findings
        ],
        "assumed": list(found.assumed),
        "snapshot": json.loads(ir.encode(found.snapshot)),
    }
    return yaml.dump(document, sort_keys=False, width=100, allow_unicode=True)


def _gateway(item: ResolvedGateway) -> dict[str, Any]:
    return {
        "gateway": str(item.key),
        "served": item.served,
        "accepted": item.accepted,
        "pool": item.location.pool_name,
        "addresses": [address["value"] for address in item.addresses],
        "listeners": [
            f"{x.key} {x.protocol}:{x.port} {x.hostname or '*'} routes={x.attached_routes} "
            f"{'programmed' if x.programmed else 'not programmed'} {','.join(x.supported_kinds)}"
            for x in item.listeners
        ],
    }


def _condition(item: Condition) -> str:
    if item.parent is None:
        return str(item)
    ref = item.parent
    place = f"{ref.namespace}/{ref.name}" if ref.namespace else ref.name
    section = f" section {ref.section_name}" if ref.section_name else ""
    port = f" port {ref.port}" if ref.port else ""
    return f"{item} [{ref.kind} {place}{section}{port}]"
