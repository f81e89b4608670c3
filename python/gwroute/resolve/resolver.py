"""The passes of resolution in order, and what is kept between two resolutions.

Each pass reads what the earlier ones found out, and computes anew only what read something that
changed (:mod:`gwroute.resolve.reading`). What comes out is the same as from nothing.
"""

from __future__ import annotations

from gwroute import ir
from gwroute.collector import collector_paused
from gwroute.resolve.assume import Assumer, Completed, judging
from gwroute.resolve.gateway_pass import GatewayPass
from gwroute.resolve.material import Keys, collect
from gwroute.resolve.options import Options
from gwroute.resolve.policy_pass import PolicyPass
from gwroute.resolve.reading import Fact, Reading
from gwroute.resolve.result import Resolution
from gwroute.resolve.route_pass import RoutePass
from gwroute.resolve.rules import AcceptsRegex
from gwroute.resolve.upstream_pass import UpstreamPass
from gwroute.resolve.world import World
from gwroute.store import ObjectStore

__all__ = ["Resolver"]

MANY = 1000
"""So many changes are too much to let the garbage collector look on."""


class Resolver:
    """Resolves one store after another, and keeps what the next has in common with the last.

    Not for several threads at once.

    Args:
        options: What is told beside the objects.
        accepts_regex: Whether a regular expression can be used: None if it can, else a sentence
            why not.
            Only the core can say, and resolution does not import it.
        keys: Who judges key material, which only the data plane that will use it can.
    """

    def __init__(self, options: Options, accepts_regex: AcceptsRegex, keys: Keys) -> None:
        self._options = options
        self._assumer = Assumer(options)
        self._store = ObjectStore()
        self._reading = Reading()
        keys = judging(keys) if options.assume else keys
        world = World(self._reading, options, accepts_regex, keys)
        self._gateways = GatewayPass(world)
        self._routes = RoutePass(world)
        self._upstreams = UpstreamPass(world)
        self._policies = PolicyPass(world)

    def resolve(self, store: ObjectStore) -> Resolution:
        """What the objects mean together. Never raises for what is in them."""
        completed = self._assumer.complete(store) if self._options.assume else Completed(store)
        changed = self._reading.turn_to(self._store, completed.store)
        self._store = completed.store
        with collector_paused(len(changed) > MANY):
            return self._resolve(completed, changed)

    def _resolve(self, completed: Completed, changed: set[Fact]) -> Resolution:
        gateways, routes, upstreams = self._gateways, self._routes, self._upstreams
        changed |= gateways.update(changed, completed.made)
        touched = routes.update(changed)
        upstreams.update(changed, touched, routes.referred)
        policies = self._policies
        policies.update(changed | routes.newly_used(), routes.uses)
        return Resolution(
            snapshot=ir.Snapshot(gateways.listeners, routes.rules, upstreams.upstreams),
            conditions=gateways.conditions + routes.conditions + policies.conditions,
            findings=gateways.findings + routes.findings + upstreams.findings + policies.findings,
            assumed=completed.sentences,
            gateways=gateways.resolved(routes.attached),
            options=self._options,
            secrets=collect((*gateways.material.values(), *upstreams.material.values())),
        )
