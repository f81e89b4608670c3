from pathlib import Path

import pytest
import yaml

from gwroute.cli.scratch import MANIFESTS, ROUTE, STEPS, is_free, pool_of, prepare
from support.transcript import ROOT

EDGE = ROOT / "examples" / "edge"


def test_the_copy_is_the_scenario_but_for_addresses(tmp_path: Path) -> None:
    copy = prepare(tmp_path, "hangzhou")
    for name in MANIFESTS:
        same = (copy.manifests / name).read_bytes() == (EDGE / name).read_bytes()
        assert same == (name != "two-pools.yaml"), name
    for name in STEPS:
        assert (copy.steps / name).read_bytes() == (EDGE / name).read_bytes()
    assert copy.route == copy.manifests / ROUTE
    assert copy.route.read_bytes() == (EDGE / STEPS[0]).read_bytes()


def test_every_pod_has_a_loopback_address_of_its_own_and_the_slices_say_so(tmp_path: Path) -> None:
    copy = prepare(tmp_path, "hangzhou")
    assert [(pod.name, pod.node) for pod in copy.pods] == [
        ("backend-5bff7c6d9-aaaaa", "node-a1"),
        ("backend-5bff7c6d9-bbbbb", "node-b1"),
        ("backend-2-6c8d5f7b4-aaaaa", "node-a2"),
        ("backend-2-6c8d5f7b4-ccccc", "node-free"),
    ]
    addresses = {pod.address for pod in copy.pods}
    assert len(addresses) == 4
    assert all(address.startswith("127.") for address in addresses)
    documents = yaml.safe_load_all((copy.manifests / "two-pools.yaml").read_text("utf-8"))
    slices = [found for found in documents if found["kind"] == "EndpointSlice"]
    assert {port["port"] for found in slices for port in found["ports"]} == {copy.pods[0].port}


def test_the_gateway_is_pinned_to_the_pool(tmp_path: Path) -> None:
    copy = prepare(tmp_path, "shenzhen")
    text = (copy.manifests / "gateway-config.yaml").read_text("utf-8")
    assert "alibabacloud.com/nodepool-id: NPYYY\n" in text


@pytest.mark.parametrize(
    ("text", "pool"), [("hangzhou", "hangzhou"), ("NPXXX", "hangzhou"), ("NPYYY", "shenzhen")]
)
def test_a_pool_goes_by_its_name_and_by_its_id(text: str, pool: str) -> None:
    assert pool_of(text) == pool


def test_a_pool_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(ValueError, match="no node pool 'x'; its pools are hangzhou, shenzhen"):
        pool_of("x")


def test_a_port_is_free_until_somebody_listens() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        assert not is_free("127.0.0.1", port)
    assert is_free("127.0.0.1", port)
