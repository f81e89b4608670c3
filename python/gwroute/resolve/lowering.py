"""The rules of a route, lowered without regard to where it is served.

A rule that is wrong in itself is dropped and the others serve. A backend that cannot be resolved
leaves its rule in place: its share of the requests gets 500.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from gwroute import ir
from gwroute.finding import Finding
from gwroute.model import GRPCRoute, GRPCRouteFilter, HTTPRoute, HTTPRouteFilter, ObjectKey
from gwroute.model.l4route import L4RouteRule
from gwroute.model.reference import BackendObjectReference, BackendRef
from gwroute.model.route import GRPCBackendRef, GRPCRouteRule, HTTPBackendRef, HTTPRouteRule
from gwroute.resolve.backends import Fault, Target, UpstreamRef, display_name
from gwroute.resolve.conditions import Reason, Type, Verdict, good
from gwroute.resolve.filters import References, Unresolved, lower_filters
from gwroute.resolve.grpc import grpc_matches
from gwroute.resolve.invalid import Invalid
from gwroute.resolve.kinds import Route
from gwroute.resolve.limits import Limits, lower_limits
from gwroute.resolve.rules import Lines, http_matches
from gwroute.resolve.suggest import with_help
from gwroute.resolve.world import World

__all__ = ["Lowered", "lower_rules"]

RESOLVED = good(Type.RESOLVED_REFS, "All references of the route are resolved")
SHOWN = 5
"""How many problems a message lists."""


class _Rule(NamedTuple):
    key: str
    ref: ir.RouteRef
    matches: tuple[ir.RouteMatch, ...]
    filters: tuple[ir.Filter, ...]
    backends: tuple[ir.Backend, ...]
    """With keys of upstreams that lack the suffix of a place."""
    targets: tuple[Target, ...]
    """What valid references name."""
    limits: Limits
    """Time limits, retries, session."""


class Lowered(NamedTuple):
    """The rules of one route, and the verdicts on them."""

    parts: tuple[_Rule, ...]
    accepted: Verdict | None
    """Why the route is not accepted, whatever its parents; None if it is."""
    resolved: Verdict
    partially_invalid: Verdict | None
    services: tuple[tuple[str, str], ...] = ()
    """Namespace and name of the Services that are referred to and there."""

    @property
    def usable(self) -> bool:
        """Whether the route may attach."""
        return self.accepted is None

    def rules(self, hosts: tuple[ir.VirtualHost, ...], suffix: str) -> list[ir.Rule]:
        """The rules as they stand under these hosts.

        Args:
            hosts: Where.
            suffix: Behind keys, for gateways of one place.
        """
        return [
            ir.Rule(
                part.key + suffix,
                part.ref,
                hosts,
                part.matches,
                _referring(part.filters, suffix) if suffix else part.filters,
                _suffixed(part.backends, suffix) if suffix else part.backends,
                *part.limits,
            )
            for part in self.parts
        ]

    def upstreams(self, suffix: str) -> list[UpstreamRef]:
        """What the rules refer to; may name one upstream several times."""
        return [target.at(suffix) for part in self.parts for target in part.targets]


def _suffixed(backends: tuple[ir.Backend, ...], suffix: str) -> tuple[ir.Backend, ...]:
    return tuple(
        replace(
            item,
            upstream=item.upstream and item.upstream + suffix,
            filters=_referring(item.filters, suffix),
        )
        for item in backends
    )


def _referring(filters: tuple[ir.Filter, ...], suffix: str) -> tuple[ir.Filter, ...]:
    """Filters that refer to the upstreams of a place."""
    return tuple(
        replace(item, upstream=item.upstream + suffix)
        if isinstance(item, (ir.RequestMirror, ir.ExternalAuth)) and item.upstream is not None
        else item
        for item in filters
    )


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

    __slots__ = ("dropped", "findings", "key", "route", "services", "unresolved", "world")

    def __init__(self, world: World, key: ObjectKey, route: Route, findings: list[Finding]) -> None:
        self.world = world
        self.key = key
        self.route = route
        self.findings = findings
        self.dropped: dict[int, Invalid] = {}
        self.unresolved: list[tuple[str, str]] = []
        """Reason and message of what ``ResolvedRefs=False`` is about."""
        self.services: dict[tuple[str, str], None] = {}

    def run(self) -> Lowered:
        route, lines = self.route, _lines(self.route)
        parts = []
        rules: Sequence[HTTPRouteRule | GRPCRouteRule | L4RouteRule] = route.spec.rules
        for index, rule in enumerate(rules):
            if isinstance(rule, L4RouteRule):
                self._backends(index, rule.backend_refs, self._references())
                continue
            at = lines[index] if index < len(lines) else Lines()
            try:
                parts.append(self._rule(index, rule, at))
            except Invalid as invalid:
                self._drop(index, invalid)
                self._note_references(index, rule)
        return Lowered(
            tuple(parts),
            self._refusal(bool(parts)),
            self._resolved(),
            self._partial(bool(parts)),
            tuple(self.services),
        )

    def _rule(self, index: int, rule: HTTPRouteRule | GRPCRouteRule, lines: Lines) -> _Rule:
        accepts = self.world.accepts_regex
        if isinstance(rule, HTTPRouteRule):
            matches = http_matches(rule.matches, lines, accepts)
        else:
            matches = grpc_matches(rule.matches, lines, accepts)
        kind, namespace, name = self.key
        key = f"{kind.lower()}/{namespace}/{name}/rule/{index}"
        limits = lower_limits(rule, key)
        references = self._references()
        filters = lower_filters(rule.filters, "filters", references) if rule.filters else ()
        backends = self._backends(index, rule.backend_refs, references)
        _check_prefixes(filters, backends, matches)
        if references.unresolved:
            self._note_filters(index, references.unresolved)
        origin = self.route.origin
        ref = ir.RouteRef(
            kind,
            namespace or "",
            name,
            index,
            rule.name,
            self.route.metadata.creation_timestamp,
            origin.file if origin else None,
            lines.rule or (origin.line if origin else None),
        )
        return _Rule(key, ref, matches, filters, backends, tuple(references.targets), limits)

    # -- backends

    def _references(self) -> References:
        return References(self._refer, self.key.namespace or "")

    def _refer(self, ref: BackendObjectReference) -> Target | Fault:
        found = self.world.backend(self.key.kind, self.key.namespace or "", ref)
        if isinstance(found, Target):
            self.services[found.namespace, found.service] = None
        elif found.service is not None:
            self.services[found.service] = None
        return found

    def _backends(
        self, index: int, refs: Sequence[BackendRef], references: References
    ) -> tuple[ir.Backend, ...]:
        backends: list[ir.Backend] = []
        namespace = self.key.namespace or ""
        for at, ref in enumerate(refs):
            filters: tuple[ir.Filter, ...] = ()
            if isinstance(ref, (HTTPBackendRef, GRPCBackendRef)) and ref.filters:
                filters = lower_filters(ref.filters, f"backendRefs[{at}].filters", references)
            found = self._refer(ref)
            if isinstance(found, Target):
                backends.append(found.backend(ref.weight, filters))
                references.targets.append(found)
            else:
                self._fault(index, at, found, refs)
                name, failure = display_name(ref, namespace), ir.Failure(500, found.message)
                backends.append(ir.Backend(name, None, ref.weight, filters, failure))
        return tuple(backends)

    def _fault(self, index: int, at: int, fault: Fault, refs: Sequence[BackendRef]) -> None:
        if fault.reason is not None:
            words = with_help(fault.message, fault.help)
            self.unresolved.append((fault.reason, f"rule {index}: {words}"))
        total = sum(ref.weight for ref in refs)
        share = f"{100 * refs[at].weight / total:.3g}" if total else "0"
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
            if item.reason is not None:
                words = with_help(item.message, item.help)
                self.unresolved.append((item.reason, f"rule {index}: {words}"))
            self.findings.append(
                Finding.at(
                    item.code,
                    self.route,
                    f"spec.rules[{index}].{item.field}",
                    f"{self.key} rule {index}: {item.message}; {item.consequence}",
                    help=item.help,
                )
            )

    def _note_references(self, index: int, rule: HTTPRouteRule | GRPCRouteRule) -> None:
        """A dropped rule serves nobody; what it refers to counts for the status all the same."""
        for ref in _references_of(rule):
            found = self.world.backend(self.key.kind, self.key.namespace or "", ref)
            if isinstance(found, Fault) and found.reason is not None:
                words = with_help(found.message, found.help)
                self.unresolved.append((found.reason, f"rule {index}: {words}"))

    def _drop(self, index: int, invalid: Invalid) -> None:
        self.dropped[index] = invalid
        self.findings.append(
            Finding.at(
                "GWR310",
                self.route,
                f"spec.rules[{index}].{invalid.field}",
                f"{self.key} rule {index}: {invalid.message}; the rule is dropped",
                help=invalid.help,
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


def _references_of(rule: HTTPRouteRule | GRPCRouteRule) -> Iterator[BackendObjectReference]:
    """All backends that a rule names, those of its filters too."""
    filters: list[HTTPRouteFilter | GRPCRouteFilter] = [*rule.filters]
    for ref in rule.backend_refs:
        filters += ref.filters
        yield ref
    for item in filters:
        if item.request_mirror is not None:
            yield item.request_mirror.backend_ref
        if isinstance(item, HTTPRouteFilter) and item.external_auth is not None:
            yield item.external_auth.backend_ref


def _lines(route: Route) -> Sequence[Lines]:
    if route.origin is None or not isinstance(route, (HTTPRoute, GRPCRoute)):
        return ()
    return [Lines(*lines) for lines in route.origin.rule_lines()]


def _check_prefixes(
    filters: Sequence[ir.Filter], backends: Sequence[ir.Backend], matches: Sequence[ir.RouteMatch]
) -> None:
    """A prefix can be replaced only where it is known: one match, of type PathPrefix."""
    if len(matches) == 1 and matches[0].path and matches[0].path.type == "PathPrefix":
        return
    _refuse_prefixes(filters, "filters")
    for at, item in enumerate(backends):
        if item.filters:
            _refuse_prefixes(item.filters, f"backendRefs[{at}].filters")


def _refuse_prefixes(filters: Sequence[ir.Filter], place: str) -> None:
    for at, item in enumerate(filters):
        path = item.path if isinstance(item, (ir.RequestRedirect, ir.URLRewrite)) else None
        if path is not None and path.type == "ReplacePrefixMatch":
            raise Invalid(
                f"{place}[{at}].type",
                "ReplacePrefixMatch needs exactly one match in the rule, of type PathPrefix",
            )
