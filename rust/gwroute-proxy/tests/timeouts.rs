//! What takes too long.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::backend::{Backend, Connection, ok};
use support::client::{Client, get, request};
use support::gateway::Gateway;
use support::snapshot::Snapshot;
use support::{PATIENCE, eventually};

fn gateway(timeouts: &Value, backend: &Backend) -> Gateway {
    Gateway::with(
        json!({"timeouts": timeouts}),
        Snapshot::all_to(backend.address),
    )
}

/// Does something with a request and then waits until the other side closes.
fn and_then_nothing(begin: impl Fn(&mut Connection) + Send + Sync + 'static) -> Backend {
    Backend::scripted(move |connection| {
        begin(connection);
        while !connection.is_closed() {}
    })
}

#[test]
fn a_backend_that_does_not_answer_is_504() {
    let backend = and_then_nothing(|connection| drop(connection.request()));
    let gateway = gateway(&json!({"request": 0.2}), &backend);
    let begin = Instant::now();
    let mut client = Client::connect(gateway.address);
    let response = client.ask("GET /", "");
    assert_eq!(
        (response.status, response.body.as_str()),
        (504, "upstream request timeout")
    );
    assert!(begin.elapsed() >= Duration::from_millis(150));
    let line = gateway.line();
    assert_eq!((line.reason, line.flag), (Some("timeout_request"), "UT"));
    eventually("the backend is let go", || {
        gateway.log.upstreams.lock().unwrap().1 == 1
    });
    assert_eq!(
        client.ask("GET /", "").status,
        504,
        "the connection lives on"
    );
}

#[test]
fn a_response_that_does_not_end_is_cut() {
    let backend = and_then_nothing(|connection| {
        connection.request();
        connection
            .send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")
            .unwrap();
    });
    let gateway = gateway(&json!({"request": 0.2}), &backend);
    let mut client = Client::connect(gateway.address);
    client.send(request("GET /", ""));
    assert_eq!(client.head().0, 200);
    assert_eq!(client.exactly(4), "half");
    assert!(client.is_closed());
    let line = gateway.line();
    assert_eq!((line.status, line.reason), (200, Some("timeout_request")));
}

#[test]
fn a_request_has_its_time_only_once_it_is_whole() {
    let backend = Backend::named("web");
    let gateway = gateway(&json!({"request": 0.1}), &backend);
    let mut client = Client::connect(gateway.address);
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n");
    for byte in ["h", "e", "l", "l", "o"] {
        std::thread::sleep(Duration::from_millis(60));
        client.send(byte);
    }
    assert_eq!(client.response().status, 200);
}

#[test]
fn a_client_that_does_not_go_on_with_its_body_is_408() {
    let backend = and_then_nothing(|connection| drop(connection.request_head()));
    let gateway = gateway(&json!({"stream_idle": 0.2}), &backend);
    let mut client = Client::connect(gateway.address);
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhel");
    let response = client.response();
    assert_eq!(
        (response.status, response.body.as_str()),
        (408, "stream timeout")
    );
    let line = gateway.line();
    assert_eq!(
        (line.reason, line.flag, line.received),
        (Some("timeout_client"), "SI", 3)
    );
}

#[test]
fn a_backend_that_does_not_go_on_is_cut() {
    let backend = and_then_nothing(|connection| {
        connection.request();
        connection
            .send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")
            .unwrap();
    });
    let gateway = gateway(&json!({"stream_idle": 0.2}), &backend);
    let mut client = Client::connect(gateway.address);
    client.send(request("GET /", ""));
    client.head();
    assert_eq!(client.exactly(4), "half");
    assert!(client.is_closed());
    assert_eq!(gateway.line().reason, Some("timeout_backend"));
}

#[test]
fn a_response_that_goes_on_is_not_cut() {
    let backend = Backend::scripted(|connection| {
        connection.request();
        connection
            .send("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n")
            .unwrap();
        for byte in ["s", "l", "o", "w", "l", "y"] {
            std::thread::sleep(Duration::from_millis(60));
            connection.send(byte).unwrap();
        }
    });
    let gateway = gateway(&json!({"stream_idle": 0.2, "request": 0}), &backend);
    assert_eq!(get(gateway.address, "/").body, "slowly");
}

