#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::TcpStream;

use gwroute_core::RouteTable;
use serde_json::{Value, json};

use super::*;
use crate::access_log::tests::{SNAPSHOT, forwarded};
use crate::live::LivePointer;
use crate::telemetry::Observer;
use crate::tls::Secrets;

struct Fixture {
    admin: Admin,
    report: Arc<Report>,
}

struct Reply {
    status: u16,
    head: String,
    body: String,
}

fn table() -> RouteTable {
    RouteTable::from_json(SNAPSHOT.as_bytes()).unwrap()
}

fn start_with(settings: Value) -> Result<Fixture, AdminError> {
    let mut config = json!({
        "access_log": {"format": "off"},
        "admin": "127.0.0.1:0",
        "stats": "127.0.0.1:0",
        "ready": "127.0.0.1:0",
    });
    let settings = settings.as_object().unwrap().clone();
    config.as_object_mut().unwrap().extend(settings);
    let config = Config::from_json(config.to_string().as_bytes()).unwrap();
    let report = Arc::new(Report::open(&config, 1).unwrap());
    let live = LivePointer::new(table());
    live.swap(Arc::new(table()), &Secrets::default());
    let admin = Admin::start(&config, move || live.load(), Arc::clone(&report))?;
    Ok(Fixture { admin, report })
}

fn start() -> Fixture {
    start_with(json!({})).unwrap()
}

