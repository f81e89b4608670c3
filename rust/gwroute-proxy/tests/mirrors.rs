//! Copies of requests for other backends.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use gwroute_proxy::{ErrorKind, MirrorOutcome};
use serde_json::{Value, json};
use support::backend::{Backend, Request, ok};
use support::client::{Client, get, request};
use support::gateway::Gateway;
use support::snapshot::{Rule, Snapshot};
use support::{eventually, h2};

use MirrorOutcome::{Answered, Dropped, Failed};

fn mirror(upstream: &str) -> Value {
    part(upstream, 1, 1)
}

fn part(upstream: &str, numerator: u32, denominator: u32) -> Value {
    json!({
        "type": "RequestMirror", "backend": upstream, "upstream": upstream,
        "numerator": numerator, "denominator": denominator
    })
}

fn rule() -> Rule {
    Rule::prefix("/").to("shop/web:80")
}

fn snapshot(rule: Rule, web: &Backend, mirrors: &[(&str, SocketAddr)]) -> Snapshot {
    let snapshot = Snapshot::default().rule(rule);
    let snapshot = snapshot.upstream("shop/web:80", &[web.address]);
    mirrors.iter().fold(snapshot, |snapshot, (key, address)| {
        snapshot.upstream(key, &[*address])
    })
}

/// What became of copies, once there are that many.
fn outcomes(gateway: &Gateway, count: usize) -> Vec<MirrorOutcome> {
    let read = || gateway.log.mirrored.lock().unwrap().clone();
    eventually("copies are over", || read().len() >= count);
    read().into_iter().map(|(_, outcome)| outcome).collect()
}

/// Keeps its connections open and says nothing.
fn mute() -> Backend {
    Backend::scripted(|connection| while !connection.is_closed() {})
}

/// Reads nothing.
fn deaf() -> Backend {
    Backend::scripted(|connection| {
        let reader = &connection.reader;
        let mut byte = [0];
        while matches!(reader.get_ref().peek(&mut byte), Ok(1..)) {
            std::thread::yield_now();
        }
    })
}

fn post(path: &str, body: &str) -> String {
    let headers = format!("content-length: {}", body.len());
    request(&format!("POST {path}"), &headers) + body
}

#[test]
fn a_copy_has_what_the_client_sent() {
    let (web, shadow) = (Backend::named("web"), Backend::named("shadow"));
    let rewrite = json!({"type": "URLRewrite", "hostname": "b.example",
        "path": {"type": "ReplaceFullPath", "value": "/other"}});
    let rule = rule().filter(rewrite).filter(mirror("shadow:80"));
    let gateway = Gateway::start(snapshot(rule, &web, &[("shadow:80", shadow.address)]));
    let mut client = Client::connect(gateway.address);
    client.send(post("/a?b=c", "hello"));
    assert_eq!(client.response().body, "web");
    assert_eq!(outcomes(&gateway, 1), [Answered]);
    let (original, copy) = (web.request(), shadow.request());
    assert_eq!(original.line, "POST /other?b=c HTTP/1.1");
    assert_eq!(copy.line, "POST /a?b=c HTTP/1.1");
    assert_eq!(original.header("host"), Some("b.example"));
    assert_eq!(copy.header("host"), Some("a.example"));
    assert_eq!(
        (original.body.as_str(), copy.body.as_str()),
        ("hello", "hello")
    );
    for name in ["content-length", "x-request-id", "x-forwarded-for"] {
        assert_eq!(copy.header(name), original.header(name), "{name}");
        assert!(copy.header(name).is_some(), "{name}");
    }
}

#[test]
fn a_chunked_body_is_copied_with_its_trailers() {
    let (web, shadow) = (Backend::named("web"), Backend::named("shadow"));
    let rule = rule().filter(mirror("shadow:80"));
    let gateway = Gateway::start(snapshot(rule, &web, &[("shadow:80", shadow.address)]));
    let mut client = Client::connect(gateway.address);
    client.send(request(
        "PUT /",
        "transfer-encoding: chunked\ntrailer: x-sum",
    ));
    for piece in [
        "5\r\nhello\r\n",
        "6\r\n world\r\n",
        "0\r\nx-sum: 11\r\n\r\n",
    ] {
        client.send(piece);
    }
    assert_eq!(client.response().body, "web");
    assert_eq!(outcomes(&gateway, 1), [Answered]);
    let copy = shadow.request();
    assert_eq!(copy.body, "hello world");
    assert_eq!(copy.trailers, [("x-sum".to_owned(), "11".to_owned())]);
}

