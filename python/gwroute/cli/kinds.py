"""Kinds as people write them: plural, singular or short name, in any case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

import click

GATEWAY_API = "gateway.networking.k8s.io"
ENVOY_GATEWAY = "gateway.envoyproxy.io"
OPENYURT = "apps.openyurt.io"
APIEXTENSIONS = "apiextensions.k8s.io"
DISCOVERY = "discovery.k8s.io"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind and its names."""

    name: str
    """As manifests write it."""
    plural: str
    group: str = ""
    short: tuple[str, ...] = ()
    namespaced: bool = True

    @property
    def singular(self) -> str:
        """The singular: the kind in lower case."""
        return self.name.lower()

    @property
    def resource(self) -> str:
        """The singular and its group, as ``-o name`` prints it."""
        return f"{self.singular}.{self.group}" if self.group else self.singular

    def words(self) -> tuple[str, ...]:
        """Everything that means this kind."""
        plain = (self.plural, self.singular, *self.short)
        if not self.group:
            return plain
        return (*plain, f"{self.plural}.{self.group}", f"{self.singular}.{self.group}")


KINDS = (
    Kind("GatewayClass", "gatewayclasses", GATEWAY_API, ("gc",), namespaced=False),
    Kind("Gateway", "gateways", GATEWAY_API, ("gtw",)),
    Kind("ListenerSet", "listenersets", GATEWAY_API, ("lset",)),
    Kind("HTTPRoute", "httproutes", GATEWAY_API),
    Kind("GRPCRoute", "grpcroutes", GATEWAY_API),
    Kind("TLSRoute", "tlsroutes", GATEWAY_API),
    Kind("TCPRoute", "tcproutes", GATEWAY_API),
    Kind("UDPRoute", "udproutes", GATEWAY_API),
    Kind("ReferenceGrant", "referencegrants", GATEWAY_API, ("refgrant",)),
    Kind("BackendTLSPolicy", "backendtlspolicies", GATEWAY_API, ("btlspolicy",)),
    Kind("EnvoyProxy", "envoyproxies", ENVOY_GATEWAY, ("eproxy",)),
    Kind("Service", "services", "", ("svc",)),
    Kind("EndpointSlice", "endpointslices", DISCOVERY),
    Kind("Namespace", "namespaces", "", ("ns",), namespaced=False),
    Kind("Node", "nodes", "", ("no",), namespaced=False),
    Kind("Pod", "pods", "", ("po",)),
    Kind("Secret", "secrets"),
    Kind("ConfigMap", "configmaps", "", ("cm",)),
    Kind("Deployment", "deployments", "apps", ("deploy",)),
    Kind("DaemonSet", "daemonsets", "apps", ("ds",)),
    Kind(
        "CustomResourceDefinition",
        "customresourcedefinitions",
        APIEXTENSIONS,
        ("crd", "crds"),
        namespaced=False,
    ),
    Kind("NodePool", "nodepools", OPENYURT, ("np",), namespaced=False),
    Kind("NodeBucket", "nodebuckets", OPENYURT, namespaced=False),
)
"""Every kind that gwroute reads, or makes for a Gateway."""

_BY_WORD = {word: kind for kind in KINDS for word in kind.words()}


def kind_of(text: str) -> Kind:
    """The kind that the word means; a usage error with a suggestion if it means none."""
    kind = _BY_WORD.get(text.lower())
    if kind is None:
        near = get_close_matches(text.lower(), _BY_WORD, 1)
        mend = f"did you mean {near[0]}?" if near else "kinds are those of 'kubectl get'"
        raise click.UsageError(f"there is no kind {text!r}; {mend}")
    return kind


def kinds_of(text: str) -> tuple[Kind, ...]:
    """The kinds of a list with commas; ``all`` is what a gateway is made of."""
    if text.lower() == "all":
        return tuple(kind for kind in KINDS if kind.group == GATEWAY_API)
    return tuple(dict.fromkeys(kind_of(word) for word in text.split(",") if word))


def complete(_: click.Context, __: click.Parameter, incomplete: str) -> Iterable[str]:
    """Plurals and short names that begin so, for the shell's completion."""
    words = (word for kind in KINDS for word in (kind.plural, *kind.short))
    return sorted(word for word in words if word.startswith(incomplete.lower()))
