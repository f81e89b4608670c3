//! What a gateway tells about requests that went through sockets: its log, its metrics, its
//! endpoints.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gwroute_proxy::{Admin, Config, Proxy, Reload, Report, Secrets};
use serde_json::{Value, json};
use support::backend::Backend;
use support::client::{Client, get};
use support::eventually;
use support::snapshot::{Rule, Snapshot};

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
        proxy.swap(Arc::new(snapshot.table()), &Secrets::default());
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
