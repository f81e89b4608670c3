//! Stopping: nothing new, and what is under way ends well.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::net::TcpStream;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use serde_json::json;
use support::backend::{Backend, ok};
use support::client::{Client, get, request};
use support::gateway::Gateway;
use support::snapshot::Snapshot;
use support::{PATIENCE, eventually};

/// A backend whose answers wait at a barrier, for two.
fn waiting() -> (Backend, Arc<Barrier>) {
    let barrier = Arc::new(Barrier::new(2));
    let waits = barrier.clone();
    let backend = Backend::answering(move |_| {
        waits.wait();
        ok("late")
    });
    (backend, barrier)
}

/// A request that is under way.
fn under_way(gateway: &Gateway) -> Client {
    let mut client = Client::connect(gateway.address);
    client.send(request("GET /", ""));
    let active = || gateway.proxy.stats().active_requests;
    eventually("it is under way", || active() == 1);
    client
}

#[test]
fn what_is_under_way_ends_well_and_says_that_it_was_the_last() {
    let (backend, barrier) = waiting();
    let gateway = Gateway::with(json!({"workers": 2}), Snapshot::all_to(backend.address));
    let mut client = under_way(&gateway);
    let proxy = gateway.proxy.clone();
    let stopping = std::thread::spawn(move || proxy.stop(PATIENCE));
    eventually("nothing new is taken", || {
        TcpStream::connect(gateway.address).is_err()
    });
    assert!(!stopping.is_finished());
    barrier.wait();
    let response = client.response();
    assert_eq!((response.status, response.body.as_str()), (200, "late"));
    assert_eq!(response.header("connection"), Some("close"));
    assert!(client.is_closed());
    assert!(stopping.join().unwrap(), "nothing was cut");
    assert_eq!(gateway.line().reason, None);
}

#[test]
fn what_does_not_end_in_time_is_cut() {
    let (backend, barrier) = waiting();
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = under_way(&gateway);
    let begin = Instant::now();
    assert!(
        !gateway.proxy.stop(Duration::from_millis(200)),
        "something was cut"
    );
    assert!(begin.elapsed() >= Duration::from_millis(200));
    assert!(client.is_closed());
    assert_eq!(gateway.line().reason, Some("stopped"));
    barrier.wait();
}

#[test]
fn idle_connections_close_at_once() {
    let backend = Backend::named("web");
    let gateway = Gateway::with(json!({"workers": 2}), Snapshot::all_to(backend.address));
    let mut idle: Vec<Client> = (0..10).map(|_| Client::connect(gateway.address)).collect();
    for client in &mut idle {
        assert_eq!(client.ask("GET /", "").status, 200);
    }
    let begin = Instant::now();
    assert!(gateway.proxy.stop(PATIENCE));
    assert!(begin.elapsed() < PATIENCE / 2);
    assert!(idle.iter_mut().all(Client::is_closed));
    eventually("all is let go", || {
        *gateway.log.connections.lock().unwrap() == (10, 10)
    });
    let (opened, closed) = *gateway.log.upstreams.lock().unwrap();
    assert_eq!(opened, closed);
}

#[test]
fn a_port_can_go_while_others_stay() {
    let (backend, barrier) = waiting();
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let other = gateway
        .proxy
        .listen("infra/other", 80, "127.0.0.1:0")
        .unwrap();
    let mut client = under_way(&gateway);
    gateway.proxy.unlisten("infra/public", 80);
    eventually("it is gone", || {
        TcpStream::connect(gateway.address).is_err()
    });
    assert_eq!(
        get(other, "/").status,
        404,
        "no listener of that gateway is in the table"
    );
    barrier.wait();
    let response = client.response();
    assert_eq!(
        (response.body.as_str(), response.header("connection")),
        ("late", Some("close"))
    );
    let again = gateway
        .proxy
        .listen("infra/public", 80, &gateway.address.to_string())
        .unwrap();
    assert_eq!(again, gateway.address);
    let mut client = under_way(&gateway);
    barrier.wait();
    assert_eq!(client.response().status, 200);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let gateway = Gateway::start(Snapshot::default());
    for address in [
        gateway.address.to_string(),
        "127.0.0.1:99999".to_owned(),
        ":x".to_owned(),
        "192.0.2.1:80".to_owned(),
    ] {
        let error = gateway
            .proxy
            .listen("infra/other", 80, &address)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(&format!("cannot bind {address}: ")),
            "{error}"
        );
    }
}

#[test]
fn a_proxy_that_has_stopped_says_so() {
    let gateway = Gateway::start(Snapshot::default());
    assert!(gateway.proxy.stop(Duration::ZERO));
    assert!(gateway.proxy.stop(Duration::ZERO), "twice is no harm");
    let error = gateway
        .proxy
        .listen("infra/other", 80, "127.0.0.1:0")
        .unwrap_err();
    assert_eq!(error.to_string(), "the proxy has been stopped");
}

#[test]
fn all_addresses_are_both_families() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let bound = gateway.proxy.listen("infra/public", 80, ":0").unwrap();
    assert!(bound.ip().is_unspecified());
    assert_eq!(get(([127, 0, 0, 1], bound.port()).into(), "/").status, 200);
    assert_eq!(
        backend.request().header("x-forwarded-for"),
        Some("127.0.0.1")
    );
}
