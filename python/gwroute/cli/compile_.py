"""``gwroute compile``."""

from __future__ import annotations

import click

from gwroute.cli import options, output
from gwroute.cli.inputs import Inputs, takes_inputs

INCOMPLETE = 1


@click.command(
    "compile",
    epilog=options.examples(
        "gwroute compile -f examples/shop",
        "gwroute compile -f examples/edge --node-pool hangzhou -o yaml",
    ),
)
@options.output("json", "yaml", default="json")
@takes_inputs(may_assume=False)
def command(inputs: Inputs, output_format: str) -> int:
    """Print the snapshot: everything a data plane has to know, as one document.

    Nothing is assumed. Findings go to standard error; the exit code is 1 if one of them is an
    error, and the snapshot then holds what can be served nevertheless.
    """
    import json

    from gwroute import ir

    store = inputs.load()
    resolution = inputs.resolve(store)
    findings = (*store.findings, *resolution.findings)
    inputs.tell(findings)
    output.data_text(output.formatted(json.loads(ir.encode(resolution.snapshot)), output_format))
    return INCOMPLETE if any(finding.level == "error" for finding in findings) else 0
