"""Selectors of namespaces that no object can satisfy, because they are none.

The schemas leave them open, so an API server takes them.
"""

from __future__ import annotations

from collections.abc import Iterator

from gwroute.checks.view import View
from gwroute.finding import Finding
from gwroute.model import Gateway, LabelSelector, ListenerSet

__all__ = ["impossible_selectors"]


def impossible_selectors(view: View) -> Iterator[Finding]:
    """Requirements of selectors that say nothing (GWR103)."""
    owners: list[Gateway | ListenerSet] = [*view.store.of(Gateway), *view.store.of(ListenerSet)]
    for owner in owners:
        for at, selector in _selectors(owner):
            for index, requirement in enumerate(selector.match_expressions):
                fault = requirement.fault()
                if fault is not None:
                    name, words = fault
                    yield Finding.at(
                        "GWR103",
                        owner,
                        f"{at}.matchExpressions[{index}].{name}",
                        f"{owner.key}: {words}; the selector takes no namespace",
                    )


def _selectors(owner: Gateway | ListenerSet) -> Iterator[tuple[str, LabelSelector]]:
    """Selectors of namespaces, each with its path."""
    found = [
        (f"spec.listeners[{index}].allowedRoutes", listener.allowed_routes.namespaces.selector)
        for index, listener in enumerate(owner.spec.listeners)
    ]
    if isinstance(owner, Gateway) and owner.spec.allowed_listeners is not None:
        found.append(("spec.allowedListeners", owner.spec.allowed_listeners.namespaces.selector))
    for at, selector in found:
        if selector is not None:
            yield f"{at}.namespaces.selector", selector