impl Fixture {
    fn send(&self, site: &str, request: &str) -> Reply {
        let mut stream = TcpStream::connect(self.admin.addresses()[site]).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        Reply {
            status: head.get(9..12).and_then(|s| s.parse().ok()).unwrap_or(0),
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }

    fn ask(&self, site: &str, line: &str, headers: &str) -> Reply {
        let request =
            format!("{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n");
        self.send(site, &request)
    }

    fn get(&self, target: &str) -> Value {
        let reply = self.ask("admin", &format!("GET {target}"), "");
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert!(reply.head.contains("content-type: application/json"));
        serde_json::from_str(&reply.body).unwrap()
    }
}

#[test]
fn routes_lists_rules_by_listener_and_host_with_their_hits() {
    let fixture = start();
    for _ in 0..3 {
        fixture.report.request_ended(0, &forwarded());
    }
    let listeners = fixture.get("/routes");
    assert_eq!(listeners[0]["key"], "infra/public/http");
    assert_eq!(listeners[0]["hosts"][0]["host"], Value::Null);
    let rule = &listeners[0]["hosts"][0]["rules"][0];
    assert_eq!(rule["name"], "cart");
    assert_eq!(rule["rule_name"], "checkout");
    assert_eq!(rule["conditions"]["path"]["value"], "/cart");
    assert_eq!(rule["backends"][0]["backend"], "shop/cart:8080");
    assert_eq!(rule["hits"], 3);
    assert_eq!(fixture.get("/routes?host=shop.example.com"), listeners);
}

#[test]
fn explain_answers_from_the_live_table() {
    let fixture = start();
    let found = fixture
        .get("/explain?method=POST&url=https://shop.example.com:8443/cart/7%3Fa=1&header=x-a:%201");
    assert_eq!(found["outcome"], "forward");
    assert_eq!(found["request"]["method"], "POST");
    assert_eq!(found["request"]["target"], "/cart/7?a=1");
    assert_eq!(found["request"]["host"], "shop.example.com");
    assert_eq!(found["backend"], "shop/cart:8080");
    assert_eq!(found["node_pool"], "hangzhou");
    let by_header = fixture.get("/explain?url=http://a/&header=Host:%20b.example.com&draw=0");
    assert_eq!(by_header["request"]["host"], "b.example.com");
    assert_eq!(by_header["status"], 404);
    assert_eq!(
        fixture.get("/explain?url=http://a?b&port=80")["request"]["target"],
        "/?b"
    );
}

#[test]
fn explain_answers_people_in_text() {
    let fixture = start();
    let line = "GET /explain?url=http://shop.example.com/cart&format=text";
    let reply = fixture.ask("admin", line, "");
    assert!(reply.head.contains("content-type: text/plain"));
    assert!(reply.body.starts_with("GET http"), "{}", reply.body);
}

#[test]
fn a_status_that_comes_later_stays_until_there_is_another() {
    let fixture = start();
    fixture.admin.swapped(Reload::default());
    fixture
        .admin
        .set_status(br#"[{"type": "Accepted"}]"#)
        .unwrap();
    assert_eq!(fixture.get("/status")[0]["type"], "Accepted");
    fixture.admin.swapped(Reload::default());
    assert_eq!(fixture.get("/status")[0]["type"], "Accepted");
    fixture.admin.set_status(b"[]").unwrap();
    assert_eq!(fixture.get("/status"), json!([]));
    assert!(fixture.admin.set_status(b"[").is_err());
}

#[test]
fn a_question_that_cannot_be_answered_is_400_and_says_why() {
    let fixture = start();
    for (query, because) in [
        ("", "url is needed"),
        ("url=gopher://a", "url has to begin with"),
        ("url=/&header=nothing", "write Name: value"),
        ("url=/&draw=1", "draw has to be"),
        ("url=/&draw=NaN", "draw has to be"),
        (
            "url=/&port=81",
            "no listener on port 81; there are infra/public:80",
        ),
        ("url=/&gateway=a/b", "say which port"),
    ] {
        let reply = fixture.ask("admin", &format!("GET /explain?{query}"), "");
        assert_eq!(reply.status, 400, "{query}");
        let json: Value = serde_json::from_str(&reply.body).unwrap();
        assert!(json["error"].as_str().unwrap().contains(because), "{json}");
    }
}

#[test]
fn the_configuration_is_shown_with_what_came_of_it() {
    let fixture = start();
    assert_eq!(fixture.get("/status"), Value::Null);
    let reload = br#"{"status": {"a": [1, 2]}, "error": "shop.yaml:1", "reload_seconds": 0.5}"#;
    fixture.admin.swapped(Reload::from_json(reload).unwrap());
    assert_eq!(fixture.get("/status"), json!({"a": [1, 2]}));
    let generation = fixture.get("/generation");
    assert_eq!(generation["generation"], 1);
    assert_eq!(generation["reload_seconds"], 0.5);
    assert_eq!(generation["last_error"], "shop.yaml:1");
    assert!(generation["age_seconds"].as_f64().unwrap() < 60.0);
    let snapshot = fixture.get("/snapshot");
    assert_eq!(snapshot, serde_json::to_value(table().snapshot()).unwrap());
    fixture.admin.swapped(Reload::default());
    fixture.admin.reload_failed("later".to_owned());
    assert_eq!(fixture.get("/generation")["last_error"], "later");
    let metrics = fixture.ask("stats", "GET /metrics", "").body;
    assert!(metrics.contains("\ngwroute_config_last_reload_successful 0.0\n"));
}

#[test]
fn upstreams_shows_endpoints_with_their_load() {
    let upstreams = start().get("/upstreams");
    let expected = json!([{
        "upstream": "shop/cart:8080@hangzhou", "service": "shop/cart:8080",
        "protocol": "http/1.1", "scope": null, "assumed": false,
        "endpoints": [{"address": "10.0.0.1:3000", "load": 0, "node": null, "node_pool": null,
                       "zone": null, "pod": null}],
        "removed": [],
    }]);
    assert_eq!(upstreams, expected);
}

#[test]
fn what_is_asked_for_arrives_as_an_event() {
    let fixture = start();
    let soon = Duration::from_secs(10);
    for (line, event) in [
        ("POST /reload", Event::Reload),
        ("POST /drain", Event::Drain),
        ("POST /log-level?level=debug", Event::LogLevel("debug")),
    ] {
        assert_eq!(fixture.ask("admin", line, "").status, 202);
        assert_eq!(fixture.admin.wait_event(soon), Some(event));
    }
    assert_eq!(
        fixture
            .ask("admin", "POST /log-level?level=loud", "")
            .status,
        400
    );
    assert_eq!(fixture.admin.wait_event(Duration::ZERO), None);
    let replies: Vec<_> = (0..20)
        .map(|_| fixture.ask("admin", "POST /reload", "").status)
        .collect();
    assert_eq!(replies[..EVENTS], [202; EVENTS]);
    assert_eq!(replies[EVENTS..], [503; 20 - EVENTS]);
}

#[test]
fn readiness_is_what_was_said_last_and_liveness_is_always() {
    let fixture = start();
    assert_eq!(fixture.ask("ready", "GET /ready", "").status, 503);
    assert_eq!(fixture.ask("ready", "GET /live", "").status, 200);
    fixture.admin.set_ready(true);
    assert_eq!(fixture.ask("ready", "GET /ready", "").status, 200);
    assert_eq!(fixture.ask("ready", "HEAD /ready", "").body, "");
    fixture.admin.set_ready(false);
    assert_eq!(fixture.ask("ready", "GET /ready", "").status, 503);
}

#[test]
fn metrics_come_in_the_format_asked_for() {
    let fixture = start();
    fixture.report.request_ended(0, &forwarded());
    let plain = fixture.ask("stats", "GET /metrics", "");
    assert!(
        plain
            .head
            .contains("content-type: text/plain; version=0.0.4")
    );
    assert!(
        plain
            .body
            .contains("# TYPE gwroute_responses_total counter")
    );
    let accept = "accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n";
    let open = fixture.ask("stats", "GET /metrics", accept);
    assert!(
        open.head
            .contains("content-type: application/openmetrics-text; version=1.0.0")
    );
    assert!(open.body.ends_with("# EOF\n"));
}

#[test]
fn other_paths_are_404_and_other_methods_405() {
    let fixture = start();
    for (site, path) in [("admin", "/metrics"), ("stats", "/drain"), ("ready", "/")] {
        assert_eq!(fixture.ask(site, &format!("GET {path}"), "").status, 404);
    }
    let get = fixture.ask("admin", "DELETE /routes", "");
    assert_eq!(get.status, 405);
    assert!(get.head.contains("allow: get, head"));
    let post = fixture.ask("admin", "GET /drain", "");
    assert_eq!(post.status, 405);
    assert!(post.head.contains("allow: post"));
    assert_eq!(fixture.admin.wait_event(Duration::ZERO), None);
}

#[test]
fn without_a_token_a_web_page_gets_nothing() {
    let fixture = start();
    let origin = fixture.ask("admin", "POST /drain", "origin: https://evil.example\r\n");
    assert_eq!(origin.status, 403);
    for host in [
        "evil.example",
        "evil.example:15000",
        "127.0.0.1.evil.example",
        "[::1",
        "",
    ] {
        let request = format!("POST /drain HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        let status = fixture.send("admin", &request).status;
        assert!(matches!(status, 400 | 403), "{host}: {status}");
    }
    assert_eq!(fixture.admin.wait_event(Duration::ZERO), None);
    for host in ["127.0.0.1:15000", "[::1]:15000", "LOCALHOST"] {
        let request =
            format!("GET /generation HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        assert_eq!(fixture.send("admin", &request).status, 200, "{host}");
    }
}

#[test]
fn with_a_token_every_request_has_to_show_it() {
    let fixture = start_with(json!({"admin_token": "secret"})).unwrap();
    for shown in [
        "",
        "authorization: secret\r\n",
        "authorization: Bearer secre\r\n",
    ] {
        let reply = fixture.ask("admin", "GET /routes", shown);
        assert_eq!(reply.status, 401, "{shown}");
        assert!(reply.head.contains("www-authenticate: bearer"));
        assert_eq!(fixture.ask("admin", "GET /nothing", shown).status, 401);
    }
    let shown = "authorization: bearer secret\r\n";
    assert_eq!(fixture.ask("admin", "GET /routes", shown).status, 200);
    // Metrics and readiness are asked for by those who have no token.
    assert_eq!(fixture.ask("stats", "GET /metrics", "").status, 200);
}

#[test]
fn an_admin_address_that_others_reach_needs_a_token() {
    let failed = start_with(json!({"admin": "0.0.0.0:0"}))
        .map(drop)
        .unwrap_err();
    assert!(failed.to_string().contains("needs a token"), "{failed}");
    assert!(start_with(json!({"admin": "0.0.0.0:0", "admin_token": "t"})).is_ok());
}

#[test]
fn addresses_that_cannot_be_had_are_named() {
    let failed = start_with(json!({"stats": "nowhere"}))
        .map(drop)
        .unwrap_err();
    assert!(
        failed.to_string().starts_with("stats address \"nowhere\""),
        "{failed}"
    );
    let fixture = start();
    let taken = fixture.admin.addresses()["ready"];
    let failed = start_with(json!({"ready": taken.to_string()}))
        .map(drop)
        .unwrap_err();
    assert!(
        failed
            .to_string()
            .starts_with(&format!("ready address {taken}: ")),
        "{failed}"
    );
    let off = start_with(json!({"ready": null, "stats": ":0"})).unwrap();
    let names: Vec<_> = off.admin.addresses().keys().copied().collect();
    assert_eq!(names, ["admin", "stats"]);
    assert!(off.admin.addresses()["stats"].ip().is_unspecified());
}

#[test]
fn what_is_not_http_harms_nobody_and_dropping_ends_it() {
    let fixture = start();
    let _idle = TcpStream::connect(fixture.admin.addresses()["admin"]).unwrap();
    for junk in [
        "\r\n\r\n\u{0}\u{1}\r\n\r\n".to_owned(),
        format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(1 << 20)),
        "GET /explain?url=%FF%00&header=%FF:%FF HTTP/1.0\r\n\r\n".to_owned(),
        "POST /reload HTTP/1.0\r\ncontent-length: 99999999999999999999\r\n\r\n".to_owned(),
    ] {
        let mut stream = TcpStream::connect(fixture.admin.addresses()["admin"]).unwrap();
        // The other side may close before all of it is sent.
        let _ = stream.write_all(junk.as_bytes());
        let _ = stream.read_to_end(&mut Vec::new());
        assert_eq!(fixture.get("/generation")["generation"], 1);
    }
    let address = fixture.admin.addresses()["admin"];
    drop(fixture);
    assert!(TcpStream::connect(address).is_err());
}
