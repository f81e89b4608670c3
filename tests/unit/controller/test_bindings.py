import pytest

from gwroute.controller.bindings import Bindings, Entry, Wanted
from gwroute.errors import BindError

A, B = ("infra/a", 80), ("infra/b", 80)


def all_of(entries: list[Entry]) -> Wanted:
    """Ports of Gateways that ask for no address."""
    return dict.fromkeys(entries, ())


class Sockets:
    """Binds whatever is not taken by somebody else."""

    def __init__(self, *taken: str) -> None:
        self.taken = set(taken)
        self.open: dict[Entry, str] = {}
        """Of several addresses of one port, the last."""

    def listen(self, gateway: str, port: int, address: str) -> str:
        if address in self.taken:
            raise BindError(f"{address}: address in use")
        bound = address.removesuffix(":0") + ":4711" if address.endswith(":0") else address
        self.open[gateway, port] = bound
        return bound

    def unlisten(self, gateway: str, port: int) -> None:
        del self.open[gateway, port]


def test_a_port_is_bound_as_it_stands_on_all_addresses() -> None:
    sockets = Sockets()
    bindings = Bindings(sockets, {})
    assert bindings.open(all_of([A, ("infra/a", 443)])) == [A, ("infra/a", 443)]
    assert sockets.open == {A: ":80", ("infra/a", 443): ":443"}


def test_a_mapping_for_one_gateway_goes_before_one_for_the_port() -> None:
    bindings = Bindings(Sockets(), {"80": "127.0.0.1:8080", "infra/b:80": "127.0.0.1:8081"})
    bindings.open(all_of([A, B]))
    assert bindings.bound == {A: ("127.0.0.1:8080",), B: ("127.0.0.1:8081",)}
    assert not bindings.refused


def test_port_0_is_told_as_it_was_bound() -> None:
    bindings = Bindings(Sockets(), {"80": "127.0.0.1:0"})
    bindings.open(all_of([A]))
    assert bindings.bound == {A: ("127.0.0.1:4711",)}


@pytest.mark.parametrize("second", ["127.0.0.1:8080", "0.0.0.0:8080", "[::]:8080", ":8080"])
def test_the_later_of_two_gateways_is_refused_and_told_the_option(second: str) -> None:
    sockets = Sockets()
    bindings = Bindings(sockets, {"80": "127.0.0.1:8080", "infra/b:80": second})
    bindings.open(all_of([A, B]))
    assert list(sockets.open) == [A]
    assert bindings.refused == {
        (
            "infra/b",
            80,
        ): "Gateway infra/b: 127.0.0.1:8080 serves Gateway infra/a already; give port "
        "80 another address: --listen infra/b:80=ADDR:PORT"
    }


def test_one_port_on_two_addresses_is_no_conflict() -> None:
    bindings = Bindings(Sockets(), {"infra/a:80": "127.0.0.1:80", "infra/b:80": "127.0.0.2:80"})
    bindings.open(all_of([A, B]))
    assert len(bindings.bound) == 2


def test_who_waits_for_a_port_gets_it_when_it_is_free() -> None:
    bindings = Bindings(Sockets(), {})
    bindings.open(all_of([A, B]))
    assert bindings.close(all_of([B])) == [A]
    assert bindings.open(all_of([B])) == [B]
    assert not bindings.refused


def test_who_has_a_port_keeps_it_from_one_that_is_earlier() -> None:
    bindings = Bindings(Sockets(), {})
    bindings.open(all_of([B]))
    wanted = [A, B]
    assert bindings.close(all_of(wanted)) == []
    assert bindings.open(all_of(wanted)) == []
    assert list(bindings.refused) == [A]


@pytest.mark.parametrize(("port", "proposed"), [(80, 8080), (443, 8443), (8080, 8080)])
def test_a_port_that_is_taken_names_the_option(port: int, proposed: int) -> None:
    bindings = Bindings(Sockets(f":{port}"), {})
    bindings.open(all_of([("infra/a", port)]))
    assert bindings.refused == {
        ("infra/a", port): f"Gateway infra/a: :{port}: address in use; map port {port} "
        f"elsewhere: --listen {port}=127.0.0.1:{proposed}"
    }


def test_a_gateway_is_bound_at_the_addresses_it_asks_for() -> None:
    bindings = Bindings(Sockets(), {})
    bindings.open({A: ("127.0.0.1", "::1")})
    assert bindings.bound == {A: ("127.0.0.1:80", "[::1]:80")}


def test_a_mapping_goes_before_what_the_gateway_asks_for() -> None:
    bindings = Bindings(Sockets(), {"80": "127.0.0.1:8080"})
    bindings.open({A: ("192.0.2.1",)})
    assert bindings.bound == {A: ("127.0.0.1:8080",)}


def test_an_address_that_cannot_be_had_takes_nothing_from_the_others() -> None:
    bindings = Bindings(Sockets("192.0.2.1:80"), {})
    bindings.open({A: ("192.0.2.1", "127.0.0.1")})
    assert bindings.bound == {A: ("127.0.0.1:80",)}
    assert "correct spec.addresses, or map port 80 elsewhere" in bindings.refused[A]


def test_an_address_that_is_not_asked_for_any_more_is_closed() -> None:
    bindings = Bindings(Sockets(), {})
    bindings.open({A: ("127.0.0.1", "127.0.0.2")})
    assert bindings.close({A: ("127.0.0.2",)}) == [A]
    assert bindings.open({A: ("127.0.0.2",)}) == [A]
    assert bindings.bound == {A: ("127.0.0.2:80",)}


def test_an_address_that_is_new_is_bound_beside_the_others() -> None:
    bindings = Bindings(Sockets(), {})
    bindings.open({A: ("127.0.0.1",)})
    assert bindings.close({A: ("127.0.0.1", "127.0.0.2")}) == []
    bindings.open({A: ("127.0.0.1", "127.0.0.2")})
    assert bindings.bound == {A: ("127.0.0.1:80", "127.0.0.2:80")}
