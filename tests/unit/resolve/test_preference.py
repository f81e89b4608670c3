"""Near endpoints are preferred, if there are any; a preference never leaves nothing."""

import pytest

from gwroute import ir
from gwroute.model import Service
from gwroute.nodepools import Location
from gwroute.resolve.preference import Candidate, prefer
from support.documents import store

HERE = Location(node="n1", zone="za")


def service(distribution: str | None = None, mode: str | None = None) -> Service:
    spec = f"trafficDistribution: {distribution}" if distribution else ""
    notes = f"service.kubernetes.io/topology-mode: {mode}" if mode else ""
    text = f"""
apiVersion: v1
kind: Service
metadata: {{name: cart, namespace: shop, annotations: {{{notes}}}}}
spec: {{{spec}}}
"""
    (made,) = store(text).of(Service)
    return made


def at(
    address: str, node: str | None, zone: str | None, zones: str = "", nodes: str = ""
) -> Candidate:
    return Candidate(
        endpoint=ir.Endpoint(address=address, port=80, node=node, zone=zone),
        state=0,
        zones=frozenset(zones.split()),
        nodes=frozenset(nodes.split()),
    )


E1, E2, E3 = at("10.0.0.1", "n1", "za"), at("10.0.0.2", "n2", "za"), at("10.0.0.3", "n3", "zb")


def chosen(service: Service, found: list[Candidate], where: Location = HERE) -> list[str]:
    return [item.endpoint.address[-1] for item in prefer(service, found, where)[0]]


def test_without_a_wish_and_hints_everything_is_used() -> None:
    assert prefer(service(), [E1, E2, E3], HERE) == ([E1, E2, E3], None)


@pytest.mark.parametrize("word", ["PreferSameZone", "PreferClose"])
def test_the_own_zone_is_preferred_and_the_rest_is_passed_over(word: str) -> None:
    found, preference = prefer(service(word), [E3, E2, E1], HERE)
    assert found == [E2, E1]
    assert preference is not None
    assert preference.words == "zone za preferred; 2 of 3 endpoints there"
    assert preference.passed == (E3,)


def test_the_own_node_comes_before_the_own_zone() -> None:
    assert chosen(service("PreferSameNode"), [E1, E2, E3]) == ["1"]
    assert chosen(service("PreferSameNode"), [E2, E3]) == ["2"]
    assert chosen(service("PreferSameNode"), [E3]) == ["3"]


def test_nothing_near_means_all() -> None:
    assert chosen(service("PreferSameZone"), [E3], HERE) == ["3"]
    assert chosen(service("PreferSameZone"), [E1, E3], Location()) == ["1", "3"]
    assert chosen(service("PreferSameZone"), []) == []


def test_an_unknown_word_is_no_wish() -> None:
    assert chosen(service("Random"), [E1, E3]) == ["1", "3"]


def test_hints_decide_against_where_the_endpoints_are() -> None:
    hinted = [at("10.0.0.1", "n1", "za", zones="zb"), at("10.0.0.3", "n3", "zb", zones="za")]
    assert chosen(service("PreferSameZone"), hinted) == ["3"]
    assert chosen(service(mode="Auto"), hinted) == ["3"]
    assert chosen(service(), hinted) == ["3"]


def test_one_endpoint_without_a_hint_voids_all_hints() -> None:
    found = [at("10.0.0.1", "n1", "za", zones="za"), E3]
    assert chosen(service("PreferSameZone"), found) == ["1", "3"]


def test_hints_of_which_none_names_the_own_zone_are_void() -> None:
    found = [at("10.0.0.1", "n1", "zb", zones="zb"), at("10.0.0.3", "n3", "zb", zones="zb")]
    assert chosen(service("PreferSameZone"), found) == ["1", "3"]


def test_node_hints_count_for_the_wish_for_the_own_node_alone() -> None:
    found = [
        at("10.0.0.2", "n2", "zb", zones="zb", nodes="n1"),
        at("10.0.0.3", "n3", "zb", zones="zb", nodes="n3"),
    ]
    assert chosen(service("PreferSameNode"), found) == ["2"]
    assert chosen(service("PreferSameZone"), found) == ["2", "3"]


@pytest.mark.parametrize("mode", ["Auto", "auto"])
def test_topology_mode_comes_before_the_distribution(mode: str) -> None:
    assert chosen(service("PreferSameZone", mode), [E1, E3]) == ["1", "3"], "no hints: all"
