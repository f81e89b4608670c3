//! Services that say whether a request may pass, asked in HTTP.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::backend::{Backend, Connection, Request, ok};
use support::client::{Client, get, request};
use support::gateway::Gateway;
use support::h2;
use support::snapshot::{Rule, Snapshot};
use support::tls::{Authority, terminate};

/// An `ExternalAuth` filter with these fields in place of the defaults.
fn auth(fields: &Value) -> Value {
    let mut auth = json!({
        "type": "ExternalAuth", "protocol": "HTTP", "backend": "auth/check:80", "upstream": "auth",
        "path": "", "allowed_headers": [], "allowed_response_headers": [], "forward_body": 0
    });
    for (name, value) in fields.as_object().unwrap() {
        auth[name] = value.clone();
    }
    auth
}

fn snapshot(rule: Rule, authorizer: SocketAddr, web: SocketAddr) -> Snapshot {
    Snapshot::default()
        .rule(rule)
        .upstream("auth", &[authorizer])
        .upstream("web", &[web])
}

/// Everything to a backend, if the authorizer lets it pass.
fn gateway(fields: &Value, authorizer: SocketAddr, web: SocketAddr) -> Gateway {
    let rule = Rule::prefix("/").filter(auth(fields)).to("web");
    Gateway::start(snapshot(rule, authorizer, web))
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let headers = headers.replace('\n', "\r\n");
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}\r\ncontent-length: {length}\r\n\r\n{body}")
}

fn saying(status: &'static str, headers: &'static str, body: &'static str) -> Backend {
    Backend::answering(move |_| answer(status, headers, body))
}

fn post(path: &str, body: &str) -> String {
    request(
        &format!("POST {path}"),
        &format!("content-length: {}", body.len()),
    ) + body
}

#[test]
fn the_service_sees_what_it_may_and_the_backend_gets_the_rest() {
    let authorizer = Backend::named("yes");
    let web = Backend::named("web");
    let fields = json!({"path": "/check/", "allowed_headers": ["x-seen", "connection", "cookie"]});
    let gateway = gateway(&fields, authorizer.address, web.address);
    let mut client = Client::connect(gateway.address);
    client.send(
        request(
            "PUT /a//b/../c?d=e",
            "authorization: Bearer t\nx-seen: 1\nx-seen: 2\nx-secret: s\ncontent-length: 4",
        ) + "body",
    );
    assert_eq!(client.response().body, "web");
    let asked = authorizer.request();
    assert_eq!(asked.line, "PUT /check/a/c?d=e HTTP/1.1");
    assert_eq!(asked.header("host"), Some("a.example"));
    assert_eq!(asked.header("authorization"), Some("Bearer t"));
    assert_eq!(asked.all("x-seen"), ["1", "2"]);
    assert_eq!(asked.header("content-length"), Some("0"));
    let mut names: Vec<_> = asked
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, ["authorization", "content-length", "host", "x-seen"]);
    let got = web.request();
    assert_eq!((got.path(), got.body.as_str()), ("/a/c?d=e", "body"));
    assert_eq!(got.header("x-secret"), Some("s"));
    let line = gateway.line();
    assert_eq!((line.status, line.reason, line.tries), (200, None, Some(1)));
}

#[test]
fn a_no_goes_to_the_client_as_it_is() {
    let authorizer = saying(
        "401 Unauthorized",
        "www-authenticate: Basic\nset-cookie: a=1\nset-cookie: b=2\nconnection: x-hop\nx-hop: 1",
        "who are you",
    );
    let web = Backend::named("web");
    let gateway = gateway(&json!({}), authorizer.address, web.address);
    let mut client = Client::connect(gateway.address);
    for _ in 0..2 {
        client.send(post("/a", "body"));
        let no = client.response();
        assert_eq!((no.status, no.body.as_str()), (401, "who are you"));
        assert_eq!(no.header("www-authenticate"), Some("Basic"));
        assert_eq!(no.all("set-cookie"), ["a=1", "b=2"]);
        assert_eq!((no.header("connection"), no.header("x-hop")), (None, None));
    }
    assert_eq!((web.connections(), authorizer.connections()), (0, 1));
    let line = &gateway.lines(2)[0];
    assert_eq!((line.status, line.tries), (401, None));
    assert_eq!(
        (line.reason, line.flag),
        (Some("external_auth_denied"), "UAEX")
    );
    assert_eq!(line.rule.as_deref(), Some("httproute/shop/web/rule/0"));
}

