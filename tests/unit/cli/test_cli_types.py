import click
import pytest

from gwroute.cli.types import AccessLog, Address, Duration, Endpoints, Listen, Log, Mapped


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (Address("127.0.0.1"), "3000", "127.0.0.1:3000"),
        (Address("127.0.0.1"), ":3000", "0.0.0.0:3000"),
        (Address(), "localhost:0", "127.0.0.1:0"),
        (Address(), "[::1]:80", "[::1]:80"),
        (Address(off=True), "off", "off"),
        (Listen(), "80=127.0.0.1:8080", Mapped("80", "127.0.0.1:8080")),
        (Listen(), "80=:0", Mapped("80", ":0")),
        (Listen(), "infra/public:443=[::1]:8443", Mapped("infra/public:443", "[::1]:8443")),
        (
            Endpoints(),
            "shop/cart:8080=127.0.0.1:3000,[::1]:3001",
            ("shop/cart:8080", ("127.0.0.1:3000", "[::1]:3001")),
        ),
        (Duration(), "30s", 30.0),
        (Duration(), "1m30s", 90.0),
        (Duration(), "500ms", 0.5),
        (AccessLog(), "off", Log("off")),
        (AccessLog(), "json:/var/log/a:b", Log("json", "/var/log/a:b")),
    ],
)
def test_values(type_: click.ParamType[object], text: str, value: object) -> None:
    assert type_.convert(text, None, None) == value


@pytest.mark.parametrize(
    ("type_", "text", "message"),
    [
        (Address(), "off", "write ADDR:PORT"),
        (Address(), "127.0.0.1", "write ADDR:PORT"),
        (Address(), "127.0.0.1:99999", "from 0 to 65535"),
        (Address(), "example.com:80", "is not an IP address"),
        (Listen(), "80", "write PORT=ADDR:PORT or NS/GATEWAY:PORT=ADDR:PORT"),
        (Listen(), "0=127.0.0.1:8080", "write PORT="),
        (Listen(), "public:80=127.0.0.1:8080", "write PORT="),
        (Endpoints(), "cart=127.0.0.1:3000", "write NS/SERVICE:PORT="),
        (Endpoints(), "shop/cart:8080=", "write ADDR:PORT"),
        (Duration(), "30", "such as 30s"),
        (Duration(), "1x", "such as 30s"),
        (AccessLog(), "xml", "write json, text or off"),
    ],
)
def test_what_is_none_says_how_it_is_written(
    type_: click.ParamType[object], text: str, message: str
) -> None:
    with pytest.raises(click.BadParameter, match=message):
        type_.convert(text, None, None)


def test_a_variable_with_endpoints_of_two_services() -> None:
    assert Endpoints().split_list("a/b:80=1.1.1.1:1,1.1.1.2:2,c/d:80=[::1]:3") == [
        "a/b:80=1.1.1.1:1,1.1.1.2:2",
        "c/d:80=[::1]:3",
    ]
