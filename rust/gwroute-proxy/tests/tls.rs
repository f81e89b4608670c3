//! TLS at listeners: certificates by name, certificates of clients, changes, hostile clients.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io::{ErrorKind, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use serde_json::{Value, json};
use support::backend::Backend;
use support::client::{Client, Response, tcp};
use support::gateway::Gateway;
use support::snapshot::{Rule, Snapshot};
use support::tls::{Authority, connect, connect_h2};
use support::{PATIENCE, eventually, h2};

const HTTP1: &[&str] = &["http/1.1"];

/// What a listener needs; `client` is the mode of validation by authority `ca`.
fn tls(certificates: &[&str], client: Option<&str>) -> Option<Value> {
    let client = client.map(|mode| json!({"authorities": ["ca"], "mode": mode}));
    Some(json!({"certificates": certificates, "client": client}))
}

fn get(client: &mut Client, host: &str) -> Response {
    client.send(format!("GET / HTTP/1.1\r\nhost: {host}\r\n\r\n"));
    client.response()
}

fn without_sni(mut config: ClientConfig) -> ClientConfig {
    config.enable_sni = false;
    config
}

/// One listener for all hosts with one certificate, `a.example`.
fn single(backend: &Backend, ca: &Authority, client: Option<&str>) -> Snapshot {
    Snapshot::default()
        .listener("https", 443, None, tls(&["pair"], client))
        .pair("pair", &ca.sign(&["a.example"]))
        .authority("ca", ca)
        .rule(Rule::prefix("/").at("https").to("web"))
        .upstream("web", &[backend.address])
}

#[test]
fn the_most_specific_listener_shows_its_certificate_and_takes_the_request() {
    let (ca, backend) = (Authority::new(), Backend::named("web"));
    let names = ["a.web.test", "*.web.test", "any.test"];
    let pairs = names.map(|name| ca.sign(&[name]));
    let mut snapshot = Snapshot::default().upstream("web", &[backend.address]);
    for ((name, pair), host) in
        names
            .iter()
            .zip(&pairs)
            .zip([Some("a.web.test"), Some("*.web.test"), None])
    {
        snapshot = snapshot
            .listener(name, 443, host, tls(&[name], None))
            .pair(name, pair)
            .rule(Rule::prefix("/").at(name).to("web"));
    }
    let gateway = Gateway::start(snapshot);
    let at = gateway.listen(443);
    let trusting = ca.client(None, HTTP1);
    for (name, pair) in [
        ("a.web.test", &pairs[0]),
        ("A.Web.Test", &pairs[0]),
        ("b.web.test", &pairs[1]),
        ("any.test", &pairs[2]),
    ] {
        let (mut client, shown) = connect(at, &trusting, name).unwrap();
        assert_eq!(shown, pair.der(), "{name}");
        assert_eq!(get(&mut client, name).status, 200);
    }
    let (mut client, shown) = connect(at, &without_sni(trusting), "any.test").unwrap();
    assert_eq!(shown, pairs[2].der());
    assert_eq!(get(&mut client, "any.test").status, 200);
    let told: Vec<_> = gateway
        .lines(5)
        .into_iter()
        .map(|l| l.server_name)
        .collect();
    let told: Vec<_> = told.iter().map(Option::as_deref).collect();
    assert_eq!(told[2..], [Some("b.web.test"), Some("any.test"), None]);
    let seen = backend.requests();
    assert_eq!(seen[0].header("x-forwarded-proto"), Some("https"));
}

#[test]
fn a_name_that_nobody_serves_is_hung_up_on_without_an_alert() {
    let (ca, backend) = (Authority::new(), Backend::named("web"));
    let gateway = Gateway::start(
        Snapshot::default()
            .listener("https", 443, Some("a.example"), tls(&["pair"], None))
            .pair("pair", &ca.sign(&["a.example"]))
            .rule(Rule::prefix("/").at("https").to("web"))
            .upstream("web", &[backend.address]),
    );
    let at = gateway.listen(443);
    let trusting = ca.client(None, HTTP1);
    for (config, name) in [
        (trusting.clone(), "b.example"),
        (without_sni(trusting.clone()), "a.example"),
    ] {
        let error = connect(at, &config, name).err().unwrap();
        let kinds = [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset];
        assert!(kinds.contains(&error.kind()), "{error:?}");
    }
    assert!(connect(at, &trusting, "a.example").is_ok());
}

