//! Cross-origin resource sharing: preflights, and what pages of other origins may read.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use serde_json::{Value, json};
use support::backend::Backend;
use support::client::Client;
use support::gateway::Gateway;
use support::snapshot::{Rule, Snapshot};

fn cors() -> Value {
    json!({"type": "CORS", "allow_origins": ["https://*.a.example"], "allow_credentials": true,
           "allow_methods": ["GET", "PUT"], "allow_headers": ["x-a"], "expose_headers": ["x-b"],
           "max_age": 60})
}

fn edits() -> Value {
    json!({"type": "ResponseHeaderModifier",
           "set": [["access-control-allow-origin", "*"], ["x-edited", "yes"]],
           "add": [], "remove": []})
}

fn gateway(backend: &Backend) -> Gateway {
    Gateway::start(
        Snapshot::default()
            .rule(Rule::prefix("/").filter(cors()).to("web"))
            .rule(Rule::prefix("/none").filter(cors()).to("none"))
            .rule(Rule::prefix("/open").to("web"))
            .rule(
                Rule::prefix("/edited")
                    .filter(edits())
                    .filter(cors())
                    .to("web"),
            )
            .upstream("web", &[backend.address])
            .upstream("none", &[]),
    )
}

const PREFLIGHT: &str = "access-control-request-method: PUT\norigin: ";

#[test]
fn a_preflight_is_answered_here() {
    let backend = Backend::named("web");
    let gateway = gateway(&backend);
    let mut client = Client::connect(gateway.address);
    let allowed = client.ask("OPTIONS /x", &format!("{PREFLIGHT}https://www.a.example"));
    assert_eq!(allowed.status, 204);
    for (name, value) in [
        ("access-control-allow-origin", "https://www.a.example"),
        ("access-control-allow-methods", "GET, PUT"),
        ("access-control-allow-credentials", "true"),
        ("access-control-max-age", "60"),
        ("vary", "origin"),
    ] {
        assert_eq!(allowed.header(name), Some(value), "{name}");
    }
    let refused = client.ask("OPTIONS /x", &format!("{PREFLIGHT}https://b.example"));
    assert_eq!(refused.status, 204);
    let told = refused.headers.iter().map(|(name, _)| name.as_str());
    assert_eq!(
        told.filter(|name| name.starts_with("access-control"))
            .count(),
        0
    );
    assert_eq!(backend.connections(), 0);
    let line = &gateway.lines(2)[0];
    assert_eq!((line.status, line.reason), (204, Some("cors_preflight")));
    assert_eq!(line.rule.as_deref(), Some("httproute/shop/web/rule/0"));
}

#[test]
fn other_filters_do_not_say_what_a_preflight_is_told() {
    let backend = Backend::named("web");
    let gateway = gateway(&backend);
    let mut client = Client::connect(gateway.address);
    for (origin, told) in [
        ("https://www.a.example", Some("https://www.a.example")),
        ("https://b.example", None),
    ] {
        let answer = client.ask("OPTIONS /edited", &format!("{PREFLIGHT}{origin}"));
        assert_eq!(answer.status, 204);
        assert_eq!(answer.header("access-control-allow-origin"), told);
        assert_eq!(answer.header("x-edited"), Some("yes"));
    }
}

#[test]
fn options_that_is_no_preflight_reaches_the_backend() {
    let backend = Backend::named("web");
    let gateway = gateway(&backend);
    let mut client = Client::connect(gateway.address);
    for headers in [
        "",
        "origin: https://www.a.example",
        "access-control-request-method: PUT",
    ] {
        assert_eq!(client.ask("OPTIONS /x", headers).body, "web");
    }
    let open = client.ask(
        "OPTIONS /open",
        &format!("{PREFLIGHT}https://www.a.example"),
    );
    assert_eq!((open.body.as_str(), open.header("vary")), ("web", None));
}

#[test]
fn responses_say_what_the_rule_allows_and_not_what_the_backend_does() {
    let backend = Backend::answering(|_| {
        "HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\ncontent-length: 0\r\n\r\n".to_owned()
    });
    let gateway = gateway(&backend);
    let mut client = Client::connect(gateway.address);
    let allowed = client.ask("GET /x", "origin: https://www.a.example");
    for (name, value) in [
        ("access-control-allow-origin", "https://www.a.example"),
        ("access-control-expose-headers", "x-b"),
        ("access-control-allow-credentials", "true"),
    ] {
        assert_eq!(allowed.header(name), Some(value), "{name}");
    }
    let refused = client.ask("GET /x", "origin: https://b.example");
    assert_eq!(refused.header("access-control-allow-credentials"), None);
    let plain = client.ask("GET /x", "");
    assert_eq!((plain.status, plain.header("vary")), (200, None));
}

#[test]
fn own_answers_can_be_read_by_the_page_too() {
    let backend = Backend::named("web");
    let gateway = gateway(&backend);
    let mut client = Client::connect(gateway.address);
    let none = client.ask("GET /none", "origin: https://www.a.example");
    assert_eq!(none.status, 503);
    assert_eq!(
        none.header("access-control-allow-origin"),
        Some("https://www.a.example")
    );
}
