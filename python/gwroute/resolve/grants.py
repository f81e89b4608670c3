"""ReferenceGrant: which references into another namespace are allowed.

A grant lives in the namespace of the target. Its ``from`` and its ``to`` must both fit in one
grant; several grants do not add up to one. Names are compared exactly.
"""

from __future__ import annotations

from typing import NamedTuple

from gwroute.model import ReferenceGrant
from gwroute.model.reference import GATEWAY_GROUP
from gwroute.store import ObjectStore

__all__ = ["Referrer", "permitted"]


class Referrer(NamedTuple):
    """The object that holds a reference."""

    kind: str
    namespace: str


def permitted(
    store: ObjectStore, referrer: Referrer, group: str, kind: str, namespace: str, name: str
) -> bool:
    """Whether an object of the Gateway API may refer to the object of that name.

    Args:
        store: Where ReferenceGrants are.
        referrer: Who refers.
        group: Group of the target; empty for the core group.
        kind: Kind of the target.
        namespace: Namespace of the target.
        name: Name of the target, which need not exist.
    """
    if namespace == referrer.namespace:
        return True
    return any(_allows(grant, referrer, group, kind, name) for grant in store.grants_in(namespace))


def _allows(grant: ReferenceGrant, referrer: Referrer, group: str, kind: str, name: str) -> bool:
    return any(
        (item.group, item.kind, item.namespace) == (GATEWAY_GROUP, *referrer)
        for item in grant.spec.from_
    ) and any(
        (item.group, item.kind) == (group, kind) and item.name in (None, "", name)
        for item in grant.spec.to
    )
