"""The first pass: classes, Gateways, their listeners, and where the Gateways are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TypeVar

from gwroute import ir
from gwroute.finding import Finding
from gwroute.model import Node, NodeBucket, NodePool, ObjectKey
from gwroute.nodepools import PoolIndex
from gwroute.resolve.classes import ClassPlan, plan_class
from gwroute.resolve.conditions import Condition
from gwroute.resolve.gateways import GatewayPlan, plan_gateway
from gwroute.resolve.material import Named
from gwroute.resolve.parents import Parent, Place, parents_of, places_of, scopes_of
from gwroute.resolve.reading import Fact, Memo
from gwroute.resolve.report import (
    GatewayReport,
    doubts,
    orphan_finding,
    report_gateway,
    resolved_gateway,
    serving,
)
from gwroute.resolve.result import ResolvedGateway
from gwroute.resolve.world import DEFAULTS, World

__all__ = ["GatewayPass", "differing"]

K = TypeVar("K")
V = TypeVar("V")

_POOLS: Fact = ("pools",)


class GatewayPass:
    """Classes, Gateways, listeners, and where the Gateways are."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pools = PoolIndex(label_keys=world.options.pool_label_keys)
        self._classes: Memo[ObjectKey, ClassPlan] = Memo()
        self._plans: Memo[ObjectKey, GatewayPlan] = Memo()
        self._orphans: Memo[ObjectKey, tuple[Finding, ...]] = Memo()
        self._reports: Memo[ObjectKey, GatewayReport] = Memo()
        self._places: dict[ObjectKey, Place] = {}
        self._resolved: dict[ObjectKey, tuple[tuple[object, ...], ResolvedGateway]] = {}
        self._made: frozenset[ObjectKey] = frozenset()
        self.listeners: tuple[ir.Listener, ...] = ()
        self.material: Mapping[str, tuple[Named, ...]] = {}
        """What listeners name, by their keys."""
        self.conditions: tuple[Condition, ...] = ()
        self.findings: tuple[Finding, ...] = ()

    def update(self, changed: set[Fact], made: frozenset[ObjectKey]) -> set[Fact]:
        """Bring everything up to date; returns the facts for routes that changed."""
        self._made = made
        reading, options = self._world.reading, self._world.options
        touched = reading.touched
        facts: set[Fact] = set()
        if not changed.isdisjoint((Node, NodePool, NodeBucket)):
            pools = PoolIndex.of(reading, options.pool_label_keys, last=self._pools)
            if pools is not self._pools:
                self._pools = pools
                facts.add(_POOLS)
        classes = self._classes.update(
            reading,
            changed,
            touched.get("GatewayClass", ()),
            lambda key: plan_class(reading, key.name, options),
        )
        orphans = self._orphans.update(
            reading,
            changed,
            touched.get("ListenerSet", ()),
            lambda key: orphan_finding(reading, key),
        )
        plans = self._plans.update(
            reading,
            changed,
            touched.get("Gateway", ()),
            lambda key: plan_gateway(reading, self._world.keys, key, options),
        )
        facts.update(("plan", key) for key in plans)
        if plans or _POOLS in facts:
            facts |= self._place()
        reports = self._reports.update(reading, changed | facts, self._plans.values, self._report)
        if classes or orphans or plans or reports:
            self._collect()
        return facts

    def _report(self, key: ObjectKey) -> GatewayReport | None:
        self._world.reading.noted += [("plan", key), _POOLS]
        plan = self._plans.values.get(key)
        return None if plan is None else report_gateway(self._world.reading, plan, self._pools)

    def _sorted(self) -> list[GatewayPlan]:
        """Gateways by namespace and name."""
        return [self._plans.values[key] for key in sorted(self._plans.values)]

    def _place(self) -> set[Fact]:
        """Places, scopes, parents and listeners; returns the facts that changed."""
        world, options = self._world, self._world.options
        ours = [plan for plan in self._sorted() if plan.ours]
        self._places = places_of(ours, self._pools, options)
        scopes = scopes_of(self._plans.values, self._places, self._pools, options)
        parents: dict[ObjectKey, Parent] = {}
        for plan in self._sorted():
            key = plan.gateway.key
            parents.update(parents_of(plan, self._places.get(key), key in self._made))
        facts: set[Fact] = {("scope", name) for name in differing(world.scopes, scopes)}
        facts |= {("parent", key) for key in differing(world.parents, parents)}
        defaults = tuple(plan.gateway.key for plan in ours if plan.is_default)
        if defaults != world.defaults:
            facts.add(DEFAULTS)
        world.scopes = scopes
        world.parents = parents
        world.defaults = defaults
        ours.sort(key=lambda plan: (plan.gateway.key in self._made, _age(plan)))
        listeners = tuple(
            listener for plan in ours for listener in serving(plan, self._places[plan.gateway.key])
        )
        if listeners != self.listeners:
            self.listeners = listeners
        shown = {listener.key for listener in listeners}
        self.material = {
            item.key: item.material for plan in ours for item in plan.listeners if item.key in shown
        }
        return facts

    def _collect(self) -> None:
        classes = [self._classes.values[key] for key in sorted(self._classes.values)]
        orphans = [self._orphans.values[key] for key in sorted(self._orphans.values)]
        self.conditions = tuple(
            condition
            for conditions in (
                *(plan.conditions for plan in classes),
                *(self._reports.values[key].conditions for key in sorted(self._reports.values)),
            )
            for condition in conditions
            if condition.object not in self._made
        )
        self.findings = tuple(
            chain(
                *(plan.findings for plan in classes),
                *(plan.findings for plan in self._sorted()),
                *(doubts(self._plans.values[key], place) for key, place in self._places.items()),
                *orphans,
            )
        )

    def resolved(self, attached: Mapping[str, int]) -> tuple[ResolvedGateway, ...]:
        """Our Gateways, with the routes their listeners count."""
        plans, reports = self._plans.values, self._reports.values
        found: dict[ObjectKey, tuple[tuple[object, ...], ResolvedGateway]] = {}
        for key, place in self._places.items():
            plan, report = plans[key], reports[key]
            counts = [attached.get(listener.key, 0) for listener in plan.listeners]
            made_of = (plan, report, place, counts, key in self._made)
            known = self._resolved.get(key)
            if known is None or not _same(known[0], made_of):
                made = resolved_gateway(plan, place, report, attached, key in self._made)
                known = (made_of, made)
            found[key] = known
        self._resolved = found
        return tuple(made for _, made in found.values())


def _same(old: tuple[object, ...], new: tuple[object, ...]) -> bool:
    """Whether a Gateway is made of the same; plan and report are not looked into."""
    return old[0] is new[0] and old[1] is new[1] and old[2:] == new[2:]


def differing(old: Mapping[K, V], new: Mapping[K, V]) -> Iterator[K]:
    """Keys whose values are not equal in both."""
    for key in {**old, **new}:
        if key not in old or key not in new or old[key] != new[key]:
            yield key


def _age(plan: GatewayPlan) -> tuple[float, str, str]:
    created = plan.gateway.metadata.creation_timestamp
    name = plan.gateway.namespace or "", plan.gateway.name
    return (float("inf") if created is None else created, *name)
