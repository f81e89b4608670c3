#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use gwroute_core::{Decision, PlainRequest, RouteTable, ir};
use http::{HeaderValue, Method, Version};

use super::*;
use crate::telemetry::{Addresses, Head, Outcome, UpstreamRecord};
use crate::{Endpoint, Error, ErrorKind};

pub(crate) const SNAPSHOT: &str = r#"{
  "schema": 1,
  "listeners": [{"key": "infra/public/http", "gateway": "infra/public", "name": "http",
                 "port": 80, "protocol": "HTTP", "hostname": null, "node_pool": "hangzhou"}],
  "rules": [{"key": "httproute/shop/cart/rule/1",
             "route": {"kind": "HTTPRoute", "namespace": "shop", "name": "cart", "rule": 1,
                       "rule_name": "checkout"},
             "hosts": [{"listener": "infra/public/http", "host": null, "hostname": null}],
             "matches": [{"path": {"type": "PathPrefix", "value": "/cart"}, "method": null,
                          "headers": [], "query_params": [], "line": null}],
             "filters": [],
             "backends": [{"name": "shop/cart:8080", "upstream": "shop/cart:8080@hangzhou",
                           "weight": 1, "filters": [], "invalid": null}]}],
  "upstreams": [{"key": "shop/cart:8080@hangzhou", "service": "shop/cart:8080",
                 "protocol": "http/1.1", "assumed": false, "removed": [], "scope": null,
                 "endpoints": [{"address": "10.0.0.1", "port": 3000}]}]
}"#;

/// A request that a backend answered.
pub(crate) fn forwarded() -> Record {
    let table = RouteTable::from_json(SNAPSHOT.as_bytes()).unwrap();
    let request = PlainRequest {
        method: "GET".to_owned(),
        target: "/cart".to_owned(),
        ..PlainRequest::default()
    };
    let entry = table.entry(None, 80).unwrap();
    let Decision::Forward(forward) = table.decide(entry, None, &request, 0.0) else {
        panic!("the rule takes it");
    };
    let upstream = Arc::clone(table.upstream(forward.upstream()));
    let endpoint = Arc::new(Endpoint::new(&upstream.endpoints[0]).unwrap());
    Record {
        listener: Some(Arc::clone(forward.listener())),
        rule: Some(Arc::clone(forward.rule())),
        match_index: Some(0),
        backend: Some(0),
        upstream: Some(UpstreamRecord {
            upstream,
            endpoint,
            local: Some("10.0.0.9:41000".parse().unwrap()),
            service_time: Some(Duration::from_micros(6500)),
            tries: 2,
        }),
        head: Some(Box::new(Head {
            path: "/cart?a=\"1\"".to_owned(),
            authority: Some(HeaderValue::from_static("shop.example.com")),
            forwarded_for: Some(HeaderValue::from_static("192.0.2.7")),
            user_agent: Some(HeaderValue::from_bytes(b"a\\\xff\"b").unwrap()),
            request_id: Some(HeaderValue::from_static("7")),
        })),
        ..answered(200, Outcome::Backend)
    }
}

/// A request that no rule took.
pub(crate) fn answered(status: u16, outcome: Outcome) -> Record {
    Record {
        started: SystemTime::UNIX_EPOCH + Duration::from_millis(1_790_000_000_123),
        duration: Duration::from_micros(7999),
        method: Some(Method::GET),
        version: Version::HTTP_11,
        status,
        outcome,
        bytes_received: 0,
        bytes_sent: 512,
        head: None,
        listener: None,
        rule: None,
        match_index: None,
        backend: None,
        upstream: None,
        client: Addresses {
            local: "127.0.0.1:8080".parse().unwrap(),
            remote: "[::1]:50000".parse().unwrap(),
            server_name: None,
        },
    }
}

fn line(render: fn(&Record, &mut Vec<u8>), record: &Record) -> String {
    let mut line = Vec::new();
    render(record, &mut line);
    String::from_utf8(line).unwrap()
}

#[test]
fn a_forwarded_request_has_all_keys_in_their_order() {
    let expected = concat!(
        r#"{"start_time":"2026-09-21T14:13:20.123Z","method":"GET","#,
        r#""x-envoy-origin-path":"/cart?a=\"1\"","protocol":"HTTP/1.1","response_code":200,"#,
        r#""response_flags":"-","response_code_details":"via_upstream","#,
        r#""connection_termination_details":null,"upstream_transport_failure_reason":null,"#,
        r#""bytes_received":0,"bytes_sent":512,"duration":7,"x-envoy-upstream-service-time":6,"#,
        r#""x-forwarded-for":"192.0.2.7","user-agent":"a\\�\"b","x-request-id":"7","#,
        r#"":authority":"shop.example.com","upstream_host":"10.0.0.1:3000","#,
        r#""upstream_cluster":"shop/cart:8080@hangzhou","upstream_local_address":"10.0.0.9:41000","#,
        r#""downstream_local_address":"127.0.0.1:8080","downstream_remote_address":"[::1]:50000","#,
        r#""requested_server_name":null,"route_name":"httproute/shop/cart/rule/1/match/0","#,
        r#""gateway":"infra/public","listener":"infra/public/http","route":"shop/cart","rule":1,"#,
        r#""rule_name":"checkout","match":0,"backend":"shop/cart:8080","node_pool":"hangzhou","#,
        r#""tries":2,"reason":null}"#,
    );
    assert_eq!(line(json::render, &forwarded()), expected);
}

