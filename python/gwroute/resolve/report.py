"""What is said of Gateways and ListenerSets, and how they stand in the result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gwroute import ir
from gwroute.finding import Finding
from gwroute.model import Gateway, ListenerSet, ObjectKey, Service
from gwroute.model.reference import GATEWAY_GROUP
from gwroute.nodepools import PoolIndex
from gwroute.resolve.addresses import addresses
from gwroute.resolve.conditions import Condition, Reason, Type, Verdict, good
from gwroute.resolve.gateways import GatewayPlan
from gwroute.resolve.generated import Settings, generated_name
from gwroute.resolve.listeners import EffectiveListener
from gwroute.resolve.parents import Place
from gwroute.resolve.result import ResolvedGateway, ResolvedListener
from gwroute.resolve.suggest import did_you_mean, full_kind
from gwroute.store import ObjectStore

__all__ = [
    "GatewayReport",
    "doubts",
    "orphan_finding",
    "report_gateway",
    "resolved_gateway",
    "serving",
]


@dataclass(frozen=True, slots=True)
class GatewayReport:
    """Status of a Gateway and of what belongs to it."""

    conditions: tuple[Condition, ...] = ()
    addresses: tuple[dict[str, str], ...] = ()


def report_gateway(store: ObjectStore, plan: GatewayPlan, pools: PoolIndex) -> GatewayReport:
    """Addresses and conditions of a Gateway, its listeners and its ListenerSets."""
    if plan.accepted is None or plan.programmed is None:
        return GatewayReport()
    settings = Settings()
    found = addresses(store, plan.gateway, plan.proxy, pools, settings)
    programmed = plan.programmed
    if programmed.holds and not found and _in_cluster(store, plan, settings):
        message = "The Service of the Gateway has no address yet"
        programmed = Verdict(Type.PROGRAMMED, "False", Reason.ADDRESS_NOT_ASSIGNED, message)
    return GatewayReport(tuple(_conditions(plan, programmed)), found)


def _in_cluster(store: ObjectStore, plan: GatewayPlan, settings: Settings) -> bool:
    """Whether the Gateway's Service is there: outside of a cluster, no address is no fault."""
    name = plan.proxy.service.get("name") or generated_name(plan.gateway, settings.prefix)
    return store.find(Service, settings.namespace, name) is not None


def _conditions(plan: GatewayPlan, programmed: Verdict) -> Iterable[Condition]:
    assert plan.accepted is not None
    generations = {plan.gateway.key: plan.gateway.metadata.generation}
    default = good(Type.DEFAULT_GATEWAY, "Routes that ask for default Gateways attach to it")
    for verdict in (plan.accepted, programmed, *plan.tls, *((default,) if plan.is_default else ())):
        yield Condition.of(plan.gateway.key, verdict, plan.gateway.metadata.generation)
    for item in plan.sets:
        generation = item.listener_set.metadata.generation
        generations[item.listener_set.key] = generation
        for verdict in item.verdicts:
            yield Condition.of(item.listener_set.key, verdict, generation)
    for listener in plan.listeners:
        for verdict in listener.verdicts:
            if verdict.type == Type.PROGRAMMED and verdict.holds and not plan.serves:
                message = f"Not served: {plan.accepted.message}"
                verdict = Verdict(Type.PROGRAMMED, "False", Reason.INVALID, message)
            owner = listener.owner
            yield Condition.of(owner, verdict, generations[owner], listener.spec.name)


def orphan_finding(store: ObjectStore, key: ObjectKey) -> tuple[Finding, ...] | None:
    """What is wrong with the parent of a ListenerSet; None if the set does not exist."""
    found = store.find(ListenerSet, key.namespace, key.name)
    if found is None:
        return None
    ref = found.spec.parent_ref
    namespace = ref.namespace or key.namespace or ""
    if (ref.group, ref.kind) != (GATEWAY_GROUP, "Gateway"):
        kind = full_kind(ref.group, ref.kind)
        message = f"{key}: {kind} is no parent of a ListenerSet; only Gateways are"
        return (Finding.at("GWR303", found, "spec.parentRef.kind", message),)
    if store.find(Gateway, namespace, ref.name) is not None:
        return ()
    known = [item.name for item in store.of(Gateway) if item.namespace == namespace]
    message = f"{key}: Gateway {namespace}/{ref.name} does not exist; its listeners are not served"
    hint = did_you_mean(ref.name, known) or "create it, or correct the name"
    return (Finding.at("GWR303", found, "spec.parentRef.name", message, help=hint),)


def doubts(plan: GatewayPlan, place: Place) -> tuple[Finding, ...]:
    """Where something less weighty says that a served Gateway is in another pool."""
    if not place.served:
        return ()
    words = "; the first counts"
    hint = "correct the one that is wrong"
    return tuple(
        Finding.at("GWR518", plan.gateway, None, f"{plan.gateway.key}: {doubt}{words}", help=hint)
        for doubt in place.location.doubts
    )


def serving(plan: GatewayPlan, place: Place) -> Iterable[ir.Listener]:
    """The listeners of a Gateway that stand in the snapshot."""
    if not (place.served and plan.serves):
        return
    addresses = tuple(item.value for item in plan.gateway.spec.addresses if item.value)
    for listener in plan.listeners:
        if listener.programmed:
            yield ir.Listener(
                key=listener.key,
                gateway=f"{plan.gateway.namespace}/{plan.gateway.name}",
                name=listener.spec.name,
                port=listener.spec.port,
                protocol=listener.spec.protocol,  # type: ignore[arg-type]
                hostname=listener.hostname,
                node_pool=place.location.pool_name,
                addresses=addresses,
                tls=listener.tls,
            )


def resolved_gateway(
    plan: GatewayPlan,
    place: Place,
    report: GatewayReport,
    attached: Mapping[str, int],
    assumed: bool,
) -> ResolvedGateway:
    """A Gateway as it stands in the result.

    Args:
        plan: The Gateway.
        place: Where it is.
        report: Its status.
        attached: Routes by key of the listener.
        assumed: Whether it is not among the objects.
    """
    assert plan.gateway_class is not None
    return ResolvedGateway(
        key=plan.gateway.key,
        gateway=plan.gateway,
        gateway_class=plan.gateway_class,
        proxy=plan.proxy,
        pin=plan.pin,
        location=place.location,
        served=place.served,
        accepted=plan.serves,
        listeners=tuple(_listener(item, plan.serves, attached) for item in plan.listeners),
        addresses=report.addresses,
        attached_listener_sets=sum(1 for item in plan.sets if item.accepted),
        assumed=assumed,
    )


def _listener(
    item: EffectiveListener, serves: bool, attached: Mapping[str, int]
) -> ResolvedListener:
    return ResolvedListener(
        key=item.key,
        owner=item.owner,
        name=item.spec.name,
        port=item.spec.port,
        protocol=item.spec.protocol,
        hostname=item.hostname,
        attached_routes=attached.get(item.key, 0),
        programmed=serves and item.programmed,
        supported_kinds=item.kinds,
    )
