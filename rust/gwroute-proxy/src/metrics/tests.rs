#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use gwroute_core::RouteTable;
use http::Method;

use super::*;
use crate::access_log::tests::{SNAPSHOT, answered, forwarded};
use crate::live::LivePointer;
use crate::{Error, ErrorKind, Live, Secrets};

#[derive(Debug)]
struct Known(LivePointer);

impl Facts for Known {
    fn live(&self) -> Arc<Live> {
        self.0.load()
    }

    fn reload(&self) -> (SystemTime, Duration, bool) {
        (SystemTime::now(), Duration::from_millis(250), true)
    }

    fn dropped(&self) -> u64 {
        5
    }
}

fn table() -> Arc<RouteTable> {
    Arc::new(RouteTable::from_json(SNAPSHOT.as_bytes()).unwrap())
}

fn scrape(metrics: &Arc<Metrics>, format: Format) -> String {
    let live = LivePointer::new(RouteTable::from_json(SNAPSHOT.as_bytes()).unwrap());
    live.swap(table(), &Secrets::default());
    Exposition::new(Arc::clone(metrics), Arc::new(Known(live))).render(format)
}

#[track_caller]
fn assert_shows(text: &str, line: &str) {
    assert!(
        text.lines().any(|shown| shown == line),
        "{line}\nis not in\n{text}"
    );
}

