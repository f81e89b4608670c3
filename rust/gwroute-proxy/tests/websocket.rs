//! WebSocket through the gateway.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io::{Read, Write};
use std::net::Shutdown;
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;
use support::backend::{Backend, Request, ok};
use support::client::Client;
use support::gateway::Gateway;
use support::snapshot::Snapshot;
use support::{PATIENCE, eventually};

const HANDSHAKE: &str = "connection: keep-alive, Upgrade\nupgrade: WebSocket\n\
                         sec-websocket-version: 13\nsec-websocket-key: x3JJHMbDL1EzLkh9GBhXDw==";

const CONSENT: &str = "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
                       sec-websocket-accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\n\r\n";

/// A backend that agrees to upgrades, greets, and echoes bytes until the other side ends; the
/// requests it saw come through the channel.
fn echoing() -> (Backend, mpsc::Receiver<Request>) {
    let (seen, requests) = mpsc::channel();
    let seen = Mutex::new(seen);
    let backend = Backend::scripted(move |connection| {
        seen.lock()
            .unwrap()
            .send(connection.request().unwrap())
            .unwrap();
        // The first bytes come along with the consent.
        connection.send(format!("{CONSENT}hi")).unwrap();
        let mut bytes = [0; 1024];
        while let Ok(read @ 1..) = connection.reader.read(&mut bytes) {
            connection.send(&bytes[..read]).unwrap();
        }
        let _ = connection.send("bye");
    });
    (backend, requests)
}

#[test]
fn bytes_go_both_ways_until_both_have_ended() {
    let (backend, requests) = echoing();
    // The time of a request does not count here.
    let config = json!({"timeouts": {"request": 0.1}});
    let gateway = Gateway::with(config, Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send(support::client::request("GET /ws", HANDSHAKE));
    let (status, headers) = client.head();
    assert_eq!(status, 101);
    let header = |name: &str| {
        headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(
        (header("connection"), header("upgrade")),
        (Some("Upgrade"), Some("websocket"))
    );
    assert_eq!(
        header("sec-websocket-accept"),
        Some("HSmrc0sMlYUkAGmm5OPpG2HaGWk=")
    );
    assert_eq!(client.exactly(2), "hi");
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(60));
        client.send([1, 2, 3]);
        assert_eq!(client.bytes(3), [1, 2, 3]);
    }
    client.stream().shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.exactly(3), "bye");
    assert!(client.is_closed());
    let request = requests.recv_timeout(PATIENCE).unwrap();
    assert_eq!(request.header("connection"), Some("Upgrade"));
    assert_eq!(request.header("upgrade"), Some("websocket"));
    assert_eq!(
        request.header("sec-websocket-key"),
        Some("x3JJHMbDL1EzLkh9GBhXDw==")
    );
    let line = gateway.line();
    assert_eq!(
        (line.status, line.reason, line.received, line.sent),
        (101, None, 9, 14)
    );
}

#[test]
fn bytes_sent_ahead_of_the_consent_arrive() {
    let (backend, _requests) = echoing();
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send(support::client::request("GET /ws", HANDSHAKE) + "ahead");
    assert_eq!(client.head().0, 101);
    assert_eq!(client.exactly(7), "hiahead");
}

#[test]
fn a_backend_may_refuse() {
    let backend = Backend::answering(|_| ok("no"));
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    let response = client.ask("GET /ws", HANDSHAKE);
    assert_eq!((response.status, response.body.as_str()), (200, "no"));
    assert_eq!(client.ask("GET /", "").status, 200);
}

#[test]
fn a_tunnel_in_which_nothing_moves_is_closed() {
    let (backend, _requests) = echoing();
    let config = json!({"timeouts": {"stream_idle": 0.2}});
    let gateway = Gateway::with(config, Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send(support::client::request("GET /ws", HANDSHAKE));
    client.head();
    assert_eq!(client.exactly(2), "hi");
    assert!(client.is_closed());
    assert_eq!(gateway.line().flag, "SI");
}

#[test]
fn a_tunnel_outlives_changes_and_ends_with_the_proxy() {
    let (backend, _requests) = echoing();
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send(support::client::request("GET /ws", HANDSHAKE));
    client.head();
    gateway.swap(Snapshot::default());
    client.send("x");
    assert_eq!(client.exactly(3), "hix");
    assert!(
        !gateway.proxy.stop(Duration::from_millis(200)),
        "it was cut"
    );
    assert!(client.is_closed());
    assert_eq!(gateway.line().reason, Some("stopped"));
}

#[test]
fn a_client_that_goes_takes_the_tunnel_along() {
    let (backend, _requests) = echoing();
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send(support::client::request("GET /ws", HANDSHAKE));
    client.head();
    let _ = client.stream().write_all(b"x");
    drop(client);
    eventually("all is let go", || gateway.proxy.stats().connections == 0);
    assert_eq!(gateway.line().status, 101);
    eventually("the backend's connection too", || {
        let (opened, closed) = *gateway.log.upstreams.lock().unwrap();
        opened == closed
    });
}
