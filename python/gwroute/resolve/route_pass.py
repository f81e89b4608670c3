"""The second pass: all routes, and what the rivalry between the two HTTP kinds does to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import chain
from operator import attrgetter

from gwroute import ir
from gwroute.finding import Finding
from gwroute.model import ObjectKey
from gwroute.resolve.conditions import Condition
from gwroute.resolve.gateway_pass import differing
from gwroute.resolve.kinds import ROUTES
from gwroute.resolve.reading import Fact, Memo, keys_of
from gwroute.resolve.rivals import find_rivals
from gwroute.resolve.routes import RouteResult, UpstreamRef, resolve_route
from gwroute.resolve.rows import Rows
from gwroute.resolve.world import World

__all__ = ["RoutePass"]

_RULES = attrgetter("rules")
_CONDITIONS = attrgetter("conditions")


class RoutePass:
    """All routes, in the order of their keys."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._memo: Memo[ObjectKey, RouteResult] = Memo()
        self._rows: Rows[ObjectKey, RouteResult] = Rows()
        self._findings: Rows[ObjectKey, tuple[Finding, ...]] = Rows()
        self._grpc: dict[ObjectKey, None] = {}
        self.attached: Counter[str] = Counter()
        """Number of routes by key of the listener."""
        self.referred: Counter[UpstreamRef] = Counter()
        """Number of routes whose rules refer to an upstream."""
        self.rules: tuple[ir.Rule, ...] = ()
        self.conditions: tuple[Condition, ...] = ()
        self.findings: tuple[Finding, ...] = ()

    def update(self, changed: set[Fact]) -> set[UpstreamRef]:
        """Bring routes up to date; returns the upstreams that may have come or gone."""
        touched: set[UpstreamRef] = set()
        if not self._run(changed, keys_of(changed, *ROUTES), touched):
            return touched
        if self._grpc or self._world.rivals:
            rivals = find_rivals(self._memo.values, self._grpc)
            facts: set[Fact] = {("rivals", key) for key in differing(self._world.rivals, rivals)}
            self._world.rivals = rivals
            self._run(facts, (), touched)
        self.rules = tuple(chain.from_iterable(map(_RULES, self._rows.values)))
        self.conditions = tuple(chain.from_iterable(map(_CONDITIONS, self._rows.values)))
        self.findings = tuple(chain.from_iterable(self._findings.values))
        return touched

    def _run(
        self, changed: set[Fact], wanted: Iterable[ObjectKey], touched: set[UpstreamRef]
    ) -> bool:
        """Resolve what is new or read something that changed; returns whether there was any."""
        world = self._world
        done = self._memo.update(
            world.reading, changed, wanted, lambda key: resolve_route(world, key)
        )
        rows: dict[ObjectKey, RouteResult | None] = {}
        findings: dict[ObjectKey, tuple[Finding, ...] | None] = {}
        for key, (old, new) in done.items():
            self._count(old, -1, touched)
            self._count(new, 1, touched)
            rows[key] = new
            if (old is not None and old.findings) or (new is not None and new.findings):
                findings[key] = (new.findings or None) if new is not None else None
            if key.kind == "GRPCRoute":
                self._note_grpc(key, new)
        self._rows.change(rows)
        self._findings.change(findings)
        return bool(done)

    def _count(self, result: RouteResult | None, by: int, touched: set[UpstreamRef]) -> None:
        if result is None:
            return
        for listener in result.attached:
            self.attached[listener] += by
        for ref in result.upstreams:
            self.referred[ref] += by
            touched.add(ref)

    def _note_grpc(self, key: ObjectKey, result: RouteResult | None) -> None:
        if result is None:
            self._grpc.pop(key, None)
        else:
            self._grpc[key] = None