#[test]
fn only_200_is_yes() {
    for status in ["204 No Content", "302 Found", "403 Forbidden", "500 Oh"] {
        let authorizer = saying(status, "location: https://login.example/", "");
        let web = Backend::named("web");
        let gateway = gateway(&json!({}), authorizer.address, web.address);
        let no = get(gateway.address, "/");
        assert_eq!(no.status.to_string(), status[..3]);
        assert_eq!(no.header("location"), Some("https://login.example/"));
        assert_eq!(web.connections(), 0);
    }
}

#[test]
fn what_keeps_a_service_from_answering_is_a_no() {
    let web = Backend::named("web");
    let nonsense = Backend::answering(|_| "what?\r\n\r\n".to_owned());
    let switching =
        Backend::answering(|_| "HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n".to_owned());
    let closing = Backend::scripted(|connection: &mut Connection| {
        connection.request();
    });
    let addresses = [
        Backend::nowhere(),
        nonsense.address,
        switching.address,
        closing.address,
    ];
    for authorizer in addresses {
        let gateway = gateway(&json!({}), authorizer, web.address);
        assert_eq!(get(gateway.address, "/").status, 503);
        let line = gateway.line();
        assert_eq!(
            (line.reason, line.flag),
            (Some("external_auth_failed"), "UAEX")
        );
        let detail = line.detail.unwrap();
        assert!(detail.starts_with("auth/check:80: "), "{detail}");
    }
    let rule = Rule::prefix("/").filter(auth(&json!({}))).to("web");
    let snapshot = Snapshot::default().rule(rule).upstream("auth", &[]);
    let gateway = Gateway::start(snapshot.upstream("web", &[web.address]));
    assert_eq!(get(gateway.address, "/").status, 503);
    assert_eq!(web.connections(), 0);
}

#[test]
fn a_reference_to_nothing_refuses_all() {
    let web = Backend::named("web");
    let gateway = gateway(&json!({"upstream": null}), web.address, web.address);
    assert_eq!(get(gateway.address, "/").status, 500);
    assert_eq!(gateway.line().reason, Some("failed_filter"));
    assert_eq!(web.connections(), 0);
}

#[test]
fn a_service_that_is_too_slow_is_not_waited_for() {
    let authorizer = Backend::scripted(|connection: &mut Connection| {
        connection.request();
        while !connection.is_closed() {}
    });
    let web = Backend::named("web");
    let rule = Rule::prefix("/").filter(auth(&json!({}))).to("web");
    let gateway = Gateway::with(
        json!({"timeouts": {"external_auth": 0.2}}),
        snapshot(rule, authorizer.address, web.address),
    );
    let started = Instant::now();
    assert_eq!(get(gateway.address, "/").status, 503);
    assert!(started.elapsed() >= Duration::from_millis(200));
    assert_eq!(gateway.line().reason, Some("external_auth_failed"));
    assert_eq!(web.connections(), 0);
}

#[test]
fn the_time_of_the_rule_counts_while_a_service_thinks() {
    let authorizer = Backend::scripted(|connection: &mut Connection| {
        connection.request();
        while !connection.is_closed() {}
    });
    let web = Backend::named("web");
    let rule = Rule::prefix("/").timeouts(Some(100), None);
    let rule = rule.filter(auth(&json!({}))).to("web");
    let gateway = Gateway::start(snapshot(rule, authorizer.address, web.address));
    assert_eq!(get(gateway.address, "/").status, 504);
    assert_eq!(gateway.line().reason, Some("timeout_request"));
}

