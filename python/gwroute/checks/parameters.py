"""The EnvoyProxy of a Gateway: where in the files a field of it stands."""

from __future__ import annotations

from typing import Any

from gwroute.checks.view import View
from gwroute.finding import Finding
from gwroute.model.base import document
from gwroute.model.meta import Object
from gwroute.resolve import ResolvedGateway
from gwroute.resolve.tree import at

__all__ = ["KUBERNETES", "SERVICE", "parameter_finding", "workload_path"]

KUBERNETES = ("provider", "kubernetes")
SERVICE = (*KUBERNETES, "envoyService")


def parameter_finding(
    view: View,
    code: str,
    gateway: ResolvedGateway,
    path: tuple[str, ...],
    message: str,
    help_: str | None = None,
) -> Finding:
    """A finding at a field of the EnvoyProxy that a Gateway gets it from.

    Of several that are merged it is the most specific one that has the field, or the nearest part
    of it that is written at all; without an EnvoyProxy it is the Gateway.

    Args:
        view: Where the objects are.
        code: Of the finding.
        gateway: Whose parameters they are.
        path: The field, below ``spec``.
        message: What is wrong.
        help_: What to do.
    """
    sources = [found for key in gateway.proxy.sources if (found := view.store.get(key))]
    if not sources:
        return Finding.at(code, gateway.gateway, None, message, help=help_)
    depth, source = max(
        ((_depth(found, path), found) for found in sources), key=lambda item: item[0]
    )
    field = "".join(f'["{name}"]' if "." in name else f".{name}" for name in path[:depth])
    return Finding.at(code, source, f"spec{field}", message, key=True, help=help_)


def _depth(found: Object, path: tuple[str, ...]) -> int:
    """How much of a path an object has."""
    tree: Any = document(getattr(found, "spec", None))
    for depth, name in enumerate(path):
        if name not in at(tree):
            return depth
        tree = tree[name]
    return len(path)


def workload_path(gateway: ResolvedGateway, *path: str) -> tuple[str, ...]:
    """A field of the workload's part of the parameters."""
    kind, _ = gateway.proxy.workload
    return (*KUBERNETES, f"envoy{kind}", *path)