/// Gateway API, HTTPS listeners: a request belongs to the listener that took the connection.
#[test]
fn requests_for_another_listener_are_misdirected() {
    let (ca, backend) = (Authority::new(), Backend::named("web"));
    let hosts = [
        ("any", None),
        ("second", Some("second.test")),
        ("wild", Some("*.wild.test")),
        ("fourth", Some("fourth.wild.test")),
    ];
    let mut snapshot = Snapshot::default()
        .upstream("web", &[backend.address])
        .pair(
            "pair",
            &ca.sign(&["first.test", "second.test", "*.wild.test", "unknown.test"]),
        );
    for (name, host) in hosts {
        let route = Rule::prefix("/").at(name).to("web");
        snapshot = snapshot
            .listener(name, 443, host, tls(&["pair"], None))
            .rule(route.host(host.unwrap_or("first.test")));
    }
    let gateway = Gateway::start(snapshot);
    let at = gateway.listen(443);
    let trusting = ca.client(None, HTTP1);
    let cases: [(&str, &[(&str, u16)]); 5] = [
        (
            "first.test",
            &[
                ("first.test", 200),
                ("second.test", 421),
                ("unknown.test", 404),
            ],
        ),
        (
            "second.test",
            &[
                ("second.test", 200),
                ("first.test", 421),
                ("unknown.test", 421),
            ],
        ),
        (
            "third.wild.test",
            &[
                ("fifth.wild.test", 200),
                ("fourth.wild.test", 421),
                ("second.test", 421),
                ("unknown.test", 421),
            ],
        ),
        ("fourth.wild.test", &[("fifth.wild.test", 421)]),
        ("unknown.test", &[("first.test", 200)]),
    ];
    for (sni, asked) in cases {
        let (mut client, _) = connect(at, &trusting, sni).unwrap();
        for (host, status) in asked {
            let response = get(&mut client, host);
            assert_eq!(response.status, *status, "{host} over {sni}");
        }
    }
    let (mut client, _) = connect(at, &without_sni(trusting), "first.test").unwrap();
    assert_eq!(get(&mut client, "first.test").status, 200);
    assert_eq!(get(&mut client, "second.test").status, 421);
}

#[test]
fn the_protocol_is_negotiated() {
    let (ca, backend) = (Authority::new(), Backend::named("web"));
    let gateway = Gateway::start(single(&backend, &ca, None));
    let at = gateway.listen(443);
    h2::run(async move {
        let both = ca.client(None, &["h2", "http/1.1"]);
        let stream = connect_h2(at, &both, "a.example").await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let mut sender = h2::over(stream).await;
        let request = http::Request::get("https://a.example/x")
            .body(h2::Frames::of("", None))
            .unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.status(), 200);
        let one = connect_h2(at, &ca.client(None, HTTP1), "a.example").await;
        assert_eq!(one.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        let neither = connect_h2(at, &ca.client(None, &[]), "a.example").await;
        assert_eq!(neither.get_ref().1.alpn_protocol(), None);
    });
    let seen = backend.request();
    assert_eq!(seen.header("x-forwarded-proto"), Some("https"));
    assert_eq!(seen.header("host"), Some("a.example"));
}

/// Whether a client gets an answer; a refusal may only show once something is read.
fn is_let_in(at: std::net::SocketAddr, config: &ClientConfig) -> bool {
    let Ok((mut client, _)) = connect(at, config, "a.example") else {
        return false;
    };
    client.send("GET / HTTP/1.1\r\nhost: a.example\r\n\r\n");
    client.is_answered()
}

#[test]
fn certificates_of_clients_are_asked_for_port_by_port() {
    let (ca, other, backend) = (Authority::new(), Authority::new(), Backend::named("web"));
    let mut snapshot = Snapshot::default()
        .pair("pair", &ca.sign(&["a.example"]))
        .authority("ca", &ca)
        .upstream("web", &[backend.address]);
    let modes = [
        ("strict", 443, Some("AllowValidOnly")),
        ("lax", 8443, Some("AllowInsecureFallback")),
        ("free", 9443, None),
    ];
    for (name, port, mode) in modes {
        snapshot = snapshot
            .listener(name, port, None, tls(&["pair"], mode))
            .rule(Rule::prefix("/").at(name).to("web"));
    }
    let gateway = Gateway::start(snapshot);
    let (good, bad) = (ca.sign(&["client"]), other.sign(&["client"]));
    for (port, valid_only) in [(443, true), (8443, false), (9443, false)] {
        let at = gateway.listen(port);
        assert!(is_let_in(at, &ca.client(Some(&good), HTTP1)), "{port}");
        for shows in [None, Some(&bad)] {
            let config = ca.client(shows, HTTP1);
            assert_eq!(is_let_in(at, &config), !valid_only, "{port}");
        }
    }
}

