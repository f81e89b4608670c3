//! HTTP/1.1 through the gateway: heads, bodies, own answers.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use serde_json::json;
use support::backend::Backend;
use support::client::Client;
use support::gateway::Gateway;
use support::snapshot::{Rule, Snapshot};

#[test]
fn a_request_reaches_the_backend_of_its_rule() {
    let (web, cart) = (Backend::named("web"), Backend::named("cart"));
    let gateway = Gateway::start(
        Snapshot::default()
            .rule(Rule::prefix("/").to("web"))
            .rule(Rule::prefix("/cart").to("cart"))
            .upstream("web", &[web.address])
            .upstream("cart", &[cart.address]),
    );
    let mut client = Client::connect(gateway.address);
    for (path, name) in [("/", "web"), ("/cart/7?x=1", "cart"), ("/carton", "web")] {
        let response = client.ask(&format!("GET {path}"), "");
        assert_eq!(
            (response.status, response.body.as_str()),
            (200, name),
            "{path}"
        );
    }
    assert_eq!(cart.request().line, "GET /cart/7?x=1 HTTP/1.1");
    assert_eq!(web.connections(), 1, "connections are used again");
    let line = &gateway.lines(3)[1];
    assert_eq!((line.status, line.reason, line.sent), (200, None, 4));
    assert_eq!(line.rule.as_deref(), Some("httproute/shop/web/rule/1"));
}

#[test]
fn a_body_reaches_the_backend() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send("POST /a HTTP/1.1\r\nhost: a.example\r\ncontent-length: 5\r\n\r\nhello");
    assert_eq!(client.response().body, "web");
    client.send("POST /b HTTP/1.1\r\nhost: a.example\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_eq!(client.response().body, "web");
    let requests = backend.requests();
    assert_eq!(
        (requests[0].body.as_str(), requests[1].body.as_str()),
        ("hello", "abcde")
    );
    assert_eq!(requests[0].header("content-length"), Some("5"));
    assert_eq!(gateway.lines(2)[0].received, 5);
}

#[test]
fn own_answers() {
    let gateway = Gateway::start(
        Snapshot::default()
            .rule(Rule::prefix("/none").to("none"))
            .rule(Rule::prefix("/invalid").without_backend())
            .rule(Rule::prefix("/down").to("down"))
            .rule(Rule::prefix("/moved").filter(json!({
                "type": "RequestRedirect", "scheme": "https", "hostname": null, "path": null,
                "port": null, "status": 301
            })))
            .upstream("none", &[])
            .upstream("down", &[Backend::nowhere()]),
    );
    let mut client = Client::connect(gateway.address);
    let unreachable = "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure";
    for (path, status, body, reason) in [
        ("/", 404, "", "no_route"),
        ("/invalid", 500, "", "invalid_backend"),
        ("/none", 503, "no healthy upstream", "no_endpoint"),
        ("/down", 503, unreachable, "connect_failed"),
        ("/moved/x?y=1", 301, "", "redirect"),
    ] {
        let response = client.ask(&format!("GET {path}"), "");
        assert_eq!(
            (response.status, response.body.as_str()),
            (status, body),
            "{path}"
        );
        let kind = (!body.is_empty()).then_some("text/plain");
        assert_eq!(response.header("content-type"), kind);
        assert_eq!(
            response.header("content-length"),
            Some(body.len().to_string().as_str())
        );
        let _ = reason;
    }
    let response = client.ask("GET /moved/x?y=1", "");
    assert_eq!(
        response.header("location"),
        Some("https://a.example/moved/x?y=1")
    );
    let reasons: Vec<_> = gateway
        .lines(6)
        .iter()
        .map(|line| line.reason.unwrap())
        .collect();
    assert_eq!(
        reasons[..5],
        [
            "no_route",
            "invalid_backend",
            "no_endpoint",
            "connect_failed",
            "redirect"
        ]
    );
}
