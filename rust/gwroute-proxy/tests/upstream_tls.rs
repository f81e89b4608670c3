//! TLS to backends: names, authorities, identities, certificates of the gateway's own.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::net::SocketAddr;

use gwroute_echo::{Config, Server};
use serde_json::{Value, json};
use support::client::{Client, Response};
use support::gateway::{Gateway, Line};
use support::snapshot::{Rule, Snapshot};
use support::tls::{Authority, Pair, connect};

/// A backend over TLS; asks for certificates if it has an authority for them.
fn echo(pair: &Pair, clients: Option<&Authority>) -> (Server, SocketAddr) {
    let server = Server::start(Config {
        https: Some("127.0.0.1:0".parse().unwrap()),
        certificate: Some(pair.certificate.clone()),
        key: Some(pair.key.clone()),
        client_authorities: clients.map(|authority| authority.pem.clone()),
        ..Config::default()
    });
    let server = server.unwrap();
    let address = server.https().unwrap();
    (server, address)
}

/// What a backend has to show: that authority `ca` vouches for a name.
fn tls(hostname: &str) -> Value {
    json!({"hostname": hostname, "authorities": ["ca"], "subject_alt_names": [],
           "client_certificate": null})
}

fn everything_to(at: SocketAddr, protocol: &str, tls: Value, ca: &Authority) -> Snapshot {
    Snapshot::default()
        .rule(Rule::prefix("/").to("web"))
        .tls("web", protocol, &[at], tls)
        .authority("ca", ca)
}

fn get(gateway: &Gateway) -> Response {
    Client::connect(gateway.address).ask("GET /x", "")
}

/// What the backend saw.
fn seen(response: &Response) -> Value {
    assert_eq!(response.status, 200, "{}", response.body);
    serde_json::from_str(&response.body).unwrap()
}

#[test]
fn a_backend_is_called_by_the_name_it_has_to_have() {
    let ca = Authority::new();
    let (_server, at) = echo(&ca.sign(&["web.test"]), None);
    let gateway = Gateway::start(everything_to(at, "http/1.1", tls("web.test"), &ca));
    let document = seen(&get(&gateway));
    assert_eq!(document["tls"]["serverName"], "web.test");
    assert_eq!(document["tls"]["negotiatedProtocol"], "http/1.1");
    assert_eq!(document["host"], "a.example");
    assert_eq!(document["proto"], "HTTP/1.1");
}

#[test]
fn http2_over_tls_is_negotiated() {
    let ca = Authority::new();
    let (_server, at) = echo(&ca.sign(&["web.test"]), None);
    let gateway = Gateway::start(everything_to(at, "h2c", tls("web.test"), &ca));
    let document = seen(&get(&gateway));
    assert_eq!(document["tls"]["negotiatedProtocol"], "h2");
    assert_eq!(document["proto"], "HTTP/2.0");
    assert_eq!(document["host"], "a.example");
}

#[test]
fn connections_are_used_again() {
    let ca = Authority::new();
    let (_server, at) = echo(&ca.sign(&["web.test"]), None);
    for protocol in ["http/1.1", "h2c"] {
        let gateway = Gateway::start(everything_to(at, protocol, tls("web.test"), &ca));
        for _ in 0..3 {
            seen(&get(&gateway));
        }
        assert_eq!(gateway.log.upstreams.lock().unwrap().0, 1, "{protocol}");
    }
}

/// What a request gets from a backend that is not who it has to be.
fn refused(gateway: &Gateway) -> Line {
    let response = get(gateway);
    assert_eq!(response.status, 502, "{:?}", gateway.line());
    assert!(response.body.contains("TLS error"), "{}", response.body);
    let line = gateway.line();
    assert_eq!((line.reason, line.flag), (Some("tls_failed"), "UF"));
    line
}

