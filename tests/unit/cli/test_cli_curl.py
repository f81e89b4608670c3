"""A curl line, its first word changed."""

import shlex
from typing import Any

import click
import pytest
from click.testing import CliRunner

from gwroute.cli.curl import CurlRequest, request_options


def typed(line: str) -> CurlRequest:
    seen: list[CurlRequest] = []

    @click.command()
    @request_options
    def command(request: CurlRequest, **_: Any) -> None:
        seen.append(request)

    result = CliRunner().invoke(command, shlex.split(line), standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return seen[0]


@pytest.mark.parametrize(
    ("line", "method", "url", "headers"),
    [
        ("example.com", "GET", "http://example.com", ()),
        ("-sSik http://a/b", "GET", "http://a/b", ()),
        ("-X DELETE http://a/b", "DELETE", "http://a/b", ()),
        ("-d x=1 http://a/", "POST", "http://a/", ()),
        ("--data-binary @file http://a/", "POST", "http://a/", ()),
        ("-X PUT --json '{}' http://a/", "PUT", "http://a/", ()),
        ("-G -d x=1 -d y=2 http://a/?z", "GET", "http://a/?z&x=1&y=2", ()),
        ("-I http://a/", "HEAD", "http://a/", ()),
        ("-T file http://a/", "PUT", "http://a/", ()),
        ("-F a=b http://a/", "POST", "http://a/", ()),
        (
            "-H 'Host: www.example.com' -H 'x-a:1' http://10.0.0.1/get",
            "GET",
            "http://10.0.0.1/get",
            (("Host", "www.example.com"), ("x-a", "1")),
        ),
        ("-H 'Accept:' -H 'x-empty;' http://a/", "GET", "http://a/", (("x-empty", ""),)),
        (
            "-A me -u a:b http://a/",
            "GET",
            "http://a/",
            (("user-agent", "me"), ("authorization", "Basic YTpi")),
        ),
        ("-b k=v http://a/", "GET", "http://a/", (("cookie", "k=v"),)),
        ("-b file http://a/", "GET", "http://a/", ()),
        ("--resolve shop:443:127.0.0.1 https://shop/", "GET", "https://shop/", ()),
        ("http://a//b/../c%2Fd?q=%20", "GET", "http://a//b/../c%2Fd?q=%20", ()),
        ("'http://a/ü x'", "GET", "http://a/%C3%BC%20x", ()),
    ],
)
def test_what_a_curl_line_asks(
    line: str, method: str, url: str, headers: tuple[tuple[str, str], ...]
) -> None:
    request = typed(line)
    assert (request.method, request.url, request.headers) == (method, url, headers)


@pytest.mark.parametrize(
    ("line", "port", "sni"),
    [
        ("http://a/", 80, None),
        ("https://a/", 443, "a"),
        ("https://a:8443/", 8443, "a"),
        ("--sni b https://a/", 443, "b"),
        ("http://[::1]:8080/", 8080, None),
    ],
)
def test_port_and_server_name(line: str, port: int, sni: str | None) -> None:
    request = typed(line)
    assert (request.port, request.sni) == (port, sni)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("ftp://a/", "scheme must be http or https"),
        ("http:///x", "there is no host"),
        ("http://a:99999/", "Port out of range"),
        ("-H nothing http://a/", "is not 'Name: value'"),
        ("--draw 1 http://a/", "not in the range"),
    ],
)
def test_what_is_no_request_is_a_usage_error(line: str, message: str) -> None:
    with pytest.raises(click.UsageError, match=message):
        typed(line)
