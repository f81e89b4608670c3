"""Where and how the proxies of a Gateway run: its effective EnvoyProxy, and what it pins.

The EnvoyProxy named by the Gateway's ``infrastructure.parametersRef`` comes first, then the one
its GatewayClass names, then a default. The first one that exists counts alone, unless its
``mergeType`` lays it over the next.

A Gateway is scoped to a pool if its proxies are pinned to exactly one. What is made of it for a
cluster is in :mod:`gwroute.resolve.generated`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from gwroute.model import EnvoyProxy, Gateway, GatewayClass, ObjectKey
from gwroute.model.base import document
from gwroute.nodepools import DEFAULT_LABEL_KEYS, PoolIndex, PoolName
from gwroute.resolve.merge import apply_patch, json_merge, strategic_merge
from gwroute.resolve.tree import at, items
from gwroute.store import ObjectStore

__all__ = ["EffectiveProxy", "class_parameters", "effective_proxy", "pinned_to", "serves"]

GROUP = EnvoyProxy.GROUP


@dataclass(frozen=True, slots=True)
class EffectiveProxy:
    """What holds for the proxies of one Gateway."""

    spec: Mapping[str, Any] = field(default_factory=dict)
    """The EnvoyProxy's spec after merging, as a document."""
    sources: tuple[ObjectKey, ...] = ()
    """The objects it was made of, the most specific first."""
    invalid: str | None = None
    """Why the parameters cannot be used, in the words of ``Accepted=False, InvalidParameters``."""

    @property
    def kubernetes(self) -> Mapping[str, Any]:
        """``spec.provider.kubernetes``."""
        return at(self.spec, "provider", "kubernetes")

    @property
    def service(self) -> Mapping[str, Any]:
        """``envoyService``, as written."""
        return at(self.kubernetes, "envoyService")

    @property
    def service_type(self) -> str:
        """Type of the generated Service, patch included."""
        return str(self._patched_service("spec").get("type", "LoadBalancer"))

    @property
    def external_traffic_policy(self) -> Literal["Local", "Cluster"]:
        """Which nodes answer: those with a proxy, or all."""
        wanted = self._patched_service("spec").get("externalTrafficPolicy")
        return "Cluster" if wanted == "Cluster" else "Local"

    @property
    def service_annotations(self) -> Mapping[str, str]:
        """Annotations of the generated Service, patch included."""
        return self._patched_service("metadata", "annotations")

    def _patched_service(self, *path: str) -> Mapping[str, Any]:
        """A part of what is said of the generated Service, at its place in that object."""
        names = ("type", "externalTrafficPolicy")
        said = {
            "metadata": {"annotations": at(self.service, "annotations")},
            "spec": {name: self.service[name] for name in names if name in self.service},
        }
        return at(apply_patch(said, at(self.service, "patch")), *path)

    @property
    def workload(self) -> tuple[Literal["Deployment", "DaemonSet"], Mapping[str, Any]]:
        """What the proxies run as, and its part of the spec."""
        if "envoyDaemonSet" in self.kubernetes:
            return "DaemonSet", at(self.kubernetes, "envoyDaemonSet")
        return "Deployment", at(self.kubernetes, "envoyDeployment")

    @property
    def replicas(self) -> int | None:
        """Number of proxies, the least if it is scaled; None for one on each node."""
        kind, spec = self.workload
        if kind == "DaemonSet":
            return None
        if "envoyHpa" in self.kubernetes:
            replicas = at(self.kubernetes, "envoyHpa").get("minReplicas")
        else:
            said = {"spec": {"replicas": spec.get("replicas")}}
            replicas = at(apply_patch(said, at(spec, "patch")), "spec").get("replicas")
        return replicas if isinstance(replicas, int) else 1

    @property
    def ip_family(self) -> Literal["IPv4", "IPv6", "DualStack"] | None:
        """Address family of listeners and endpoints; None if nothing is said."""
        family = self.spec.get("ipFamily")
        return family if family in ("IPv4", "IPv6", "DualStack") else None

    def pins(self, label_keys: Sequence[str] = DEFAULT_LABEL_KEYS) -> PoolName | None:
        """The pool label and value that proxies are pinned to, if it is exactly one."""
        _, spec = self.workload
        pod = dict(at(spec, "pod"))
        patch = at(spec, "patch")
        if patch:
            patched = apply_patch({"spec": {"template": {"spec": pod}}}, patch)
            pod = dict(at(patched, "spec", "template", "spec"))
        return pinned_to(pod, label_keys)


def pinned_to(
    pod: Mapping[str, Any], label_keys: Sequence[str] = DEFAULT_LABEL_KEYS
) -> PoolName | None:
    """The pool label and value that a pod is pinned to, if it is exactly one.

    Args:
        pod: Its ``nodeSelector`` and ``affinity``, as a document.
        label_keys: Node labels that name a pool, in order.
    """
    selector = at(pod, "nodeSelector")
    for key in label_keys:
        if isinstance(value := selector.get(key), str) and value:
            return key, value
    return _affinity_pin(at(pod, "affinity", "nodeAffinity"), label_keys)