#[test]
fn a_backend_that_is_someone_else_gets_no_request() {
    let (ca, other) = (Authority::new(), Authority::new());
    let (_named, named) = echo(&ca.sign(&["other.test"]), None);
    let (_signed, signed) = echo(&other.sign(&["web.test"]), None);
    for protocol in ["http/1.1", "h2c"] {
        for at in [named, signed] {
            let gateway = Gateway::start(everything_to(at, protocol, tls("web.test"), &ca));
            let told = refused(&gateway).detail.unwrap();
            assert!(told.starts_with("invalid peer certificate"), "{told}");
        }
    }
}

#[test]
fn the_authorities_of_the_system_know_nothing_of_ours() {
    let ca = Authority::new();
    let (_server, at) = echo(&ca.sign(&["web.test"]), None);
    let mut system = tls("web.test");
    system["authorities"] = Value::Null;
    let gateway = Gateway::start(everything_to(at, "http/1.1", system, &ca));
    refused(&gateway);
}

#[test]
fn a_backend_in_clear_text_is_not_talked_to() {
    let ca = Authority::new();
    let backend = support::backend::Backend::named("web");
    let at = backend.address;
    let gateway = Gateway::start(everything_to(at, "http/1.1", tls("web.test"), &ca));
    refused(&gateway);
    assert!(backend.requests().is_empty());
}

#[test]
fn a_backend_that_does_not_shake_hands_is_given_up() {
    let ca = Authority::new();
    // It reads, and says nothing.
    let backend =
        support::backend::Backend::scripted(|connection| while !connection.is_closed() {});
    let config = json!({"timeouts": {"connect": 0.3}});
    let snapshot = everything_to(backend.address, "http/1.1", tls("web.test"), &ca);
    let gateway = Gateway::with(config, snapshot);
    assert_eq!(get(&gateway).status, 503);
    assert_eq!(gateway.line().reason, Some("timeout_connect"));
}

#[test]
fn alternative_names_count_in_place_of_the_hostname() {
    let ca = Authority::new();
    let (_server, at) = echo(&ca.sign(&["x.web.test", "spiffe://web.test/id"]), None);
    for (kind, value, trusted) in [
        ("Hostname", "*.web.test", true),
        ("Hostname", "called.test", false),
        ("URI", "spiffe://web.test/id", true),
        ("URI", "spiffe://web.test/other", false),
    ] {
        let mut wanted = tls("called.test");
        wanted["subject_alt_names"] = json!([{"type": kind, "value": value}]);
        let gateway = Gateway::start(everything_to(at, "http/1.1", wanted, &ca));
        if trusted {
            assert_eq!(seen(&get(&gateway))["tls"]["serverName"], "called.test");
        } else {
            refused(&gateway);
        }
    }
}

#[test]
fn the_certificate_of_the_gateway_is_shown_to_a_backend_that_asks() {
    let ca = Authority::new();
    let (_server, at) = echo(&ca.sign(&["web.test"]), Some(&ca));
    let own = ca.sign(&["gateway.test"]);
    for protocol in ["http/1.1", "h2c"] {
        let mut with = tls("web.test");
        with["client_certificate"] = json!("own");
        let snapshot = everything_to(at, protocol, with, &ca).pair("own", &own);
        let document = seen(&get(&Gateway::start(snapshot)));
        assert_eq!(document["tls"]["peerCertificates"][0], own.certificate);
        // In TLS 1.3 the backend says only after the handshake that it wanted one.
        let gateway = Gateway::start(everything_to(at, protocol, tls("web.test"), &ca));
        assert_eq!(get(&gateway).status, 503);
        assert_eq!(gateway.line().reason, Some("reset"));
    }
}

#[test]
fn connections_that_were_made_otherwise_are_not_used_after_a_change() {
    let (ca, other) = (Authority::new(), Authority::new());
    let (_server, at) = echo(&ca.sign(&["web.test"]), None);
    for protocol in ["http/1.1", "h2c"] {
        let gateway = Gateway::start(everything_to(at, protocol, tls("web.test"), &ca));
        seen(&get(&gateway));
        let mut changed = tls("web.test");
        changed["authorities"] = json!(["other"]);
        let snapshot = everything_to(at, protocol, changed, &ca).authority("other", &other);
        gateway.swap(snapshot);
        assert_eq!(get(&gateway).status, 502, "{protocol}");
        gateway.swap(everything_to(at, protocol, tls("web.test"), &ca));
        seen(&get(&gateway));
    }
}

