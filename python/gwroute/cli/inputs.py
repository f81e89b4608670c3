"""From options to a store, a resolution and a router.

A command that reads objects is decorated with :func:`takes_inputs` and gets one :class:`Inputs`.
What is wrong with the files and what had to be assumed is said on standard error on the way.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import click

from gwroute.cli import options, output

if TYPE_CHECKING:
    from gwroute.finding import Finding
    from gwroute.resolve import Options, Resolution
    from gwroute.store import ObjectStore

SHOWN = 10
"""So many findings are shown where findings are not what was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What to read, and from where to look at it."""

    paths: tuple[str, ...]
    recursive: bool
    namespace: str
    gateways: tuple[str, ...]
    node: str | None
    node_pool: str | None
    pool_mode: Literal["upstream", "strict"]
    topology_fallback: bool
    honor_internal_traffic_policy: bool
    controller_names: tuple[str, ...]
    quiet: bool
    verbose: bool
    strict: bool = True
    """Assume nothing that the files leave out."""

    def load(self) -> ObjectStore:
        """The objects in the files.

        Raises:
            UsageError: No file was named.
        """
        from gwroute.sources.files import load

        if not self.paths:
            raise click.UsageError(
                "nothing to read; give -f PATH: a file, a folder, or - for standard input",
                click.get_current_context(silent=True),
            )
        store = load(*self.paths, recursive=self.recursive, namespace=self.namespace)
        if self.verbose and store.skipped:
            output.note(
                f"passed over: {output.count(store.skipped, 'object')} of kinds of no use here"
            )
        return store

    def resolve(self, store: ObjectStore) -> Resolution:
        """What the objects mean together; what had to be assumed is told."""
        from gwroute.router import resolver

        resolution = resolver(self.options()).resolve(store)
        if resolution.assumed and not self.quiet:
            output.note(f"assumed: {'; '.join(resolution.assumed)}")
        return resolution

    def options(self) -> Options:
        """The options of resolution."""
        from gwroute.resolve import Options

        return Options(
            controller_names=self.controller_names,
            gateways=self.gateways,
            node=self.node,
            node_pool=self.node_pool,
            pool_mode=self.pool_mode,
            topology_fallback=self.topology_fallback,
            honor_internal_traffic_policy=self.honor_internal_traffic_policy,
            assume=not self.strict,
        )

    def tell(self, findings: tuple[Finding, ...]) -> None:
        """Shows findings beside the answer: a line each, and not all of a great many."""
        levels = ("error",) if self.quiet else ("error", "warning")
        if self.verbose:
            levels = (*levels, "info")
        wanted = [finding for finding in findings if finding.level in levels]
        for finding in wanted[:SHOWN]:
            output.finding(finding)
        if len(wanted) > SHOWN:
            output.note(
                f"... and {output.count(len(wanted) - SHOWN, 'finding')} more: gwroute validate"
            )


def takes_inputs(*, may_assume: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds the options that say what to read; the command gets ``inputs``.

    Args:
        may_assume: Whether the command fills in what the files leave out, unless ``--strict``.
    """
    decorators = [
        options.filename,
        options.recursive,
        options.namespace,
        options.where,
        *([options.strict] if may_assume else []),
        options.quiet,
        options.verbose,
        options.no_color,
    ]

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def command(**settings: Any) -> Any:
            names = [name for name in Inputs.__slots__ if name in settings]
            inputs = Inputs(**{name: settings.pop(name) for name in names})
            return function(inputs=inputs, **settings)

        decorated: Callable[..., Any] = options.together(*decorators)(command)
        return decorated

    return decorate
