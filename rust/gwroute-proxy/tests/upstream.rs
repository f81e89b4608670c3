//! Endpoints: how one is chosen, and what happens when it fails.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};

use gwroute_proxy::{ErrorKind, TryOutcome};
use serde_json::json;
use support::backend::{Backend, ok};
use support::client::{Client, get, request};
use support::gateway::Gateway;
use support::snapshot::{Rule, Snapshot};
use support::{PATIENCE, eventually};

const RESET: &str = "upstream connect error or disconnect/reset before headers. \
                     reset reason: connection termination";

/// A backend that answers its first request, closes when told to, and counts.
fn closing(after: &'static str) -> (Backend, Arc<AtomicUsize>) {
    let served = Arc::new(AtomicUsize::new(0));
    let counter = served.clone();
    let backend = Backend::scripted(move |connection| {
        while let Some(request) = connection.request() {
            if counter.fetch_add(1, Ordering::SeqCst) > 0 && request.path() == after {
                return;
            }
            connection.send(ok("web")).unwrap();
        }
    });
    (backend, served)
}

#[test]
fn a_connection_that_closed_while_idle_costs_nothing() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    for method in ["GET", "POST", "GET"] {
        client.send(format!(
            "{method} / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n"
        ));
        assert_eq!(client.response().status, 200);
        backend.close_connections();
    }
    assert_eq!(backend.connections(), 3);
}

#[test]
fn a_request_that_may_be_repeated_is_when_its_old_connection_dies() {
    let (backend, served) = closing("/again");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    assert_eq!(client.ask("GET /", "").status, 200);
    // The old connection takes the request and closes, and so does the new one: once is enough.
    let response = client.ask("GET /again", "");
    assert_eq!((response.status, response.body.as_str()), (503, RESET));
    assert_eq!(served.load(Ordering::SeqCst), 3);
    let line = &gateway.lines(2)[1];
    assert_eq!(
        (line.tries, line.reason, line.flag),
        (Some(2), Some("reset"), "UC")
    );
    let tries = gateway.log.tries.lock().unwrap().clone();
    let expected = [
        TryOutcome::Answered,
        TryOutcome::Stale,
        TryOutcome::Failed(ErrorKind::Reset),
    ];
    assert_eq!(tries, expected);
}

#[test]
fn a_request_that_may_not_be_repeated_is_not() {
    let (backend, served) = closing("/once");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    assert_eq!(client.ask("GET /", "").status, 200);
    client.send("POST /once HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nok");
    assert_eq!(client.response().status, 503);
    assert_eq!(served.load(Ordering::SeqCst), 2);
}

#[test]
fn an_answer_that_is_not_http_is_502() {
    for garbage in [
        "SSH-2.0-OpenSSH_9.7\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
    ] {
        let backend = Backend::scripted(move |connection| {
            connection.request();
            connection.send(garbage).unwrap();
        });
        let gateway = Gateway::start(Snapshot::all_to(backend.address));
        let response = get(gateway.address, "/");
        let body = RESET.replace("connection termination", "protocol error");
        assert_eq!((response.status, response.body), (502, body), "{garbage:?}");
        let line = gateway.line();
        assert_eq!((line.reason, line.flag), (Some("protocol_error"), "UPE"));
    }
}

#[test]
fn switching_protocols_unasked_is_502() {
    let backend = Backend::answering(|_| {
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n".to_owned()
    });
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    assert_eq!(get(gateway.address, "/").status, 502);
}

#[test]
fn interim_answers_are_not_the_answer() {
    let backend = Backend::answering(|_| {
        format!("HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n{}", ok("web"))
    });
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    assert_eq!(get(gateway.address, "/").body, "web");
}

#[test]
fn a_response_cut_by_the_backend_is_cut_for_the_client() {
    let backend = Backend::scripted(|connection| {
        connection.request();
        connection
            .send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")
            .unwrap();
    });
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send(request("GET /", ""));
    assert_eq!(client.head().0, 200);
    assert_eq!(client.exactly(4), "half");
    assert!(client.is_closed());
    let line = gateway.line();
    assert_eq!(
        (line.status, line.reason, line.sent),
        (200, Some("reset"), 4)
    );
}

