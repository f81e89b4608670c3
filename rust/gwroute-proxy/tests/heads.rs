//! What the backend sees of a request's head, and the client of a response's.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use serde_json::json;
use support::backend::{Backend, Request};
use support::client::{Client, Response, request};
use support::gateway::Gateway;
use support::snapshot::{Rule, Snapshot};

/// The request as the backend gets it, with those headers.
fn received(headers: &str) -> Request {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let response = Client::connect(gateway.address).ask("GET /", headers);
    assert_eq!(response.status, 200);
    backend.request()
}

/// The response as the client gets it, of a backend that answers with those headers.
fn answered(headers: &str) -> Response {
    let answer = format!(
        "HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n",
        lines(headers)
    );
    let backend = Backend::answering(move |_| answer.clone());
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    Client::connect(gateway.address).ask("GET /", "")
}

fn lines(headers: &str) -> String {
    headers.lines().map(|line| format!("{line}\r\n")).collect()
}

#[test]
fn a_plain_request_gains_what_the_backend_wants_to_know() {
    let request = received("");
    let names: Vec<&str> = request
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let expected = [
        "host",
        "x-forwarded-for",
        "x-envoy-external-address",
        "x-forwarded-proto",
        "x-request-id",
    ];
    assert_eq!(names, expected);
    assert_eq!(request.header("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(
        request.header("x-envoy-external-address"),
        Some("127.0.0.1")
    );
    assert_eq!(request.header("x-forwarded-proto"), Some("http"));
    let id = request.header("x-request-id").unwrap();
    assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'));
}

#[test]
fn what_a_client_claims_about_itself_is_replaced() {
    let request = received(
        "X-Forwarded-For: 192.0.2.1, 192.0.2.2\nx-forwarded-for: 192.0.2.3\n\
         x-forwarded-proto: https\nx-envoy-external-address: 192.0.2.4\n\
         x-request-id: mine\nx-envoy-expected-rq-timeout-ms: 1\nx-envoy-internal: true\n\
         x-envoy-original-path: /x\nx-forwarded-client-cert: c",
    );
    let address = "192.0.2.1, 192.0.2.2,192.0.2.3,127.0.0.1";
    assert_eq!(request.header("x-forwarded-for"), Some(address));
    assert_eq!(request.header("x-forwarded-proto"), Some("http"));
    assert_eq!(
        request.header("x-envoy-external-address"),
        Some("127.0.0.1")
    );
    assert_eq!(request.header("x-request-id").unwrap().len(), 36);
    for name in [
        "x-envoy-expected-rq-timeout-ms",
        "x-envoy-internal",
        "x-envoy-original-path",
        "x-forwarded-client-cert",
    ] {
        assert_eq!(request.header(name), None, "{name}");
    }
}

#[test]
fn what_is_the_clients_own_passes() {
    let request = received(
        "User-Agent: curl/8\nVia: 1.0 x\nX-Forwarded-Host: b\nX-Forwarded-Port: 1\nForwarded: for=c\n\
         Accept: a\nAccept: b\nX-Many: 1\nX-Other: x\nX-Many: 2\nAuthorization: Basic eA==\nCookie: a=1",
    );
    for (name, value) in [
        ("user-agent", "curl/8"),
        ("via", "1.0 x"),
        ("x-forwarded-host", "b"),
        ("x-forwarded-port", "1"),
        ("forwarded", "for=c"),
        ("authorization", "Basic eA=="),
        ("cookie", "a=1"),
    ] {
        assert_eq!(request.header(name), Some(value));
    }
    assert_eq!(request.all("accept"), ["a", "b"]);
    assert_eq!(request.all("x-many"), ["1", "2"]);
}

#[test]
fn what_belongs_to_the_clients_connection_ends_here() {
    let request = received(
        "Connection: keep-alive, X-Hop,close-not,te\nConnection: x-forwarded-for\nKeep-Alive: 5\n\
         Proxy-Connection: keep-alive\nUpgrade: websocket\nTE: gzip, trailers\nX-Hop: 1\nX-Stays: 1\n\
         HTTP2-Settings: AAMAAABkAAQAAP__",
    );
    for name in [
        "connection",
        "keep-alive",
        "proxy-connection",
        "upgrade",
        "x-hop",
        "http2-settings",
        "transfer-encoding",
    ] {
        assert_eq!(request.header(name), None, "{name}");
    }
    assert_eq!(request.header("te"), Some("trailers"));
    assert_eq!(request.header("x-stays"), Some("1"));
    assert_eq!(request.header("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(received("te: deflate").header("te"), None);
}

#[test]
fn the_host_stays_as_it_was_sent() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(
        Snapshot::default()
            .rule(Rule::prefix("/").host("www.example.com").to("web"))
            .upstream("web", &[backend.address]),
    );
    let mut client = Client::connect(gateway.address);
    for host in ["www.example.com:30364", "WWW.EXAMPLE.COM"] {
        client.send(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(client.response().status, 200);
    }
    let requests = backend.requests();
    let hosts: Vec<_> = requests
        .iter()
        .map(|request| request.header("host"))
        .collect();
    assert_eq!(
        hosts,
        [Some("www.example.com:30364"), Some("WWW.EXAMPLE.COM")]
    );
}

#[test]
fn edits_of_a_route_come_last() {
    let backend = Backend::answering(|_| {
        "HTTP/1.1 200 OK\r\nx-set: old\r\nx-gone: 1\r\ncontent-length: 0\r\n\r\n".to_owned()
    });
    let edits = |kind: &str| {
        json!({"type": kind, "set": [["x-set", "new"]], "add": [["x-add", "2"]],
               "remove": ["x-gone", "x-request-id"]})
    };
    let rule = Rule::prefix("/")
        .filter(edits("RequestHeaderModifier"))
        .filter(edits("ResponseHeaderModifier"));
    let snapshot = Snapshot::default().rule(rule.to("web"));
    let gateway = Gateway::start(snapshot.upstream("web", &[backend.address]));
    let mut client = Client::connect(gateway.address);
    let response = client.ask("GET /", "x-set: old\nx-add: 1\nx-gone: 1");
    assert_eq!(
        (response.header("x-set"), response.header("x-gone")),
        (Some("new"), None)
    );
    assert_eq!(response.header("x-add"), Some("2"));
    let request = backend.request();
    assert_eq!(request.all("x-add"), ["1", "2"]);
    assert_eq!(
        (request.header("x-set"), request.header("x-gone")),
        (Some("new"), None)
    );
    assert_eq!(request.header("x-request-id"), None);
}

#[test]
fn own_answers_of_a_rule_get_its_edits() {
    let edits =
        json!({"type": "ResponseHeaderModifier", "set": [["x-set", "1"]], "add": [], "remove": []});
    let gateway = Gateway::start(
        Snapshot::default()
            .rule(Rule::prefix("/none").filter(edits.clone()).to("none"))
            .rule(Rule::prefix("/down").filter(edits).to("down"))
            .upstream("none", &[])
            .upstream("down", &[Backend::nowhere()]),
    );
    let mut client = Client::connect(gateway.address);
    for path in ["/none", "/down"] {
        let response = client.ask(&format!("GET {path}"), "");
        assert_eq!(
            (response.status, response.header("x-set")),
            (503, Some("1"))
        );
    }
}

#[test]
fn a_rewritten_request_says_which_host_was_asked_for() {
    let backend = Backend::named("web");
    let rewrite = json!({"type": "URLRewrite", "hostname": "inner.example",
                         "path": {"type": "ReplacePrefixMatch", "value": "/b"}});
    let rule = Rule::prefix("/a").filter(rewrite).to("web");
    let gateway = Gateway::start(
        Snapshot::default()
            .rule(rule)
            .upstream("web", &[backend.address]),
    );
    Client::connect(gateway.address).ask("GET /a/x?y=%41", "");
    let request = backend.request();
    assert_eq!(request.path(), "/b/x?y=%41");
    assert_eq!(request.header("host"), Some("inner.example"));
    assert_eq!(request.header("x-forwarded-host"), Some("a.example"));
    assert_eq!(gateway.line().path.as_deref(), Some("/a/x?y=%41"));
}

#[test]
fn a_response_loses_what_belongs_to_the_backends_connection() {
    let response = answered(
        "Connection: keep-alive, X-Hop\nKeep-Alive: timeout=5\nProxy-Connection: keep-alive\nX-Hop: 1\n\
         Upgrade: h2c\nServer: backend\nX-Request-Id: b\nX-Envoy-Upstream-Service-Time: 3\n\
         Set-Cookie: a=1\nSet-Cookie: b=2\nDate: Mon, 01 Jan 2001 00:00:00 GMT",
    );
    for name in [
        "connection",
        "keep-alive",
        "proxy-connection",
        "x-hop",
        "upgrade",
    ] {
        assert_eq!(response.header(name), None, "{name}");
    }
    assert_eq!(response.header("server"), Some("backend"));
    assert_eq!(response.header("x-request-id"), Some("b"));
    assert_eq!(
        response.header("date"),
        Some("Mon, 01 Jan 2001 00:00:00 GMT")
    );
    assert_eq!(response.all("set-cookie"), ["a=1", "b=2"]);
}

#[test]
fn a_response_gains_a_date_and_nothing_else() {
    let response = answered("");
    let mut names: Vec<&str> = response
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["content-length", "date"]);
}

#[test]
fn each_request_has_an_id_of_its_own() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send([request("GET /", ""), request("GET /", "")].concat());
    client.response();
    client.response();
    let requests = backend.requests();
    let ids: Vec<_> = requests
        .iter()
        .map(|request| request.header("x-request-id").unwrap())
        .collect();
    assert_ne!(ids[0], ids[1]);
    let logged = gateway.lines(2);
    let logged: Vec<_> = logged
        .iter()
        .map(|line| line.request_id.as_deref().unwrap())
        .collect();
    assert_eq!(logged, ids);
}