#[test]
fn a_client_that_does_not_read_is_cut() {
    let sent = Arc::new(AtomicUsize::new(0));
    let (closed, is_closed) = mpsc::channel();
    let (counter, closed) = (sent.clone(), Mutex::new(closed));
    let backend = Backend::scripted(move |connection| {
        connection.request();
        connection
            .send("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
            .unwrap();
        let chunk = vec![b'x'; 100_000];
        while connection.send(&chunk).is_ok() {
            counter.fetch_add(1, Ordering::SeqCst);
        }
        closed.lock().unwrap().send(()).unwrap();
    });
    let gateway = gateway(&json!({"request": 0.3}), &backend);
    let mut client = Client::connect(gateway.address);
    client.send(request("GET /", ""));
    is_closed.recv_timeout(PATIENCE).unwrap();
    assert!(sent.load(Ordering::SeqCst) < 10_000);
    assert_eq!(gateway.line().reason, Some("timeout_request"));
}

#[test]
fn a_head_that_does_not_end_is_408() {
    let backend = Backend::named("web");
    let gateway = gateway(&json!({"request_headers": 0.2}), &backend);
    for before in ["", "GET / HTTP/1.1\r\nhost: a\r\n\r\n"] {
        let mut client = Client::connect(gateway.address);
        client.send(before);
        if !before.is_empty() {
            assert_eq!(client.response().status, 200);
        }
        client.send("GET / HTTP/1.1\r\nhost:");
        // Bytes now and then do not help.
        std::thread::sleep(Duration::from_millis(100));
        client.send(" a\r\n");
        let response = client.response();
        assert_eq!(
            (response.status, response.body.as_str()),
            (408, "request timeout")
        );
        assert!(client.is_closed());
    }
    let lines = gateway.lines(3);
    assert_eq!(
        (lines[0].status, lines[0].reason),
        (408, Some("timeout_headers"))
    );
    assert_eq!(lines[0].method, None);
}

#[test]
fn a_client_that_says_nothing_is_let_go() {
    let backend = Backend::named("web");
    let gateway = gateway(
        &json!({"request_headers": 0.2, "client_idle": 0.2}),
        &backend,
    );
    assert!(Client::connect(gateway.address).is_closed());
    let mut client = Client::connect(gateway.address);
    assert_eq!(client.ask("GET /", "").status, 200);
    assert!(client.is_closed());
    assert_eq!(gateway.lines(1).len(), 1);
}

#[test]
fn an_idle_connection_to_a_backend_is_let_go() {
    let backend = Backend::named("web");
    let gateway = gateway(&json!({"backend_idle": 0.2}), &backend);
    assert_eq!(get(gateway.address, "/").status, 200);
    eventually("it closes", || {
        *gateway.log.upstreams.lock().unwrap() == (1, 1)
    });
}

#[test]
fn a_connection_that_does_not_come_about_is_503() {
    // A queue that is full takes no more connections, and says nothing.
    let listener =
        socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let any: std::net::SocketAddr = ([127, 0, 0, 1], 0).into();
    listener.bind(&any.into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let full: Vec<_> = (0..8)
        .map(|_| {
            let stream =
                socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
            stream.set_nonblocking(true).unwrap();
            let _ = stream.connect(&address.into());
            stream
        })
        .collect();
    let gateway = Gateway::with(
        json!({"timeouts": {"connect": 0.2}}),
        Snapshot::all_to(address),
    );
    let response = get(gateway.address, "/");
    assert_eq!(response.status, 503);
    assert!(response.body.ends_with("reset reason: connection timeout"));
    let line = gateway.line();
    assert_eq!(
        (line.reason, line.flag, line.tries),
        (Some("timeout_connect"), "UF", Some(1))
    );
    drop(full);
}

#[test]
fn many_timers_do_not_mind_each_other() {
    let backend = Backend::answering(|request| {
        let pause = request.path()[1..].parse().unwrap();
        std::thread::sleep(Duration::from_millis(pause));
        ok("web")
    });
    let gateway = gateway(&json!({"request": 0.3}), &backend);
    let ask = |pause: u64| {
        let address = gateway.address;
        std::thread::spawn(move || (pause, get(address, &format!("/{pause}")).status))
    };
    let asking: Vec<_> = (0..40)
        .map(|i| ask(if i % 2 == 0 { 0 } else { 2000 }))
        .collect();
    for asked in asking {
        let (pause, status) = asked.join().unwrap();
        assert_eq!(status, if pause == 0 { 200 } else { 504 });
    }
}