#[test]
fn a_new_certificate_is_shown_to_new_connections_and_breaks_no_old_one() {
    let (ca, backend) = (Authority::new(), Backend::named("web"));
    let gateway = Gateway::start(single(&backend, &ca, None));
    let at = gateway.listen(443);
    let trusting = ca.client(None, HTTP1);
    let (mut old, before) = connect(at, &trusting, "a.example").unwrap();
    assert_eq!(get(&mut old, "a.example").status, 200);
    let renewed = ca.sign(&["a.example"]);
    gateway.swap(
        Snapshot::default()
            .listener("https", 443, None, tls(&["renewed"], None))
            .pair("renewed", &renewed)
            .rule(Rule::prefix("/").at("https").to("web"))
            .upstream("web", &[backend.address]),
    );
    let (mut new, after) = connect(at, &trusting, "a.example").unwrap();
    assert_ne!(before, after);
    assert_eq!(after, renewed.der());
    for client in [&mut old, &mut new] {
        assert_eq!(get(client, "a.example").status, 200);
    }
}

#[test]
fn no_request_and_no_handshake_is_lost_while_certificates_change() {
    let (ca, backend) = (Authority::new(), Backend::named("web"));
    let gateway = Gateway::start(single(&backend, &ca, None));
    let (at, trusting) = (gateway.listen(443), ca.client(None, HTTP1));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let (mut lasting, _) = connect(at, &trusting, "a.example").unwrap();
                while !over.load(Ordering::Relaxed) {
                    let (mut fresh, _) = connect(at, &trusting, "a.example").unwrap();
                    for client in [&mut lasting, &mut fresh] {
                        assert_eq!(get(client, "a.example").status, 200);
                    }
                }
            });
        }
        for change in 0..50 {
            let name = format!("pair-{change}");
            gateway.swap(
                Snapshot::default()
                    .listener("https", 443, None, tls(&[&name], None))
                    .pair(&name, &ca.sign(&["a.example"]))
                    .rule(Rule::prefix("/").at("https").to("web"))
                    .upstream("web", &[backend.address]),
            );
            let served = gateway.proxy.stats().requests;
            eventually("requests go on", || gateway.proxy.stats().requests > served);
        }
        over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_connection_made_before_certificates_were_asked_for_is_good_for_nothing() {
    let (ca, backend) = (Authority::new(), Backend::named("web"));
    let gateway = Gateway::start(single(&backend, &ca, None));
    let at = gateway.listen(443);
    let (mut old, _) = connect(at, &ca.client(None, HTTP1), "a.example").unwrap();
    assert_eq!(get(&mut old, "a.example").status, 200);
    gateway.swap(single(&backend, &ca, Some("AllowValidOnly")));
    assert_eq!(get(&mut old, "a.example").status, 421);
    assert_eq!(gateway.lines(2)[1].reason, Some("misdirected"));
    let shown = ca.sign(&["client"]);
    assert!(is_let_in(at, &ca.client(Some(&shown), HTTP1)));
    assert!(!is_let_in(at, &ca.client(None, HTTP1)));
}

#[test]
fn a_port_that_turns_to_tls_takes_no_more_requests_in_clear_text() {
    let (ca, backend) = (Authority::new(), Backend::named("web"));
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut clear = Client::connect(gateway.address);
    assert_eq!(get(&mut clear, "a.example").status, 200);
    gateway.swap(
        Snapshot::default()
            .listener("http", 80, None, tls(&["pair"], None))
            .pair("pair", &ca.sign(&["a.example"]))
            .rule(Rule::prefix("/").to("web"))
            .upstream("web", &[backend.address]),
    );
    assert_eq!(get(&mut clear, "a.example").status, 404);
    let trusting = ca.client(None, HTTP1);
    let (mut secure, _) = connect(gateway.address, &trusting, "a.example").unwrap();
    assert_eq!(get(&mut secure, "a.example").status, 200);
}

