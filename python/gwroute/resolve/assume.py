"""What manifests leave out: objects that are referred to and missing, taken to exist.

A repository of an application holds its routes and little else. Commands that answer questions
complete the store first, and say in a sentence each what they took for granted. Resolution itself
then makes no difference between objects that are there and objects that were made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from gwroute.model import (
    EndpointSlice,
    Gateway,
    GatewayClass,
    Listener,
    ListenerSet,
    Metadata,
    Namespace,
    Object,
    ObjectKey,
    Secret,
    Service,
    ServicePort,
)
from gwroute.model.core import ServiceSpec
from gwroute.model.filter import GRPCRouteFilter, HTTPRouteFilter
from gwroute.model.gateway import (
    AllowedListeners,
    AllowedRoutes,
    GatewayClassSpec,
    GatewaySpec,
    ListenerNamespaces,
    ListenerTLS,
    RouteNamespaces,
)
from gwroute.model.l4route import L4RouteRule
from gwroute.model.reference import (
    GATEWAY_GROUP,
    BackendObjectReference,
    SecretObjectReference,
)
from gwroute.model.route import GRPCRouteRule, HTTPRouteRule
from gwroute.resolve.kinds import routes_of
from gwroute.resolve.material import Keys
from gwroute.resolve.options import CONTROLLER, Options
from gwroute.store import ObjectStore, Put

__all__ = ["Assumer", "Completed", "judging"]

NAME = "assumed"
"""Class and certificate of Gateways that are assumed."""

_ALL_ROUTES = AllowedRoutes(namespaces=RouteNamespaces(from_="All"))
_PEM = "-----BEGIN {0}-----\nAAAA\n-----END {0}-----\n"
_CERTIFICATE, _KEY = _PEM.format("CERTIFICATE"), _PEM.format("PRIVATE KEY")


@dataclass(frozen=True, slots=True)
class Completed:
    """A store in which nothing is missing."""

    store: ObjectStore
    made: frozenset[ObjectKey] = frozenset()
    """Keys of the objects that were made here."""
    sentences: tuple[str, ...] = ()
    """What was taken for granted."""


class Assumer:
    """Completes stores; what it made once it hands out again, so that identity goes on."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._made: dict[ObjectKey, Object] = {}

    def complete(self, store: ObjectStore) -> Completed:
        """The store with what is referred to in it and missing."""
        made: dict[ObjectKey, Object] = {}
        sentences: list[str] = []
        for objects, sentence in (
            self._gateways(store),
            self._classes(store),
            _services(store),
            _namespaces(store),
            _secrets(store),
        ):
            made.update((obj.key, obj) for obj in objects)
            sentences += [sentence] if objects and sentence else []
        if not store.of(EndpointSlice) and any(True for _ in routes_of(store)):
            sentences.append(
                "there is no EndpointSlice: every Service is taken to have ready endpoints"
            )
        self._made = {
            key: self._made[key] if self._made.get(key) == obj else obj for key, obj in made.items()
        }
        completed = store.apply([Put(obj) for obj in self._made.values()])
        return Completed(completed, frozenset(made), tuple(sentences))

    def _gateways(self, store: ObjectStore) -> tuple[list[Object], str]:
        names = sorted(
            {name for name in _gateway_names(store) if store.find(Gateway, *name) is None}
        )
        if not names:
            return [], ""
        controller = self._options.controller_names[0] if self._options.controller_names else ""
        objects: list[Object] = [_class(NAME, CONTROLLER if controller == "*" else controller)]
        objects += [_gateway(*name) for name in names]
        objects += [_secret(namespace, NAME) for namespace in {name[0] for name in names}]
        listed = ", ".join(f"{namespace}/{name}" for namespace, name in names)
        return objects, (
            f"Gateway {listed} does not exist: taken to listen for HTTP on 80 and HTTPS on 443, "
            "and to allow all routes"
        )

    def _classes(self, store: ObjectStore) -> tuple[list[Object], str]:
        names = {gateway.spec.gateway_class_name for gateway in store.of(Gateway)}
        missing = sorted(name for name in names if store.find(GatewayClass, None, name) is None)
        first = self._options.controller_names[0] if self._options.controller_names else ""
        controller = CONTROLLER if first == "*" else first
        listed = ", ".join(missing)
        return (
            [_class(name, controller) for name in missing],
            f"GatewayClass {listed} does not exist: taken as ours",
        )


def _gateway_names(store: ObjectStore) -> Iterator[tuple[str, str]]:
    """Namespace and name of the Gateways that are referred to."""
    for route in routes_of(store):
        for ref in route.spec.parent_refs:
            if ref.kind == "Gateway" and ref.group == GATEWAY_GROUP:
                yield ref.namespace or route.namespace or "", ref.name
    for item in store.of(ListenerSet):
        parent = item.spec.parent_ref
        if parent.kind == "Gateway" and parent.group == GATEWAY_GROUP:
            yield parent.namespace or item.namespace or "", parent.name