#[test]
fn what_follows_the_protocol_of_an_upstream_follows_its_changes() {
    let ca = Authority::new();
    let (_server, at) = echo(&ca.sign(&["web.test"]), None);
    let gateway = Gateway::start(everything_to(at, "http/1.1", tls("web.test"), &ca));
    for protocol in ["http/1.1", "h2c", "http/1.1"] {
        gateway.swap(everything_to(at, protocol, tls("web.test"), &ca));
        let document = seen(&get(&gateway));
        let wanted = if protocol == "h2c" {
            "HTTP/2.0"
        } else {
            "HTTP/1.1"
        };
        assert_eq!(document["proto"], wanted);
    }
}

#[test]
fn key_material_that_is_missing_fails_its_upstream_and_no_other() {
    let ca = Authority::new();
    let (_server, at) = echo(&ca.sign(&["web.test"]), None);
    let backend = support::backend::Backend::named("clear");
    let snapshot = |authorities: &str| {
        let mut wanted = tls("web.test");
        wanted["authorities"] = json!([authorities]);
        Snapshot::default()
            .rule(Rule::prefix("/").to("web"))
            .rule(Rule::prefix("/clear").to("clear"))
            .tls("web", "http/1.1", &[at], wanted)
            .upstream("clear", &[backend.address])
            .authority("ca", &ca)
    };
    let gateway = Gateway::start(snapshot("ca"));
    seen(&get(&gateway));
    let problems = gateway.swap_in(snapshot("gone"));
    assert_eq!(
        problems,
        ["upstream web: gone is not among the key material"]
    );
    assert_eq!(get(&gateway).status, 500);
    assert_eq!(support::client::get(gateway.address, "/clear").status, 200);
    assert_eq!(gateway.lines(3)[1].reason, Some("invalid_backend"));
    gateway.swap(snapshot("ca"));
    seen(&get(&gateway));
}

#[test]
fn web_sockets_run_over_tls_on_both_sides() {
    let ca = Authority::new();
    let (_server, at) = echo(&ca.sign(&["web.test"]), None);
    let listener = json!({"certificates": ["front"], "client": null});
    let gateway = Gateway::start(
        Snapshot::default()
            .listener("https", 443, None, Some(listener))
            .pair("front", &ca.sign(&["a.example"]))
            .authority("ca", &ca)
            .rule(Rule::prefix("/").at("https").to("web"))
            .tls("web", "http/1.1", &[at], tls("web.test")),
    );
    let front = gateway.listen(443);
    let trusting = ca.client(None, &["http/1.1"]);
    let (mut client, _) = connect(front, &trusting, "a.example").unwrap();
    client.send(support::client::request(
        "GET /ws",
        "connection: upgrade\nupgrade: websocket\nsec-websocket-version: 13\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    ));
    assert_eq!(client.head().0, 101);
    // A text frame under a mask of zeros (RFC 6455 5.2); the answer has none.
    client.send(b"\x81\x85\0\0\0\0hello");
    assert_eq!(client.bytes(7), b"\x81\x05hello");
}

#[test]
fn large_bodies_pass_both_ways() {
    let ca = Authority::new();
    let (_server, at) = echo(&ca.sign(&["web.test"]), None);
    let gateway = Gateway::start(everything_to(at, "http/1.1", tls("web.test"), &ca));
    let mut client = Client::connect(gateway.address);
    let body = "x".repeat(3 << 20);
    let length = body.len();
    client.send(format!(
        "POST /x HTTP/1.1\r\nhost: a.example\r\ncontent-length: {length}\r\n\r\n{body}"
    ));
    assert_eq!(client.response().status, 200);
    assert_eq!(gateway.line().received, length as u64);
}
