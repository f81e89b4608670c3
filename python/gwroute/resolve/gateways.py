"""Gateways: whose they are, their parameters, their ListenerSets and their merged listeners."""

from __future__ import annotations

import ipaddress
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from itertools import chain

from gwroute.finding import Finding
from gwroute.model import Gateway, GatewayClass, ListenerSet, ObjectKey
from gwroute.model.reference import GATEWAY_GROUP
from gwroute.nodepools import PoolName
from gwroute.resolve.conditions import Reason, Type, Verdict, good
from gwroute.resolve.gateway_tls import client_certificate, tls_verdicts
from gwroute.resolve.infrastructure import EffectiveProxy, effective_proxy
from gwroute.resolve.listeners import EffectiveListener, effective_listeners
from gwroute.resolve.material import Keys, Named
from gwroute.resolve.namespaces import takes_namespace
from gwroute.resolve.options import Options
from gwroute.resolve.overlaps import with_overlaps
from gwroute.resolve.reading import Reading
from gwroute.resolve.suggest import did_you_mean
from gwroute.resolve.unsupported import unsupported_of_listeners

__all__ = ["GatewayPlan", "SetPlan", "plan_gateway", "sets_of"]


@dataclass(frozen=True, slots=True)
class SetPlan:
    """One ListenerSet that names a Gateway as its parent."""

    listener_set: ListenerSet
    verdicts: tuple[Verdict, ...]

    @property
    def accepted(self) -> bool:
        """Whether it counts as attached."""
        return self.verdicts[0].holds


@dataclass(frozen=True, slots=True)
class GatewayPlan:
    """One Gateway, as far as it does not depend on routes and places."""

    gateway: Gateway
    gateway_class: GatewayClass | None = None
    """None if the class is missing or another controller's: then nothing else is known."""
    proxy: EffectiveProxy = field(default_factory=EffectiveProxy)
    pin: PoolName | None = None
    """What its proxies are pinned to."""
    listeners: tuple[EffectiveListener, ...] = ()
    """Its own, then those of its sets, in order of precedence."""
    sets: tuple[SetPlan, ...] = ()
    accepted: Verdict | None = None
    programmed: Verdict | None = None
    """Before addresses are looked at."""
    tls: tuple[Verdict, ...] = ()
    """About references, and about clients without a certificate."""
    client_certificate: Named | None = None
    """What it shows to backends that ask for a certificate."""
    findings: tuple[Finding, ...] = ()

    @property
    def ours(self) -> bool:
        """Whether the Gateway is of a class of ours."""
        return self.gateway_class is not None

    @property
    def is_default(self) -> bool:
        """Whether routes that ask for default Gateways attach to it."""
        return self.gateway.spec.default_scope == "All"

    @property
    def serves(self) -> bool:
        """Whether its listeners can be served."""
        return self.accepted is not None and self.accepted.holds


def sets_of(listener_set: ListenerSet) -> Iterable[Hashable]:
    """Index of ListenerSets by the Gateway they name."""
    ref = listener_set.spec.parent_ref
    if (ref.group, ref.kind) != (GATEWAY_GROUP, "Gateway"):
        return ()
    return ((ref.namespace or listener_set.namespace, ref.name),)


def plan_gateway(
    store: Reading, keys: Keys, key: ObjectKey, options: Options
) -> GatewayPlan | None:
    """What is to be said of a Gateway; None if it does not exist."""
    gateway = store.find(Gateway, key.namespace, key.name)
    if gateway is None:
        return None
    found = store.find(GatewayClass, None, gateway.spec.gateway_class_name)
    if found is None:
        return GatewayPlan(gateway, findings=(_classless(store, gateway),))
    if not options.is_ours(found.spec.controller_name):
        return GatewayPlan(gateway)
    return _planned(store, keys, gateway, found, options)


