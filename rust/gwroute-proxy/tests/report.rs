//! What a gateway tells about requests that went through sockets: its log, its metrics, its
//! endpoints.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gwroute_proxy::{Admin, Config, Proxy, Reload, Report};
use serde_json::{Value, json};
use support::backend::Backend;
use support::client::{Client, get, tcp};
use support::eventually;
use support::snapshot::{Rule, Snapshot};
use support::tls::{Authority, connect};

/// A gateway with an access log and endpoints of its own.
struct Gateway {
    proxy: Arc<Proxy>,
    admin: Admin,
    report: Arc<Report>,
    address: SocketAddr,
    log: PathBuf,
}

impl Gateway {
    fn start(snapshot: Snapshot, format: &str) -> Self {
        static LOGS: AtomicUsize = AtomicUsize::new(0);
        let number = LOGS.fetch_add(1, Ordering::Relaxed);
        let name = format!("gwroute-report-{}-{number}.log", std::process::id());
        let log = std::env::temp_dir().join(name);
        let config = json!({
            "workers": 2,
            "access_log": {"format": format, "path": log.to_str().unwrap()},
            "admin": "127.0.0.1:0", "stats": "127.0.0.1:0", "ready": "127.0.0.1:0",
        });
        let config = Config::from_json(config.to_string().as_bytes()).unwrap();
        let report = Arc::new(Report::open(&config, config.worker_count()).unwrap());
        let proxy = Arc::new(Proxy::new(config.clone(), report.clone()));
        let live = proxy.clone();
        let admin = Admin::start(&config, move || live.live(), report.clone()).unwrap();
        let (table, secrets) = snapshot.compile();
        proxy.swap(Arc::new(table), &secrets);
        admin.swapped(Reload::default());
        proxy.start().unwrap();
        let address = proxy.listen("infra/public", 80, "127.0.0.1:0").unwrap();
        Self {
            proxy,
            admin,
            report,
            address,
            log,
        }
    }

    fn scrape(&self) -> String {
        get(self.admin.addresses()["stats"], "/metrics").body
    }

    /// The lines of the log, once there are that many.
    fn lines(&self, count: usize) -> Vec<String> {
        let read = || std::fs::read_to_string(&self.log).unwrap();
        eventually("lines are there", || read().lines().count() >= count);
        read().lines().map(str::to_owned).collect()
    }

    fn documents(&self, count: usize) -> Vec<Value> {
        let lines = self.lines(count);
        let parse = |line: &String| serde_json::from_str(line).unwrap();
        lines.iter().map(parse).collect()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.log);
    }
}

fn nobody() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

fn shop(web: SocketAddr) -> Snapshot {
    Snapshot::default()
        .rule(Rule::prefix("/web").to("shop/web:80"))
        .rule(Rule::prefix("/dead").to("shop/dead:80"))
        .rule(Rule::prefix("/none").without_backend())
        .upstream("shop/web:80", &[web])
        .upstream("shop/dead:80", &[nobody()])
}

#[test]
fn each_request_has_one_line_whatever_its_end() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(shop(backend.address), "json");
    let mut client = Client::connect(gateway.address);
    client.ask("GET /web?a=1", "user-agent: me");
    for path in ["/none", "/dead", "/elsewhere"] {
        client.ask(&format!("GET {path}"), "");
    }
    client.send("GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n");
    assert_eq!(client.response().status, 400);
    let lines = gateway.documents(5);
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            let text = |key: &str| line[key].as_str().map(str::to_owned);
            (
                line["response_code"].as_u64(),
                text("reason"),
                text("route"),
            )
        })
        .collect();
    let some = |text: &str| Some(text.to_owned());
    let expected = [
        (Some(200), None, some("shop/web")),
        (Some(500), some("invalid_backend"), some("shop/web")),
        (Some(503), some("connect_failed"), some("shop/web")),
        (Some(404), some("no_route"), None),
        (Some(400), some("bad_request"), None),
    ];
    assert_eq!(told, expected);
    let first = &lines[0];
    assert_eq!(first["x-envoy-origin-path"], "/web?a=1");
    assert_eq!(first["user-agent"], "me");
    assert_eq!(first[":authority"], "a.example");
    assert_eq!(first["x-forwarded-for"], "127.0.0.1");
    assert_eq!(first["upstream_host"], backend.address.to_string());
    assert_eq!(
        first["downstream_local_address"],
        gateway.address.to_string()
    );
    assert_eq!(
        first["x-request-id"],
        backend.requests()[0].header("x-request-id").unwrap()
    );
    assert_eq!(first["route_name"], "httproute/shop/web/rule/0/match/0");
    assert_eq!(first["bytes_sent"], 3);
    assert!(lines[2]["upstream_transport_failure_reason"].is_string());
}

