"""The second pass: all routes, and what the rivalry between the two HTTP kinds does to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from operator import attrgetter

from gwroute import ir
from gwroute.finding import Finding
from gwroute.model import ObjectKey
from gwroute.resolve.backends import UpstreamRef
from gwroute.resolve.conditions import Condition
from gwroute.resolve.gateway_pass import differing
from gwroute.resolve.kinds import ROUTES
from gwroute.resolve.pages import Pages
from gwroute.resolve.reading import Fact, Memo
from gwroute.resolve.rivals import find_rivals
from gwroute.resolve.routes import RouteResult, resolve_route
from gwroute.resolve.world import World

__all__ = ["RoutePass"]


class RoutePass:
    """All routes, in the order of their keys."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._memo: Memo[ObjectKey, RouteResult] = Memo()
        self._pages: Pages[ObjectKey, RouteResult] = Pages(
            attrgetter("rules"), attrgetter("conditions"), attrgetter("findings")
        )
        self._grpc: dict[ObjectKey, None] = {}
        self.attached: Counter[str] = Counter()
        """Number of routes by key of the listener."""
        self.referred: Counter[UpstreamRef] = Counter()
        """Number of routes whose rules refer to an upstream."""
        self.uses: dict[tuple[str, str], Counter[str]] = {}
        """By namespace and name of a Service, the Gateways whose routes refer to it, and how many
        routes those are."""
        self._used: set[Fact] = set()
        self.rules: tuple[ir.Rule, ...] = ()
        self.conditions: tuple[Condition, ...] = ()
        self.findings: tuple[Finding, ...] = ()

    def update(self, changed: set[Fact]) -> set[UpstreamRef]:
        """Bring routes up to date; returns the upstreams that may have come or gone."""
        touched: set[UpstreamRef] = set()
        changed = changed | self._world.update_backends(changed)
        named = self._world.reading.touched
        wanted = [key for kind in ROUTES for key in named.get(kind, ())]
        if not self._run(changed, wanted, touched):
            return touched
        if self._grpc or self._world.rivals:
            rivals = find_rivals(self._memo.values, self._grpc)
            facts: set[Fact] = {("rivals", key) for key in differing(self._world.rivals, rivals)}
            self._world.rivals = rivals
            self._run(facts, (), touched)
        self._world.forget_backends(self._memo.unread())
        self.rules, self.conditions, self.findings = map(self._pages.joined, range(3))
        return touched

    def _run(
        self, changed: set[Fact], wanted: Iterable[ObjectKey], touched: set[UpstreamRef]
    ) -> bool:
        """Resolve what is new or read something that changed; returns whether there was any."""
        world = self._world
        done = self._memo.update(
            world.reading, changed, wanted, lambda key: resolve_route(world, key)
        )
        for key, (old, new) in done.items():
            if old is not None:
                self._count(old, -1, touched)
            if new is not None:
                self._count(new, 1, touched)
            if key.kind == "GRPCRoute":
                self._note_grpc(key, new)
        self._pages.change({key: new for key, (_, new) in done.items()})
        return bool(done)

    def _count(self, result: RouteResult, by: int, touched: set[UpstreamRef]) -> None:
        for listener in result.attached:
            self.attached[listener] += by
        for ref in result.upstreams:
            self.referred[ref] += by
            touched.add(ref)
        gateways = set(map(_gateway, result.attached))
        for service in result.services:
            used = self.uses.get(service)
            if used is None:
                used = self.uses[service] = Counter()
            for gateway in gateways:
                used[gateway] += by
                if used[gateway] == max(by, 0):
                    self._used.add(("uses", service))
                    if not used[gateway]:
                        del used[gateway]

    def newly_used(self) -> set[Fact]:
        """Facts about Services that other Gateways use than when this was last asked."""
        found, self._used = self._used, set()
        return found

    def _note_grpc(self, key: ObjectKey, result: RouteResult | None) -> None:
        if result is None:
            self._grpc.pop(key, None)
        else:
            self._grpc[key] = None


@lru_cache
def _gateway(listener: str) -> str:
    """``namespace/name`` of the Gateway that a listener belongs to, by the listener's key."""
    return "/".join(listener.split("/", 2)[:2])