#[test]
fn a_body_is_shown_and_then_sent() {
    let authorizer = Backend::named("yes");
    let web = Backend::answering(|request: &Request| ok(&request.body));
    let fields = json!({"forward_body": 8, "allowed_headers": ["content-type"]});
    let gateway = gateway(&fields, authorizer.address, web.address);
    let mut client = Client::connect(gateway.address);
    client.send(post("/", "12345678"));
    assert_eq!(client.response().body, "12345678");
    client
        .send(request("POST /", "transfer-encoding: chunked") + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_eq!(client.response().body, "abcde");
    assert_eq!(client.ask("GET /", "").body, "");
    let asked = authorizer.requests();
    let bodies: Vec<&str> = asked.iter().map(|asked| asked.body.as_str()).collect();
    assert_eq!(bodies, ["12345678", "abcde", ""]);
    assert_eq!(asked[1].header("content-length"), Some("5"));
    assert_eq!(gateway.lines(3)[0].received, 8);
}

#[test]
fn a_body_that_is_too_long_is_refused() {
    let authorizer = Backend::named("yes");
    let web = Backend::named("web");
    let gateway = gateway(&json!({"forward_body": 8}), authorizer.address, web.address);
    let with_length = post("/", "123456789");
    let in_pieces =
        request("POST /", "transfer-encoding: chunked") + "5\r\nabcde\r\n5\r\nabcde\r\n0\r\n\r\n";
    for bytes in [with_length, in_pieces] {
        let mut client = Client::connect(gateway.address);
        client.send(bytes);
        assert_eq!(client.response().status, 413);
    }
    assert_eq!((web.connections(), authorizer.connections()), (0, 0));
    assert_eq!(gateway.lines(2)[0].reason, Some("body_too_large"));
}

#[test]
fn a_copy_goes_to_others_only_with_a_yes_and_with_the_whole_body() {
    let authorizer = Backend::answering(|request: &Request| match request.body.as_str() {
        "good" | "" => ok(""),
        _ => answer("403 Forbidden", "x: y", ""),
    });
    let (web, shadow) = (Backend::named("web"), Backend::named("shadow"));
    let mirror = json!({"type": "RequestMirror", "backend": "shop/shadow:80",
                        "upstream": "shadow", "numerator": 1, "denominator": 1});
    let rule = Rule::prefix("/").filter(auth(&json!({"forward_body": 64})));
    let rule = rule.filter(mirror).to("web");
    let snapshot = snapshot(rule, authorizer.address, web.address);
    let gateway = Gateway::start(snapshot.upstream("shadow", &[shadow.address]));
    let mut client = Client::connect(gateway.address);
    client.send(post("/", "bad"));
    assert_eq!(client.response().status, 403);
    for body in ["good", ""] {
        client.send(post("/", body));
        assert_eq!(client.response().status, 200);
    }
    support::eventually("copies are there", || shadow.requests().len() == 2);
    let mut bodies: Vec<String> = shadow.requests().into_iter().map(|r| r.body).collect();
    bodies.sort_unstable();
    assert_eq!(bodies, ["", "good"]);
}

#[test]
fn a_body_that_was_shown_can_be_sent_again() {
    let authorizer = Backend::named("yes");
    let web = Backend::answering({
        let turn = std::sync::atomic::AtomicUsize::new(0);
        move |request: &Request| match turn.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => answer("503 Busy", "x: y", ""),
            _ => ok(&request.body),
        }
    });
    let rule = Rule::prefix("/").retry(1, &[503]);
    let rule = rule.filter(auth(&json!({"forward_body": 64}))).to("web");
    let gateway = Gateway::start(snapshot(rule, authorizer.address, web.address));
    let mut client = Client::connect(gateway.address);
    client.send(post("/", "again"));
    assert_eq!(client.response().body, "again");
    assert_eq!((authorizer.requests().len(), web.requests().len()), (1, 2));
}

#[test]
fn the_backend_gets_what_the_service_says_and_no_frames_of_it() {
    let authorizer = saying(
        "200 OK",
        "x-user: ann\nx-group: a\nx-group: b\nhost: evil.example\ncontent-type: text/evil\n\
         connection: x-gone, keep-alive\nx-gone: 1\nkeep-alive: timeout=5\nupgrade: evil\n\
         te: trailers\ntrailer: x-evil\nexpect: 100-continue",
        "yes",
    );
    let web = Backend::answering(|request: &Request| ok(&request.body));
    let edit = json!({"type": "RequestHeaderModifier", "set": [["x-edit", "1"]],
                      "add": [["x-user", "rule"]], "remove": []});
    let rule = Rule::prefix("/")
        .filter(edit)
        .filter(auth(&json!({})))
        .to("web");
    let gateway = Gateway::start(snapshot(rule, authorizer.address, web.address));
    let mut client = Client::connect(gateway.address);
    // The client names the header as one of its connection, to have it removed.
    let forged = "x-user: root\nconnection: x-user, x-group\ncontent-type: a/b\ncontent-length: 4";
    client.send(request("POST /", forged) + "body");
    assert_eq!(client.response().body, "body");
    let got = web.request();
    assert_eq!(got.all("x-user"), ["ann", "rule"]);
    assert_eq!(got.all("x-group"), ["a", "b"]);
    assert_eq!(got.header("host"), Some("a.example"));
    assert_eq!(got.header("content-type"), Some("a/b"));
    assert_eq!(got.header("content-length"), Some("4"));
    for name in [
        "x-gone",
        "keep-alive",
        "upgrade",
        "te",
        "trailer",
        "expect",
        "connection",
    ] {
        assert_eq!(got.header(name), None, "{name}");
    }
}