def _planned(
    store: Reading, keys: Keys, gateway: Gateway, found: GatewayClass, options: Options
) -> GatewayPlan:
    """A Gateway of a class of ours."""
    findings: list[Finding] = []
    proxy = effective_proxy(store, gateway, found)
    refused = _refused(gateway, proxy, findings)
    ordered = sorted(store.group(ListenerSet, sets_of, (gateway.namespace, gateway.name)), key=_age)
    allowed = [item for item in ordered if _allows(store, gateway, item)]
    listeners = with_overlaps(effective_listeners(store, keys, gateway, allowed, findings))
    accepted = refused or _judge(gateway, listeners)
    if refused is None and not accepted.holds:
        findings.append(_not_accepted(gateway, accepted))
    programmed = _programmed(gateway, accepted, listeners)
    shown = client_certificate(store, keys, gateway)
    tls = tls_verdicts(gateway, shown, listeners, findings)
    return GatewayPlan(
        gateway,
        found,
        proxy,
        proxy.pins(options.pool_label_keys),
        listeners,
        tuple(
            _set_plan(item, item in allowed, accepted, programmed, listeners) for item in ordered
        ),
        accepted,
        programmed,
        tls,
        shown if isinstance(shown, Named) else None,
        (
            *findings,
            *_uninvited(gateway, ordered, allowed),
            *unsupported_of_listeners(gateway),
            *chain.from_iterable(map(unsupported_of_listeners, allowed)),
        ),
    )


def _age(item: ListenerSet) -> tuple[float, str]:
    """Oldest first, then ``namespace/name``; what does not come from a cluster counts as newest."""
    created = item.metadata.creation_timestamp
    return (float("inf") if created is None else created, f"{item.namespace}/{item.name}")


def _allows(store: Reading, gateway: Gateway, item: ListenerSet) -> bool:
    rule = gateway.spec.allowed_listeners.namespaces
    own, other = gateway.namespace or "", item.namespace or ""
    return takes_namespace(store, rule.from_, rule.selector, own, other)


# -- the Gateway


def _classless(store: Reading, gateway: Gateway) -> Finding:
    name = gateway.spec.gateway_class_name
    known = [item.name for item in store.of(GatewayClass)]
    return Finding.at(
        "GWR301",
        gateway,
        "spec.gatewayClassName",
        f"{gateway.key}: GatewayClass {name} does not exist, so nothing serves the Gateway",
        help=did_you_mean(name, known) or f"create it, or use one of {', '.join(known) or 'none'}",
    )


def _refused(gateway: Gateway, proxy: EffectiveProxy, findings: list[Finding]) -> Verdict | None:
    """Why the Gateway cannot be served at all."""
    if proxy.invalid is not None:
        own = gateway.spec.infrastructure and gateway.spec.infrastructure.parameters_ref
        field = "spec.infrastructure.parametersRef.name" if own else "spec.gatewayClassName"
        message = f"{gateway.key}: {proxy.invalid}; the Gateway is not served"
        findings.append(Finding.at("GWR210", gateway, field, message))
        return Verdict(Type.ACCEPTED, "False", Reason.INVALID_PARAMETERS, proxy.invalid)
    for at, address in enumerate(gateway.spec.addresses):
        if address.type != "IPAddress":
            message = f"addresses of type {address.type} are not supported; use IPAddress"
            where = f"spec.addresses[{at}].type"
            findings.append(Finding.at("GWR311", gateway, where, f"{gateway.key}: {message}"))
            return Verdict(Type.ACCEPTED, "False", Reason.UNSUPPORTED_ADDRESS, message)
    return None


def _judge(gateway: Gateway, listeners: tuple[EffectiveListener, ...]) -> Verdict:
    """``Accepted`` by the Gateway's own listeners."""
    own = [item for item in listeners if item.owner == gateway.key]
    bad = [item.spec.name for item in own if not (item.accepted and item.resolved)]
    if not bad:
        return good(Type.ACCEPTED, "The Gateway is accepted")
    if any(item.accepted for item in own):
        return Verdict(Type.ACCEPTED, "True", Reason.LISTENERS_NOT_VALID, _see(bad))
    return Verdict(Type.ACCEPTED, "False", Reason.LISTENERS_NOT_VALID, _see(bad))


