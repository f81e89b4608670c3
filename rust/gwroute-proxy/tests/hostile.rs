//! Requests that no honest client sends: refused, and never seen by a backend.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use serde_json::json;
use support::backend::Backend;
use support::client::{Client, get};
use support::eventually;
use support::gateway::Gateway;
use support::snapshot::Snapshot;

/// The status that the bytes get, and what the gateway says about them; the backend sees nothing,
/// and the connection ends.
fn refused(bytes: &str) -> (u16, &'static str) {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send(bytes);
    let response = client.response();
    assert_eq!(response.header("connection"), Some("close"), "{bytes:?}");
    assert!(client.is_closed(), "{bytes:?}");
    let line = gateway.line();
    assert_eq!(line.status, response.status, "{bytes:?}");
    assert_eq!(backend.connections(), 0, "{bytes:?}");
    assert_eq!(get(gateway.address, "/").status, 200);
    (response.status, line.reason.unwrap())
}

#[test]
fn malformed_heads_get_400() {
    for bytes in [
        "GET\r\n\r\n",
        "GET / HTTP/1.1 x\r\nhost: a\r\n\r\n",
        "GET / HTTP/2.0\r\nhost: a\r\n\r\n",
        "GET / HTTX/1.1\r\nhost: a\r\n\r\n",
        "G@T / HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET /\u{1} HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET x HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET * HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx : 1\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\n x: 1\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx: 1\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx: \0\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx: 1\rhidden: 2\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx_y: 1\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}\r\n\r\n",
    ] {
        assert_eq!(refused(bytes), (400, "bad_request"), "{bytes:?}");
    }
}

#[test]
fn a_request_names_one_host() {
    for bytes in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nHost: b\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a:b\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: user@a\r\n\r\n",
        "GET http://user@a/ HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a b\r\n\r\n",
        "CONNECT a:80 HTTP/1.1\r\nhost: a:80\r\n\r\n",
    ] {
        assert_eq!(refused(bytes), (400, "bad_request"), "{bytes:?}");
    }
}

#[test]
fn where_a_body_ends_has_one_reading() {
    let post = |headers: &str| {
        format!("POST / HTTP/1.1\r\nhost: a\r\n{headers}\r\n0\r\n\r\nGET /x HTTP/1.1\r\n")
    };
    for headers in [
        "content-length: 5\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
        "Transfer-Encoding: chunked\r\nX: y\r\nContent-LENGTH: 0\r\n",
        "content-length: 5\r\ncontent-length: 6\r\n",
        "content-length: 5, 6\r\n",
        "content-length: +5\r\n",
        "content-length: -1\r\n",
        "content-length: 0x5\r\n",
        "content-length: 18446744073709551616\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: gzip\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding : chunked\r\n",
        "transfer-encoding:\u{b}chunked\r\n",
    ] {
        assert_eq!(refused(&post(headers)), (400, "bad_request"), "{headers:?}");
    }
    let coded = post("transfer-encoding: gzip, chunked\r\n");
    assert_eq!(refused(&coded), (501, "transfer_coding"));
    let old = "POST / HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(refused(old), (400, "bad_request"));
}

#[test]
fn a_smuggled_length_is_seen_behind_requests_that_were_sent_ahead() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    let bodied = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nok";
    client.send(bodied);
    assert_eq!(client.response().status, 200);
    let get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    let forged = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    client.send([get, get, forged].concat());
    let statuses = [client.response(), client.response(), client.response()];
    assert_eq!(statuses.map(|response| response.status), [200, 200, 400]);
    assert!(client.is_closed());
    assert_eq!(backend.requests().len(), 3);
}

#[test]
fn a_body_that_cannot_be_read_is_400() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    for chunk in [
        "x\r\n",
        "-1\r\n",
        "1\r\nab\r\n",
        "fffffffffffffffff\r\n",
        "1;\n\r\n",
    ] {
        let mut client = Client::connect(gateway.address);
        client.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n");
        client.send(chunk);
        assert_eq!(client.response().status, 400, "{chunk:?}");
        assert!(client.is_closed());
    }
    for line in gateway.lines(5) {
        assert_eq!((line.status, line.reason), (400, Some("bad_request")));
    }
    assert!(backend.requests().is_empty());
}