#[test]
fn key_material_that_is_missing_closes_its_listener_and_no_other() {
    let (ca, backend) = (Authority::new(), Backend::named("web"));
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let problems = gateway.swap_in(
        Snapshot::default()
            .listener("good", 443, None, tls(&["pair"], None))
            .listener("bad", 8443, None, tls(&["secret/a/gone#1"], None))
            .pair("pair", &ca.sign(&["a.example"]))
            .rule(Rule::prefix("/").at("good").to("web"))
            .rule(Rule::prefix("/").at("bad").to("web"))
            .upstream("web", &[backend.address]),
    );
    let told = "listener infra/public/bad: secret/a/gone#1 is not among the key material";
    assert_eq!(problems, [told]);
    let trusting = ca.client(None, HTTP1);
    let (good, bad) = (gateway.listen(443), gateway.listen(8443));
    assert!(is_let_in(good, &trusting));
    assert!(!is_let_in(bad, &trusting));
}

#[test]
fn clients_that_do_not_shake_hands_are_closed_in_time_and_others_are_served() {
    let (ca, backend) = (Authority::new(), Backend::named("web"));
    let config = json!({"timeouts": {"tls_handshake": 0.5}});
    let gateway = Gateway::with(config, single(&backend, &ca, None));
    let at = gateway.listen(443);
    let begun = Instant::now();
    // Nothing; the beginning of a record; the beginning of one that is never going to end.
    let slow = [&b""[..], &b"\x16\x03"[..], &b"\x16\x03\x01\xff\xff\x01"[..]];
    let mut slow = slow.map(|bytes| {
        let mut stream = tcp(at);
        stream.write_all(bytes).unwrap();
        stream
    });
    assert!(is_let_in(at, &ca.client(None, HTTP1)));
    for stream in &mut slow {
        let mut rest = Vec::new();
        // Whatever alert comes, or the reset that unread bytes cause.
        let _ = stream.read_to_end(&mut rest);
    }
    assert!(begun.elapsed() < PATIENCE);
    let over = || gateway.log.connections.lock().unwrap().1;
    eventually("all connections are over", || over() == 4);
}

#[test]
fn bytes_that_are_no_tls_are_answered_by_nothing_that_looks_like_http() {
    let (ca, backend) = (Authority::new(), Backend::named("web"));
    let gateway = Gateway::start(single(&backend, &ca, None));
    let at = gateway.listen(443);
    let noise: Vec<u8> = (0..4096).map(|n: u32| (n * 7919 % 251) as u8).collect();
    for bytes in [
        &b"GET / HTTP/1.1\r\nhost: a.example\r\n\r\n"[..],
        &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..],
        &noise[..],
    ] {
        let mut stream = tcp(at);
        // It may be closed before all is written.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    }
    assert!(is_let_in(at, &ca.client(None, HTTP1)));
    assert_eq!(backend.requests().len(), 1);
}

#[test]
fn a_handshake_under_way_does_not_hold_up_the_end() {
    let (ca, backend) = (Authority::new(), Backend::named("web"));
    let gateway = Gateway::start(single(&backend, &ca, None));
    let at = gateway.listen(443);
    let mut stream = tcp(at);
    stream.write_all(b"\x16\x03\x01").unwrap();
    eventually("it is accepted", || gateway.proxy.stats().connections == 1);
    let begun = Instant::now();
    assert!(gateway.proxy.stop(PATIENCE));
    assert!(begun.elapsed() < PATIENCE - Duration::from_secs(1));
}

#[test]
fn the_end_of_a_connection_is_announced() {
    let (ca, backend) = (Authority::new(), Backend::named("web"));
    let gateway = Gateway::start(single(&backend, &ca, None));
    let at = gateway.listen(443);
    let trusting = ca.client(None, HTTP1);
    let (mut client, _) = connect(at, &trusting, "a.example").unwrap();
    client.send("GET / HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n");
    assert_eq!(client.response().status, 200);
    // Without `close_notify` reading on would be an error: the response might have been cut.
    assert!(client.is_closed());
}
