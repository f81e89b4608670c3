//! HTTP/1.1 through the gateway: routing, own answers, bodies.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::mpsc;

use serde_json::json;
use support::backend::{Backend, ok};
use support::client::{Client, get};
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
        assert_eq!((response.status, response.body.as_str()), (200, name));
    }
    assert_eq!(cart.request().line, "GET /cart/7?x=1 HTTP/1.1");
    assert_eq!(web.connections(), 1, "connections are used again");
    let line = &gateway.lines(3)[1];
    assert_eq!((line.status, line.reason, line.sent), (200, None, 4));
    assert_eq!(line.rule.as_deref(), Some("httproute/shop/web/rule/1"));
}

#[test]
fn own_answers() {
    let gateway = Gateway::start(
        Snapshot::default()
            .rule(Rule::prefix("/none").to("none"))
            .rule(Rule::prefix("/invalid").without_backend())
            .rule(Rule::prefix("/down").to("down"))
            .upstream("none", &[])
            .upstream("down", &[Backend::nowhere()]),
    );
    let mut client = Client::connect(gateway.address);
    let unreachable = "upstream connect error or disconnect/reset before headers. \
                       reset reason: remote connection failure";
    let cases = [
        ("/", 404, "", "no_route", "NR"),
        ("/invalid", 500, "", "invalid_backend", "-"),
        ("/none", 503, "no healthy upstream", "no_endpoint", "UH"),
        ("/down", 503, unreachable, "connect_failed", "UF"),
        ("/none/%00", 400, "Bad Request", "bad_request", "-"),
    ];
    for (path, status, body, _, _) in cases {
        let response = client.ask(&format!("GET {path}"), "");
        assert_eq!((response.status, response.body.as_str()), (status, body));
        let kind = (!body.is_empty()).then_some("text/plain");
        assert_eq!(response.header("content-type"), kind);
        let length = body.len().to_string();
        assert_eq!(response.header("content-length"), Some(length.as_str()));
        assert!(response.header("date").is_some());
        let closes = (status == 400).then_some("close");
        assert_eq!(response.header("connection"), closes);
    }
    assert!(client.is_closed());
    for (line, (path, status, _, reason, flag)) in gateway.lines(5).iter().zip(cases) {
        assert_eq!(
            (line.status, line.reason, line.flag),
            (status, Some(reason), flag)
        );
        assert_eq!(line.path.as_deref(), Some(path));
    }
}

#[test]
fn redirects() {
    let redirect = json!({"type": "RequestRedirect", "scheme": "https", "hostname": null,
                          "path": null, "port": null, "status": 301});
    let gateway = Gateway::start(Snapshot::default().rule(Rule::prefix("/moved").filter(redirect)));
    let mut client = Client::connect(gateway.address);
    let response = client.ask("GET /moved/x?y=1", "");
    assert_eq!((response.status, response.body.as_str()), (301, ""));
    assert_eq!(
        response.header("location"),
        Some("https://a.example/moved/x?y=1")
    );
    let response = client.ask("GET /a%2Fb?q=%2F", "");
    assert_eq!(
        (response.status, response.header("location")),
        (307, Some("/a/b?q=%2F"))
    );
    let reasons: Vec<_> = gateway.lines(2).iter().map(|line| line.reason).collect();
    assert_eq!(reasons, [Some("redirect"), Some("redirect")]);
}

#[test]
fn a_path_arrives_as_it_was_matched() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    let cases = [
        ("/get/%2e%2e/get/y", "/get/y"),
        ("//get//x", "/get/x"),
        ("/get\\x", "/get/x"),
        ("/get/%41%7e%20", "/get/A~%20"),
        ("/get/#f", "/get/"),
        ("/get/\"<>", "/get/%22%3C%3E"),
        ("/get/`{}^|", "/get/%60%7B%7D%5E|"),
        ("/get?", "/get?"),
        ("/get?a=<b>&c=%41", "/get?a=%3Cb%3E&c=%41"),
        ("http://b.example?q=1", "/?q=1"),
        ("http://b.example", "/"),
        ("http://b.example/x", "/x"),
    ];
    for (sent, _) in cases {
        assert_eq!(client.ask(&format!("GET {sent}"), "").status, 200, "{sent}");
    }
    let requests = backend.requests();
    for (request, (sent, received)) in requests.iter().zip(cases) {
        assert_eq!(request.path(), received, "{sent}");
    }
    assert_eq!(requests.last().unwrap().header("host"), Some("b.example"));
}

#[test]
fn a_body_reaches_the_backend() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send("POST /a HTTP/1.1\r\nhost: a.example\r\ncontent-length: 5\r\n\r\nhello");
    assert_eq!(client.response().body, "web");
    client.send("POST /b HTTP/1.1\r\nhost: a.example\r\ntransfer-encoding: chunked\r\n\r\n");
    client.send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_eq!(client.response().body, "web");
    client.send("POST /c HTTP/1.1\r\nhost: a.example\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(client.response().body, "web");
    let requests = backend.requests();
    let bodies: Vec<&str> = requests
        .iter()
        .map(|request| request.body.as_str())
        .collect();
    assert_eq!(bodies, ["hello", "abcde", ""]);
    assert_eq!(requests[0].header("content-length"), Some("5"));
    assert_eq!(requests[1].header("transfer-encoding"), Some("chunked"));
    assert_eq!(requests[2].header("content-length"), Some("0"));
    let received: Vec<u64> = gateway.lines(3).iter().map(|line| line.received).collect();
    assert_eq!(received, [5, 5, 0]);
}