def _gateway(namespace: str, name: str) -> Gateway:
    certificate = ListenerTLS(certificate_refs=(SecretObjectReference(name=NAME),))
    return Gateway(
        metadata=Metadata(name=name, namespace=namespace),
        spec=GatewaySpec(
            gateway_class_name=NAME,
            listeners=(
                Listener(name="http", port=80, protocol="HTTP", allowed_routes=_ALL_ROUTES),
                Listener(
                    name="https",
                    port=443,
                    protocol="HTTPS",
                    tls=certificate,
                    allowed_routes=_ALL_ROUTES,
                ),
            ),
            allowed_listeners=AllowedListeners(namespaces=ListenerNamespaces(from_="All")),
        ),
    )


def _class(name: str, controller: str) -> GatewayClass:
    spec = GatewayClassSpec(controller_name=controller)
    return GatewayClass(metadata=Metadata(name=name), spec=spec)


def _services(store: ObjectStore) -> tuple[list[Object], str]:
    if store.of(Service):
        return [], ""
    ports: dict[tuple[str, str], set[int]] = {}
    for namespace, name, port in _backends(store):
        ports.setdefault((namespace, name), set()).add(port)
    objects: list[Object] = [
        Service(
            metadata=Metadata(name=name, namespace=namespace),
            spec=ServiceSpec(
                ports=tuple(ServicePort(port=port, name=f"p{port}") for port in sorted(numbers))
            ),
        )
        for (namespace, name), numbers in sorted(ports.items())
    ]
    return objects, (
        "there is no Service: every Service that is referred to is taken to exist, with that port"
    )


def _backends(store: ObjectStore) -> Iterator[tuple[str, str, int]]:
    """Namespace, name and port of the Services that routes refer to."""
    for route in routes_of(store):
        rules: Iterable[HTTPRouteRule | GRPCRouteRule | L4RouteRule] = route.spec.rules
        for rule in rules:
            for ref in _references(rule):
                if ref.kind == "Service" and ref.group == "" and ref.port is not None:
                    yield ref.namespace or route.namespace or "", ref.name, ref.port


def _references(
    rule: HTTPRouteRule | GRPCRouteRule | L4RouteRule,
) -> Iterator[BackendObjectReference]:
    """The backends of a rule, who gets copies, and who is asked first."""
    yield from rule.backend_refs
    if isinstance(rule, L4RouteRule):
        return
    own = (ref.filters for ref in rule.backend_refs)
    filters: Iterable[Iterable[HTTPRouteFilter | GRPCRouteFilter]] = (rule.filters, *own)
    for item in chain.from_iterable(filters):
        if item.request_mirror is not None:
            yield item.request_mirror.backend_ref
        if isinstance(item, HTTPRouteFilter) and item.external_auth is not None:
            yield item.external_auth.backend_ref


def _namespaces(store: ObjectStore) -> tuple[list[Object], str]:
    """Namespaces of what may attach; only where their labels decide about it."""
    if not any(_selects(item) for item in _owners(store)):
        return [], ""
    visitors: Iterable[Object] = chain(routes_of(store), store.of(ListenerSet))
    names = {obj.namespace for obj in visitors}
    missing = sorted(name for name in names if name and store.namespace(name) is None)
    return (
        [Namespace(metadata=Metadata(name=name)) for name in missing],
        f"Namespace {', '.join(missing)} does not exist: taken to carry no label but its name",
    )


def _owners(store: ObjectStore) -> Iterator[Gateway | ListenerSet]:
    yield from store.of(Gateway)
    yield from store.of(ListenerSet)


def _selects(item: Gateway | ListenerSet) -> bool:
    rules: Iterable[str] = (
        listener.allowed_routes.namespaces.from_ for listener in item.spec.listeners
    )
    own = item.spec.allowed_listeners.namespaces.from_ if isinstance(item, Gateway) else ""
    return own == "Selector" or "Selector" in rules


def _secrets(store: ObjectStore) -> tuple[list[Object], str]:
    if store.of(Secret):
        return [], ""
    names = {
        (ref.namespace or item.namespace or "", ref.name)
        for item in _owners(store)
        for listener in item.spec.listeners
        if listener.tls is not None
        for ref in listener.tls.certificate_refs
    }
    return (
        [_secret(*name) for name in sorted(names)],
        "there is no Secret: every certificate that is referred to is taken to exist",
    )


def judging(keys: Keys) -> Keys:
    """Judges that let pass what is made here.

    Args:
        keys: Who judges everything else.
    """
    made = (_CERTIFICATE.encode(), _KEY.encode())

    def pair(certificates: bytes, key: bytes) -> str | None:
        return None if (certificates, key) == made else keys.pair(certificates, key)

    return Keys(pair, keys.authorities)


def _secret(namespace: str, name: str) -> Secret:
    return Secret(
        metadata=Metadata(name=name, namespace=namespace),
        type="kubernetes.io/tls",
        string_data={
            "tls.crt": _CERTIFICATE,
            "tls.key": _KEY,
        },
    )