#[test]
fn a_head_has_its_limits() {
    let many = |count: usize| {
        (0..count)
            .map(|i| format!("x-{i}: 1\r\n"))
            .collect::<String>()
    };
    let head = |headers: &str| format!("GET / HTTP/1.1\r\nhost: a\r\n{headers}\r\n");
    let large = |len: usize| head(&format!("x: {}\r\n", "y".repeat(len)));
    for bytes in [
        head(&many(100)),
        large(60 * 1024),
        large(70 * 1024),
        large(1_000_000),
    ] {
        assert_eq!(refused(&bytes), (431, "too_large"), "{} bytes", bytes.len());
    }
    let path = format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "p".repeat(61 * 1024));
    assert_eq!(refused(&path), (431, "too_large"));
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    for bytes in [head(&many(99)), large(60 * 1024 - 100)] {
        client.send(bytes);
        assert_eq!(client.response().status, 200);
    }
}

#[test]
fn limits_can_be_set() {
    let backend = Backend::named("web");
    let config = json!({"limits": {"header_fields": 3, "header_bytes": 9000}});
    let gateway = Gateway::with(config, Snapshot::all_to(backend.address));
    let ask = |headers: &str| {
        Client::connect(gateway.address)
            .ask("GET /", headers)
            .status
    };
    assert_eq!((ask("a: 1\nb: 1"), ask("a: 1\nb: 1\nc: 1")), (200, 431));
    assert_eq!(
        (
            ask(&"x".repeat(8000).replacen('x', "a: ", 1)),
            ask(&format!("a: {}", "x".repeat(9000)))
        ),
        (200, 431)
    );
}

#[test]
fn old_versions_are_to_be_upgraded() {
    assert_eq!(refused("GET / HTTP/1.0\r\n\r\n"), (426, "http_version"));
    assert_eq!(
        refused("GET / HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\n\r\n"),
        (426, "http_version")
    );
}

#[test]
fn upgrades_but_to_websocket_are_refused() {
    for protocol in ["foo", "websocket, foo", "TLS/1.0"] {
        let bytes = format!(
            "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: {protocol}\r\n\r\n"
        );
        assert_eq!(refused(&bytes), (403, "upgrade_refused"), "{protocol}");
    }
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    let response = client.ask(
        "GET /",
        "connection: upgrade, http2-settings\nupgrade: h2c\nhttp2-settings: AA",
    );
    assert_eq!(response.status, 200);
    assert_eq!(backend.request().header("upgrade"), None);
}

#[test]
fn connections_have_their_limit() {
    let backend = Backend::named("web");
    let gateway = Gateway::with(
        json!({"limits": {"connections": 2}}),
        Snapshot::all_to(backend.address),
    );
    let mut held: Vec<Client> = (0..2).map(|_| Client::connect(gateway.address)).collect();
    for client in &mut held {
        assert_eq!(client.ask("GET /", "").status, 200);
    }
    assert!(Client::connect(gateway.address).is_closed());
    held.pop();
    eventually("there is room again", || {
        gateway.proxy.stats().connections == 1
    });
    assert_eq!(get(gateway.address, "/").status, 200);
}

#[test]
fn empty_lines_before_a_request_are_ignored() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send("\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(client.response().status, 200);
}

#[test]
fn a_connection_that_ends_in_a_head_leaves_no_trace() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    for bytes in ["", "G", "PRI * HTTP/2.0\r\n\r\n", "GET / HTTP/1.1\r\nhost"] {
        let mut client = Client::connect(gateway.address);
        client.send(bytes);
    }
    eventually("all are gone", || {
        *gateway.log.connections.lock().unwrap() == (4, 4)
    });
    assert_eq!(backend.connections(), 0);
}
