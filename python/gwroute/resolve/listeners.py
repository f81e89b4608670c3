"""The listeners of one Gateway: its own and those of its ListenerSets, and what is wrong with each.

Listeners of one protocol must differ in port or hostname; listeners of different protocols must
differ in port. Within the Gateway's own list a conflict has no winner. Between the Gateway and its
sets there is an order, and the first keeps working.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gwroute import ir
from gwroute.finding import Finding
from gwroute.model import Gateway, Listener, ListenerSet, ObjectKey
from gwroute.model.reference import GATEWAY_GROUP
from gwroute.resolve.conditions import Reason, Type, Verdict, good
from gwroute.resolve.material import Fault, Keys, Named
from gwroute.resolve.suggest import full_kind, with_help
from gwroute.resolve.tls import certificates_of, client_side
from gwroute.store import ObjectStore

__all__ = ["ROUTE_KINDS", "EffectiveListener", "effective_listeners"]

ROUTE_KINDS: dict[str, tuple[str, ...]] = {
    "HTTP": ("HTTPRoute", "GRPCRoute"),
    "HTTPS": ("HTTPRoute", "GRPCRoute"),
    "TLS": (),
}
"""The protocols that are served, and the kinds of routes that each can carry. As TLSRoutes are not
supported, a listener of protocol TLS takes none, and closes every connection."""

KNOWN_PROTOCOLS = ("HTTP", "HTTPS", "TLS", "TCP", "UDP")

Owner = Gateway | ListenerSet


@dataclass(frozen=True, slots=True)
class EffectiveListener:
    """One listener of the merged list of a Gateway."""

    key: str
    """``infra/public/https``; of a ListenerSet ``infra/public/shop/more/https``."""
    owner: ObjectKey
    """The Gateway or the ListenerSet that has it."""
    spec: Listener
    hostname: str | None
    """In lower case."""
    kinds: tuple[str, ...]
    """Kinds of routes it takes: ``supportedKinds``."""
    conflict: str | None
    """Reason of a conflict that keeps it from being served."""
    verdicts: tuple[Verdict, ...]
    """Its conditions."""
    tls: ir.ListenerTLS | None = None
    """As the snapshot has it; None if it does not terminate TLS or cannot be served."""
    material: tuple[Named, ...] = ()
    """What ``tls`` names."""

    @property
    def accepted(self) -> bool:
        """Whether the listener by itself can be served."""
        return self._holds(Type.ACCEPTED)

    @property
    def resolved(self) -> bool:
        """Whether all that it refers to is there."""
        return self._holds(Type.RESOLVED_REFS)

    @property
    def programmed(self) -> bool:
        """Whether it serves."""
        return self._holds(Type.PROGRAMMED)

    def _holds(self, type_: str) -> bool:
        return any(verdict.type == type_ and verdict.holds for verdict in self.verdicts)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A listener in its place in the merged list."""

    owner: Owner
    index: int
    spec: Listener

    @property
    def hostname(self) -> str | None:
        return self.spec.hostname.lower() if self.spec.hostname else None

    @property
    def name(self) -> str:
        """As a person names it."""
        return f"{self.owner.key} listener {self.spec.name}"

    def field(self, rest: str = "name") -> str:
        return f"spec.listeners[{self.index}].{rest}"


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps a listener from a good condition."""

    verdict: Verdict
    blocks: bool
    """Whether it cannot serve because of this."""


def effective_listeners(
    store: ObjectStore,
    keys: Keys,
    gateway: Gateway,
    sets: Sequence[ListenerSet],
    findings: list[Finding],
) -> tuple[EffectiveListener, ...]:
    """The merged list in order of precedence.

    Args:
        store: Where Secrets, ConfigMaps and ReferenceGrants are.
        keys: Who judges what is in them.
        gateway: The Gateway.
        sets: The ListenerSets that are attached to it, in order of precedence.
        findings: What is wrong is added here.
    """
    owners: list[Owner] = [gateway, *sets]
    entries = [entry for owner in owners for entry in _entries_of(owner, findings)]
    conflicts = _conflicts(entries, gateway)
    return tuple(
        _effective(store, keys, gateway, entry, conflicts.get(at), findings)
        for at, entry in enumerate(entries)
    )


def _entries_of(owner: Owner, findings: list[Finding]) -> Iterable[_Entry]:
    """The listeners of one object; a name is used once."""
    seen: set[str] = set()
    for index, spec in enumerate(owner.spec.listeners):
        if spec.name in seen:
            findings.append(
                Finding.at(
                    "GWR308",
                    owner,
                    f"spec.listeners[{index}].name",
                    f"{owner.key} has two listeners named {spec.name}; only the first one counts",
                    help="give each listener a name of its own",
                )
            )
            continue
        seen.add(spec.name)
        yield _Entry(owner, index, spec)


# -- conflicts


def _conflicts(entries: Sequence[_Entry], gateway: Gateway) -> dict[int, Problem]:
    """By position, the conflict that puts a listener out."""
    by_port: dict[tuple[int, bool], list[int]] = {}
    for at, entry in enumerate(entries):
        by_port.setdefault((entry.spec.port, entry.spec.protocol == "UDP"), []).append(at)
    found: dict[int, Problem] = {}
    for group in by_port.values():
        own = [at for at in group if entries[at].owner is gateway]
        for at in own:
            _note(found, entries, at, [other for other in own if other != at])
        for at in group[len(own) :]:
            # Who lost already takes nothing away from others.
            _note(found, entries, at, [b for b in group if b < at and b not in found])
    return found


def _note(
    found: dict[int, Problem], entries: Sequence[_Entry], at: int, others: Sequence[int]
) -> None:
    for other in others:
        reason = _conflict(entries[at].spec, entries[other].spec)
        if reason is not None:
            found[at] = _conflict_problem(entries[at], entries[other], reason)
            return


def _conflict(one: Listener, other: Listener) -> str | None:
    """Why two listeners on one port cannot both be served."""
    if one.protocol != other.protocol:
        return Reason.PROTOCOL_CONFLICT
    if one.protocol == "TLS" and _mode(one) != _mode(other):
        return Reason.PROTOCOL_CONFLICT
    if one.protocol in ("TCP", "UDP"):
        return Reason.PROTOCOL_CONFLICT
    same = (one.hostname or "").lower() == (other.hostname or "").lower()
    return Reason.HOSTNAME_CONFLICT if same else None


def _mode(listener: Listener) -> str | None:
    return listener.tls.mode if listener.tls else None


def _conflict_problem(entry: _Entry, other: _Entry, reason: str) -> Problem:
    shared = (
        f"port {entry.spec.port} and hostname {entry.hostname or '(any)'}"
        if reason == Reason.HOSTNAME_CONFLICT
        else f"port {entry.spec.port} (protocols {entry.spec.protocol} and {other.spec.protocol})"
    )
    message = f"shares {shared} with {other.name}; change one of the two"
    return Problem(Verdict(Type.ACCEPTED, "False", reason, message), blocks=True)


# -- one listener


def _effective(
    store: ObjectStore,
    keys: Keys,
    gateway: Gateway,
    entry: _Entry,
    conflict: Problem | None,
    findings: list[Finding],
) -> EffectiveListener:
    problems: list[Problem] = []
    if conflict is not None:
        problems.append(conflict)
        findings.append(_finding("GWR308", entry, "name", conflict.verdict))
    kinds = _kinds(entry, problems, findings)
    tls: ir.ListenerTLS | None = None
    material: tuple[Named, ...] = ()
    if entry.spec.protocol == "HTTPS":
        tls, material = _terminate(store, keys, gateway, entry, problems, findings)
    owner = entry.owner.key
    at = f"{gateway.namespace}/{gateway.name}"
    place = at if owner.kind == "Gateway" else f"{at}/{owner.namespace}/{owner.name}"
    reason = conflict.verdict.reason if conflict else None
    return EffectiveListener(
        key=f"{place}/{entry.spec.name}",
        owner=owner,
        spec=entry.spec,
        hostname=entry.hostname,
        kinds=() if reason == Reason.PROTOCOL_CONFLICT else kinds,
        conflict=reason,
        verdicts=tuple(_verdicts(entry, problems, conflict)),
        tls=tls,
        material=material,
    )


def _verdicts(
    entry: _Entry, problems: Sequence[Problem], conflict: Problem | None
) -> Iterable[Verdict]:
    of_type = {problem.verdict.type: problem.verdict for problem in reversed(problems)}
    yield of_type.get(Type.ACCEPTED, good(Type.ACCEPTED, "The listener is accepted"))
    if conflict is not None:
        reason, message = conflict.verdict.reason, conflict.verdict.message
        yield Verdict(Type.CONFLICTED, "True", reason, message)
    yield of_type.get(Type.RESOLVED_REFS, good(Type.RESOLVED_REFS, "All references are resolved"))
    blocking = next((problem.verdict for problem in problems if problem.blocks), None)
    if blocking is None:
        yield good(Type.PROGRAMMED, _served(entry.spec))
    else:
        of_set = conflict is not None and isinstance(entry.owner, ListenerSet)
        reason = blocking.reason if of_set else Reason.INVALID
        yield Verdict(Type.PROGRAMMED, "False", reason, f"Not served: {blocking.message}")


def _served(spec: Listener) -> str:
    if spec.protocol == "TLS":
        return f"Closes every connection on port {spec.port}: TLSRoutes are not supported"
    return f"Serves {spec.protocol} on port {spec.port}"


def _kinds(entry: _Entry, problems: list[Problem], findings: list[Finding]) -> tuple[str, ...]:
    """``supportedKinds``: what the protocol carries, narrowed by what the listener allows."""
    carried = ROUTE_KINDS.get(entry.spec.protocol)
    if carried is None:
        _refuse_protocol(entry, problems, findings)
        return ()
    if entry.spec.protocol == "TLS":
        _check_mode(entry, problems, findings)
    allowed = entry.spec.allowed_routes.kinds
    if not allowed:
        return carried
    fitting = []
    for at, kind in enumerate(allowed):
        if kind.group == GATEWAY_GROUP and kind.kind in carried:
            fitting.append(kind.kind)
            continue
        message = (
            f"{full_kind(kind.group, kind.kind)} is no kind of route that {entry.spec.protocol} "
            f"can carry; {'those are ' + ' and '.join(carried) if carried else 'there is none'}"
        )
        verdict = Verdict(Type.RESOLVED_REFS, "False", Reason.INVALID_ROUTE_KINDS, message)
        problems.append(Problem(verdict, blocks=False))
        findings.append(_finding("GWR309", entry, f"allowedRoutes.kinds[{at}].kind", verdict))
    return tuple(dict.fromkeys(fitting))


def _refuse_protocol(entry: _Entry, problems: list[Problem], findings: list[Finding]) -> None:
    known = entry.spec.protocol in KNOWN_PROTOCOLS
    message = (
        f"protocol {entry.spec.protocol} is {'not supported' if known else 'unknown'}; supported "
        f"are {' and '.join(name for name, kinds in ROUTE_KINDS.items() if kinds)}"
    )
    verdict = Verdict(Type.ACCEPTED, "False", Reason.UNSUPPORTED_PROTOCOL, message)
    problems.append(Problem(verdict, blocks=True))
    findings.append(_finding("GWR309", entry, "protocol", verdict))


def _check_mode(entry: _Entry, problems: list[Problem], findings: list[Finding]) -> None:
    """What is terminated would have to be handed on, and there is nothing it could go to."""
    mode = _mode(entry.spec)
    if mode == "Passthrough":
        message = "TLSRoutes are not supported, so every connection is closed"
        verdict = good(Type.ACCEPTED, message)
    else:
        message = f"tls.mode {mode or '(none)'} is not supported for protocol TLS, Passthrough is"
        verdict = Verdict(Type.ACCEPTED, "False", Reason.UNSUPPORTED_VALUE, message)
        problems.append(Problem(verdict, blocks=True))
    findings.append(_finding("GWR309", entry, "protocol", verdict))


# -- TLS


def _terminate(
    store: ObjectStore,
    keys: Keys,
    gateway: Gateway,
    entry: _Entry,
    problems: list[Problem],
    findings: list[Finding],
) -> tuple[ir.ListenerTLS | None, tuple[Named, ...]]:
    """What the listener needs to terminate TLS, and the key material that this names."""
    certificates = certificates_of(store, keys, entry.owner, entry.spec)
    for fault in certificates.faults:
        problems.append(_unresolved(fault, blocks=not certificates.usable))
        findings.append(
            Finding.at(
                fault.code,
                entry.owner,
                entry.field(fault.field),
                f"{entry.name}: {fault.message}",
                help=fault.help,
            )
        )
    clients = client_side(store, keys, gateway, entry.spec.port)
    barred = bool(clients.faults) and clients.validation is None
    for fault in clients.faults:
        problems.append(_unresolved(fault, blocks=barred))
        message = f"{entry.name}: {fault.message}"
        findings.append(Finding.at(fault.code, gateway, fault.field, message, help=fault.help))
    if barred:
        # Who may come in only with a certificate must not come in without one.
        message = f"nobody can be let in: {clients.faults[0].message}"
        verdict = Verdict(Type.ACCEPTED, "False", Reason.NO_VALID_CA_CERTIFICATE, message)
        problems.append(Problem(verdict, blocks=True))
    if barred or not certificates.usable:
        return None, ()
    names = tuple(item.name for item in certificates.usable)
    material = (*certificates.usable, *clients.authorities)
    return ir.ListenerTLS(names, clients.validation), material


def _unresolved(fault: Fault, *, blocks: bool) -> Problem:
    words = with_help(fault.message, fault.help)
    return Problem(Verdict(Type.RESOLVED_REFS, "False", fault.reason, words), blocks)


def _finding(code: str, entry: _Entry, field: str, verdict: Verdict) -> Finding:
    return Finding.at(code, entry.owner, entry.field(field), f"{entry.name}: {verdict.message}")