#[test]
fn an_answer_may_come_before_the_request_has_ended() {
    let backend = Backend::scripted(|connection| {
        connection.request_head();
        connection
            .send("HTTP/1.1 413 Content Too Large\r\ncontent-length: 3\r\n\r\nbig")
            .unwrap();
        // Reads no more, and stays.
        let _ = connection.reader.get_ref().peek(&mut [0; 1]);
        std::thread::park_timeout(PATIENCE);
    });
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000000\r\n\r\nbegin");
    let response = client.response();
    assert_eq!((response.status, response.body.as_str()), (413, "big"));
    assert!(client.is_closed());
    assert_eq!(gateway.line().status, 413);
}

#[test]
fn a_body_goes_on_while_the_response_is_not_read() {
    // The backend answers each chunk with as much again, and ends when the request does. The client
    // reads nothing until it has sent all.
    let backend = Backend::scripted(|connection| {
        connection.request_head();
        connection
            .send("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
            .unwrap();
        let mut answer = connection.reader.get_ref().try_clone().unwrap();
        let (chunks, written) = mpsc::channel::<Vec<u8>>();
        let writer = std::thread::spawn(move || {
            for chunk in written {
                std::io::Write::write_all(&mut answer, &chunk).unwrap();
            }
        });
        let mut left = 20_000_000;
        while left > 0 {
            let mut chunk = vec![0; 100_000];
            std::io::Read::read_exact(&mut connection.reader, &mut chunk).unwrap();
            left -= chunk.len();
            chunks.send(chunk).unwrap();
        }
        drop(chunks);
        writer.join().unwrap();
    });
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 20000000\r\n\r\n");
    client.send("x".repeat(20_000_000));
    assert_eq!(client.response().body.len(), 20_000_000);
}

/// The request of a client that does this while it waits breaks off at the backend.
fn takes_its_request_along(leave: impl FnOnce(Client)) {
    let (gone, has_gone) = mpsc::channel();
    let gone = Mutex::new(gone);
    let backend = Backend::scripted(move |connection| {
        connection.request();
        let closed = connection.is_closed();
        gone.lock().unwrap().send(closed).unwrap();
    });
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send(request("GET /", ""));
    eventually("the backend has it", || backend.connections() == 1);
    leave(client);
    assert_eq!(has_gone.recv_timeout(PATIENCE), Ok(true));
    let line = gateway.line();
    assert_eq!(
        (line.status, line.reason, line.flag),
        (0, Some("client_gone"), "DC")
    );
}

#[test]
fn a_client_that_goes_takes_its_request_along() {
    takes_its_request_along(drop);
}

#[test]
fn a_client_that_shuts_its_side_down_is_taken_to_have_gone() {
    takes_its_request_along(|mut client| {
        client.stream().shutdown(Shutdown::Write).unwrap();
        assert!(client.is_closed());
    });
}

#[test]
fn a_client_that_goes_in_the_middle_of_a_response_takes_it_along() {
    let (gone, has_gone) = mpsc::channel();
    let gone = Mutex::new(gone);
    let backend = Backend::scripted(move |connection| {
        connection.request();
        connection
            .send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")
            .unwrap();
        let closed = connection.is_closed();
        gone.lock().unwrap().send(closed).unwrap();
    });
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send(request("GET /", ""));
    client.head();
    drop(client);
    assert_eq!(has_gone.recv_timeout(PATIENCE), Ok(true));
    let line = gateway.line();
    assert_eq!((line.status, line.reason), (200, Some("client_gone")));
}

#[test]
fn a_client_that_goes_in_the_middle_of_its_body_takes_it_along() {
    let (gone, has_gone) = mpsc::channel();
    let gone = Mutex::new(gone);
    let backend = Backend::scripted(move |connection| {
        connection.request_head();
        let _ = std::io::Read::read_exact(&mut connection.reader, &mut [0; 4]);
        let closed = connection.is_closed();
        gone.lock().unwrap().send(closed).unwrap();
    });
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf");
    eventually("the backend has it", || backend.connections() == 1);
    client.stream().shutdown(Shutdown::Both).unwrap();
    assert_eq!(has_gone.recv_timeout(PATIENCE), Ok(true));
    let line = gateway.line();
    assert_eq!((line.reason, line.received), (Some("client_gone"), 4));
}

#[test]
fn a_backend_is_read_no_faster_than_the_client_reads() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = sent.clone();
    let backend = Backend::scripted(move |connection| {
        connection.request();
        connection
            .send("HTTP/1.1 200 OK\r\ncontent-length: 200000000\r\n\r\n")
            .unwrap();
        let chunk = vec![b'x'; 100_000];
        for _ in 0..2000 {
            if connection.send(&chunk).is_err() {
                return;
            }
            counter.fetch_add(chunk.len(), Ordering::SeqCst);
        }
    });
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send(request("GET /", ""));
    client.head();
    let stands_still = || {
        let before = sent.load(Ordering::SeqCst);
        std::thread::sleep(std::time::Duration::from_millis(50));
        before > 0 && before == sent.load(Ordering::SeqCst)
    };
    eventually("the backend waits", stands_still);
    assert!(
        sent.load(Ordering::SeqCst) < 30_000_000,
        "{sent:?} bytes went somewhere"
    );
    assert_eq!(client.exactly(200_000_000).len(), 200_000_000);
}

