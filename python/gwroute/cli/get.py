"""``gwroute get``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import click

from gwroute.cli import kinds, options, output, selector, table
from gwroute.cli.columns import at, columns_of
from gwroute.cli.inputs import Inputs, takes_inputs
from gwroute.cli.kinds import Kind
from gwroute.cli.objects import Cluster, Document
from gwroute.resolve.generated import Settings

NOT_FOUND = 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be shown."""

    kinds: tuple[Kind, ...]
    names: tuple[str, ...]
    namespace: str | None
    """None for all of them."""
    selects: selector.Selector

    def among(self, documents: Iterable[Document], kind: Kind) -> Iterator[Document]:
        """Those that are wanted."""
        for document in documents:
            metadata = document["metadata"]
            here = self.namespace in (None, metadata.get("namespace")) or not kind.namespaced
            named = not self.names or metadata["name"] in self.names
            if here and named and self.selects(metadata.get("labels") or {}):
                yield document


Found = Sequence[tuple[Kind, Sequence[Document]]]
"""Objects, kind by kind."""


@click.command(
    epilog=options.examples(
        "gwroute get gateway,httproute -A -f examples/shop",
        "gwroute get service -n kube-system -f examples/edge \\\n"
        "      -l gateway.envoyproxy.io/owning-gateway-name=ack-gateway",
    )
)
@click.argument("kind", metavar="KIND[,KIND…]", shell_complete=kinds.complete)
@click.argument("names", metavar="[NAME]…", nargs=-1)
@options.option("-l", "--selector", metavar="LABELS", default="", help="Only with these labels.")
@options.all_namespaces
@click.option("--no-headers", is_flag=True, help="Rows only.")
@options.output("text", "wide", "name", "yaml", "json")
@takes_inputs(may_assume=True)
def command(
    inputs: Inputs,
    kind: str,
    names: tuple[str, ...],
    all_namespaces: bool,
    output_format: str,
    no_headers: bool,
    **settings: str,
) -> int:
    """Show objects as kubectl would, with the status they would have.

    KIND is plural, singular or short, in any case, or 'all'. Beside the objects of the files there
    are those that a controller makes for each Gateway, in its own namespace, kube-system; -n
    kube-system shows that one and leaves objects without a namespace in 'default'.
    """
    kind, names = _split(kind, names)
    namespace = None if all_namespaces else inputs.namespace
    wanted = Wanted(kinds.kinds_of(kind), names, namespace, selector.parse(settings["selector"]))
    inputs = at_home(inputs)
    store = inputs.load()
    cluster = Cluster(store, inputs.resolve(store))
    inputs.tell(store.findings)
    found = [(kind, list(wanted.among(cluster.of(kind), kind))) for kind in wanted.kinds]
    output.data_text(_shown(found, wanted, output_format, header_row=not no_headers))
    return _missing(found, wanted)


def at_home(inputs: Inputs) -> Inputs:
    """The inputs, with no object of the files in the controller's own namespace.

    What is shown there are the objects that it makes; they are named by the namespace of their
    Gateway, which must not become another one by looking at them.
    """
    own = inputs.namespace == Settings().namespace
    return replace(inputs, namespace="default") if own else inputs


def _split(kind: str, names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """``httproute/cart`` is the kind and the name."""
    first, slash, name = kind.partition("/")
    if slash and names:
        raise click.UsageError(f"give {kind} alone, or the kind and names apart")
    return (first, (name,)) if slash else (kind, names)


def _missing(found: Found, wanted: Wanted) -> int:
    """Says what was asked for and is not there."""
    if wanted.names:
        there = {document["metadata"]["name"] for _, documents in found for document in documents}
        missing = [name for name in wanted.names if name not in there]
        for name in missing:
            output.error(f"{_title(wanted, name)} does not exist")
        return NOT_FOUND if missing else 0
    if not any(documents for _, documents in found):
        scoped = wanted.namespace is not None and any(kind.namespaced for kind in wanted.kinds)
        where = f" in namespace {wanted.namespace}; -A looks in all" if scoped else ""
        output.note(f"nothing found{where}")
    return 0


def _title(wanted: Wanted, name: str) -> str:
    kinds = " or ".join(kind.name for kind in wanted.kinds)
    scoped = wanted.namespace is not None and any(kind.namespaced for kind in wanted.kinds)
    return f"{kinds} {wanted.namespace}/{name}" if scoped else f"{kinds} {name}"


# -- formats


def _shown(found: Found, wanted: Wanted, output_format: str, *, header_row: bool) -> str:
    if output_format in ("json", "yaml"):
        return output.formatted(_document(found, wanted), output_format)
    if output_format == "name":
        lines = (f"{_resource(kind, document)}\n" for kind, docs in found for document in docs)
        return "".join(lines)
    prefixed = len(wanted.kinds) > 1
    tables = (
        _table(
            kind,
            documents,
            wanted,
            wide=output_format == "wide",
            prefixed=prefixed,
            header=header_row,
        )
        for kind, documents in found
        if documents
    )
    return "\n".join(tables)


def _document(found: Found, wanted: Wanted) -> Any:
    """One object that was asked for by its name stands alone; otherwise it is a List."""
    items = [document for _, documents in found for document in documents]
    if len(wanted.names) == 1 and len(items) == 1:
        return items[0]
    return {
        "apiVersion": "v1",
        "items": items,
        "kind": "List",
        "metadata": {"resourceVersion": ""},
    }


def _resource(kind: Kind, document: Mapping[str, Any]) -> str:
    return f"{kind.resource}/{document['metadata']['name']}"


def _table(
    kind: Kind,
    documents: Sequence[Document],
    wanted: Wanted,
    *,
    wide: bool,
    prefixed: bool,
    header: bool,
) -> str:
    columns = columns_of(kind.name, wide=wide)
    with_namespace = wanted.namespace is None and kind.namespaced
    rows = []
    for document in documents:
        cells = [column.cell(document) for column in columns]
        if prefixed:
            cells[0] = _resource(kind, document)
        namespace = [str(at(document, "metadata", "namespace"))] if with_namespace else []
        rows.append(namespace + cells)
    titles = (["NAMESPACE"] if with_namespace else []) + [column.title for column in columns]
    return table.render(titles, rows, header_row=header)
