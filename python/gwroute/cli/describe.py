"""``gwroute describe``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import click

from gwroute.cli import kinds, options, output, table
from gwroute.cli.description import described
from gwroute.cli.get import at_home
from gwroute.cli.inputs import Inputs, takes_inputs
from gwroute.cli.kinds import Kind
from gwroute.cli.objects import Cluster, Document
from gwroute.model import ObjectKey

NOT_FOUND = 1

INDENT = "  "


@click.command(
    epilog=options.examples(
        "gwroute describe httproute cart -n shop -f examples/shop",
        "gwroute describe gateway ack-gateway -f examples/edge",
    )
)
@click.argument("kind", metavar="KIND", shell_complete=kinds.complete)
@click.argument("name", metavar="NAME", required=False)
@options.output("text", "json", "yaml")
@takes_inputs(may_assume=True)
def command(inputs: Inputs, kind: str, name: str | None, output_format: str) -> int:
    """Show one object: conditions, listeners, rules in order of precedence, who refers to it.

    Of a Gateway, the rules are those of all routes that are attached to it; of a Service, its
    endpoints are shown with what removed each of the others.
    """
    word, _, written = kind.partition("/")
    name = name or written
    if not name:
        raise click.UsageError("give a kind and a name")
    wanted = kinds.kind_of(word)
    inputs_at_home = at_home(inputs)
    store = inputs_at_home.load()
    inputs.tell(store.findings)
    cluster = Cluster(store, inputs_at_home.resolve(store))
    key = ObjectKey(wanted.name, inputs.namespace if wanted.namespaced else None, name)
    document = _find(cluster, wanted, key)
    if document is None:
        output.error(f"{key} does not exist")
        return NOT_FOUND
    fields = described(cluster, key, document)
    text = (
        "".join(_text(key, fields))
        if output_format == "text"
        else output.formatted(fields, output_format)
    )
    output.data_text(text)
    return 0


def _find(cluster: Cluster, kind: Kind, key: ObjectKey) -> Document | None:
    for document in cluster.of(kind):
        metadata = document["metadata"]
        if (metadata.get("namespace"), metadata["name"]) == (key.namespace, key.name):
            return document
    return None


# -- in words


def _text(key: ObjectKey, fields: Mapping[str, Any]) -> Iterator[str]:
    place = f"  ({fields['file']}:{fields['line']})" if fields["file"] else ""
    yield f"{key}{place}\n"
    yield _rows([(title.lower(), cell) for title, cell in fields["columns"].items()])
    yield from _section("conditions", _conditions(fields["conditions"]))
    yield from _section("listeners", _listeners(fields["listeners"]))
    yield from _section("rules, in order of precedence", _rules(fields["rules"]))
    yield from _section("endpoints", _endpoints(fields["endpoints"]))
    yield from _section("referred to by", _referrers(fields["referrers"]))
    yield from _section("findings", (f"{line}\n" for line in fields["findings"]))


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    found = "".join(lines).splitlines(keepends=True)
    if found:
        yield f"\n{title}\n"
        yield from (INDENT + line for line in found)


def _rows(rows: Sequence[Sequence[str]]) -> str:
    return table.render([], rows, header_row=False)


def _conditions(conditions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for about, group in groupby(conditions, key=lambda condition: condition["about"]):
        if about is not None:
            yield f"{about}\n"
        margin = INDENT if about is not None else ""
        rows = [
            (f"{c['type']}={c['status']}", c["reason"] or "", c["message"] or "") for c in group
        ]
        yield from (margin + line for line in _rows(rows).splitlines(keepends=True))


def _listeners(listeners: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield _rows(
        [
            (
                listener["name"],
                f"{listener['protocol']} {listener['port']}",
                listener["hostname"] or "any host",
                output.count(listener["attached_routes"], "route"),
                "programmed" if listener["programmed"] else "not programmed",
            )
            for listener in listeners
        ]
    )


def _rules(rules: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for (listener, host), group in groupby(
        rules, key=lambda rule: (rule["listener"], rule["host"])
    ):
        yield f"{host or 'any host'} at {listener}\n"
        rows = [
            (
                f"{INDENT}{rule['position']} of {rule['of']}",
                "; ".join(rule["conditions"]),
                "-> " + ", ".join(rule["to"]),
                rule["rule"] + (f"  ({rule['file']}:{rule['line']})" if rule["file"] else ""),
            )
            for rule in group
        ]
        yield _rows(rows)


def _endpoints(upstreams: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for upstream in upstreams:
        yield upstream["upstream"] + (f"  {upstream['scope']}" if upstream["scope"] else "") + "\n"
        if upstream["assumed"]:
            yield f"{INDENT}assumed\n"
        rows = [(INDENT + item["address"], "ready", _where(item)) for item in upstream["ready"]] + [
            (INDENT + item["address"], "removed", f"{item['by']}: {item['detail']}")
            for item in upstream["removed"]
        ]
        yield _rows(rows)


def _where(endpoint: Mapping[str, Any]) -> str:
    pool = f"pool {endpoint['node_pool']}" if endpoint["node_pool"] else None
    node = f"node {endpoint['node']}" if endpoint["node"] else None
    pod = f"pod {endpoint['pod']}" if endpoint["pod"] else None
    return ", ".join(filter(None, (pod, node, pool)))


def _referrers(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield _rows(
        [
            (item["by"], item["field"], f"({item['file']}:{item['line']})" if item["file"] else "")
            for item in found
        ]
    )