#[test]
fn requests_under_way_are_spread_by_load() {
    let barrier = Arc::new(Barrier::new(9));
    let endpoint = || {
        let barrier = barrier.clone();
        Backend::answering(move |_| {
            barrier.wait();
            ok("web")
        })
    };
    let (first, second) = (endpoint(), endpoint());
    let gateway = Gateway::with(
        json!({"workers": 2}),
        Snapshot::default()
            .rule(Rule::prefix("/").to("web"))
            .upstream("web", &[first.address, second.address]),
    );
    let mut clients: Vec<Client> = (0..8).map(|_| Client::connect(gateway.address)).collect();
    for (index, client) in clients.iter_mut().enumerate() {
        client.send(request("GET /", ""));
        eventually("it is under way", || {
            first.connections() + second.connections() == index + 1
        });
    }
    barrier.wait();
    for client in &mut clients {
        assert_eq!(client.response().status, 200);
    }
    assert_eq!((first.connections(), second.connections()), (4, 4));
}

#[test]
fn connections_to_an_endpoint_that_is_gone_close_when_they_are_idle() {
    let (old, new) = (Backend::named("old"), Backend::named("new"));
    let gateway = Gateway::start(Snapshot::all_to(old.address));
    let mut client = Client::connect(gateway.address);
    assert_eq!(client.ask("GET /", "").body, "old");
    gateway.swap(Snapshot::all_to(new.address));
    eventually("the connection closes", || {
        *gateway.log.upstreams.lock().unwrap() == (1, 1)
    });
    assert_eq!(client.ask("GET /", "").body, "new");
}

#[test]
fn a_connection_that_a_backend_closes_is_let_go() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    assert_eq!(get(gateway.address, "/").status, 200);
    backend.close_connections();
    eventually("it is let go", || {
        gateway.log.upstreams.lock().unwrap().1 == 1
    });
}

#[test]
fn a_connection_the_backend_wants_closed_is_not_used_again() {
    let backend = Backend::answering(|_| {
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_owned()
    });
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    for _ in 0..3 {
        let response = client.ask("GET /", "");
        assert_eq!(
            (response.status, response.header("connection")),
            (200, None)
        );
    }
    assert_eq!(backend.connections(), 3);
}

#[test]
fn bytes_that_nobody_asked_for_poison_a_connection() {
    let first = AtomicBool::new(true);
    let backend = Backend::answering(move |_| {
        let extra = if first.swap(false, Ordering::SeqCst) {
            ok("forged")
        } else {
            String::new()
        };
        ok("web") + &extra
    });
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    for _ in 0..3 {
        assert_eq!(client.ask("GET /", "").body, "web");
    }
}

#[test]
fn weights_divide_requests() {
    let (large, small) = (Backend::named("large"), Backend::named("small"));
    let gateway = Gateway::start(
        Snapshot::default()
            .rule(Rule::prefix("/").weighted("large", 8).weighted("small", 2))
            .upstream("large", &[large.address])
            .upstream("small", &[small.address]),
    );
    let mut client = Client::connect(gateway.address);
    let small = (0..1000)
        .filter(|_| client.ask("GET /", "").body == "small")
        .count();
    // Five standard deviations.
    assert!((137..=263).contains(&small), "{small}");
}