#[test]
fn only_headers_that_are_allowed_are_copied() {
    let authorizer = saying("200 OK", "x-user: ann\nx-other: 1\ncontent-type: a/b", "");
    let web = Backend::named("web");
    let fields = json!({"allowed_response_headers": ["x-user", "content-type", "host",
                        "content-length", "transfer-encoding"]});
    let gateway = gateway(&fields, authorizer.address, web.address);
    let mut client = Client::connect(gateway.address);
    client.send(post("/", "body"));
    assert_eq!(client.response().status, 200);
    let got = web.request();
    assert_eq!(got.header("x-user"), Some("ann"));
    assert_eq!(
        (got.header("x-other"), got.header("content-type")),
        (None, Some("a/b"))
    );
    assert_eq!(
        (got.header("content-length"), got.body.as_str()),
        (Some("4"), "body")
    );
}

#[test]
fn a_redirect_and_an_error_of_the_rule_wait_for_the_service() {
    let authorizer =
        Backend::answering(|request: &Request| match request.header("authorization") {
            Some(_) => ok(""),
            None => answer("403 Forbidden", "x: y", ""),
        });
    let redirect = json!({"type": "RequestRedirect", "scheme": null, "hostname": "b.example",
                          "path": null, "port": null, "status": 302});
    let snapshot = Snapshot::default()
        .rule(Rule::prefix("/a").filter(redirect).filter(auth(&json!({}))))
        .rule(
            Rule::prefix("/b")
                .filter(auth(&json!({})))
                .without_backend(),
        )
        .rule(Rule::prefix("/c").filter(auth(&json!({}))).to("none"))
        .upstream("none", &[])
        .upstream("auth", &[authorizer.address]);
    let gateway = Gateway::start(snapshot);
    let mut client = Client::connect(gateway.address);
    for (path, status) in [("/a", 302), ("/b", 500), ("/c", 503)] {
        let line = format!("GET {path}");
        assert_eq!(client.ask(&line, "").status, 403, "{path}");
        assert_eq!(
            client.ask(&line, "authorization: x").status,
            status,
            "{path}"
        );
    }
    let lines = gateway.lines(6);
    assert_eq!((lines[1].reason, lines[1].flag), (Some("redirect"), "-"));
    // The path alone makes this one: no rule has it.
    assert_eq!(client.ask("GET /a%2Fb", "").status, 307);
    assert_eq!(authorizer.requests().len(), 6);
}

#[test]
fn a_preflight_passes_and_a_refusal_can_be_read_by_the_page() {
    let authorizer = saying("401 Unauthorized", "x: y", "");
    let cors = json!({"type": "CORS", "allow_origins": ["*"], "allow_credentials": false,
                      "allow_methods": ["GET"], "allow_headers": [], "expose_headers": [],
                      "max_age": 5});
    let rule = Rule::prefix("/").filter(auth(&json!({}))).filter(cors);
    let web = Backend::named("web");
    let gateway = Gateway::start(snapshot(rule.to("web"), authorizer.address, web.address));
    let mut client = Client::connect(gateway.address);
    let origin = "origin: https://b.example";
    let preflight = format!("access-control-request-method: GET\n{origin}");
    assert_eq!(client.ask("OPTIONS /", &preflight).status, 204);
    assert_eq!(authorizer.connections(), 0);
    let no = client.ask("GET /", origin);
    assert_eq!(no.status, 401);
    assert!(no.header("access-control-allow-origin").is_some());
}

#[test]
fn the_service_of_the_rule_is_asked_before_that_of_the_backend() {
    let first = saying("200 OK", "x-who: rule\nx-first: 1", "");
    let second = saying("200 OK", "x-who: backend", "");
    let web = Backend::named("web");
    let mut of_backend = auth(&json!({"upstream": "second", "allowed_headers": ["x-first"]}));
    let rule = |of_backend: &Value| {
        let rule = Rule::prefix("/").filter(auth(&json!({})));
        rule.filtered("web", of_backend.clone())
    };
    let snapshot = |rule: Rule| {
        snapshot(rule, first.address, web.address).upstream("second", &[second.address])
    };
    let gateway = Gateway::start(snapshot(rule(&of_backend)));
    assert_eq!(get(gateway.address, "/").status, 200);
    assert_eq!(web.request().all("x-who"), ["backend"]);
    assert_eq!(second.request().all("x-first"), ["1"]);
    of_backend["upstream"] = Value::Null;
    gateway.swap(snapshot(rule(&of_backend)));
    assert_eq!(get(gateway.address, "/").status, 500);
    assert_eq!(web.requests().len(), 1);
}

