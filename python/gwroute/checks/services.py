"""Services that ask for a topology: what they ask for, and whether their pods are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gwroute.checks.view import View
from gwroute.finding import Finding
from gwroute.model import Deployment, Service
from gwroute.resolve.endpoints import problem_finding
from gwroute.resolve.infrastructure import pinned_to
from gwroute.resolve.topology import (
    ANNOTATION,
    ANNOTATION_FIELD,
    HOSTNAME,
    NODE_POOL,
    ZONE_ALIAS,
    Scope,
    topology_limits,
)

__all__ = ["topology_values", "unpinned_backends"]

POOL_KEYS = (NODE_POOL, ZONE_ALIAS)
SCOPED = (HOSTNAME, *POOL_KEYS)


def topology_values(view: View) -> Iterator[Finding]:
    """Values of the annotation: unknown ones, the old spelling, and a preference beside it."""
    for service in _annotated(view):
        value = service.metadata.annotations[ANNOTATION]
        yield from _misunderstood(view, service, value)
        keys = _keys(view, value)
        if ZONE_ALIAS in keys:
            yield Finding.at(
                "GWR503",
                service,
                ANNOTATION_FIELD,
                f"{service.key}: {ZONE_ALIAS} means the node pool, not the zone",
                help=f"write {NODE_POOL}",
            )
        wish = service.spec.traffic_distribution
        if wish and any(key in SCOPED for key in keys):
            yield Finding.at(
                "GWR515",
                service,
                "spec.trafficDistribution",
                f"{service.key}: {wish} chooses among the endpoints that {ANNOTATION} leaves; it "
                "never goes beyond them",
            )


def _annotated(view: View) -> Iterable[Service]:
    return (item for item in view.store.of(Service) if item.metadata.annotations.get(ANNOTATION))


def _keys(view: View, value: str) -> list[str]:
    if not view.resolution.options.topology_fallback:
        return [value]
    return [key.strip() for key in value.split(",")]


def _misunderstood(view: View, service: Service, value: str) -> Iterator[Finding]:
    """What resolution says of Services that are in use, of the others too."""
    options = view.resolution.options
    scope = Scope(mode=options.pool_mode, topology_fallback=options.topology_fallback)
    for limit in topology_limits(value, scope):
        for problem in limit.problems:
            if not (problem.of_place or (problem.code, service.key) in view.reported):
                yield problem_finding(service, problem)


def unpinned_backends(view: View) -> Iterator[Finding]:
    """Deployments behind pool-scoped Services whose pods may run in any pool (GWR513)."""
    scoped = [
        service
        for service in _annotated(view)
        if any(key in POOL_KEYS for key in _keys(view, service.metadata.annotations[ANNOTATION]))
    ]
    by_label = _by_label(view.store.of(Deployment)) if scoped else {}
    for service in scoped:
        selector = service.spec.selector
        first = next(iter(selector.items()), None)
        for deployment in by_label.get((service.namespace, first), ()):
            labels = deployment.spec.template.metadata.labels
            if selector.items() <= labels.items() and not _pinned(view, deployment):
                yield Finding.at(
                    "GWR513",
                    deployment,
                    "spec.template.spec",
                    f"{deployment.key} is pinned to no node pool, and {service.key} keeps traffic "
                    "within one; a pool without a pod answers 503",
                    key=True,
                    help="a Deployment for each pool, with the pool in its nodeSelector",
                )


def _by_label(deployments: Iterable[Deployment]) -> Mapping[Any, list[Deployment]]:
    """By namespace and each label of their pods."""
    found: dict[Any, list[Deployment]] = {}
    for deployment in deployments:
        for label in deployment.spec.template.metadata.labels.items():
            found.setdefault((deployment.namespace, label), []).append(deployment)
    return found


def _pinned(view: View, deployment: Deployment) -> bool:
    pod = deployment.spec.template.spec
    spec = {"nodeSelector": pod.node_selector, "affinity": pod.affinity or {}}
    return pinned_to(spec, view.pools.label_keys) is not None
