"""Services that leave a Gateway without an endpoint, and rules that leave it without a backend."""

from __future__ import annotations

from collections.abc import Iterator

from gwroute import ir
from gwroute.checks.view import View
from gwroute.finding import Finding
from gwroute.model import EndpointSlice, Service
from gwroute.resolve.topology import ANNOTATION_FIELD

__all__ = ["lacking_endpoints", "unreachable_backends"]

Listeners = dict[str, None]


def lacking_endpoints(view: View) -> Iterator[Finding]:
    """Services in use of which no endpoint serves (GWR208) or none is in reach (GWR504).

    Without a single EndpointSlice among the objects nothing is known of endpoints, and nothing is
    said.
    """
    if not view.store.of(EndpointSlice):
        return
    snapshot = view.resolution.snapshot
    lacking = {
        item.key: item for item in snapshot.upstreams if not (item.endpoints or item.assumed)
    }
    users = _users(snapshot, lacking)
    for key, upstream in lacking.items():
        namespace, name = upstream.service.rpartition(":")[0].split("/")
        service = view.store.service(namespace, name)
        if service is not None and key in users:
            yield from _lacking(view, service, upstream, users[key])


def _users(snapshot: ir.Snapshot, upstreams: dict[str, ir.Upstream]) -> dict[str, Listeners]:
    """Listeners whose rules refer to some upstreams."""
    found: dict[str, Listeners] = {}
    if upstreams:
        for rule in snapshot.rules:
            for backend in rule.backends:
                if backend.upstream in upstreams and backend.weight:
                    listeners = found.setdefault(backend.upstream, {})
                    listeners.update((host.listener, None) for host in rule.hosts)
    return found


def _lacking(
    view: View, service: Service, upstream: ir.Upstream, listeners: Listeners
) -> Iterator[Finding]:
    who = view.named(listeners)
    result = "its share of the requests gets 503"
    reasons = {item.by for item in upstream.removed}
    if "topology" in reasons and "readiness" not in reasons:
        if _refused(view, service):
            return
        yield Finding.at(
            "GWR504",
            service,
            ANNOTATION_FIELD,
            f"{service.key} has no endpoint in reach of {who} ({upstream.scope}); {result}",
            help="run it there too, or do not route to it from there",
        )
        return
    where = f" in reach of {who} ({upstream.scope})" if "topology" in reasons else ""
    field, why = _why(view, service, upstream)
    yield Finding.at("GWR208", service, field, f"{service.key}: {why}{where}; {result}")


def _refused(view: View, service: Service) -> bool:
    """Whether strict mode refused the Service's scope, which is an error already."""
    return any(
        item.level == "error" and item.object == service.key and item.code.startswith("GWR5")
        for item in view.resolution.findings
    )


def _why(view: View, service: Service, upstream: ir.Upstream) -> tuple[str | None, str]:
    """The field of the Service to look at, and what is wrong."""
    if upstream.removed:
        return None, "none of its endpoints is ready"
    slices = view.store.slices_of(service.namespace or "", service.name)
    if not slices:
        return None, "it has no EndpointSlice"
    number = int(upstream.service.rpartition(":")[2])
    at, port = next((at, port) for at, port in enumerate(service.spec.ports) if port.port == number)
    names = {item.name or "" for piece in slices for item in piece.ports}
    if (port.name or "") in names:
        return None, "its EndpointSlices have no endpoint for it"
    field = f"spec.ports[{at}].{'name' if port.name else 'port'}"
    there = ", ".join(sorted(repr(name) for name in names)) or "none"
    wanted = f"named {port.name!r}" if port.name else "without a name"
    return field, f"its EndpointSlices have no port {wanted} (there is {there})"


def unreachable_backends(view: View) -> Iterator[Finding]:
    """Rules of which every request gets 500, because no backend has a share (GWR207)."""
    seen: set[tuple[str, str, str, int]] = set()
    for rule in view.resolution.snapshot.rules:
        if any(backend.weight for backend in rule.backends) or _answers(rule):
            continue
        ref = rule.route
        place = (ref.kind, ref.namespace, ref.name, ref.rule)
        route = view.route(*place[:3])
        if route is None or place in seen:
            continue
        seen.add(place)
        why = "the weights of all its backends are 0" if rule.backends else "it has no backend"
        yield Finding.at(
            "GWR207",
            route,
            f"spec.rules[{ref.rule}].backendRefs",
            f"{route.key} rule {ref.rule}: {why}; every request gets 500",
            key=True,
            help="give one a weight" if rule.backends else "name a backend, or add a redirect",
        )


def _answers(rule: ir.Rule) -> bool:
    return any(isinstance(item, ir.RequestRedirect | ir.Fail) for item in rule.filters)
