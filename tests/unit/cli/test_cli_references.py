from gwroute.cli.references import references, referrers
from gwroute.model import ObjectKey
from gwroute.model.parse import read
from gwroute.store import ObjectStore

MANIFEST = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public, namespace: infra}
spec:
  gatewayClassName: gwroute
  infrastructure:
    parametersRef: {group: gateway.envoyproxy.io, kind: EnvoyProxy, name: edge}
  listeners:
  - {name: http, port: 80, protocol: HTTP}
  - name: https
    port: 443
    protocol: HTTPS
    tls:
      certificateRefs:
      - {name: wildcard, namespace: certs}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: cart, namespace: shop}
spec:
  parentRefs:
  - {name: public, namespace: infra}
  rules:
  - backendRefs:
    - {name: cart, port: 8080}
    filters:
    - type: RequestMirror
      requestMirror:
        backendRef: {name: copy, port: 8080}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: cart-1
  namespace: shop
  labels: {kubernetes.io/service-name: cart}
addressType: IPv4
"""


def store() -> ObjectStore:
    return ObjectStore(read(MANIFEST, "all.yaml").objects)


def test_every_reference_of_an_object_with_its_field() -> None:
    gateway = store().get(ObjectKey("Gateway", "infra", "public"))
    assert gateway is not None
    assert [(found.field, str(found.to)) for found in references(gateway)] == [
        ("spec.gatewayClassName", "GatewayClass gwroute"),
        ("spec.listeners[1].tls.certificateRefs[0]", "Secret certs/wildcard"),
        ("spec.infrastructure.parametersRef", "EnvoyProxy infra/edge"),
    ]


def test_who_refers_to_a_service() -> None:
    found = referrers(store(), ObjectKey("Service", "shop", "cart"))
    assert [(str(one.by), one.field) for one in found] == [
        ("HTTPRoute shop/cart", "spec.rules[0].backendRefs[0]"),
        ("EndpointSlice shop/cart-1", 'metadata.labels["kubernetes.io/service-name"]'),
    ]
    assert (found[0].file, found[0].line) == ("all.yaml", 25)


def test_a_filter_refers_too() -> None:
    [found] = referrers(store(), ObjectKey("Service", "shop", "copy"))
    assert found.field == "spec.rules[0].filters[0].requestMirror.backendRef"
