"""What is wrong with a user's objects, from reading, from resolution and from the checks here.

A check is a function from a :class:`~gwroute.checks.view.View`, which is a store and its
resolution, to findings. It reads no files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gwroute.checks.attachment import idle_listeners, lost_hostnames
from gwroute.checks.certificates import lapsing_certificates
from gwroute.checks.definitions import unknown_releases
from gwroute.checks.endpoints import lacking_endpoints, unreachable_backends
from gwroute.checks.gateways import exposure, pins
from gwroute.checks.pools import conflicts, lagging_lists, nodes_without_pool
from gwroute.checks.ports import port_clashes
from gwroute.checks.references import orphaned_slices, unused_grants, unused_parameters
from gwroute.checks.routes import missed_pools
from gwroute.checks.schema import SchemaCheck
from gwroute.checks.selectors import impossible_selectors
from gwroute.checks.services import topology_values, unpinned_backends
from gwroute.checks.silences import silenced
from gwroute.checks.view import View
from gwroute.finding import Finding
from gwroute.resolve import Resolution
from gwroute.store import ObjectStore

__all__ = ["validate"]

CHECKS: tuple[Callable[[View], Iterable[Finding]], ...] = (
    lacking_endpoints,
    unreachable_backends,
    unused_grants,
    orphaned_slices,
    unused_parameters,
    idle_listeners,
    lost_hostnames,
    impossible_selectors,
    unknown_releases,
    lapsing_certificates,
    topology_values,
    unpinned_backends,
    nodes_without_pool,
    lagging_lists,
    conflicts,
    pins,
    exposure,
    port_clashes,
    missed_pools,
)


def validate(
    store: ObjectStore, resolution: Resolution, schema: SchemaCheck | None = None
) -> tuple[Finding, ...]:
    """All findings, in the order of files and lines; those without a file come last.

    Findings that a comment or an annotation silences are not among them.

    Args:
        store: The objects, with what was wrong when they were read.
        resolution: What they came to.
        schema: The check of the version before, so that only what changed is looked at.
    """
    refusals = (schema or SchemaCheck()).look(store).findings()
    found = [*store.findings, *refusals, *resolution.findings]
    view = View(store, resolution)
    for check in CHECKS:
        found += check(view)
    once = {(_place(item), item.object, item.field, item.message): item for item in found}
    return tuple(sorted(silenced(once.values(), store, resolution.options), key=_place))


def _place(finding: Finding) -> tuple[bool, str, int, int, str]:
    file, line, column = finding.file or "", finding.line or 0, finding.column or 0
    return (finding.file is None, file, line, column, finding.code)