def _see(names: list[str]) -> str:
    listed = f"listener{'s' if len(names) > 1 else ''} {', '.join(names)}"
    return f"{listed} cannot be served as written; see the conditions of each"


def _not_accepted(gateway: Gateway, verdict: Verdict) -> Finding:
    message = f"{gateway.key} is not served: {verdict.message}"
    return Finding.at("GWR311", gateway, "spec.listeners", message, key=True)


def _programmed(
    gateway: Gateway, accepted: Verdict, listeners: tuple[EffectiveListener, ...]
) -> Verdict:
    if not accepted.holds:
        message = f"Not served: {accepted.message}"
        return Verdict(Type.PROGRAMMED, "False", Reason.INVALID, message)
    unusable = [item for item in gateway.spec.addresses if not _is_address(item.value)]
    if unusable:
        message = f"{unusable[0].value} is no IP address; correct or remove it"
        return Verdict(Type.PROGRAMMED, "False", Reason.ADDRESS_NOT_USABLE, message)
    if not any(item.programmed for item in listeners):
        message = "No listener can be served; see the conditions of the listeners"
        return Verdict(Type.PROGRAMMED, "False", Reason.INVALID, message)
    return good(Type.PROGRAMMED, "The Gateway is served")


def _is_address(value: str | None) -> bool:
    try:
        return value is None or bool(ipaddress.ip_address(value))
    except ValueError:
        return False


# -- its ListenerSets


def _set_plan(
    item: ListenerSet,
    allowed: bool,
    accepted: Verdict,
    programmed: Verdict,
    listeners: tuple[EffectiveListener, ...],
) -> SetPlan:
    if not allowed:
        parent = item.spec.parent_ref
        message = (
            f"Gateway {parent.namespace or item.namespace}/{parent.name} takes no ListenerSets of "
            f"namespace {item.namespace}; its spec.allowedListeners has to select the namespace"
        )
        return _both(item, Reason.NOT_ALLOWED, message)
    if not accepted.holds:
        message = f"The Gateway is not accepted: {accepted.message}"
        return _both(item, Reason.PARENT_NOT_ACCEPTED, message)
    own = [found for found in listeners if found.owner == item.key]
    bad = [found.spec.name for found in own if not (found.accepted and found.resolved)]
    if len(bad) == len(own):
        return _both(item, Reason.LISTENERS_NOT_VALID, _see(bad))
    verdict = good(Type.ACCEPTED, "The ListenerSet is accepted")
    if bad:
        verdict = Verdict(Type.ACCEPTED, "True", Reason.LISTENERS_NOT_VALID, _see(bad))
    if programmed.holds:
        return SetPlan(item, (verdict, good(Type.PROGRAMMED, "The ListenerSet is served")))
    message = f"The Gateway is not programmed: {programmed.message}"
    lost = Verdict(Type.PROGRAMMED, "False", Reason.PARENT_NOT_PROGRAMMED, message)
    return SetPlan(item, (verdict, lost))


def _both(item: ListenerSet, reason: str, message: str) -> SetPlan:
    """Neither accepted nor programmed, for one reason."""
    kinds = (Type.ACCEPTED, Type.PROGRAMMED)
    return SetPlan(item, tuple(Verdict(kind, "False", reason, message) for kind in kinds))


def _uninvited(
    gateway: Gateway, sets: list[ListenerSet], allowed: list[ListenerSet]
) -> Iterable[Finding]:
    for item in sets:
        if item not in allowed:
            yield Finding.at(
                "GWR306",
                item,
                "spec.parentRef.name",
                f"{item.key}: {gateway.key} takes no ListenerSets of namespace {item.namespace}; "
                "its listeners are not served",
                help="let spec.allowedListeners of the Gateway select the namespace",
            )
