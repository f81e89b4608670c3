"""The edge scenario's observables, S1 to S32, one by one.

What is HTTP goes through a socket: ``gwroute serve`` with the scenario's own files, unchanged, and
two echo backends in the place of its pods.
"""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.client import raw
from support.serving import EDGE, HOST, Served, copy_edge, echoes, edge_pods, serving
from support.shared import shared
from support.transcript import run

PODS = ("backend-5bff7c6d9-aaaaa", "backend-2-6c8d5f7b4-aaaaa")
CLIENT = "127.0.0.1"
DRAWS = 2000
OFF = 90
"""Five standard deviations of how often 2,000 draws of probability 0.2 come true."""


def gateway(folder: Path, route: str) -> Iterator[Served]:
    with echoes(*PODS) as address:
        endpoints = (
            *("--endpoint", f"default/backend:3000={address[PODS[0]]}"),
            *("--endpoint", f"default/backend-2:3000={address[PODS[1]]}"),
        )
        with serving(copy_edge(folder, route), options=endpoints) as served:
            yield served


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from gateway(tmp_path_factory.mktemp("prefix"), "httproute-prefix.yaml")


@pytest.fixture(scope="module")
def header(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from gateway(tmp_path_factory.mktemp("header"), "httproute-header.yaml")


@pytest.fixture
def weight(tmp_path: Path) -> Iterator[tuple[Path, Served]]:
    folder = tmp_path / "weight"
    for served in gateway(folder, "httproute-weight.yaml"):
        yield folder, served


def got(*arguments: str) -> Any:
    """What ``gwroute get -o json`` prints for the scenario with its first route."""
    files = [
        argument
        for name in ("backend", "gatewayclass", "gateway-config", "gateway", "httproute-prefix")
        for argument in ("-f", str(EDGE / f"{name}.yaml"))
    ]
    pools = ("-f", str(EDGE / "two-pools.yaml"))
    done = run("get", *arguments, *files, *pools, "--strict", "-o", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def conditions(entries: list[dict[str, str]]) -> dict[str, tuple[str, str]]:
    return {entry["type"]: (entry["status"], entry["reason"]) for entry in entries}


def table(*arguments: str) -> list[list[str]]:
    done = run("get", *arguments, "-f", str(EDGE))
    assert done.returncode == 0, done.stderr
    return [re.split(r" {2,}", line.rstrip()) for line in done.stdout.splitlines()]


# -- objects and tables


def test_the_examples_are_the_scenario() -> None:
    seed = shared("seed")
    if not seed.is_dir():
        pytest.skip("the scenario's own files are not beside this checkout")
    theirs = {file.name: file.read_bytes() for file in seed.glob("*.yaml")}
    assert theirs == {file.name: file.read_bytes() for file in EDGE.glob("*.yaml")}


def test_s01_all_files_load_without_an_error_or_warning() -> None:
    for file in sorted(EDGE.glob("*.yaml")):
        done = run("compile", "-f", str(file), "-v")
        assert "GWR0" not in done.stderr, file
    done = run("validate", "-f", str(EDGE), "-o", "json")
    found = json.loads(done.stdout)
    assert [f for f in found if f["code"].startswith("GWR0") and f["level"] != "info"] == []


def test_s02_the_class_is_accepted_with_its_own_controller_string() -> None:
    [found] = got("gatewayclass")["items"]
    assert found["spec"]["controllerName"] == "gateway.envoyproxy.io/gatewayclass-controller"
    assert conditions(found["status"]["conditions"])["Accepted"] == ("True", "Accepted")


def test_s03_the_class_table() -> None:
    header, row = table("gatewayclass")
    assert header == ["NAME", "CONTROLLER", "ACCEPTED", "AGE"]
    controller = "gateway.envoyproxy.io/gatewayclass-controller"
    assert row == ["ack-gateway", controller, "True", "<unknown>"]


def test_s04_the_gateway_is_accepted_and_programmed_with_one_attached_route() -> None:
    status = got("gateway", "ack-gateway")["status"]
    assert conditions(status["conditions"])["Accepted"] == ("True", "Accepted")
    assert conditions(status["conditions"])["Programmed"] == ("True", "Programmed")
    [listener] = status["listeners"]
    assert (listener["name"], listener["attachedRoutes"]) == ("http", 1)


def test_s05_the_gateway_table() -> None:
    header, row = table("gateway")
    assert header == ["NAME", "CLASS", "ADDRESS", "PROGRAMMED", "AGE"]
    assert row[:2] + row[-2:] == ["ack-gateway", "ack-gateway", "True", "<unknown>"]


SELECTED = ("-n", "kube-system", "-l", "gateway.envoyproxy.io/owning-gateway-name=ack-gateway")


def test_s06_the_generated_service() -> None:
    [found] = got("service", *SELECTED)["items"]
    metadata = found["metadata"]
    assert metadata["name"] == "envoy-default-ack-gateway-7452df7d"
    assert metadata["namespace"] == "kube-system"
    assert metadata["annotations"]["openyurt.io/topologyKeys"] == "openyurt.io/nodepool"
    assert found["spec"]["type"] == "NodePort"


def test_s07_the_service_table() -> None:
    header, row = table("service", *SELECTED)
    assert header == ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"]
    name = "envoy-default-ack-gateway-7452df7d"
    assert row == [name, "NodePort", "<none>", "<none>", "80:<pending>/TCP", "<unknown>"]


def test_s07_the_service_table_with_what_the_api_server_assigned(tmp_path: Path) -> None:
    (tmp_path / "assigned.yaml").write_text("""\
apiVersion: v1
kind: Service
metadata:
  name: envoy-default-ack-gateway-7452df7d
  namespace: kube-system
  creationTimestamp: 2024-01-01T00:00:00Z
spec:
  type: NodePort
  clusterIP: 192.168.86.174
  ports:
  - {name: http-80, port: 80, nodePort: 30364, protocol: TCP}
""")
    _, row = table("service", *SELECTED, "-f", str(tmp_path))
    name = "envoy-default-ack-gateway-7452df7d"
    assert row[:-1] == [name, "NodePort", "192.168.86.174", "<none>", "80:30364/TCP"]
    assert re.fullmatch(r"\d+(y\d+)?d", row[-1])


def test_s08_the_generated_deployment_is_pinned_to_the_pool() -> None:
    [found] = got("deployment", *SELECTED)["items"]
    selector = found["spec"]["template"]["spec"]["nodeSelector"]
    assert selector == {"alibabacloud.com/nodepool-id": "NPXXX"}


def test_s09_the_route_has_one_parent_that_is_content() -> None:
    [parent] = got("httproute", "backend")["status"]["parents"]
    assert conditions(parent["conditions"]) == {
        "Accepted": ("True", "Accepted"),
        "ResolvedRefs": ("True", "ResolvedRefs"),
    }


# -- HTTP


def test_s10_the_prefix_itself(prefix: Served) -> None:
    answer = prefix.get("/get")
    assert answer.pod == PODS[0]
    seen = answer.seen
    assert (seen["path"], seen["host"], seen["method"], seen["proto"], seen["namespace"]) == (
        "/get",
        HOST,
        "GET",
        "HTTP/1.1",
        "default",
    )


def test_s11_below_the_prefix(prefix: Served) -> None:
    assert prefix.get("/get/anything").seen["path"] == "/get/anything"


def test_s12_a_query(prefix: Served) -> None:
    assert prefix.get("/get?a=1&b=2").seen["path"] == "/get?a=1&b=2"


def test_s13_a_longer_word_is_not_below_the_prefix(prefix: Served) -> None:
    assert prefix.get("/getter").status == 404


def test_s14_the_root(prefix: Served) -> None:
    assert prefix.get("/").status == 404


def test_s15_another_host(prefix: Served) -> None:
    assert prefix.get("/get", host="other.example.com").status == 404


def test_s16_the_port_of_the_host_is_ignored_and_kept(prefix: Served) -> None:
    assert prefix.get("/get", host=f"{HOST}:30364").seen["host"] == f"{HOST}:30364"


def test_s17_the_case_of_the_host_is_ignored(prefix: Served) -> None:
    assert prefix.get("/get", host="WWW.EXAMPLE.COM").status == 200


def test_s18_a_body_is_delivered(prefix: Served) -> None:
    answer = prefix.get("/get", method="POST", body=b"x" * 100_000)
    assert answer.seen["method"] == "POST"
    assert answer.backend_headers("content-length") == ["100000"]


# -- headers at the backend


def test_s19_forwarded_for_is_the_client(prefix: Served) -> None:
    assert prefix.get().backend_headers("x-forwarded-for") == [CLIENT]


def test_s20_forwarded_for_of_the_client_stays_in_front(prefix: Served) -> None:
    answer = prefix.get(headers=(("x-forwarded-for", "1.2.3.4"),))
    assert answer.backend_headers("x-forwarded-for") == [f"1.2.3.4,{CLIENT}"]


def test_s21_the_external_address_is_the_peer_whatever_the_client_claims(prefix: Served) -> None:
    claims = (("x-forwarded-for", "1.2.3.4"), ("x-envoy-external-address", "5.6.7.8"))
    answer = prefix.get(headers=claims)
    assert answer.backend_headers("x-envoy-external-address") == [CLIENT]


def test_s22_forwarded_proto_is_the_listeners(prefix: Served) -> None:
    answer = prefix.get(headers=(("x-forwarded-proto", "https"),))
    assert answer.backend_headers("x-forwarded-proto") == ["http"]


def test_s23_the_request_id_is_fresh(prefix: Served) -> None:
    given = str(uuid.uuid4())
    found = [
        prefix.get(headers=(("x-request-id", given),)).backend_headers("x-request-id")[0]
        for _ in range(3)
    ]
    assert len({given, *found}) == 4
    for text in found:
        assert (str(uuid.UUID(text)), uuid.UUID(text).version) == (text, 4)


def test_s24_accept_and_user_agent_are_the_clients(prefix: Served) -> None:
    answer = prefix.get(headers=(("user-agent", "curl/8.9.1"), ("accept", "*/*")))
    assert answer.backend_headers("user-agent") == ["curl/8.9.1"]
    assert answer.backend_headers("accept") == ["*/*"]
    assert prefix.get().backend_headers("user-agent") == []


def test_s25_no_hop_by_hop_header_and_no_other_of_envoys(prefix: Served) -> None:
    answer = prefix.get(
        headers=(
            ("connection", "keep-alive, x-mine"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("x-mine", "1"),
            ("te", "gzip"),
        )
    )
    names = {name.lower() for name in answer.seen["headers"]}
    assert names == {
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-envoy-external-address",
        "x-request-id",
    }


def test_s25_a_chunked_body_arrives_without_the_field_being_forwarded(prefix: Served) -> None:
    head = f"POST /get HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n"
    chunked = head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    answer = raw(prefix.address(), chunked.encode())
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"Connection"' not in answer
    assert b'"Upgrade"' not in answer


def test_s26_the_added_header_is_at_the_backend_and_not_in_the_response(header: Served) -> None:
    answer = header.get()
    assert answer.backend_headers("added-header") == ["foo"]
    assert "added-header" not in {name.lower() for name, _ in answer.headers}


def test_s27_the_clients_own_value_stays_in_front(header: Served) -> None:
    lines = header.get(headers=(("added-header", "bar"),)).backend_headers("added-header")
    assert [part.strip() for line in lines for part in line.split(",")] == ["bar", "foo"]


# -- weights


def shares(served: Served) -> Counter[str]:
    """How often each backend answered, by the name of its Deployment; or each status."""
    return Counter(
        re.sub(r"-[0-9a-z]+-[0-9a-z]+$", "", answer.pod)
        if answer.status == 200
        else str(answer.status)
        for answer in served.many(DRAWS)
    )


def reweigh(folder: Path, served: Served, first: int, second: int) -> None:
    generation = served.generation()
    text = (EDGE / "httproute-weight.yaml").read_text("utf-8")
    text = text.replace("weight: 8", f"weight: {first}").replace("weight: 2", f"weight: {second}")
    (folder / "httproute.yaml").write_text(text, "utf-8")
    served.process.told(rf"generation {generation} -> ")


def test_s28_weights_8_and_2(weight: tuple[Path, Served]) -> None:
    found = shares(weight[1])
    assert set(found) == {"backend", "backend-2"}
    assert abs(found["backend-2"] - DRAWS / 5) <= OFF


@pytest.mark.parametrize(("first", "second"), [(800, 200), (4, 1), (80, 20)])
def test_s29_only_the_proportion_counts(
    weight: tuple[Path, Served], first: int, second: int
) -> None:
    folder, served = weight
    reweigh(folder, served, first, second)
    assert abs(shares(served)["backend-2"] - DRAWS / 5) <= OFF


def test_s30_weight_0_gets_nothing_and_all_0_is_500(weight: tuple[Path, Served]) -> None:
    folder, served = weight
    reweigh(folder, served, 8, 0)
    assert shares(served) == {"backend": DRAWS}
    reweigh(folder, served, 0, 0)
    assert shares(served) == {"500": DRAWS}


def test_s31_a_backend_without_endpoint_in_the_pool_loses_its_share_to_503(
    tmp_path: Path,
) -> None:
    folder = copy_edge(tmp_path, "httproute-weight.yaml", pools=True)
    pin = folder / "gateway-config.yaml"
    pin.write_text(pin.read_text("utf-8").replace("NPXXX", "NPYYY"), "utf-8")
    here = ("--node-pool", "shenzhen")
    with edge_pods(folder / "two-pools.yaml"), serving(folder, options=here) as served:
        found = shares(served)
    assert set(found) == {"backend", "503"}
    assert abs(found["503"] - DRAWS / 5) <= OFF


def test_s32_a_deleted_service_loses_its_share_to_500(weight: tuple[Path, Served]) -> None:
    folder, served = weight
    generation = served.generation()
    text = (EDGE / "backend.yaml").read_text("utf-8")
    kept = [
        d for d in text.split("\n---\n") if "kind: Service\nmetadata:\n  name: backend-2" not in d
    ]
    (folder / "backend.yaml").write_text("\n---\n".join(kept), "utf-8")
    served.process.told(rf"gone Service default/backend-2.*generation {generation} -> ")
    found = shares(served)
    assert set(found) == {"backend", "500"}
    assert abs(found["500"] - DRAWS / 5) <= OFF
    done = run("get", "httproute", "backend", "-f", str(folder), "--strict", "-o", "json")
    [parent] = json.loads(done.stdout)["status"]["parents"]
    assert conditions(parent["conditions"])["ResolvedRefs"] == ("False", "BackendNotFound")
