"""What resolution may be told beside the objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gwroute.nodepools import DEFAULT_LABEL_KEYS
from gwroute.resolve.topology import PoolMode

__all__ = ["CONTROLLER", "Options"]

CONTROLLER = "gwroute.dev/gateway-controller"
"""Our own controller name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of :func:`gwroute.resolve.resolve`; the defaults are those of every command."""

    controller_names: tuple[str, ...] = (
        CONTROLLER,
        "gateway.envoyproxy.io/gatewayclass-controller",
    )
    """GatewayClasses of these controllers are ours; ``*`` takes every class."""
    gateways: tuple[str, ...] = ()
    """Only these Gateways are served, each ``namespace/name``, whatever pool they are pinned to;
    empty serves all."""
    node: str | None = None
    """Name of the node the proxy runs on."""
    node_pool: str | None = None
    """The node pool the proxy is in; Gateways pinned to another one are not served unless
    ``gateways`` names them."""
    serve_unscoped: bool = True
    """With ``node_pool``, Gateways that are pinned to no pool are served too."""
    pool_mode: PoolMode = "upstream"
    """What becomes of a limit that cannot be applied: :mod:`gwroute.resolve.topology`."""
    pool_label_keys: tuple[str, ...] = DEFAULT_LABEL_KEYS
    """Node labels that name a pool, in order."""
    topology_fallback: bool = False
    """The topology annotation may hold an ordered list."""
    honor_internal_traffic_policy: bool = False
    """``internalTrafficPolicy: Local`` is obeyed."""
    endpoints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Addresses of Services that have no EndpointSlice: ``shop/cart:8080`` to
    ``("127.0.0.1:3000",)``."""
    assume: bool = False
    """What is referred to and missing is taken to exist: :mod:`gwroute.resolve.assume`."""

    def is_ours(self, controller_name: str) -> bool:
        """Whether classes of that controller are served."""
        return controller_name in self.controller_names or "*" in self.controller_names
