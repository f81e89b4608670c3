"""The echo backend: what it answers, byte by byte, in process and as a command."""

from __future__ import annotations

import json
import signal
import socket
import time

import pytest

from gwroute.echo import EchoServer
from gwroute.errors import BindError, ProxyError
from support.client import raw, send
from support.process import Process

Address = tuple[str, int]


def at(server: EchoServer) -> Address:
    host, _, port = server.http.rpartition(":")
    return host, int(port)


@pytest.fixture(scope="module")
def echo() -> Address:
    with EchoServer("backend-7-x", namespace="shop") as server:
        yield at(server)


def test_the_document_is_laid_out_as_the_originals(echo: Address) -> None:
    lines = (("host", "www.example.com:81"), ("x-request-id", "7"), ("accept", "*/*"))
    status, headers, body = send(echo, "GET", "/get?a=1", lines)
    assert status == 200
    assert ("Content-Type", "application/json") in headers
    assert ("X-Content-Type-Options", "nosniff") in headers
    assert body.decode() == (
        '{\n "path": "/get?a=1",\n "host": "www.example.com:81",\n "method": "GET",\n'
        ' "proto": "HTTP/1.1",\n "headers": {\n  "Accept": [\n   "*/*"\n  ],\n'
        '  "X-Request-Id": [\n   "7"\n  ]\n },\n "namespace": "shop",\n "ingress": "",\n'
        ' "service": "",\n "pod": "backend-7-x"\n}'
    )


def test_lines_of_one_name_are_elements_and_a_comma_list_is_one(echo: Address) -> None:
    lines = (("host", "a"), ("x-two", "b"), ("X-TWO", "a, c"))
    seen = json.loads(send(echo, "GET", "/", lines)[2])
    assert seen["headers"] == {"X-Two": ["b", "a, c"]}


def test_the_target_is_shown_as_it_came(echo: Address) -> None:
    for target in ("//a/../b%2F?x=%20&&", "http://other.example.com/x?y", "*"):
        method = "OPTIONS" if target == "*" else "GET"
        assert json.loads(send(echo, method, target, (("host", "a"),))[2])["path"] == target


def test_a_body_is_read_and_the_connection_goes_on(echo: Address) -> None:
    body = b"x" * 300_000
    first = b"POST /one HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    second = b"GET /two HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
    found = raw(echo, first + second)
    assert found.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert b'"Content-Length": [\n   "300000"' in found


def test_a_chunked_body_is_no_header(echo: Address) -> None:
    request = (
        b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n0\r\n\r\n"
    )
    seen = json.loads(raw(echo, request).partition(b"\r\n\r\n")[2])
    assert seen["headers"] == {"Connection": ["close"]}


def test_http_1_0_is_named_as_such(echo: Address) -> None:
    found = raw(echo, b"GET / HTTP/1.0\r\n\r\n")
    seen = json.loads(found.partition(b"\r\n\r\n")[2])
    assert (seen["proto"], seen["host"]) == ("HTTP/1.0", "")


def test_head_has_the_headers_only(echo: Address) -> None:
    status, headers, body = send(echo, "HEAD", "/x", (("host", "a"),))
    assert (status, body) == (200, b"")
    assert int(dict(headers)["Content-Length"]) > 100


@pytest.mark.parametrize("code", [200, 204, 404, 418, 503, 599])
def test_status_answers_with_the_code_and_no_body(echo: Address, code: int) -> None:
    status, _, body = send(echo, "GET", f"/status/{code}", (("host", "a"),))
    assert (status, body) == (code, b"")


@pytest.mark.parametrize("code", ["", "20", "2000", "abc", "101", "099", "+20"])
def test_what_is_no_status_is_400(echo: Address, code: str) -> None:
    assert send(echo, "GET", f"/status/{code}", (("host", "a"),))[0] == 400


def test_health_says_ok(echo: Address) -> None:
    assert send(echo, "GET", "/health", (("host", "a"),))[::2] == (200, b"OK")


def test_ws_without_a_handshake_is_400(echo: Address) -> None:
    assert send(echo, "GET", "/ws", (("host", "a"),))[0] == 400


def test_headers_are_set_on_the_response(echo: Address) -> None:
    wanted = "x-one:1, X-Two: two ,x-one:3,,bad name:4,content-length:1,x-empty"
    lines = (("host", "a"), ("x-echo-set-header", wanted), ("x-echo-set-header", "x-four:4"))
    status, headers, body = send(echo, "GET", "/", lines)
    assert status == 200
    assert json.loads(body)["path"] == "/"
    set_ = [(name.lower(), value) for name, value in headers if name.lower().startswith("x-")]
    assert [line for line in set_ if line[0] != "x-content-type-options"] == [
        ("x-one", "1"),
        ("x-one", "3"),
        ("x-two", "two"),
        ("x-empty", ""),
        ("x-four", "4"),
    ]