#[test]
fn a_dead_connection_to_the_service_is_no_reason_to_refuse() {
    let authorizer = Backend::named("yes");
    let web = Backend::named("web");
    let gateway = gateway(&json!({}), authorizer.address, web.address);
    assert_eq!(get(gateway.address, "/").status, 200);
    authorizer.close_connections();
    assert_eq!(get(gateway.address, "/").status, 200);
    assert_eq!(authorizer.requests().len(), 2);
}

#[test]
fn a_grpc_client_hears_of_a_refusal_in_grpc() {
    h2::run(async {
        for (status, code) in [("401 No", "16"), ("403 No", "7")] {
            let authorizer = saying(status, "www-authenticate: Basic\nx: y", "text");
            let web = Backend::named("web");
            let gateway = gateway(&json!({}), authorizer.address, web.address);
            let mut client = h2::connect(gateway.address).await;
            let mut call = h2::get("/pkg.Service/Method");
            let headers = call.headers_mut();
            headers.insert("content-type", "application/grpc".parse().unwrap());
            let response = client.send_request(call).await.unwrap();
            assert_eq!(response.status(), 200);
            assert_eq!(response.headers()["grpc-status"], code);
            assert_eq!(response.headers()["www-authenticate"], "Basic");
            assert_eq!(h2::read(response).await.1, "");
        }
        let gateway = gateway(&json!({}), Backend::nowhere(), Backend::nowhere());
        let mut client = h2::connect(gateway.address).await;
        let mut call = h2::get("/pkg.Service/Method");
        let headers = call.headers_mut();
        headers.insert("content-type", "application/grpc".parse().unwrap());
        let response = client.send_request(call).await.unwrap();
        assert_eq!(response.headers()["grpc-status"], "14");
    });
}

#[test]
fn a_service_may_speak_http2() {
    h2::run(async {
        let authorizer = h2::Backend::named("yes").await;
        let web = Backend::named("web");
        let rule = Rule::prefix("/")
            .filter(auth(&json!({"path": "/x"})))
            .to("web");
        let snapshot = Snapshot::default()
            .rule(rule)
            .h2c("auth", &[authorizer.address]);
        let gateway = Gateway::start(snapshot.upstream("web", &[web.address]));
        let mut client = h2::connect(gateway.address).await;
        for _ in 0..2 {
            let response = client.send_request(h2::get("/a?b")).await.unwrap();
            assert_eq!(h2::read(response).await.1, "web");
        }
        let (asked, _) = &authorizer.requests()[0];
        assert_eq!(asked.uri, "http://a.example/x/a?b");
        assert_eq!(
            authorizer
                .connections
                .load(std::sync::atomic::Ordering::SeqCst),
            1
        );
    });
}

/// As a BackendTLSPolicy on its Service asks for.
#[test]
fn a_service_is_asked_over_tls_and_only_if_it_is_the_right_one() {
    h2::run(async {
        let (authorizer, web) = (Backend::named("yes"), Backend::named("web"));
        let (ca, other) = (Authority::new(), Authority::new());
        let at = terminate(&ca.sign(&["auth.test"]), "http/1.1", authorizer.address).await;
        let tls = json!({"hostname": "auth.test", "authorities": ["ca"], "subject_alt_names": [],
                         "client_certificate": null});
        for (trusted, status) in [(&ca, 200), (&other, 503)] {
            let snapshot = Snapshot::default()
                .rule(Rule::prefix("/").filter(auth(&json!({}))).to("web"))
                .tls("auth", "http/1.1", &[at], tls.clone())
                .authority("ca", trusted)
                .upstream("web", &[web.address]);
            let gateway = Gateway::start(snapshot);
            let answer = tokio::task::block_in_place(|| get(gateway.address, "/"));
            assert_eq!(answer.status, status);
        }
        assert_eq!((authorizer.requests().len(), web.requests().len()), (1, 1));
    });
}
