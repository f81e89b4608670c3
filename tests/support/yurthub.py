"""What OpenYurt's yurthub leaves of a Service's endpoints, read literally from its rules.

Slow, short, and on documents: it shares nothing with the package.
"""

from __future__ import annotations

import copy
from typing import Any

Document = dict[str, Any]

POOL_LABEL = "apps.openyurt.io/nodepool"


def filtered(
    service: Document, slice_: Document, node: Document, pools: dict[str, Document]
) -> Document:
    """One EndpointSlice as clients on a node get it.

    Args:
        service: The Service of the slice.
        slice_: The slice.
        node: The Node on which the client is.
        pools: NodePools by name.
    """
    kept = copy.deepcopy(slice_)
    value = service["metadata"].get("annotations", {}).get("openyurt.io/topologyKeys", "")
    if value in ("openyurt.io/nodepool", "kubernetes.io/zone"):
        pool = node["metadata"].get("labels", {}).get(POOL_LABEL)
        if pool is not None:
            if pool not in pools:
                return kept
            members = pools[pool]["status"]["nodes"]
            kept["endpoints"] = [e for e in kept["endpoints"] if e.get("nodeName") in members]
            return kept
        value = "kubernetes.io/hostname"
    if value == "kubernetes.io/hostname":
        name = node["metadata"]["name"]
        kept["endpoints"] = [e for e in kept["endpoints"] if e.get("nodeName") == name]
    return kept
