"""Gateways of ours and the merged list of their listeners (sections 3.2, 5 and 18 of the API)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from support.literal.references import granted
from support.literal.world import GROUP, Document, World, age, path_of, place

OURS = ("gwroute.dev/gateway-controller", "gateway.envoyproxy.io/gatewayclass-controller")
CARRIED = {"HTTP": ("HTTPRoute", "GRPCRoute"), "HTTPS": ("HTTPRoute", "GRPCRoute"), "TLS": ()}
"""Kinds of routes that protocols carry here; other protocols are not supported."""


@dataclass(frozen=True)
class Section:
    """One listener."""

    key: str
    gateway: Document
    owner: Document
    """The Gateway or ListenerSet that has it."""
    spec: Document
    conflicted: bool
    kinds: tuple[str, ...]
    """``supportedKinds``."""
    accepted: bool
    programmed: bool

    @property
    def hostname(self) -> str | None:
        return self.spec.get("hostname")


def is_ours(world: World, gateway: Document) -> bool:
    """Whether the Gateway is of a class of ours."""
    found = world.find("GatewayClass", None, gateway["spec"]["gatewayClassName"])
    return found is not None and found["spec"]["controllerName"] in OURS


def parent_of(world: World, listener_set: Document) -> Document | None:
    """The Gateway that a ListenerSet names."""
    ref = listener_set["spec"]["parentRef"]
    return world.find("Gateway", ref.get("namespace", place(listener_set)[0]), ref["name"])


def attached_sets(world: World, gateway: Document) -> list[Document]:
    """ListenerSets that the Gateway takes: the oldest first, then by ``namespace/name``."""
    rule = gateway["spec"].get("allowedListeners", {}).get("namespaces", {"from": "None"})
    named = [item for item in world.of("ListenerSet") if parent_of(world, item) is gateway]
    own = place(gateway)[0]
    return sorted((x for x in named if world.selects(rule, own, place(x)[0])), key=age)


def sections(world: World, gateway: Document) -> list[Section]:
    """The merged list: the Gateway's own listeners, then those of its ListenerSets."""
    own = path_of(gateway)
    entries = [(own, gateway, spec) for spec in gateway["spec"]["listeners"]]
    for found in attached_sets(world, gateway):
        entries += [(f"{own}/{path_of(found)}", found, spec) for spec in found["spec"]["listeners"]]
    clashes = _clashes([(owner is gateway, spec) for _, owner, spec in entries])
    made = [
        _section(world, f"{prefix}/{spec['name']}", gateway, owner, spec, at in clashes)
        for at, (prefix, owner, spec) in enumerate(entries)
    ]
    if any(item.accepted for item in made if item.owner is gateway):
        return made
    # A Gateway without a valid listener is not accepted, and serves nothing.
    return [Section(**(vars(item) | {"programmed": False})) for item in made]


def _section(
    world: World, key: str, gateway: Document, owner: Document, spec: Document, clashes: bool
) -> Section:
    protocol, mode = spec["protocol"], spec.get("tls", {}).get("mode")
    supported = protocol in ("HTTP", "HTTPS") or (protocol, mode) == ("TLS", "Passthrough")
    accepted = supported and not clashes
    usable = protocol != "HTTPS" or _has_certificate(world, owner, spec)
    kinds = tuple(_kinds(spec))
    return Section(key, gateway, owner, spec, clashes, kinds, accepted, accepted and usable)


def _kinds(spec: Document) -> Iterator[str]:
    """What the protocol carries, narrowed by ``allowedRoutes.kinds``."""
    carried = CARRIED.get(spec["protocol"], ())
    allowed = spec.get("allowedRoutes", {}).get("kinds")
    for kind in carried:
        if not allowed or {"group": GROUP, "kind": kind} in [{"group": GROUP} | x for x in allowed]:
            yield kind


def _has_certificate(world: World, owner: Document, spec: Document) -> bool:
    """One usable certificate is enough; references are judged from the object that has them."""
    for ref in spec.get("tls", {}).get("certificateRefs", ()):
        namespace = ref.get("namespace", place(owner)[0])
        secret = world.find("Secret", namespace, ref["name"])
        permitted = granted(world, owner, ("", "Secret", namespace, ref["name"]))
        if permitted and secret and {"tls.crt", "tls.key"} <= secret["stringData"].keys():
            return True
    return False


def _clashes(entries: list[tuple[bool, Document]]) -> set[int]:
    """Positions of listeners in conflict.

    Within a Gateway's own list there is no winner; then the first in the order wins.
    """
    own = [at for at, (is_own, _) in enumerate(entries) if is_own]
    found = {
        one
        for one in own
        for other in own
        if one != other and _clash(entries[one][1], entries[other][1])
    }
    for at in range(len(own), len(entries)):
        winners = [entries[other][1] for other in range(at) if other not in found]
        if any(_clash(entries[at][1], winner) for winner in winners):
            found.add(at)
    return found


def _clash(one: Document, other: Document) -> bool:
    if one["port"] != other["port"] or (one["protocol"] == "UDP") != (other["protocol"] == "UDP"):
        return False
    if one["protocol"] != other["protocol"] or one["protocol"] in ("TCP", "UDP"):
        return True
    if one["protocol"] == "TLS" and one["tls"]["mode"] != other["tls"]["mode"]:
        return True
    return one.get("hostname") == other.get("hostname")
