"""References into other namespaces, to backends, and what is behind them (sections 10 and 16)."""

from __future__ import annotations

from collections.abc import Iterator

from support.literal.world import GROUP, Document, World, place

Target = tuple[str, str, str, str]
"""Group, kind, namespace and name."""


def granted(world: World, referrer: Document, target: Target) -> bool:
    """Whether an object may refer to another: in its own namespace, or by one grant."""
    group, kind, namespace, name = target
    own = place(referrer)[0]
    if own == namespace:
        return True
    from_ = {"group": GROUP, "kind": referrer["kind"], "namespace": own}
    return any(
        from_ in grant["spec"]["from"]
        and any(
            (to["group"], to["kind"]) == (group, kind) and to.get("name", name) == name
            for to in grant["spec"]["to"]
        )
        for grant in world.of("ReferenceGrant")
        if place(grant)[0] == namespace
    )


def fault(world: World, route: Document, ref: Document) -> str | None:
    """The reason why a reference to a backend is invalid; None if it is valid. The first counts."""
    group, kind = ref.get("group", ""), ref.get("kind", "Service")
    if (group, kind) != ("", "Service"):
        return "InvalidKind"
    namespace = ref.get("namespace", place(route)[0])
    if not granted(world, route, ("", "Service", namespace, ref["name"])):
        return "RefNotPermitted"
    service = world.find("Service", namespace, ref["name"])
    if service is None or service["spec"].get("type") == "ExternalName":
        return "BackendNotFound"
    port = service_port(service, ref.get("port"))
    if port is None:
        return "BackendNotFound"
    spoken = port.get("appProtocol")
    sockets = spoken in ("kubernetes.io/ws", "kubernetes.io/wss")
    # There is no BackendTLSPolicy here, without which wss has nobody to trust.
    if spoken == "kubernetes.io/wss" or (sockets and route["kind"] == "GRPCRoute"):
        return "UnsupportedProtocol"
    return None


def service_port(service: Document, number: int | None) -> Document | None:
    """The port of a Service with a number."""
    return next((port for port in service["spec"]["ports"] if port["port"] == number), None)


def endpoints(world: World, namespace: str, name: str, number: int) -> list[tuple[str, int]]:
    """Addresses and ports that serve a Service port: the ready ones, or else the draining ones."""
    port = service_port(world.find("Service", namespace, name), number)  # type: ignore[arg-type]
    ready, draining = set(), set()
    for address, conditions in _addresses(world, namespace, name, port["name"]):  # type: ignore[index]
        if conditions.get("ready", True):
            ready.add(address)
        elif conditions.get("serving") and conditions.get("terminating"):
            draining.add(address)
    return sorted(ready or draining)


def _addresses(
    world: World, namespace: str, service: str, port: str
) -> Iterator[tuple[tuple[str, int], Document]]:
    for item in world.of("EndpointSlice"):
        labels = item["metadata"].get("labels", {})
        if place(item)[0] != namespace or labels.get("kubernetes.io/service-name") != service:
            continue
        for number in (entry["port"] for entry in item["ports"] if entry["name"] == port):
            for endpoint in item["endpoints"]:
                for address in endpoint["addresses"]:
                    yield (address, number), endpoint.get("conditions", {})
