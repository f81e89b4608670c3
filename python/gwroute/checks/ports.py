"""Ports of nodes that two Gateways want: node ports, and ports of the host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gwroute.checks.parameters import SERVICE, parameter_finding, workload_path
from gwroute.checks.view import View
from gwroute.finding import Finding
from gwroute.model import ObjectKey, Service
from gwroute.resolve import ResolvedGateway
from gwroute.resolve.generated import Settings
from gwroute.resolve.tree import at, items

__all__ = ["port_clashes"]

PortNumber = tuple[str, int]
"""Transport and number."""


def port_clashes(view: View) -> Iterator[Finding]:
    """Node ports that are taken (GWR521), and host ports that meet on a node (GWR522)."""
    node_ports: dict[PortNumber, str] = {}
    host_ports: dict[tuple[object, PortNumber], str] = {}
    made = [(gateway, *view.made[gateway.key]) for gateway in view.gateways]
    own = {_key(service) for _, service, _ in made}
    for found in view.store.of(Service):
        if found.key not in own:
            for port in found.spec.ports:
                if port.node_port:
                    node_ports.setdefault((port.protocol, port.node_port), str(found.key))
    for gateway, service, workload in made:
        yield from _node_ports(view, gateway, service, node_ports)
        yield from _host_ports(view, gateway, workload, host_ports)


def _key(service: Mapping[str, Any]) -> ObjectKey:
    metadata = at(service, "metadata")
    namespace = str(metadata.get("namespace", Settings().namespace))
    return ObjectKey("Service", namespace, str(metadata.get("name")))


def _node_ports(
    view: View,
    gateway: ResolvedGateway,
    service: Mapping[str, Any],
    taken: dict[PortNumber, str],
) -> Iterator[Finding]:
    for port in items(at(service, "spec").get("ports")):
        number = port.get("nodePort")
        if not isinstance(number, int):
            continue
        owner = taken.setdefault((str(port.get("protocol", "TCP")), number), str(gateway.key))
        if owner != str(gateway.key):
            yield parameter_finding(
                view,
                "GWR521",
                gateway,
                (*SERVICE, "patch"),
                f"{gateway.key} asks for node port {number}, which {owner} has; its Service is "
                "refused",
                "ask for another one, or for none",
            )


def _host_ports(
    view: View,
    gateway: ResolvedGateway,
    workload: Mapping[str, Any],
    taken: dict[tuple[object, PortNumber], str],
) -> Iterator[Finding]:
    pool = view.pool_of(gateway)
    place = pool.names if pool else gateway.pin
    for port in _ports_of_host(at(workload, "spec", "template", "spec")):
        owner = taken.setdefault((place, port), str(gateway.key))
        if owner != str(gateway.key):
            where = f"pool {pool.name}" if pool else "the same nodes"
            yield parameter_finding(
                view,
                "GWR522",
                gateway,
                workload_path(gateway),
                f"{gateway.key} wants port {port[1]} of its nodes, which {owner} has; both run on "
                f"{where}, and a node has it once",
                "use different ports, or node ports",
            )


def _ports_of_host(pod: Mapping[str, Any]) -> Iterator[PortNumber]:
    field = "containerPort" if pod.get("hostNetwork") is True else "hostPort"
    for container in items(pod.get("containers")):
        for port in items(container.get("ports")):
            if isinstance(number := port.get(field), int):
                yield str(port.get("protocol", "TCP")), number