def effective_proxy(
    store: ObjectStore,
    gateway: Gateway,
    gateway_class: GatewayClass | None = None,
    default: Mapping[str, Any] | None = None,
) -> EffectiveProxy:
    """The EnvoyProxy that holds for a Gateway.

    Args:
        store: Where EnvoyProxy objects are.
        gateway: Its ``infrastructure.parametersRef`` comes first.
        gateway_class: The Gateway's class, whose ``parametersRef`` comes second.
        default: Spec of the controller's own default EnvoyProxy.
    """
    levels: list[EnvoyProxy] = []
    for reference in _references(gateway, gateway_class):
        proxy = _lookup(store, reference)
        if isinstance(proxy, str):
            return EffectiveProxy(spec=dict(default or {}), invalid=proxy)
        levels.append(proxy)
    if len(levels) > 1 and levels[1].spec.merge_gateways:
        name = gateway_class.name if gateway_class else ""
        return EffectiveProxy(
            spec=document(levels[1].spec),
            sources=(levels[1].key,),
            invalid=f"GatewayClass {name} merges its Gateways, which may then have no EnvoyProxy "
            "of their own",
        )
    return _merged(levels, default or {})


def class_parameters(store: ObjectStore, gateway_class: GatewayClass) -> str | None:
    """Why the parameters of a GatewayClass cannot be used; None if they can, or it has none."""
    for reference in _references(None, gateway_class):
        proxy = _lookup(store, reference)
        if isinstance(proxy, str):
            return proxy
    return None


def serves(
    pin: PoolName | None, pools: PoolIndex, node_pool: str | None, serve_unscoped: bool = True
) -> bool:
    """Whether an instance that is limited to a pool serves a Gateway.

    Args:
        pin: What the Gateway's proxies are pinned to.
        pools: All pools, by which two names are known to mean one.
        node_pool: The pool the instance is limited to; None serves every Gateway.
        serve_unscoped: Whether Gateways of no pool are served too.
    """
    if node_pool is None:
        return True
    if pin is None:
        return serve_unscoped
    pool = pools.named(*pin)
    return pin[1] == node_pool if pool is None else pool == pools.find(node_pool)


@dataclass(frozen=True, slots=True)
class _Reference:
    owner: str
    group: str
    kind: str
    name: str
    namespace: str | None


def _references(
    gateway: Gateway | None, gateway_class: GatewayClass | None
) -> Iterator[_Reference]:
    infrastructure = gateway.spec.infrastructure if gateway else None
    if gateway and infrastructure and (ref := infrastructure.parameters_ref):
        # Without a namespace: the Gateway's own.
        yield _Reference("infrastructure", ref.group, ref.kind, ref.name, gateway.namespace)
    if gateway_class and (given := gateway_class.spec.parameters_ref):
        owner = f"GatewayClass {gateway_class.name}"
        yield _Reference(owner, given.group, given.kind, given.name, given.namespace)


def _lookup(store: ObjectStore, reference: _Reference) -> EnvoyProxy | str:
    """The EnvoyProxy, or why there is none."""
    if (reference.group, reference.kind) != (GROUP, "EnvoyProxy"):
        wanted = f"{reference.group}/{reference.kind}"
        return f"{reference.owner}: parametersRef to {wanted} is not supported, only EnvoyProxy"
    if reference.namespace is None:
        return f"{reference.owner}: parametersRef names no namespace"
    key = ObjectKey("EnvoyProxy", reference.namespace, reference.name)
    proxy = store.get(key)
    if not isinstance(proxy, EnvoyProxy):
        return f"{reference.owner}: {key} does not exist"
    kubernetes = proxy.spec.provider.kubernetes if proxy.spec.provider else None
    if kubernetes and kubernetes.envoy_deployment and kubernetes.envoy_daemon_set:
        return f"{key} has both envoyDeployment and envoyDaemonSet"
    return proxy


def _merged(levels: Sequence[EnvoyProxy], default: Mapping[str, Any]) -> EffectiveProxy:
    """The first level, over the next ones as long as ``mergeType`` asks for it."""
    if not levels:
        return EffectiveProxy(spec=dict(default))
    first, *rest = levels
    own = document(first.spec)
    merge_type = own.pop("mergeType", None)
    if merge_type not in ("StrategicMerge", "JSONMerge"):
        return EffectiveProxy(spec=own, sources=(first.key,))
    below = _merged(rest, default)
    merge = json_merge if merge_type == "JSONMerge" else strategic_merge
    return EffectiveProxy(spec=merge(below.spec, own), sources=(first.key, *below.sources))


def _affinity_pin(affinity: Mapping[str, Any], label_keys: Sequence[str]) -> PoolName | None:
    """The one pool that every alternative of a required node affinity asks for."""
    required = at(affinity, "requiredDuringSchedulingIgnoredDuringExecution")
    terms = items(required.get("nodeSelectorTerms"))
    found = {_term_pin(term, label_keys) for term in terms}
    return found.pop() if len(found) == 1 else None


def _term_pin(term: Mapping[str, Any], label_keys: Sequence[str]) -> PoolName | None:
    """The first pool label that a term binds to one value."""
    expressions = items(term.get("matchExpressions"))
    for key in label_keys:
        for expression in expressions:
            values = expression.get("values")
            if (expression.get("key"), expression.get("operator")) == (key, "In") and (
                isinstance(values, list | tuple) and len(values) == 1 and isinstance(values[0], str)
            ):
                return key, values[0]
    return None
