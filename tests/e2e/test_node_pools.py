"""Rows of the table of node pools through sockets: where the proxy is, and who answers there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from support.serving import Served, copy_edge, edge_pods, serving

E1, E2 = "backend-5bff7c6d9-aaaaa", "backend-5bff7c6d9-bbbbb"
E3, E4 = "backend-2-6c8d5f7b4-aaaaa", "backend-2-6c8d5f7b4-ccccc"
NONE = "503"
REQUESTS = 120
"""So many miss a share of a fifth less than once in 10^11."""
DRAWS = 2000
OFF = 90
"""Five standard deviations of how often 2,000 draws of probability 0.2 come true."""

Change = Callable[[str], str]


def as_it_is(text: str) -> str:
    return text


def not_ready(pod: str) -> Change:
    """The pod is not ready, and does not serve."""

    def change(text: str) -> str:
        before, found, after = text.partition(f"    name: {pod}\n")
        assert found
        head, conditions, tail = before.rpartition("    ready: true\n    serving: true\n")
        assert conditions
        return f"{head}    ready: false\n    serving: false\n{tail}{found}{after}"

    return change


def gone(pod: str) -> Change:
    """The pod is in no slice."""

    def change(text: str) -> str:
        left, count = re.subn(rf"- addresses:\n(?:  .*\n)*?    name: {pod}\n", "", text)
        assert count == 1
        return left

    return change


def folder_of(tmp_path: Path, change: Change) -> Path:
    """The scenario with weights, and a Gateway that is pinned to no pool."""
    folder = copy_edge(tmp_path, "httproute-weight.yaml", pools=True)
    gateway = folder / "gateway.yaml"
    pinned, found, _ = gateway.read_text("utf-8").partition("  infrastructure:\n")
    assert found
    gateway.write_text(pinned, "utf-8")
    slices = folder / "two-pools.yaml"
    slices.write_text(change(slices.read_text("utf-8")), "utf-8")
    return folder


def answers(served: Served, number: int) -> Counter[str]:
    """How often each pod answered, and each status that is no pod's."""
    return Counter(
        answer.pod if answer.status == 200 else str(answer.status) for answer in served.many(number)
    )


@pytest.mark.parametrize(
    ("node", "change", "expected"),
    [
        pytest.param("node-a1", as_it_is, {E1, E3}, id="row-1"),
        pytest.param("node-a2", as_it_is, {E1, E3}, id="row-2"),
        pytest.param("node-b1", as_it_is, {E2, NONE}, id="row-3"),
        pytest.param("node-free", as_it_is, {NONE, E4}, id="row-4"),
        pytest.param("node-a1", not_ready(E1), {NONE, E3}, id="row-14"),
    ],
)
def test_who_answers(tmp_path: Path, node: str, change: Change, expected: set[str]) -> None:
    folder = folder_of(tmp_path, change)
    with edge_pods(folder / "two-pools.yaml"), serving(folder, options=("--node", node)) as served:
        assert set(answers(served, REQUESTS)) == expected


def test_row_28_the_share_of_a_backend_without_endpoints_is_not_handed_on(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, gone(E3))
    here = ("--node", "node-a1")
    with edge_pods(folder / "two-pools.yaml"), serving(folder, options=here) as served:
        found = answers(served, DRAWS)
    assert set(found) == {E1, NONE}
    assert abs(found[NONE] - DRAWS / 5) <= OFF


def test_a_node_that_moves_takes_its_endpoints_along(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, as_it_is)
    pools = folder / "two-pools.yaml"
    with edge_pods(pools), serving(folder, options=("--node", "node-b1")) as served:
        assert set(answers(served, REQUESTS)) == {E2, NONE}
        said = len(served.process.err)
        text = pools.read_text("utf-8")
        a2, moved = text.index("name: node-a2"), "apps.openyurt.io/nodepool: shenzhen"
        labels = text[a2:].replace("apps.openyurt.io/nodepool: hangzhou", moved, 1)
        labels = labels.replace("nodepool-id: NPXXX", "nodepool-id: NPYYY", 1)
        listed = labels.replace("  - node-a2\n", "", 1).replace(
            "- node-b1", "- node-b1\n  - node-a2"
        )
        pools.write_text(text[:a2] + listed, "utf-8")
        served.process.told("changed Node node-a2.*; generation 1 -> ", after=said)
        assert set(answers(served, REQUESTS)) == {E2, E3}
