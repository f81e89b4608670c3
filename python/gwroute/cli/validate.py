"""``gwroute validate``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import click

from gwroute.cli import options, output, report
from gwroute.cli.inputs import Inputs, takes_inputs
from gwroute.finding import Finding, Level

LEVELS: tuple[Level, ...] = ("error", "warning", "info")
"""From bad to good to know."""

FAILED = 1


@click.command(
    epilog=options.examples(
        "gwroute validate -f examples/shop",
        "gwroute validate -f examples/edge --node-pool hangzhou --fail-level warning -o github",
    )
)
@options.option(
    "--fail-level",
    type=click.Choice(LEVELS),
    default="error",
    help="The exit code is 1 from this level on.  [default: error]",
)
@options.output("text", "json", "github", "sarif", "junit")
@takes_inputs(may_assume=False)
def command(inputs: Inputs, fail_level: Level, output_format: str) -> int:
    """Check files as they stand: reading, references, attachment, node pools.

    Each finding has a code, a file, a line and a way out. A finding is silenced by a comment
    '# gwroute: ignore[GWR203] reason' on its line, or by the annotation gwroute.dev/ignore of the
    object. The exit code is 0 if there is none at or over --fail-level, 1 otherwise, and 2 if
    nothing could be read.
    """
    from gwroute.checks import validate

    store = inputs.load()
    findings = validate(store, inputs.resolve(store))
    output.data_text(report.FORMATS[output_format](findings))
    if not inputs.quiet:
        output.note(_summary(findings, len(store)))
    failing = LEVELS[: LEVELS.index(fail_level) + 1]
    return FAILED if any(finding.level in failing for finding in findings) else 0


def _summary(findings: Sequence[Finding], objects: int) -> str:
    counts = Counter(finding.level for finding in findings)
    words = [_count(counts[level], level) for level in LEVELS if counts[level]]
    return f"{', '.join(words) or 'no findings'} in {_count(objects, 'object')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 or noun == "info" else "s")
