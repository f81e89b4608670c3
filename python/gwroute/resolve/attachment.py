"""Routes and their parents: which listeners take a route, and why the others do not.

For each parentRef: the sections it names, then those that take the kind, the namespace, and a
hostname. The reason of a refusal is that of the furthest step reached. References into another
namespace need no grant here: ``allowedRoutes`` is the consent.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import NamedTuple, TypeVar

from gwroute import ir
from gwroute.model import ParentReference
from gwroute.resolve.conditions import Reason
from gwroute.resolve.hostnames import intersection
from gwroute.resolve.namespaces import takes_namespace
from gwroute.resolve.parents import Parent, Section
from gwroute.store import ObjectStore

__all__ = ["Attachment", "Refusal", "Visitor", "attach"]


K = TypeVar("K")
V = TypeVar("V")

KNOWN = 4096
"""How many answers to one question are remembered."""


class Visitor(NamedTuple):
    """What matters of a route here."""

    kind: str
    namespace: str
    hostnames: tuple[str, ...]
    """In lower case; empty for all."""


class Refusal(NamedTuple):
    """Why no listener takes a route."""

    reason: str
    code: str
    field: str
    """Of the route, below the parentRef; ``^`` in front if it is below ``spec``."""
    message: str
    help: str | None = None


class Attachment(NamedTuple):
    """What became of one parentRef."""

    taken: tuple[Section, ...] = ()
    """Listeners that take the route."""
    hosts: tuple[ir.VirtualHost, ...] = ()
    """Where its rules stand in the snapshot: under those of them that serve."""
    claims: tuple[tuple[str, str | None], ...] = ()
    """Listener and host of everything that it takes."""
    refusal: Refusal | None = None
    """Why no listener takes it."""

    def without(self, listeners: Container[str]) -> Attachment:
        """The same without some listeners, given by key."""
        return Attachment(
            tuple(section for section in self.taken if section.key not in listeners),
            tuple(host for host in self.hosts if host.listener not in listeners),
            self.claims,
        )


class Admission(NamedTuple):
    """What a parent says to routes of one kind and namespace, whatever their hostnames."""

    sections: tuple[Section, ...]
    """Those that take them."""
    refusal: Refusal | None
    """Why none does."""
    attachments: dict[tuple[str, ...], Attachment]
    """By hostnames, what became of routes that were taken."""


def attach(
    store: ObjectStore, visitor: Visitor, ref: ParentReference, parent: Parent
) -> Attachment:
    """Attach a route to the listeners of one of its parents.

    Args:
        store: Where Namespaces are.
        visitor: The route.
        ref: Its reference to the parent.
        parent: The parent.
    """
    admission = _admission(store, visitor, ref, parent)
    if admission.refusal is not None:
        return Attachment(refusal=admission.refusal)
    known = admission.attachments.get(visitor.hostnames)
    if known is None:
        found = _attached(visitor, admission.sections)
        known = _remember(admission.attachments, visitor.hostnames, found)
    return known


def _admission(
    store: ObjectStore, visitor: Visitor, ref: ParentReference, parent: Parent
) -> Admission:
    if parent.by_labels:
        return _admit(store, visitor, ref, parent)
    key = (visitor.kind, visitor.namespace, ref.section_name, ref.port)
    known: Admission | None = parent.admissions.get(key)
    if known is None:
        known = _remember(parent.admissions, key, _admit(store, visitor, ref, parent))
    return known


def _remember(known: dict[K, V], key: K, value: V) -> V:
    if len(known) >= KNOWN:
        known.clear()
    known[key] = value
    return value


def _admit(store: ObjectStore, visitor: Visitor, ref: ParentReference, parent: Parent) -> Admission:
    sections = [section for section in parent.sections if _names(ref, section)]
    if not sections and parent.assumed:
        sections = list(parent.sections)
    if not sections:
        return Admission((), _no_section(ref, parent), {})
    open_ = [
        section
        for section in sections
        if section.conflict is None and visitor.kind in section.kinds
    ]
    allowed = [section for section in open_ if _allows(store, section, parent, visitor.namespace)]
    if not allowed:
        return Admission((), _not_allowed(visitor, parent, sections, open_), {})
    return Admission(tuple(allowed), None, {})


def _attached(visitor: Visitor, sections: Sequence[Section]) -> Attachment:
    """The hostnames that a route has in common with listeners which take it."""
    taken: list[Section] = []
    hosts: list[ir.VirtualHost] = []
    claims: list[tuple[str, str | None]] = []
    for section in sections:
        shared = intersection(section.hostname, visitor.hostnames)
        if shared:
            taken.append(section)
        for host, hostname in shared:
            claims.append((section.key, host))
            if section.serving:
                hosts.append(ir.VirtualHost(section.key, host, hostname))
    if not taken:
        return Attachment(refusal=_no_hostname(visitor, sections))
    return Attachment(tuple(taken), tuple(hosts), tuple(claims))


def _names(ref: ParentReference, section: Section) -> bool:
    return ref.section_name in (None, section.name) and ref.port in (None, section.port)


def _allows(store: ObjectStore, section: Section, parent: Parent, namespace: str) -> bool:
    rule = section.namespaces
    own = parent.key.namespace or ""
    return takes_namespace(store, rule.from_, rule.selector, own, namespace)


def _no_section(ref: ParentReference, parent: Parent) -> Refusal:
    if not parent.sections:
        message = f"{parent.key} takes no routes: its Gateway does not allow it"
        hint = "let spec.allowedListeners of the Gateway select its namespace"
        return Refusal(Reason.NO_MATCHING_PARENT, "GWR305", "name", message, hint)
    wanted = [
        f"named {ref.section_name}" if ref.section_name is not None else None,
        f"on port {ref.port}" if ref.port is not None else None,
    ]
    known = ", ".join(f"{section.name} on {section.port}" for section in parent.sections)
    return Refusal(
        Reason.NO_MATCHING_PARENT,
        "GWR305",
        "sectionName" if ref.section_name is not None else "port",
        f"{parent.key} has no listener {' '.join(word for word in wanted if word)}",
        f"its listeners are {known}",
    )


def _not_allowed(
    visitor: Visitor, parent: Parent, sections: Sequence[Section], open_: Sequence[Section]
) -> Refusal:
    reason, code = Reason.NOT_ALLOWED_BY_LISTENERS, "GWR306"
    if open_:
        message = f"{parent.key}: {_take(open_)} no routes of namespace {visitor.namespace}"
        hint = "let allowedRoutes.namespaces of the listener select the namespace"
        return Refusal(reason, code, "name", message, hint)
    if all(section.conflict for section in sections):
        message = f"{parent.key}: {_named(sections)} not served because of a conflict"
        return Refusal(reason, code, "name", message, "give the listeners ports of their own")
    kinds = dict.fromkeys(kind for section in sections for kind in section.kinds)
    return Refusal(
        reason,
        code,
        "name",
        f"{parent.key}: {_take(sections)} {', '.join(kinds) or 'no routes'}, and no {visitor.kind}",
        "name another listener, or let allowedRoutes.kinds of the listener take the kind",
    )


def _no_hostname(visitor: Visitor, allowed: Sequence[Section]) -> Refusal:
    theirs = ", ".join(dict.fromkeys(section.hostname or "" for section in allowed))
    return Refusal(
        Reason.NO_MATCHING_LISTENER_HOSTNAME,
        "GWR307",
        "^hostnames",
        f"none of the hostnames {', '.join(visitor.hostnames)} is among those of "
        f"{_named(allowed)} ({theirs})",
        "use a hostname below that of the listener, or another listener",
    )


def _take(sections: Sequence[Section]) -> str:
    return f"{_named(sections)} take{'' if len(sections) > 1 else 's'}"


def _named(sections: Sequence[Section]) -> str:
    names = ", ".join(section.name for section in sections)
    return f"listener{'s' if len(sections) > 1 else ''} {names}"
