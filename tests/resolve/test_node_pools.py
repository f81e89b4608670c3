"""The table of node pools: where a proxy is, what is changed, and which endpoints it may use.

Two pools, hangzhou (node-a1, node-a2) and shenzhen (node-b1), and node-free in none. ``backend``
has E1 on node-a1 and E2 on node-b1, ``backend-2`` has E3 on node-a2 and E4 on node-free. Both ask
for the node pool. Each row goes from manifests through ``resolve``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

import gwroute
from gwroute.resolve import Resolution

EDGE = Path(gwroute.__file__).parent / "examples" / "edge"
NAMES = {
    "172.20.1.21": "E1",
    "172.20.2.21": "E2",
    "172.20.1.32": "E3",
    "172.20.9.32": "E4",
}
KEYS = "openyurt.io/topologyKeys"

Documents = list[dict[str, Any]]
Change = Callable[[Documents], None]


def documents() -> Documents:
    """The scenario with both backends, and a Gateway that is pinned to no pool."""
    files = ("gatewayclass", "gateway", "backend", "httproute-weight", "two-pools")
    found: Documents = []
    for name in files:
        text = (EDGE / f"{name}.yaml").read_text("utf-8")
        found += [document for document in yaml.safe_load_all(text) if document]
    del one(found, "Gateway", "ack-gateway")["spec"]["infrastructure"]
    return found


def one(found: Documents, kind: str, name: str) -> dict[str, Any]:
    return next(d for d in found if (d["kind"], d["metadata"]["name"]) == (kind, name))


def endpoint(found: Documents, address: str) -> dict[str, Any]:
    slices = (d for d in found if d["kind"] == "EndpointSlice")
    return next(e for d in slices for e in d["endpoints"] if e["addresses"] == [address])


# -- what a row changes


def annotated(value: str | None, *services: str) -> Change:
    """The annotation of Services, both if none is named; None takes it away."""

    def change(found: Documents) -> None:
        for name in services or ("backend", "backend-2"):
            annotations = one(found, "Service", name)["metadata"]["annotations"]
            if value is None:
                del annotations[KEYS]
            else:
                annotations[KEYS] = value

    return change


def conditions(address: str, **given: bool) -> Change:
    return lambda found: endpoint(found, address).update(conditions=given)


def without(kind: str, *names: str) -> Change:
    def change(found: Documents) -> None:
        found[:] = [
            d for d in found if d["kind"] != kind or (names and d["metadata"]["name"] not in names)
        ]

    return change


def nameless(found: Documents) -> None:
    del endpoint(found, "172.20.1.21")["nodeName"]


def empty_list(found: Documents) -> None:
    one(found, "NodePool", "hangzhou")["status"]["nodes"] = []


def same_zone(found: Documents) -> None:
    one(found, "Service", "backend")["spec"]["trafficDistribution"] = "PreferSameZone"


def local(found: Documents) -> None:
    for name in ("backend", "backend-2"):
        one(found, "Service", name)["spec"]["internalTrafficPolicy"] = "Local"


def moved(found: Documents) -> None:
    labels = one(found, "Node", "node-a1")["metadata"]["labels"]
    labels |= {"apps.openyurt.io/nodepool": "shenzhen", "alibabacloud.com/nodepool-id": "NPYYY"}
    one(found, "NodePool", "hangzhou")["status"]["nodes"] = ["node-a2"]
    one(found, "NodePool", "shenzhen")["status"]["nodes"] = ["node-a1", "node-b1"]


def as_it_is(found: Documents) -> None:
    del found


# -- the table


@dataclass(frozen=True)
class Row:
    """One row: where the proxy is, and what it may use."""

    number: int
    says: str
    backend: str
    backend_2: str
    node: str | None = None
    change: Change = as_it_is
    options: dict[str, Any] = field(default_factory=dict)
    found: tuple[tuple[str, str], ...] = ()
    """Code and level of findings about pools and topology that have to be there."""


STRICT = {"pool_mode": "strict"}
LISTS = {"topology_fallback": True}
TABLE = (
    Row(1, "a node of a pool", "E1", "E3", "node-a1"),
    Row(2, "another node of it", "E1", "E3", "node-a2"),
    Row(3, "the other pool", "E2", "", "node-b1"),
    Row(4, "a node in no pool falls to itself", "", "E4", "node-free"),
    Row(5, "nowhere known", "E1 E2", "E3 E4", found=(("GWR519", "warning"),)),
    Row(6, "nowhere known, strict", "", "", options=STRICT, found=(("GWR519", "error"),)),
    Row(7, "no annotation", "E1 E2", "E3 E4", "node-a1", annotated(None)),
    Row(8, "the own node", "E1", "", "node-a1", annotated("kubernetes.io/hostname")),
    Row(9, "the old spelling of a pool", "E1", "E3", "node-a1", annotated("kubernetes.io/zone")),
    Row(10, "a key that is none", "E1 E2", "E3 E4", "node-a1",
        annotated("topology.kubernetes.io/zone"), found=(("GWR501", "warning"),)),
    Row(11, "a blank at the end", "E1 E2", "E3", "node-a1",
        annotated("openyurt.io/nodepool ", "backend"), found=(("GWR501", "warning"),)),
    Row(12, "labels alone", "E1", "E3", "node-a1", without("NodePool")),
    Row(13, "a list that is empty counts", "", "", "node-a1", empty_list),
    Row(14, "not ready", "", "E3", "node-a1", conditions("172.20.1.21", ready=False)),
    Row(15, "terminating and serving, as a last resort", "E1", "E3", "node-a1",
        conditions("172.20.1.21", ready=False, serving=True, terminating=True)),
    Row(16, "an endpoint without a node", "", "E3", "node-a1", nameless),
    Row(18, "the option against the node's label", "E2", "", "node-a1",
        options={"node_pool": "NPYYY"}),
    Row(19, "a pool by its other name", "E1", "E3", "node-a1", options={"node_pool": "hangzhou"}),
    Row(20, "a pool that nobody knows", "E1 E2", "E3 E4", "node-a1",
        options={"node_pool": "nowhere"}, found=(("GWR506", "warning"),)),
    Row(20, "a pool that nobody knows, strict", "", "", "node-a1",
        options={"node_pool": "nowhere", **STRICT}, found=(("GWR506", "error"),)),
    Row(21, "a preference does not widen a limit", "E1", "E3", "node-a1", same_zone),
    Row(22, "the own node alone, by policy", "E1", "", "node-a1", local,
        {"honor_internal_traffic_policy": True}),
    Row(23, "a list: the first key that leaves a ready endpoint", "E1", "E3", "node-a1",
        annotated("kubernetes.io/hostname,openyurt.io/nodepool"), LISTS),
    Row(24, "a list of one", "E1", "", "node-a1", annotated("kubernetes.io/hostname"), LISTS),
    Row(25, "a list that ends everywhere", "E2", "E3 E4", "node-b1",
        annotated("openyurt.io/nodepool,*"), LISTS),
    Row(26, "a node that moved", "E1 E2", "", "node-a1", moved),
)  # fmt: skip


def resolved(row: Row) -> Resolution:
    found = documents()
    row.change(found)
    return gwroute.resolve(gwroute.load(*found), node=row.node, **row.options)


def used(resolution: Resolution, service: str) -> str:
    """The endpoints of a Service that may be used, by their names in the table."""
    (upstream,) = (
        u for u in resolution.snapshot.upstreams if u.service == f"default/{service}:3000"
    )
    return " ".join(sorted(NAMES[item.address] for item in upstream.endpoints))


def status(resolution: Resolution, draw: float) -> int:
    """What the share of the requests that a draw stands for gets."""
    request = gwroute.Request("GET", "http://www.example.com/get")
    decision = gwroute.Router(resolution.snapshot).decide(request, draw=draw)
    return decision.status if isinstance(decision, gwroute.Respond) else 200


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.number}: {row.says}")
def test_row(row: Row) -> None:
    resolution = resolved(row)
    assert (used(resolution, "backend"), used(resolution, "backend-2")) == (
        row.backend,
        row.backend_2,
    )
    told = {(item.code, item.level) for item in resolution.findings}
    assert set(row.found) <= told
    # Weights come first: eight parts in ten are the first backend's, whatever is in reach.
    assert status(resolution, 0.79) == (200 if row.backend else 503)
    assert status(resolution, 0.81) == (200 if row.backend_2 else 503)


def test_row_17_without_its_service_a_backend_is_not_found() -> None:
    resolution = resolved(Row(17, "", "", "", "node-a1", without("Service", "backend")))
    assert [u.service for u in resolution.snapshot.upstreams] == ["default/backend-2:3000"]
    (refs,) = (c for c in resolution.conditions if c.type == "ResolvedRefs" and c.parent)
    assert (refs.status, refs.reason) == ("False", "BackendNotFound")
    assert (status(resolution, 0.79), status(resolution, 0.81)) == (500, 200)


def test_row_28_a_share_without_endpoint_is_not_handed_on() -> None:
    def gone(found: Documents) -> None:
        for document in found:
            if document["metadata"]["name"] == "backend-2-q9m4z":
                document["endpoints"] = document["endpoints"][1:]

    resolution = resolved(Row(28, "", "E1", "", "node-a1", gone))
    draws = [(n + 0.5) / 1000 for n in range(1000)]
    router = gwroute.Router(resolution.snapshot)
    request = gwroute.Request("GET", "http://www.example.com/get")
    answers = [router.decide(request, draw=draw) for draw in draws]
    assert sum(isinstance(answer, gwroute.Respond) for answer in answers) == 200


@pytest.mark.parametrize("row", TABLE[:4], ids=lambda row: str(row.number))
def test_filtering_what_was_filtered_changes_nothing(row: Row) -> None:
    """What OpenYurt's own filter would leave is left as it is."""
    once = resolved(row)
    left = {e.address for upstream in once.snapshot.upstreams for e in upstream.endpoints}

    def filtered(found: Documents) -> None:
        row.change(found)
        for document in found:
            if document["kind"] == "EndpointSlice":
                document["endpoints"] = [
                    e for e in document["endpoints"] if set(e["addresses"]) & left
                ]

    again = resolved(Row(row.number, "", "", "", row.node, filtered))
    for service in ("backend", "backend-2"):
        assert used(again, service) == used(once, service)