#[test]
fn what_a_mirror_answers_is_thrown_away_and_its_connection_used_again() {
    let web = Backend::named("web");
    let shadow = Backend::answering(|_| {
        let body = "x".repeat(1 << 20);
        let head = format!(
            "HTTP/1.1 500 Sorry\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        head + &body
    });
    let rule = rule().filter(mirror("shadow:80"));
    let gateway = Gateway::start(snapshot(rule, &web, &[("shadow:80", shadow.address)]));
    let mut client = Client::connect(gateway.address);
    for count in 1..=3 {
        let response = client.ask("GET /", "");
        assert_eq!((response.status, response.body.as_str()), (200, "web"));
        assert_eq!(outcomes(&gateway, count).len(), count);
    }
    assert_eq!(outcomes(&gateway, 3), [Answered; 3]);
    assert_eq!(shadow.connections(), 1);
}

#[test]
fn mirrors_that_fail_or_hang_are_nobodys_business() {
    let web = Backend::named("web");
    let silent = mute();
    let rule = rule()
        .filter(mirror("nowhere:80"))
        .filter(mirror("mute:80"));
    let mirrors = [
        ("nowhere:80", Backend::nowhere()),
        ("mute:80", silent.address),
    ];
    let timeouts = json!({"timeouts": {"request": 0.3}});
    let gateway = Gateway::with(timeouts, snapshot(rule, &web, &mirrors));
    assert_eq!(get(gateway.address, "/").body, "web");
    let outcomes = outcomes(&gateway, 2);
    assert!(
        outcomes.contains(&Failed(ErrorKind::Connect)),
        "{outcomes:?}"
    );
    assert!(
        outcomes.contains(&Failed(ErrorKind::TimeoutRequest)),
        "{outcomes:?}"
    );
    let line = gateway.line();
    assert_eq!((line.status, line.reason, line.tries), (200, None, Some(1)));
}

#[test]
fn a_mirror_without_endpoints_gets_no_copy() {
    let web = Backend::named("web");
    let rule = rule().filter(mirror("empty:80"));
    let gateway = Gateway::start(snapshot(rule, &web, &[]).upstream("empty:80", &[]));
    assert_eq!(get(gateway.address, "/").body, "web");
}

#[test]
fn a_copy_that_stays_behind_is_given_up() {
    let web = Backend::answering(|request: &Request| ok(&request.body.len().to_string()));
    let shadow = deaf();
    let rule = rule().filter(mirror("shadow:80"));
    let gateway = Gateway::start(snapshot(rule, &web, &[("shadow:80", shadow.address)]));
    let body = "x".repeat(32 << 20);
    let mut client = Client::connect(gateway.address);
    client.send(post("/", &body));
    assert_eq!(client.response().body, body.len().to_string());
    assert_eq!(outcomes(&gateway, 1), [Dropped]);
}

#[test]
fn a_copy_of_a_request_that_breaks_off_is_given_up() {
    let (web, shadow) = (Backend::named("web"), Backend::named("shadow"));
    let rule = rule().filter(mirror("shadow:80"));
    let gateway = Gateway::start(snapshot(rule, &web, &[("shadow:80", shadow.address)]));
    let mut client = Client::connect(gateway.address);
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf");
    eventually("the copy is on its way", || shadow.connections() == 1);
    drop(client);
    assert_eq!(outcomes(&gateway, 1), [Dropped]);
    assert!(shadow.requests().is_empty(), "none was whole");
}

#[test]
fn each_mirror_gets_its_part() {
    let web = Backend::named("web");
    let [all, half, none] = ["all", "half", "none"].map(Backend::named);
    let rule = rule()
        .filter(mirror("all:80"))
        .filter(part("half:80", 1, 2))
        .filter(part("none:80", 0, 100));
    let mirrors = [
        ("all:80", all.address),
        ("half:80", half.address),
        ("none:80", none.address),
    ];
    let gateway = Gateway::start(snapshot(rule, &web, &mirrors));
    let mut client = Client::connect(gateway.address);
    for _ in 0..400 {
        assert_eq!(client.ask("GET /", "").body, "web");
    }
    eventually("all copies have come", || all.requests().len() == 400);
    // Six standard deviations to each side.
    eventually("its part has come", || half.requests().len() >= 140);
    assert!(half.requests().len() <= 260);
    assert!(none.requests().is_empty());
}

#[test]
fn copies_that_are_too_many_are_not_sent() {
    let web = Backend::named("web");
    let shadow = mute();
    let rule = rule().filter(mirror("shadow:80"));
    let snapshot = snapshot(rule, &web, &[("shadow:80", shadow.address)]);
    let gateway = Gateway::with(json!({"limits": {"mirrors": 2}}), snapshot);
    let mut client = Client::connect(gateway.address);
    for _ in 0..5 {
        assert_eq!(client.ask("GET /", "").body, "web");
    }
    assert_eq!(outcomes(&gateway, 3), [Dropped; 3]);
    eventually("two are on their way", || shadow.connections() == 2);
}

#[test]
fn a_request_that_is_sent_again_is_copied_once() {
    let turn = AtomicUsize::new(0);
    let web = Backend::answering(move |request: &Request| {
        if turn.fetch_add(1, Ordering::SeqCst) == 0 {
            return "HTTP/1.1 503 Later\r\ncontent-length: 0\r\n\r\n".to_owned();
        }
        ok(&request.body)
    });
    let shadow = Backend::named("shadow");
    let rule = rule().filter(mirror("shadow:80")).retry(1, &[503]);
    let gateway = Gateway::start(snapshot(rule, &web, &[("shadow:80", shadow.address)]));
    let mut client = Client::connect(gateway.address);
    client.send(post("/", "hello"));
    assert_eq!(client.response().body, "hello");
    assert_eq!(outcomes(&gateway, 1), [Answered]);
    assert_eq!(shadow.request().body, "hello");
    assert_eq!(web.requests().len(), 2);
}

#[test]
fn http2_is_copied_as_the_mirror_speaks() {
    h2::run(async {
        let (web, plain) = (Backend::named("web"), Backend::named("plain"));
        let shadow = h2::Backend::named("shadow").await;
        let rule = rule()
            .filter(mirror("shadow:80"))
            .filter(mirror("plain:80"));
        let snapshot = snapshot(rule, &web, &[("plain:80", plain.address)]);
        let gateway = Gateway::start(snapshot.h2c("shadow:80", &[shadow.address]));
        let mut sender = h2::connect(gateway.address).await;
        let request = http::Request::post("http://a.example/x?y")
            .body(h2::Frames::of("hello", None))
            .unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(h2::read(response).await.1, "web");
        assert_eq!(outcomes(&gateway, 2), [Answered; 2]);
        let (parts, body) = shadow.requests().remove(0);
        assert_eq!(parts.uri, "http://a.example/x?y");
        assert_eq!(body, "hello");
        let plain = plain.request();
        assert_eq!((plain.path(), plain.body.as_str()), ("/x?y", "hello"));
    });
}

#[test]
fn a_websocket_is_not_copied() {
    let (web, shadow) = (Backend::named("web"), Backend::named("shadow"));
    let rule = rule().filter(mirror("shadow:80"));
    let gateway = Gateway::start(snapshot(rule, &web, &[("shadow:80", shadow.address)]));
    let upgrade = "connection: upgrade\nupgrade: websocket\nsec-websocket-version: 13\n\
        sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
    let mut client = Client::connect(gateway.address);
    assert_eq!(client.ask("GET /socket", upgrade).body, "web");
    assert_eq!(client.ask("GET /plain", "").body, "web");
    assert_eq!(outcomes(&gateway, 1), [Answered]);
    assert_eq!(shadow.request().path(), "/plain");
}
