"""The third pass: the endpoints of every Service port that some rule refers to."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter

from gwroute import ir
from gwroute.finding import Finding
from gwroute.model import EndpointSlice, Service
from gwroute.resolve.backends import UpstreamRef
from gwroute.resolve.endpoints import Reach, upstream_of
from gwroute.resolve.pages import Pages
from gwroute.resolve.reading import Fact, Memo
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
        self.upstreams: tuple[ir.Upstream, ...] = ()
        self.findings: tuple[Finding, ...] = ()

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
                new = Reach(old.upstream, new.findings)
            news[ref] = new
        if news:
            self._pages.change(news)
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
        return upstream_of(
            service,
            ref.port,
            world.reading.slices_of(ref.namespace, ref.service),
            scope,
            protocol="h2c" if ref.protocol == "h2c" else "http/1.1",
            overrides=options.endpoints.get(f"{ref.namespace}/{ref.service}:{ref.port}", ()),
            assume=options.assume and not world.reading.of(EndpointSlice),
        )
