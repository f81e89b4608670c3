"""The rules of a route, lowered without regard to where it is served.

A rule that is wrong in itself is dropped and the others serve. A backend that cannot be resolved
leaves its rule in place: its share of the requests gets 500.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gwroute import ir
from gwroute.finding import Finding
from gwroute.model import GRPCRoute, HTTPRoute, ObjectKey
from gwroute.model.l4route import L4RouteRule
from gwroute.model.reference import BackendRef
from gwroute.model.route import GRPCRouteRule, HTTPRouteRule
from gwroute.resolve.backends import Fault, Target, display_name, resolve_backend
from gwroute.resolve.conditions import Reason, Type, Verdict, good
from gwroute.resolve.filters import Invalid, Unresolved, lower_filters
from gwroute.resolve.grants import Referrer
from gwroute.resolve.grpc import grpc_matches
from gwroute.resolve.kinds import Route
from gwroute.resolve.rules import Lines, http_matches
from gwroute.resolve.unsupported import unsupported_fields
from gwroute.resolve.world import World

__all__ = ["Lowered", "lower_rules"]

RESOLVED = good(Type.RESOLVED_REFS, "All references of the route are resolved")
SHOWN = 5
"""How many problems a message lists."""


class _Backend(NamedTuple):
    """One entry of ``backendRefs``."""

    name: str
    upstream: str | None
    """Key of the upstream without the suffix of a place."""
    weight: int
    filters: tuple[ir.Filter, ...]
    invalid: ir.Failure | None
    target: Target | None


class _Rule(NamedTuple):
    key: str
    ref: ir.RouteRef
    matches: tuple[ir.RouteMatch, ...]
    filters: tuple[ir.Filter, ...]
    backends: tuple[_Backend, ...]


@dataclass(frozen=True, slots=True)
class Lowered:
    """The rules of one route, and the verdicts on them."""

    parts: tuple[_Rule, ...]
    accepted: Verdict | None
    """Why the route is not accepted, whatever its parents; None if it is."""
    resolved: Verdict
    partially_invalid: Verdict | None

    @property
    def usable(self) -> bool:
        """Whether the route may attach."""
        return self.accepted is None

    def rules(self, hosts: tuple[ir.VirtualHost, ...], suffix: str) -> Iterable[ir.Rule]:
        """The rules as they stand under these hosts.

        Args:
            hosts: Where.
            suffix: Behind keys, for gateways of one place.
        """
        for part in self.parts:
            yield ir.Rule(
                part.key + suffix,
                part.ref,
                hosts,
                part.matches,
                part.filters,
                tuple(
                    ir.Backend(
                        item.name,
                        item.upstream and item.upstream + suffix,
                        item.weight,
                        item.filters,
                        item.invalid,
                    )
                    for item in part.backends
                ),
            )

    def targets(self, suffix: str) -> Iterable[tuple[str, str, str, int, str]]:
        """Key and parts of each upstream that the rules refer to, each once."""
        found: dict[tuple[str, str, str, int, str], None] = {}
        for part in self.parts:
            for item in part.backends:
                if item.target is not None:
                    ref = (f"{item.upstream}{suffix}", *item.target)
                    found[ref] = None
        return found


def lower_rules(world: World, key: ObjectKey, route: Route, findings: list[Finding]) -> Lowered:
    """Lower the rules of a route.

    Args:
        world: What references are looked up in.
        key: Key of the route.
        route: The route.
        findings: What is wrong is added here.
    """
    return _Lowering(world, key, route, findings).run()


class _Lowering:
    """One route on its way."""

    def __init__(self, world: World, key: ObjectKey, route: Route, findings: list[Finding]) -> None:
        self.world = world
        self.key = key
        self.route = route
        self.findings = findings
        self.referrer = Referrer(key.kind, key.namespace or "")
        self.dropped: dict[int, Invalid] = {}
        self.unresolved: list[tuple[str, str]] = []
        """Reason and message of what ``ResolvedRefs=False`` is about."""

    def run(self) -> Lowered:
        route, lines = self.route, _lines(self.route)
        parts = []
        rules: Sequence[HTTPRouteRule | GRPCRouteRule | L4RouteRule] = route.spec.rules
        for index, rule in enumerate(rules):
            if isinstance(rule, L4RouteRule):
                self._backends(index, rule.backend_refs)
                continue
            at = lines[index] if index < len(lines) else Lines()
            try:
                parts.append(self._rule(index, rule, at))
            except Invalid as invalid:
                self._drop(index, invalid)
        return Lowered(
            tuple(parts), self._refusal(bool(parts)), self._resolved(), self._partial(bool(parts))
        )

    def _rule(self, index: int, rule: HTTPRouteRule | GRPCRouteRule, lines: Lines) -> _Rule:
        accepts = self.world.accepts_regex
        if isinstance(rule, HTTPRouteRule):
            matches = http_matches(rule.matches, lines, accepts)
        else:
            matches = grpc_matches(rule.matches, lines, accepts)
        unresolved: list[Unresolved] = []
        filters = lower_filters(rule.filters, "filters", unresolved)
        backends = self._backends(index, rule.backend_refs, unresolved)
        _check_prefixes(filters, backends, matches)
        self._note_filters(index, unresolved)
        self.findings.extend(unsupported_fields(self.key, self.route, index, rule))
        key, origin = self.key, self.route.origin
        return _Rule(
            f"{key.kind.lower()}/{key.namespace}/{key.name}/rule/{index}",
            ir.RouteRef(
                key.kind,
                key.namespace or "",
                key.name,
                index,
                rule.name,
                self.route.metadata.creation_timestamp,
                origin.file if origin else None,
                lines.rule or (origin.line if origin else None),
            ),
            matches,
            filters,
            backends,
        )

    # -- backends

    def _backends(
        self, index: int, refs: Sequence[BackendRef], unresolved: list[Unresolved] | None = None
    ) -> tuple[_Backend, ...]:
        total = sum(ref.weight for ref in refs)
        return tuple(
            self._backend(index, at, ref, total, [] if unresolved is None else unresolved)
            for at, ref in enumerate(refs)
        )

    def _backend(
        self, index: int, at: int, ref: BackendRef, total: int, unresolved: list[Unresolved]
    ) -> _Backend:
        field = f"backendRefs[{at}]"
        given = getattr(ref, "filters", ())
        filters = lower_filters(given, f"{field}.filters", unresolved) if given else ()
        found = resolve_backend(self.world.reading, self.referrer, ref)
        name = display_name(ref, self.referrer.namespace)
        if isinstance(found, Fault):
            self._fault(index, at, found, ref.weight, total)
            failure = ir.Failure(500, found.message)
            return _Backend(name, None, ref.weight, filters, failure, None)
        upstream = f"{name}+h2c" if found.protocol == "h2c" else name
        return _Backend(name, upstream, ref.weight, filters, None, found)

    def _fault(self, index: int, at: int, fault: Fault, weight: int, total: int) -> None:
        if fault.reason is not None:
            self.unresolved.append((fault.reason, f"rule {index}: {fault.message}"))
        share = f"{100 * weight / total:g}" if total else "0"
        self.findings.append(
            Finding.at(
                fault.code,
                self.route,
                f"spec.rules[{index}].backendRefs[{at}].{fault.field}",
                f"{self.key} rule {index}: {fault.message}; its share of {share} % gets 500",
                help=fault.help,
            )
        )

    # -- verdicts

    def _note_filters(self, index: int, unresolved: Sequence[Unresolved]) -> None:
        for item in unresolved:
            self.unresolved.append((item.reason, f"rule {index}: {item.message}"))
            self.findings.append(
                Finding.at(
                    "GWR211",
                    self.route,
                    f"spec.rules[{index}].{item.field}",
                    f"{self.key} rule {index}: {item.message}; requests that it would see get 500",
                )
            )

    def _drop(self, index: int, invalid: Invalid) -> None:
        self.dropped[index] = invalid
        self.findings.append(
            Finding.at(
                "GWR310",
                self.route,
                f"spec.rules[{index}].{invalid.field}",
                f"{self.key} rule {index}: {invalid.message}; the rule is dropped",
            )
        )

    def _refusal(self, any_left: bool) -> Verdict | None:
        if any_left or not self.dropped:
            return None
        first = next(iter(self.dropped.values()))
        return Verdict(
            Type.ACCEPTED, "False", first.reason, f"No rule can be used: {self._words()}"
        )

    def _partial(self, any_left: bool) -> Verdict | None:
        if not (any_left and self.dropped):
            return None
        message = f"Dropped Rule(s) {list(self.dropped)}: {self._words()}"
        return Verdict(Type.PARTIALLY_INVALID, "True", Reason.UNSUPPORTED_VALUE, message)

    def _words(self) -> str:
        return _shown(f"rule {index}: {item.message}" for index, item in self.dropped.items())

    def _resolved(self) -> Verdict:
        if not self.unresolved:
            return RESOLVED
        reason = self.unresolved[0][0]
        words = _shown(message for _, message in self.unresolved)
        return Verdict(Type.RESOLVED_REFS, "False", reason, words)


def _shown(messages: Iterable[str]) -> str:
    listed = list(dict.fromkeys(messages))
    rest = f"; and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    return "; ".join(listed[:SHOWN]) + rest


def _lines(route: Route) -> Sequence[Lines]:
    if route.origin is None or not isinstance(route, (HTTPRoute, GRPCRoute)):
        return ()
    return [Lines(*lines) for lines in route.origin.rule_lines()]


def _check_prefixes(
    filters: Sequence[ir.Filter], backends: Sequence[_Backend], matches: Sequence[ir.RouteMatch]
) -> None:
    """A prefix can be replaced only where it is known: one match, of type PathPrefix."""
    if len(matches) == 1 and matches[0].path and matches[0].path.type == "PathPrefix":
        return
    lists = [("filters", filters)]
    lists += [(f"backendRefs[{at}].filters", item.filters) for at, item in enumerate(backends)]
    for place, found in lists:
        for at, item in enumerate(found):
            path = item.path if isinstance(item, (ir.RequestRedirect, ir.URLRewrite)) else None
            if path is not None and path.type == "ReplacePrefixMatch":
                raise Invalid(
                    f"{place}[{at}].type",
                    "ReplacePrefixMatch needs exactly one match in the rule, of type PathPrefix",
                )