#[test]
fn trailers_pass_both_ways() {
    let backend = Backend::answering(|_| {
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n\
         2\r\nok\r\n0\r\nx-sum: 2\r\n\r\n"
            .to_owned()
    });
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send(
        "POST / HTTP/1.1\r\nhost: a.example\r\ntransfer-encoding: chunked\r\nte: trailers\r\n",
    );
    client.send("trailer: x-check\r\n\r\n1\r\na\r\n0\r\nx-check: 1\r\n\r\n");
    let response = client.response();
    assert_eq!(response.body, "ok");
    assert_eq!(response.trailers, [("x-sum".to_owned(), "2".to_owned())]);
    let request = backend.request();
    assert_eq!(request.trailers, [("x-check".to_owned(), "1".to_owned())]);
    assert_eq!(request.header("te"), Some("trailers"));
}

#[test]
fn responses_without_a_body_have_none() {
    let backend = Backend::answering(|request| match request.path() {
        "/204" => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        "/304" => "HTTP/1.1 304 Not Modified\r\netag: \"a\"\r\n\r\n".to_owned(),
        _ => "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n".to_owned(),
    });
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    assert_eq!(client.ask("GET /204", "").status, 204);
    assert_eq!(client.ask("GET /304", "").header("etag"), Some("\"a\""));
    let response = client.ask("HEAD /", "");
    assert_eq!(
        (response.status, response.header("content-length")),
        (200, Some("7"))
    );
    assert_eq!(client.ask("HEAD /204", "").status, 204);
    assert_eq!(backend.connections(), 1);
}

#[test]
fn a_head_of_an_own_answer_has_no_body() {
    let backend = Backend::nowhere();
    let gateway = Gateway::start(Snapshot::all_to(backend));
    let mut client = Client::connect(gateway.address);
    assert_eq!(client.ask("HEAD /", "").status, 503);
    assert_eq!(client.ask("HEAD /", "").status, 503);
}

#[test]
fn a_response_ended_by_closing_arrives_whole() {
    let backend = Backend::scripted(|connection| {
        connection.request();
        connection.send("HTTP/1.1 200 OK\r\n\r\nall of it").unwrap();
    });
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let response = get(gateway.address, "/");
    assert_eq!(response.body, "all of it");
    assert_eq!(response.header("transfer-encoding"), Some("chunked"));
}

#[test]
fn frames_are_handed_on_as_they_come() {
    let (step, steps) = mpsc::channel::<()>();
    let steps = std::sync::Mutex::new(steps);
    let backend = Backend::scripted(move |connection| {
        connection.request();
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        connection.send(head).unwrap();
        for chunk in ["1\r\na\r\n", "1\r\nb\r\n", "0\r\n\r\n"] {
            connection.send(chunk).unwrap();
            let _ = steps.lock().unwrap().recv();
        }
    });
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send(support::client::request("GET /", ""));
    assert_eq!(client.head().0, 200);
    for (length, chunk) in [("1", "a"), ("1", "b"), ("0", "")] {
        assert_eq!(client.line(), length);
        assert_eq!(client.line(), chunk);
        step.send(()).unwrap();
    }
}

#[test]
fn large_bodies_pass_both_ways() {
    let backend = Backend::answering(|request| ok(&request.body));
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let body: String = ('a'..='z').cycle().take(3_000_000).collect();
    let mut client = Client::connect(gateway.address);
    for _ in 0..2 {
        let length = body.len();
        client.send(format!(
            "PUT / HTTP/1.1\r\nhost: a.example\r\ncontent-length: {length}\r\n\r\n"
        ));
        client.send(&body);
        assert!(client.response().body == body);
    }
    let line = &gateway.lines(2)[1];
    assert_eq!((line.received, line.sent), (3_000_000, 3_000_000));
}

#[test]
fn a_client_is_told_to_continue() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send(
        "POST / HTTP/1.1\r\nhost: a.example\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n",
    );
    assert_eq!(client.head().0, 100);
    client.send("ok");
    assert_eq!(client.response().status, 200);
    let request = backend.request();
    assert_eq!(
        (request.body.as_str(), request.header("expect")),
        ("ok", None)
    );
}

#[test]
fn requests_may_be_sent_ahead() {
    let backend = Backend::answering(|request| ok(request.path()));
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    let paths: Vec<String> = (0..20).map(|i| format!("/{i}")).collect();
    let requests = paths
        .iter()
        .map(|path| support::client::request(&format!("GET {path}"), ""));
    client.send(requests.collect::<String>());
    for path in &paths {
        assert_eq!(client.response().body, *path);
    }
}

#[test]
fn a_client_that_wants_to_close_is_let_go() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    let response = client.ask("GET /", "connection: close");
    assert_eq!(response.header("connection"), Some("close"));
    assert!(client.is_closed());
    assert_eq!(get(gateway.address, "/").status, 200);
    assert_eq!(
        backend.connections(),
        1,
        "the backend's connection is another matter"
    );
}