#[test]
fn what_is_missing_is_null_and_no_key_is_left_out() {
    let keys = |record: &Record| -> Vec<String> {
        let json: serde_json::Value = serde_json::from_str(&line(json::render, record)).unwrap();
        json.as_object().unwrap().keys().cloned().collect()
    };
    let record = answered(404, Outcome::Decided("no_route"));
    assert_eq!(keys(&record), keys(&forwarded()));
    let json: serde_json::Value = serde_json::from_str(&line(json::render, &record)).unwrap();
    assert_eq!(json["reason"], "no_route");
    assert_eq!(json["response_flags"], "NR");
    assert_eq!(json["response_code_details"], "route_not_found");
    for key in [
        "route_name",
        "route",
        "backend",
        "tries",
        "user-agent",
        "upstream_host",
    ] {
        assert!(json[key].is_null(), "{key}");
    }
}

#[test]
fn a_failure_at_the_backend_says_which() {
    let mut record = forwarded();
    record.outcome = Outcome::Failed(Error {
        kind: ErrorKind::Connect,
        detail: Some("connection \"refused\"".to_owned()),
    });
    let json: serde_json::Value = serde_json::from_str(&line(json::render, &record)).unwrap();
    let failure = &json["upstream_transport_failure_reason"];
    assert_eq!(failure, "connection \"refused\"");
    assert_eq!(json["reason"], "connect_failed");
    record.outcome = Outcome::Failed(Error {
        kind: ErrorKind::ClientGone,
        detail: Some("broken pipe".to_owned()),
    });
    let json: serde_json::Value = serde_json::from_str(&line(json::render, &record)).unwrap();
    assert!(json["upstream_transport_failure_reason"].is_null());
}

#[test]
fn a_response_that_breaks_off_is_told_from_one_that_never_came() {
    for (kind, cause) in [
        (ErrorKind::Reset, "connection_termination"),
        (ErrorKind::Protocol, "protocol_error"),
    ] {
        let mut record = forwarded();
        record.outcome = Outcome::Failed(Error::new(kind));
        assert!(json::details(&record).contains("after_response_started"));
        if let Some(upstream) = &mut record.upstream {
            upstream.service_time = None;
        }
        let never = format!("upstream_reset_before_response_started{{{cause}}}");
        assert_eq!(json::details(&record), never);
    }
}

#[test]
fn the_text_is_envoys_with_the_route_behind_it() {
    let expected = concat!(
        r#"[2026-09-21T14:13:20.123Z] "GET /cart?a=\x221\x22 HTTP/1.1" 200 - 0 512 7 6 "#,
        r#""192.0.2.7" "a\x5C\xFF\x22b" "7" "shop.example.com" "10.0.0.1:3000" "#,
        r"httproute/shop/cart/rule/1/match/0 -",
    );
    assert_eq!(line(text::render, &forwarded()), expected);
    let record = answered(404, Outcome::Decided("no_route"));
    let expected = concat!(
        r#"[2026-09-21T14:13:20.123Z] "GET - HTTP/1.1" 404 NR 0 512 7 - "-" "-" "-" "-" "-" "#,
        "- no_route",
    );
    assert_eq!(line(text::render, &record), expected);
}

#[test]
fn a_file_is_appended_to_and_an_impossible_one_is_named() {
    let path = std::env::temp_dir().join(format!("gwroute-log-{}", std::process::id()));
    std::fs::write(&path, "before\n").unwrap();
    let config = config::AccessLog {
        format: AccessLogFormat::Text,
        path: Some(path.to_str().unwrap().to_owned()),
    };
    let log = AccessLog::open(&config).unwrap().unwrap();
    log.write(&forwarded());
    assert_eq!(log.dropped(), 0);
    drop(log);
    let written = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let lines: Vec<_> = written.lines().collect();
    assert_eq!(lines, ["before", &line(text::render, &forwarded())]);

    let config = config::AccessLog {
        path: Some("/nowhere/at/all".to_owned()),
        ..config
    };
    let error = AccessLog::open(&config).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("access log /nowhere/at/all: ")
    );
    let off = config::AccessLog {
        format: AccessLogFormat::Off,
        path: None,
    };
    assert!(AccessLog::open(&off).unwrap().is_none());
}

#[test]
fn a_route_of_another_kind_has_its_own_name() {
    let route = ir::RouteRef {
        kind: "GRPCRoute".to_owned(),
        ..forwarded().rule.unwrap().as_ir().route.clone()
    };
    let mut name = Vec::new();
    push_route_name(&route, None, &mut name);
    assert_eq!(name, b"grpcroute/shop/cart/rule/1");
}
