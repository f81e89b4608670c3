"""NodePool and NodeBucket (apps.openyurt.io)."""

from __future__ import annotations

from dataclasses import field
from typing import Any, ClassVar

from gwroute.model.base import Ignored, model
from gwroute.model.meta import LabelSelector, Object

__all__ = ["BucketNode", "NodeBucket", "NodePool", "NodePoolSpec", "NodePoolStatus"]

POOL_NAME_LABEL = "openyurt.io/pool-name"
"""Label of a NodeBucket: the pool to which its nodes belong."""


@model()
class NodePoolSpec:
    """Spec of a NodePool; what only the platform's own election uses is not kept."""

    type: str = "Edge"
    host_network: bool = False
    inter_connectivity: bool = False
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    taints: tuple[dict[str, Any], ...] = ()
    selector: LabelSelector | None = None
    enable_leader_election: Ignored = None
    leader_election_strategy: Ignored = None
    leader_replicas: Ignored = None
    leader_node_label_selector: Ignored = None
    pool_scope_metadata: Ignored = None


@model(lenient=True)
class NodePoolStatus:
    """Status of a NodePool: its members, ready or not."""

    nodes: tuple[str, ...] | None = None
    """Names of the members. An empty list means none; an absent one that nobody wrote a list."""
    ready_node_num: int = 0
    unready_node_num: int = 0


@model()
class NodePool(Object):
    """A pool of nodes at one place."""

    GROUP: ClassVar[str] = "apps.openyurt.io"
    VERSIONS: ClassVar[tuple[str, ...]] = ("v1beta2", "v1beta1", "v1alpha1")
    NAMESPACED: ClassVar[bool] = False

    spec: NodePoolSpec = NodePoolSpec()
    status: NodePoolStatus = NodePoolStatus()


@model(lenient=True)
class BucketNode:
    """A node in a bucket."""

    name: str


@model()
class NodeBucket(Object):
    """Some members of a large NodePool."""

    GROUP: ClassVar[str] = "apps.openyurt.io"
    VERSIONS: ClassVar[tuple[str, ...]] = ("v1alpha1",)
    NAMESPACED: ClassVar[bool] = False

    nodes: tuple[BucketNode, ...] = ()
    max_nodes: Ignored = None
    num_nodes: Ignored = None

    @property
    def pool(self) -> str | None:
        """Name of the NodePool."""
        return self.metadata.labels.get(POOL_NAME_LABEL)
