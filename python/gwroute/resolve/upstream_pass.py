"""The third pass: the endpoints of every Service port that some rule refers to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from operator import attrgetter

from gwroute import ir
from gwroute.finding import Finding
from gwroute.model import EndpointSlice, Service
from gwroute.resolve.backend_tls import ServicePortName, judge, policy_for
from gwroute.resolve.backends import UpstreamRef
from gwroute.resolve.endpoints import Reach, upstream_of
from gwroute.resolve.material import Named
from gwroute.resolve.pages import Pages
from gwroute.resolve.reading import Fact, Memo
from gwroute.resolve.topology import Scope
from gwroute.resolve.world import World

__all__ = ["UpstreamPass"]


class UpstreamPass:
    """All upstreams, in the order of their keys."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._memo: Memo[UpstreamRef, Reach] = Memo()
        self._pages: Pages[UpstreamRef, Reach] = Pages(
            lambda reach: (reach.upstream,), attrgetter("findings")
        )
        self._material: dict[UpstreamRef, tuple[Named, ...]] = {}
        self.upstreams: tuple[ir.Upstream, ...] = ()
        self.findings: tuple[Finding, ...] = ()

    @property
    def material(self) -> Mapping[UpstreamRef, tuple[Named, ...]]:
        """What upstreams name."""
        return self._material

    def update(
        self, changed: set[Fact], touched: set[UpstreamRef], referred: Counter[UpstreamRef]
    ) -> None:
        """Bring upstreams up to date.

        Args:
            changed: Facts that are not what they were.
            touched: Upstreams that may have come or gone.
            referred: How often each is referred to.
        """
        news: dict[UpstreamRef, Reach | None] = {}
        for ref in touched:
            if not referred[ref]:
                del referred[ref]
                self._memo.drop(ref)
                news[ref] = None
        wanted = [ref for ref in touched if ref not in news]
        done = self._memo.update(self._world.reading, changed, wanted, self._resolve)
        for ref, (old, new) in done.items():
            if old is not None and new is not None and old.upstream == new.upstream:
                new = replace(new, upstream=old.upstream)
            news[ref] = new
        if news:
            self._pages.change(news)
            for ref, reach in news.items():
                if reach is not None and reach.material:
                    self._material[ref] = reach.material
                else:
                    self._material.pop(ref, None)
            self.upstreams = self._pages.joined(0)
            # One Service is looked at once for each of its ports.
            self.findings = tuple(dict.fromkeys(self._pages.joined(1)))

    def _resolve(self, ref: UpstreamRef) -> Reach | None:
        """The endpoints that gateways of one place reach; None if the Service is gone."""
        world, options = self._world, self._world.options
        service = world.reading.find(Service, ref.namespace, ref.service)
        scope = world.scope(ref.suffix)
        if service is None or scope is None:
            return None
        reach = upstream_of(
            service,
            ref.port,
            world.reading.slices_of(ref.namespace, ref.service),
            scope,
            protocol="h2c" if ref.protocol == "h2c" else "http/1.1",
            overrides=options.endpoints.get(f"{ref.namespace}/{ref.service}:{ref.port}", ()),
            assume=options.assume and not world.reading.of(EndpointSlice),
        )
        return self._secured(reach, service, ref, scope)

    def _secured(self, reach: Reach, service: Service, ref: UpstreamRef, scope: Scope) -> Reach:
        """With TLS, if a policy wants that."""
        world, ports = self._world, service.spec.ports
        name = next((p.name for p in ports if p.port == ref.port and p.protocol == "TCP"), None)
        policy = policy_for(world.reading, ServicePortName(ref.namespace, ref.service, name))
        found = None if policy is None else judge(world.reading, world.keys, policy).tls
        if found is None:
            return reach
        tls, material, shown = found.tls, found.authorities, scope.client_certificate
        if shown is not None:
            tls, material = replace(tls, client_certificate=shown.name), (*material, shown)
        return replace(reach, upstream=replace(reach.upstream, tls=tls), material=material)
