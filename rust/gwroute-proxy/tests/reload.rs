//! Changes while requests run: none lost, none answered by a mixture.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use serde_json::json;
use support::backend::{Backend, ok};
use support::client::{Client, request};
use support::eventually;
use support::gateway::Gateway;
use support::snapshot::{Rule, Snapshot};

/// One version of a configuration: the rule marks requests and responses, and the backend says
/// what it saw.
fn version(name: &str, backend: &Backend) -> Snapshot {
    let mark =
        |kind: &str| json!({"type": kind, "set": [["x-version", name]], "add": [], "remove": []});
    Snapshot::default()
        .rule(
            Rule::prefix("/")
                .filter(mark("RequestHeaderModifier"))
                .filter(mark("ResponseHeaderModifier"))
                .to("shop/web:80"),
        )
        .upstream("shop/web:80", &[backend.address])
}

fn telling(name: &'static str) -> Backend {
    Backend::answering(move |request| {
        ok(&format!("{name} {}", request.header("x-version").unwrap()))
    })
}

#[test]
fn thousands_of_requests_while_everything_changes() {
    let backends = [telling("a"), telling("b")];
    let gateway = Gateway::with(json!({"workers": 2}), version("0", &backends[0]));
    let (over, served) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut client = Client::connect(gateway.address);
                while !over.load(Ordering::SeqCst) {
                    let response = client.ask("GET /", "");
                    assert_eq!(response.status, 200, "{response:?}");
                    let seen = response.body.split(' ').nth(1);
                    assert_eq!(seen, response.header("x-version"), "a mixture");
                    served.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        let mut changes = 0_usize;
        eventually("enough was served", || {
            for _ in 0..20 {
                changes += 1;
                gateway.swap(version(&changes.to_string(), &backends[changes % 2]));
            }
            served.load(Ordering::SeqCst) > 4000
        });
        over.store(true, Ordering::SeqCst);
        assert!(changes > 20);
    });
    assert_eq!(
        gateway.log.connections.lock().unwrap().0,
        4,
        "no connection was lost"
    );
}

#[test]
fn a_request_under_way_keeps_what_it_was_given() {
    let barrier = Arc::new(Barrier::new(2));
    let waits = barrier.clone();
    let old = Backend::answering(move |_| {
        waits.wait();
        ok("old")
    });
    let new = Backend::named("new");
    let gateway = Gateway::start(version("1", &old));
    let mut client = Client::connect(gateway.address);
    client.send(request("GET /", ""));
    eventually("it is under way", || old.connections() == 1);
    gateway.swap(version("2", &new));
    let mut other = Client::connect(gateway.address);
    assert_eq!(other.ask("GET /", "").body, "new");
    barrier.wait();
    let response = client.response();
    assert_eq!(
        (response.body.as_str(), response.header("x-version")),
        ("old", Some("1"))
    );
    assert_eq!(client.ask("GET /", "").body, "new");
}

#[test]
fn a_change_elsewhere_keeps_connections_to_endpoints() {
    let backend = telling("a");
    let gateway = Gateway::start(version("1", &backend));
    let mut client = Client::connect(gateway.address);
    for change in 1..10 {
        gateway.swap(version(&change.to_string(), &backend));
        assert_eq!(client.ask("GET /", "").status, 200);
    }
    assert_eq!(backend.connections(), 1);
}

#[test]
fn a_rule_that_is_gone_is_gone_at_once() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    for _ in 0..50 {
        gateway.swap(Snapshot::default());
        assert_eq!(client.ask("GET /", "").status, 404);
        gateway.swap(Snapshot::all_to(backend.address));
        assert_eq!(client.ask("GET /", "").status, 200);
    }
    assert_eq!(gateway.proxy.stats().generation, 101);
}
