//! Sessions: a client stays at the endpoint that answered it first.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::HashSet;
use std::net::SocketAddr;

use serde_json::{Value, json};
use support::backend::Backend;
use support::client::{Client, Response};
use support::eventually;
use support::gateway::Gateway;
use support::snapshot::{Rule, Snapshot};
use support::tls::{Authority, connect};

fn session(kind: &str) -> Value {
    json!({"type": kind, "name": "stay", "path": "/shop", "permanent": false,
           "absolute_timeout_ms": null})
}

fn snapshot(session: &Value, endpoints: &[SocketAddr]) -> Snapshot {
    Snapshot::default()
        .rule(Rule::prefix("/").to("web").session(session.clone()))
        .rule(Rule::prefix("/other").to("web").session(session.clone()))
        .upstream("web", endpoints)
}

fn cookie(response: &Response) -> Option<String> {
    let line = response.header("set-cookie")?;
    Some(line.split(';').next().unwrap().to_owned())
}

fn three() -> [Backend; 3] {
    [
        Backend::named("a"),
        Backend::named("b"),
        Backend::named("c"),
    ]
}

fn addresses(backends: &[Backend]) -> Vec<SocketAddr> {
    backends.iter().map(|backend| backend.address).collect()
}

#[test]
fn a_cookie_keeps_a_client_at_its_endpoint() {
    let backends = three();
    let gateway = Gateway::start(snapshot(&session("Cookie"), &addresses(&backends)));
    let mut client = Client::connect(gateway.address);
    let mut seen = HashSet::new();
    for _ in 0..20 {
        let first = client.ask("GET /", "");
        let line = first.header("set-cookie").unwrap();
        assert!(
            line.ends_with("; Path=/shop; HttpOnly; SameSite=Strict"),
            "{line}"
        );
        let bound = cookie(&first).unwrap();
        for _ in 0..5 {
            let again = client.ask("GET /", &format!("cookie: x=1; {bound}; y=2"));
            assert_eq!(
                (again.body.as_str(), cookie(&again)),
                (first.body.as_str(), None)
            );
        }
        seen.insert(first.body);
    }
    assert!(seen.len() > 1, "new clients are spread");
}

#[test]
fn a_header_does_too() {
    let backends = three();
    let gateway = Gateway::start(snapshot(&session("Header"), &addresses(&backends)));
    let mut client = Client::connect(gateway.address);
    let first = client.ask("GET /", "");
    let bound = first.header("stay").unwrap().to_owned();
    for _ in 0..10 {
        let again = client.ask("GET /", &format!("stay: {bound}"));
        assert_eq!(
            (again.body.as_str(), again.header("stay")),
            (first.body.as_str(), None)
        );
    }
}

#[test]
fn a_token_is_good_for_its_rule_and_only_as_it_was_given() {
    let backends = three();
    let gateway = Gateway::start(snapshot(&session("Cookie"), &addresses(&backends)));
    let mut client = Client::connect(gateway.address);
    let bound = cookie(&client.ask("GET /", "")).unwrap();
    let elsewhere = client.ask("GET /other", &format!("cookie: {bound}"));
    assert!(
        cookie(&elsewhere).is_some(),
        "another rule begins a session of its own"
    );
    let mut forged = bound.clone().into_bytes();
    let middle = forged.len() / 2;
    forged[middle] = if forged[middle] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    for token in [
        forged.as_str(),
        "stay=",
        "stay=AAAA",
        "stay=%%%",
        &bound[..20],
    ] {
        let answer = client.ask("GET /", &format!("cookie: {token}"));
        assert_eq!(answer.status, 200);
        assert!(cookie(&answer).is_some(), "{token} begins a new session");
    }
    let long = format!("cookie: stay={}", "A".repeat(20_000));
    assert!(cookie(&client.ask("GET /", &long)).is_some());
}