#[test]
fn a_client_that_goes_away_has_its_line_too() {
    let backend = Backend::scripted(|connection| {
        connection.request();
        // Answers nothing, and stays until the gateway goes.
        connection.request();
    });
    let gateway = Gateway::start(shop(backend.address), "json");
    let mut client = Client::connect(gateway.address);
    client.send("GET /web HTTP/1.1\r\nhost: a\r\n\r\n");
    eventually("it is there", || backend.connections() == 1);
    drop(client);
    let line = &gateway.documents(1)[0];
    assert_eq!(line["reason"], "client_gone");
    assert_eq!(line["response_flags"], "DC");
}

#[test]
fn flushing_writes_what_has_ended() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(shop(backend.address), "text");
    for _ in 0..50 {
        get(gateway.address, "/web");
    }
    gateway.proxy.stop(support::PATIENCE);
    gateway.report.flush();
    let written = std::fs::read_to_string(&gateway.log).unwrap();
    let answered = written
        .lines()
        .filter(|line| line.contains(r#""GET /web HTTP/1.1" 200 - "#));
    assert_eq!(answered.count(), 50);
    assert_eq!(gateway.report.dropped_lines(), 0);
}

#[test]
fn metrics_and_endpoints_tell_what_went_through() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(shop(backend.address), "off");
    for path in ["/web", "/web/2", "/dead", "/elsewhere"] {
        get(gateway.address, path);
    }
    let labels = r#"gateway="infra/public",listener="infra/public/http",method="GET""#;
    let count = "http_server_request_duration_seconds_count";
    let lines = [
        format!(r#"{count}{{{labels},status_class="2xx"}} 2"#),
        format!(r#"{count}{{{labels},status_class="4xx"}} 1"#),
        format!(r#"{count}{{{labels},status_class="5xx"}} 1"#),
        r#"gwroute_responses_total{source="backend",reason=""} 2"#.to_owned(),
        r#"gwroute_responses_total{source="gateway",reason="no_route"} 1"#.to_owned(),
        r#"gwroute_responses_total{source="gateway",reason="connect_failed"} 1"#.to_owned(),
        r#"gwroute_upstream_tries_total{service="shop/web:80",outcome="answered"} 2"#.to_owned(),
        r#"gwroute_upstream_endpoints{service="shop/dead:80",state="ready",node_pool=""} 1"#
            .to_owned(),
        "http_server_active_requests 0".to_owned(),
        "gwroute_connections 0".to_owned(),
    ];
    let shows = |text: &str, line: &String| text.lines().any(|shown| shown == line);
    eventually("all is counted", || {
        let text = gateway.scrape();
        lines.iter().all(|line| shows(&text, line))
    });
    let routes = get(gateway.admin.addresses()["admin"], "/routes?host=a.example");
    // The host of a request of these tests is a name, which is for other addresses only.
    assert_eq!(routes.status, 403);
    let mut client = Client::connect(gateway.admin.addresses()["admin"]);
    client.send("GET /routes HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let listeners: Value = serde_json::from_str(&client.response().body).unwrap();
    let rules = listeners[0]["hosts"][0]["rules"].as_array().unwrap();
    let hits: Vec<_> = rules
        .iter()
        .map(|rule| (&rule["rule"], &rule["hits"]))
        .collect();
    assert!(hits.contains(&(&json!(0), &json!(2))), "{hits:?}");
}

/// Two ports: `a.example` at 443, and all names at 8443 for clients with a certificate.
fn over_tls(ca: &Authority) -> Snapshot {
    let tls = |client: Value| Some(json!({"certificates": ["pair"], "client": client}));
    let validation = json!({"authorities": ["ca"], "mode": "AllowValidOnly"});
    Snapshot::default()
        .listener("open", 443, Some("a.example"), tls(Value::Null))
        .listener("proven", 8443, None, tls(validation))
        .pair("pair", &ca.sign(&["a.example"]))
        .authority("ca", ca)
        .rule(Rule::prefix("/").at("open").without_backend())
}

/// Sends some bytes and goes.
fn say(at: SocketAddr, bytes: &[u8]) {
    let mut client = tcp(at);
    client.write_all(bytes).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let _ = client.read_to_end(&mut Vec::new());
}

#[test]
fn handshakes_that_come_to_nothing_are_counted_and_logged() {
    let (ca, other) = (Authority::new(), Authority::new());
    let gateway = Gateway::start(over_tls(&ca), "json");
    let listen = |port| gateway.proxy.listen("infra/public", port, "127.0.0.1:0");
    let (open, proven) = (listen(443).unwrap(), listen(8443).unwrap());
    let (trusting, distrusting) = (ca.client(None, &[]), other.client(None, &[]));
    let attempts: [(&str, Value, Value, &dyn Fn()); 5] = [
        ("tls_protocol", Value::Null, Value::Null, &|| {
            say(open, b"GET / HTTP/1.1\r\n\r\n")
        }),
        ("tls_gone", Value::Null, Value::Null, &|| {
            say(open, b"\x16\x03\x01\x02\x00\x01")
        }),
        ("tls_no_listener", json!("b.example"), Value::Null, &|| {
            assert!(connect(open, &trusting, "b.example").is_err());
        }),
        (
            "tls_refused",
            json!("a.example"),
            json!("infra/public/open"),
            &|| {
                assert!(connect(open, &distrusting, "a.example").is_err());
            },
        ),
        (
            "tls_client_certificate",
            json!("a.example"),
            json!("infra/public/proven"),
            &|| {
                // With TLS 1.3 a client learns it only when it reads.
                drop(connect(proven, &trusting, "a.example"));
            },
        ),
    ];
    // Whoever only looks whether the port is open has tried nothing.
    say(open, b"");
    for (number, (reason, name, listener, attempt)) in attempts.into_iter().enumerate() {
        attempt();
        let line = &gateway.documents(number + 1)[number];
        assert_eq!(line["reason"], reason);
        assert_eq!(line["requested_server_name"], name, "{reason}");
        assert_eq!(line["listener"], listener, "{reason}");
        assert_eq!(line["response_code_details"], "tls_handshake_failed");
        assert_eq!(
            (&line["method"], &line["protocol"]),
            (&Value::Null, &Value::Null)
        );
        let has_detail = line["connection_termination_details"].is_string();
        assert_eq!(has_detail, reason != "tls_no_listener", "{line}");
        let (port, at) = match listener == "infra/public/proven" {
            true => (8443, "infra/public/proven"),
            false => (443, listener.as_str().unwrap_or_default()),
        };
        let labels =
            format!(r#"gateway="infra/public",port="{port}",listener="{at}",reason="{reason}""#);
        let shown = format!("gwroute_tls_handshake_failures_total{{{labels}}} 1");
        assert!(
            gateway.scrape().lines().any(|line| line == shown),
            "{shown}"
        );
    }
    let scraped = gateway.scrape();
    let failures = scraped
        .lines()
        .filter(|line| line.starts_with("gwroute_tls_handshake_failures_total{"));
    assert_eq!(failures.count(), 5);
    assert!(scraped.contains("http_server_active_requests 0"));
}
