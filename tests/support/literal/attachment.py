"""Which listeners take which routes (sections 6, 8 and 18.6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from support.literal.listeners import Section, is_ours, parent_of, sections
from support.literal.rules import rules_of, usable
from support.literal.world import GROUP, Document, World, age, place
from support.strategies import intersection


@dataclass
class Verdict:
    """What becomes of one parentRef whose parent is ours."""

    ref: Document
    reason: str
    """``Accepted``, or why not."""
    taken: list[Section] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        return bool(self.taken)


class Configuration:
    """All that is to be said of some documents."""

    def __init__(self, documents: list[Document]) -> None:
        self.world = World(documents)
        ours = [item for item in self.world.of("Gateway") if is_ours(self.world, item)]
        self.sections = [section for item in ours for section in sections(self.world, item)]
        self.routes = [*self.world.of("HTTPRoute"), *self.world.of("GRPCRoute")]
        self.verdicts = {id(route): list(self._verdicts(route)) for route in self.routes}
        for section in self.sections:
            self._settle(section)

    def verdicts_of(self, route: Document) -> list[Verdict]:
        return self.verdicts[id(route)]

    def routes_of(self, section: Section) -> list[Document]:
        """The routes that a listener takes, each once."""
        return [
            route
            for route in self.routes
            if any(section in verdict.taken for verdict in self.verdicts_of(route))
        ]

    def _verdicts(self, route: Document) -> Iterator[Verdict]:
        for ref in (*route["spec"].get("parentRefs", ()), *self._defaults(route)):
            there = self._parent(route, ref)
            if there is None:
                continue
            verdict = _attach(self.world, route, ref, there)
            if verdict.taken and not any(usable(rule) for rule in rules_of(route)):
                verdict = Verdict(ref, "no rule is usable")
            yield verdict

    def _defaults(self, route: Document) -> list[Document]:
        """Gateways that are parents by default, if they are not named anyway."""
        if route["spec"].get("useDefaultGateways") != "All":
            return []
        named = [
            (ref.get("namespace", place(route)[0]), ref["name"])
            for ref in route["spec"].get("parentRefs", ())
            if ref.get("kind", "Gateway") == "Gateway"
        ]
        found = sorted(
            place(item)
            for item in self.world.of("Gateway")
            if item["spec"].get("defaultScope") == "All" and is_ours(self.world, item)
        )
        return [{"namespace": x[0], "name": x[1]} for x in found if x not in named]

    def _parent(self, route: Document, ref: Document) -> list[Section] | None:
        """The listeners of a parent; None if there is none, or it is somebody else's."""
        kind = ref.get("kind", "Gateway")
        if ref.get("group", GROUP) != GROUP or kind not in ("Gateway", "ListenerSet"):
            return None
        owner = self.world.find(kind, ref.get("namespace", place(route)[0]), ref["name"])
        gateway = parent_of(self.world, owner) if owner and kind == "ListenerSet" else owner
        if gateway is None or not is_ours(self.world, gateway):
            return None
        return [section for section in self.sections if section.owner is owner]

    def _settle(self, section: Section) -> None:
        """HTTPRoutes and GRPCRoutes with hosts in common: the older one has the listener."""
        winners: list[Document] = []
        for route in sorted(self.routes_of(section), key=age):
            rivals = [other for other in winners if other["kind"] != route["kind"]]
            if not any(_overlap(section, route, other) for other in rivals):
                winners.append(route)
                continue
            for verdict in self.verdicts_of(route):
                if section in verdict.taken:
                    verdict.taken.remove(section)
                    verdict.reason = "Accepted" if verdict.taken else "a rival is older"


def _attach(world: World, route: Document, ref: Document, there: list[Section]) -> Verdict:
    named = [
        section
        for section in there
        if ref.get("sectionName") in (None, section.spec["name"])
        and ref.get("port") in (None, section.spec["port"])
    ]
    if not named:
        return Verdict(ref, "NoMatchingParent")
    allowing = [section for section in named if _allows(world, section, route)]
    if not allowing:
        return Verdict(ref, "NotAllowedByListeners")
    taken = [section for section in allowing if hosts_of(section, route)]
    return Verdict(ref, "Accepted" if taken else "NoMatchingListenerHostname", taken)


def _allows(world: World, section: Section, route: Document) -> bool:
    if section.conflicted or route["kind"] not in section.kinds:
        return False
    rule = section.spec.get("allowedRoutes", {}).get("namespaces", {"from": "Same"})
    return world.selects(rule, place(section.owner)[0], place(route)[0])


def hosts_of(section: Section, route: Document) -> list[str | None]:
    """What the listener's hostname and those of the route have in common."""
    hostnames = route["spec"].get("hostnames") or [None]
    return [host for name in hostnames for host in intersection(section.hostname, name)]


def _overlap(section: Section, one: Document, other: Document) -> bool:
    return any(
        intersection(host, another)
        for host in hosts_of(section, one)
        for another in hosts_of(section, other)
    )