#[test]
fn whoever_is_bound_to_what_is_gone_is_bound_anew() {
    let backends = three();
    let all = addresses(&backends);
    let gateway = Gateway::start(snapshot(&session("Cookie"), &all[..1]));
    let mut client = Client::connect(gateway.address);
    let bound = cookie(&client.ask("GET /", "")).unwrap();
    gateway.swap(snapshot(&session("Cookie"), &all));
    let still = client.ask("GET /", &format!("cookie: {bound}"));
    assert_eq!((still.body.as_str(), cookie(&still)), ("a", None));
    gateway.swap(snapshot(&session("Cookie"), &all[1..]));
    eventually("the endpoint is gone", || {
        let moved = client.ask("GET /", &format!("cookie: {bound}"));
        moved.body != "a" && cookie(&moved).is_some()
    });
}

#[test]
fn a_session_beats_weights() {
    let backends = three();
    let rule = |one, other| {
        Rule::prefix("/")
            .weighted("one", one)
            .weighted("other", other)
            .session(session("Cookie"))
    };
    let with = |one, other| {
        Snapshot::default()
            .rule(rule(one, other))
            .upstream("one", &[backends[0].address])
            .upstream("other", &[backends[1].address])
    };
    let gateway = Gateway::start(with(1, 0));
    let mut client = Client::connect(gateway.address);
    let bound = cookie(&client.ask("GET /", "")).unwrap();
    gateway.swap(with(0, 1));
    eventually("new clients go elsewhere", || {
        client.ask("GET /", "").body == "b"
    });
    assert_eq!(client.ask("GET /", &format!("cookie: {bound}")).body, "a");
}

#[test]
fn a_permanent_cookie_ends_and_an_old_token_is_void() {
    let backends = three();
    let lasts = |milliseconds: u64| {
        json!({"type": "Cookie", "name": "stay", "path": "/", "permanent": true,
               "absolute_timeout_ms": milliseconds})
    };
    let gateway = Gateway::start(snapshot(&lasts(60_000), &addresses(&backends)));
    let mut client = Client::connect(gateway.address);
    let first = client.ask("GET /", "");
    assert!(
        first
            .header("set-cookie")
            .unwrap()
            .ends_with("; Max-Age=60")
    );
    let bound = cookie(&first).unwrap();
    gateway.swap(snapshot(&lasts(0), &addresses(&backends)));
    eventually("the token is void", || {
        cookie(&client.ask("GET /", &format!("cookie: {bound}"))).is_some()
    });
}

#[test]
fn a_session_begins_where_the_request_was_answered_at_last() {
    let alive = Backend::named("alive");
    let snapshot = Snapshot::default()
        .rule(
            Rule::prefix("/")
                .to("web")
                .session(session("Cookie"))
                .retry(20, &[]),
        )
        .upstream("web", &[Backend::nowhere(), alive.address]);
    let gateway = Gateway::start(snapshot);
    let mut client = Client::connect(gateway.address);
    for _ in 0..10 {
        let first = client.ask("GET /", "");
        assert_eq!(first.body, "alive");
        let again = client.ask("GET /", &format!("cookie: {}", cookie(&first).unwrap()));
        assert_eq!((again.body.as_str(), cookie(&again)), ("alive", None));
    }
}

#[test]
fn nobody_is_bound_to_what_does_not_answer() {
    let gateway = Gateway::start(snapshot(&session("Cookie"), &[Backend::nowhere()]));
    let answer = Client::connect(gateway.address).ask("GET /", "");
    assert_eq!((answer.status, cookie(&answer)), (503, None));
}

#[test]
fn a_cookie_that_was_asked_for_over_tls_goes_back_over_tls_alone() {
    let (ca, backend) = (Authority::new(), Backend::named("web"));
    let tls = json!({"certificates": ["pair"], "client": null});
    let gateway = Gateway::start(
        Snapshot::default()
            .listener("https", 443, None, Some(tls))
            .pair("pair", &ca.sign(&["a.example"]))
            .rule(
                Rule::prefix("/")
                    .at("https")
                    .to("web")
                    .session(session("Cookie")),
            )
            .upstream("web", &[backend.address]),
    );
    let trusting = ca.client(None, &["http/1.1"]);
    let (mut client, _) = connect(gateway.listen(443), &trusting, "a.example").unwrap();
    let first = client.ask("GET /", "");
    assert!(
        first
            .header("set-cookie")
            .unwrap()
            .ends_with("; SameSite=Strict; Secure")
    );
}