def test_delay_waits_and_answers(echo: Address) -> None:
    begin = time.monotonic()
    assert send(echo, "GET", "/?delay=0.2s", (("host", "a"),))[0] == 200
    assert time.monotonic() - begin >= 0.2


def test_a_delay_that_is_none_is_told(echo: Address) -> None:
    status, _, body = send(echo, "GET", "/?delay=soon", (("host", "a"),))
    assert (status, json.loads(body)) == (500, {"message": 'time: invalid duration "soon"'})


def test_retry_fails_as_often_as_asked(echo: Address) -> None:
    target = "/retry/x?uuid=one&succeedAfter=2&responseCode=503"
    found = [send(echo, "GET", target, (("host", "a"),))[0] for _ in range(4)]
    assert found == [503, 503, 200, 200]


def test_retry_without_a_code_cuts_the_connection(echo: Address) -> None:
    target = "/retry/x?uuid=two&succeedAfter=1"
    with pytest.raises(ConnectionError):
        send(echo, "GET", target, (("host", "a"),))
    assert send(echo, "GET", target, (("host", "a"),))[0] == 200


@pytest.mark.parametrize("query", ["", "uuid=a", "succeedAfter=1", "uuid=a&succeedAfter=x"])
def test_retry_says_what_it_needs(echo: Address, query: str) -> None:
    status, _, body = send(echo, "GET", f"/retry/?{query}", (("host", "a"),))
    assert status == 400
    assert "succeedAfter" in json.loads(body)["message"]


def test_what_is_not_http_ends_the_connection_only(echo: Address) -> None:
    raw(echo, b"\x16\x03\x01 not HTTP\r\n\r\n")
    assert send(echo, "GET", "/health", (("host", "a"),))[0] == 200


def test_the_port_is_shown_if_asked_for() -> None:
    with EchoServer("a", http_port=True) as server:
        seen = json.loads(send(at(server), "GET", "/", (("host", "a"),))[2])
    assert list(seen) == [
        "path",
        "host",
        "method",
        "proto",
        "headers",
        "httpPort",
        "namespace",
        "ingress",
        "service",
        "pod",
    ]
    assert seen["httpPort"] == server.http.rpartition(":")[2]


def test_many_on_one_port_each_on_its_own_address() -> None:
    with EchoServer("first", http="127.0.0.31:0") as first:
        port = at(first)[1]
        others = [EchoServer(f"pod-{i}", http=f"127.0.0.{i}:{port}") for i in range(32, 44)]
        for other in others:
            other.start()
        pods = [
            json.loads(send((f"127.0.0.{i}", port), "GET", "/", (("host", "a"),))[2])["pod"]
            for i in range(31, 44)
        ]
        for other in others:
            other.stop()
    assert pods == ["first", *(f"pod-{i}" for i in range(32, 44))]


def test_it_stops_starts_again_and_does_not_start_twice() -> None:
    server = EchoServer()
    server.stop()
    with server:
        address = at(server)
        with pytest.raises(ProxyError, match="runs already"):
            server.start()
    with pytest.raises(ConnectionRefusedError):
        send(address, "GET", "/", (("host", "a"),))
    with server:
        assert send(at(server), "GET", "/health", (("host", "a"),))[0] == 200


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(BindError, match=where):
            EchoServer(http=where).start()


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match="socket address"):
        EchoServer(http="nowhere")


def test_the_command_reads_the_originals_variables_and_ends_cleanly() -> None:
    variables = {
        "NAMESPACE": "shop",
        "POD_NAME": "cart-1",
        "SERVICE_NAME": "cart",
        "INGRESS_NAME": "in",
        "H2C_PORT": "0",
    }
    with Process("echo", "--http", "127.0.0.1:0", env=variables) as process:
        process.told(r"^ready$")
        port = int(process.told(r"^http  127\.0\.0\.1:(\d+)$")[1])
        process.told(r"^h2c  0\.0\.0\.0:\d+$")
        seen = json.loads(send(("127.0.0.1", port), "GET", "/", (("host", "a"),))[2])
        assert process.stop() == 0
    who = {key: seen[key] for key in ("namespace", "ingress", "service", "pod")}
    assert who == {"namespace": "shop", "ingress": "in", "service": "cart", "pod": "cart-1"}


def test_the_command_ends_with_an_interrupt() -> None:
    with Process("echo", "--http", "127.0.0.1:0", "--h2c", "off") as process:
        process.told(r"^ready$")
        process.signal(signal.SIGINT)
        assert process.end() == 0
        assert not any(line.startswith("h2c") for line in process.err)


def test_the_command_names_the_option_of_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        with Process("echo", "--http", where, "--h2c", "off") as process:
            assert process.end() == 2
            assert f"cannot listen on {where}" in process.err[0]
            assert "--http" in process.err[0]