#[test]
fn what_workers_report_is_added_up() {
    let metrics = Arc::new(Metrics::new(2, false));
    let threads: Vec<_> = (0..2)
        .map(|worker| {
            let metrics = Arc::clone(&metrics);
            std::thread::spawn(move || {
                let record = forwarded();
                let upstream = &record.upstream.as_ref().unwrap().upstream;
                metrics.connection_opened(worker);
                metrics.upstream_opened(worker, upstream, Duration::from_micros(300));
                for _ in 0..1000 {
                    metrics.request_started(worker);
                    metrics.upstream_tried(worker, upstream, TryOutcome::Answered);
                    metrics.request_ended(worker, &record);
                }
                metrics.request_started(worker);
                metrics.upstream_tried(worker, upstream, TryOutcome::Stale);
                metrics.mirrored(worker, upstream, MirrorOutcome::Dropped);
                metrics.upstream_closed(worker, upstream);
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    let text = scrape(&metrics, Format::Prometheus);
    let labels = r#"gateway="infra/public",listener="infra/public/http",method="GET""#;
    for line in [
        format!(
            r#"http_server_request_duration_seconds_count{{{labels},status_class="2xx"}} 2000"#
        ),
        format!(
            r#"http_server_request_duration_seconds_bucket{{le="0.01",{labels},status_class="2xx"}} 2000"#
        ),
        "http_server_active_requests 2".to_owned(),
        "gwroute_connections 2".to_owned(),
        r#"gwroute_responses_total{source="backend",reason=""} 2000"#.to_owned(),
        r#"gwroute_upstream_connections{service="shop/cart:8080"} 0"#.to_owned(),
        r#"gwroute_upstream_connect_seconds_count{service="shop/cart:8080"} 2"#.to_owned(),
        r#"gwroute_upstream_tries_total{service="shop/cart:8080",outcome="answered"} 2000"#
            .to_owned(),
        r#"gwroute_upstream_tries_total{service="shop/cart:8080",outcome="stale"} 2"#.to_owned(),
        r#"gwroute_mirrored_requests_total{service="shop/cart:8080",outcome="dropped"} 2"#
            .to_owned(),
        r#"gwroute_upstream_endpoints{service="shop/cart:8080",state="ready",node_pool=""} 1"#
            .to_owned(),
        "gwroute_access_log_dropped_total 5".to_owned(),
        "gwroute_config_generation 1.0".to_owned(),
        "gwroute_config_last_reload_successful 1.0".to_owned(),
        "gwroute_config_last_reload_seconds 0.25".to_owned(),
        "gwroute_routes 1.0".to_owned(),
        "gwroute_rules 1.0".to_owned(),
        format!(
            r#"gwroute_build_info{{version="{}"}} 1"#,
            env!("CARGO_PKG_VERSION")
        ),
    ] {
        assert_shows(&text, &line);
    }
    assert_eq!(metrics.hits("httproute/shop/cart/rule/1"), 2000);
    assert_eq!(metrics.hits("httproute/shop/cart/rule/2"), 0);
}

#[test]
fn own_answers_and_failures_have_their_reason() {
    let metrics = Arc::new(Metrics::new(1, false));
    metrics.request_ended(0, &answered(404, Outcome::Decided("no_route")));
    let mut refused = forwarded();
    refused.outcome = Outcome::Failed(Error::new(ErrorKind::Connect));
    refused.upstream.as_mut().unwrap().service_time = None;
    metrics.request_ended(0, &refused);
    let mut cut = forwarded();
    cut.outcome = Outcome::Failed(Error::new(ErrorKind::Reset));
    metrics.request_ended(0, &cut);
    let text = scrape(&metrics, Format::Prometheus);
    for (source, reason) in [
        ("gateway", "no_route"),
        ("gateway", "connect_failed"),
        ("backend", "reset"),
    ] {
        let line = format!(r#"gwroute_responses_total{{source="{source}",reason="{reason}"}} 1"#);
        assert_shows(&text, &line);
    }
}

#[test]
fn methods_that_clients_make_up_are_one_series() {
    let metrics = Arc::new(Metrics::new(1, false));
    for number in 0..50 {
        let mut record = answered(405, Outcome::Backend);
        record.method = Method::from_bytes(format!("M{number}").as_bytes()).ok();
        metrics.request_ended(0, &record);
    }
    let text = scrape(&metrics, Format::Prometheus);
    let line = r#"http_server_request_duration_seconds_count{gateway="",listener="",method="_OTHER",status_class="4xx"} 50"#;
    assert_shows(&text, line);
    assert!(!text.contains("M1"));
}

#[test]
fn routes_are_told_apart_if_that_is_asked_for() {
    for (per_route, count) in [(false, 0), (true, 18)] {
        let metrics = Arc::new(Metrics::new(1, per_route));
        metrics.request_ended(0, &forwarded());
        let text = scrape(&metrics, Format::Prometheus);
        let found = text
            .matches(r#"route="httproute/shop/cart/rule/1""#)
            .count();
        assert_eq!(found, count);
    }
}

#[test]
fn each_format_is_what_its_reader_expects() {
    let metrics = Arc::new(Metrics::new(1, false));
    let open = scrape(
        &metrics,
        Format::accepted("application/openmetrics-text; version=1.0.0"),
    );
    assert!(open.contains("# TYPE gwroute_responses counter\n"));
    assert!(open.ends_with("# EOF\n"));
    let plain = scrape(&metrics, Format::accepted("text/plain, */*"));
    assert!(plain.contains("# TYPE gwroute_responses_total counter\n"));
    assert!(plain.contains("# HELP gwroute_responses_total Responses by"));
    assert!(!plain.contains("# EOF"));
    let samples = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .filter(|line| !line.contains("age"))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(samples(&open), samples(&plain));
}

#[test]
fn what_is_gone_is_forgotten_in_the_end_and_what_stays_goes_on() {
    let metrics = Arc::new(Metrics::new(1, true));
    let record = forwarded();
    let upstream = record.upstream.as_ref().unwrap().upstream.clone();
    metrics.request_ended(0, &record);
    metrics.upstream_opened(0, &upstream, Duration::ZERO);
    for number in 0..3000 {
        let service = format!("gone/service-{number}:80");
        let gone = ir::Upstream {
            service,
            ..ir::Upstream::clone(&upstream)
        };
        metrics.upstream_opened(0, &gone, Duration::ZERO);
        metrics.upstream_tried(0, &gone, TryOutcome::Answered);
        if number > 0 {
            metrics.upstream_closed(0, &gone);
        }
    }
    metrics.forget_all_but(&table());
    metrics.request_ended(0, &record);
    let text = scrape(&metrics, Format::Prometheus);
    assert!(!text.contains("gone/service-7:80"));
    assert_shows(
        &text,
        r#"gwroute_upstream_connections{service="gone/service-0:80"} 1"#,
    );
    assert_shows(
        &text,
        r#"gwroute_upstream_connections{service="shop/cart:8080"} 1"#,
    );
    assert_eq!(metrics.hits("httproute/shop/cart/rule/1"), 2);
}

#[test]
fn two_proxies_on_one_thread_count_apart() {
    let (one, other) = (
        Arc::new(Metrics::new(1, false)),
        Arc::new(Metrics::new(1, false)),
    );
    for _ in 0..3 {
        one.request_ended(0, &forwarded());
        other.request_ended(0, &forwarded());
    }
    other.request_ended(0, &forwarded());
    assert_eq!(one.hits("httproute/shop/cart/rule/1"), 3);
    assert_eq!(other.hits("httproute/shop/cart/rule/1"), 4);
}

#[test]
fn rules_that_had_the_same_number_count_apart() {
    let metrics = Metrics::new(1, false);
    let (one, mut other) = (forwarded(), forwarded());
    let snapshot = SNAPSHOT.replace("rule/1", "rule/2");
    let table = RouteTable::from_json(snapshot.as_bytes()).unwrap();
    other.rule = table.rules().next().cloned();
    for record in [&one, &other, &other, &one, &one] {
        metrics.request_ended(0, record);
    }
    assert_eq!(metrics.hits("httproute/shop/cart/rule/1"), 3);
    assert_eq!(metrics.hits("httproute/shop/cart/rule/2"), 2);
}
