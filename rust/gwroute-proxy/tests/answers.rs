//! Responses that no honest backend sends, and odd ones that some do.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use support::backend::Backend;
use support::client::{Client, Response, request};
use support::gateway::Gateway;
use support::snapshot::Snapshot;

/// What two requests on one connection get if the backend answers both with these bytes, and how
/// many connections that took.
fn answered(method: &str, bytes: &str) -> (Response, usize) {
    let answer = bytes.to_owned();
    let backend = Backend::answering(move |_| answer.clone());
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    let line = format!("{method} /");
    let first = client.ask(&line, "");
    assert_eq!(client.ask(&line, ""), first, "{bytes:?}");
    (first, backend.connections())
}

/// The same, where the backend closes after each answer.
fn answered_by_closing(bytes: &str) -> (Response, usize) {
    let answer = bytes.to_owned();
    let backend = Backend::scripted(move |connection| {
        connection.request();
        connection.send(&answer).unwrap();
    });
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    let first = client.ask("GET /", "");
    assert_eq!(client.ask("GET /", ""), first, "{bytes:?}");
    (first, backend.connections())
}

/// No part of such an answer reaches the client.
fn assert_refused(bytes: &str) {
    let answer = bytes.to_owned();
    let backend = Backend::answering(move |_| answer.clone());
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    let shown: String = bytes.chars().take(200).collect();
    assert_eq!(client.ask("GET /", "").status, 502, "{shown}");
    assert_eq!(gateway.line().reason, Some("protocol_error"), "{shown}");
}

/// The client gets the head, and then no end of the body that could be taken for one.
fn assert_broken(bytes: &str) {
    let answer = bytes.to_owned();
    let backend = Backend::scripted(move |connection| {
        connection.request();
        connection.send(&answer).unwrap();
    });
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send(request("GET /", ""));
    let (status, headers) = client.head();
    assert_eq!(status, 200, "{bytes:?}");
    let mut rest = Vec::new();
    while let Some(byte) = client.next_byte() {
        rest.push(byte);
    }
    let rest = String::from_utf8(rest).unwrap();
    match headers.iter().find(|(name, _)| name == "content-length") {
        Some((_, length)) => assert!(rest.len() < length.parse().unwrap(), "{rest:?}"),
        None => assert!(!rest.ends_with("0\r\n\r\n"), "{rest:?}"),
    }
    let line = gateway.line();
    assert_eq!(line.status, 200);
    assert!(line.reason.is_some(), "{bytes:?}");
}

#[test]
fn malformed_heads_are_502() {
    let with = |lines: &str| format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n0\r\n\r\n");
    for lines in [
        "content-length: 2\r\ncontent-length: 3",
        "content-length: 2, 3",
        "content-length: -1",
        "content-length: +1",
        "content-length: 0x1",
        "content-length:",
        "content-length: 18446744073709551616",
        "transfer-encoding: gzip, chunked",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
        "x: 1\r\n folded: 2",
        "x : 1",
        "no colon",
        "x: \0",
        "x: 1\rhidden: 2",
    ] {
        assert_refused(&with(lines));
    }
    for bytes in [
        "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}\r\n\r\n",
    ] {
        assert_refused(bytes);
    }
}

#[test]
fn heads_have_their_limits() {
    let many = |count: usize| {
        let lines: String = (1..count).map(|i| format!("x-{i}: 1\r\n")).collect();
        format!("HTTP/1.1 200 OK\r\n{lines}content-length: 0\r\n\r\n")
    };
    assert_eq!(answered("GET", &many(90)).0.status, 200);
    assert_refused(&many(101));
    let long = |len: usize| {
        let value = "y".repeat(len);
        format!("HTTP/1.1 200 OK\r\nx: {value}\r\ncontent-length: 0\r\n\r\n")
    };
    assert_eq!(answered("GET", &long(100_000)).0.status, 200);
    assert_refused(&long(500_000));
    // No end of it is waited for.
    assert_refused(&format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(500_000)));
}

#[test]
fn of_one_length_given_twice_the_client_gets_one() {
    for lines in [
        "content-length: 2\r\ncontent-length: 2",
        "content-length: 2, 2",
    ] {
        let (response, connections) =
            answered("GET", &format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\nab"));
        assert_eq!(response.header("content-length"), Some("2"));
        assert_eq!((response.body.as_str(), connections), ("ab", 1));
    }
}

#[test]
fn a_coding_counts_more_than_a_length_and_ends_the_connection() {
    let bytes = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n\
                 4\r\nbody\r\n0\r\n\r\n";
    let (response, connections) = answered("GET", bytes);
    assert_eq!(response.header("content-length"), None);
    assert_eq!((response.body.as_str(), connections), ("body", 2));
}

/// Requests with a body go another way, where the same holds.
#[test]
fn answers_to_requests_with_a_body_end_in_one_way_too() {
    let post = |lines: &str| {
        let answer = format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n4\r\nbody\r\n0\r\n\r\n");
        let backend = Backend::answering(move |_| answer.clone());
        let gateway = Gateway::start(Snapshot::all_to(backend.address));
        let mut client = Client::connect(gateway.address);
        let [first, second] = [(), ()].map(|()| {
            client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\nx");
            client.response()
        });
        assert_eq!(first, second, "{lines}");
        (first, backend.connections())
    };
    let (response, connections) = post("content-length: 2\r\ntransfer-encoding: chunked");
    assert_eq!(response.header("content-length"), None);
    assert_eq!((response.body.as_str(), connections), ("body", 2));
    let (response, connections) = post("transfer-encoding: chunked");
    assert_eq!((response.body.as_str(), connections), ("body", 1));
    let (response, _) = post("transfer-encoding: gzip, chunked");
    assert_eq!(response.status, 502);
}

#[test]
fn who_announces_a_body_that_there_cannot_be_gets_no_other_request() {
    let answered = |lines: &str| {
        let bytes = format!("HTTP/1.1 204 No Content\r\n{lines}\r\n");
        answered("GET", &bytes).1
    };
    assert_eq!(answered("content-length: 1\r\n"), 2);
    assert_eq!(answered("transfer-encoding: chunked\r\n"), 2);
    assert_eq!(answered("content-length: 0\r\n"), 1);
    assert_eq!(answered(""), 1);
}

#[test]
fn bytes_behind_a_response_are_nobodys() {
    for bytes in [
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\naHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nb",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nx",
        "HTTP/1.1 204 No Content\r\ncontent-length: 1\r\n\r\na",
        "HTTP/1.1 304 Not Modified\r\n\r\na",
    ] {
        assert_eq!(answered("GET", bytes).1, 2, "{bytes:?}");
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na";
    assert_eq!(answered("HEAD", head).1, 2);
}

#[test]
fn interim_responses_are_skipped() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n";
    let bytes = format!("{interim}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    let (response, connections) = answered("GET", &bytes);
    assert_eq!((response.body.as_str(), connections), ("ok", 1));
    assert_eq!(response.header("link"), None);
}

#[test]
fn old_backends_keep_a_connection_where_they_say_so() {
    let length = "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n";
    let kept = answered("GET", &format!("{length}connection: keep-alive\r\n\r\nok"));
    assert_eq!((kept.0.body.as_str(), kept.1), ("ok", 1));
    assert_eq!(answered("GET", &format!("{length}\r\nok")).1, 2);
    let (response, connections) = answered_by_closing("HTTP/1.0 200 OK\r\n\r\nto the end");
    assert_eq!((response.body.as_str(), connections), ("to the end", 2));
}

#[test]
fn reasons_of_their_own_reach_the_client() {
    let backend =
        Backend::answering(|_| "HTTP/1.1 200 Fine\r\ncontent-length: 0\r\n\r\n".to_owned());
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    client.send(request("GET /", ""));
    assert_eq!(client.line(), "HTTP/1.1 200 Fine");
}

#[test]
fn what_does_not_end_whole_breaks_the_clients_connection() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    assert_broken("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nbody");
    assert_broken("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
    for body in [
        "",
        "4",
        "4\r\n",
        "4\r\nbo",
        "4\r\nbody",
        "4\r\nbody\r\n",
        "4\r\nbody\r\n0",
        "4\r\nbody\r\n0\r\n",
        "4\r\nbody\r\n0\r\nx: 1\r\n",
        "4\r\nbody0\r\n\r\n",
        "3\r\nbody\r\n0\r\n\r\n",
        "x\r\nbody\r\n0\r\n\r\n",
        "-4\r\nbody\r\n0\r\n\r\n",
        "\r\n\r\n",
        "4\r\nbody\r\n0\r\nno colon\r\n\r\n",
        "4;\nx\r\nbody\r\n0\r\n\r\n",
        "10000000000000004\r\nbody\r\n0\r\n\r\n",
    ] {
        assert_broken(&format!("{chunked}{body}"));
    }
}

#[test]
fn extensions_of_chunks_are_dropped_and_trailers_pass() {
    let bytes = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n\
                 2;a=\"b\";c\r\nok\r\n0;d\r\nx-sum: 2\r\n\r\n";
    let backend = Backend::answering(|_| bytes.to_owned());
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    for _ in 0..2 {
        let response = client.ask("GET /", "te: trailers");
        assert_eq!(response.body, "ok");
        assert_eq!(response.trailers, [("x-sum".to_owned(), "2".to_owned())]);
    }
    assert_eq!(backend.connections(), 1);
}

#[test]
fn a_large_body_comes_whole_however_it_is_framed() {
    let body: String = (0..400_000)
        .map(|i| char::from(b'a' + (i % 26) as u8))
        .collect();
    let (one, other) = body.split_at(123_456);
    let chunks = format!(
        "{:x}\r\n{one}\r\n{:x}\r\n{other}\r\n0\r\n\r\n",
        one.len(),
        other.len()
    );
    let length = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let chunked = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}");
    for bytes in [length, chunked] {
        let (response, connections) = answered("GET", &bytes);
        assert!(response.body == body);
        assert_eq!(connections, 1);
    }
    let (response, _) = answered_by_closing(&format!("HTTP/1.1 200 OK\r\n\r\n{body}"));
    assert!(response.body == body);
}

/// Requests with a body and those without one use the same connections, as far as they can.
#[test]
fn a_connection_serves_requests_with_a_body_and_without() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    for body in ["", "", "abc", "", "def", ""] {
        let length = body.len();
        client.send(format!(
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n{body}"
        ));
        assert_eq!(client.response().body, "web");
    }
    assert_eq!(backend.connections(), 1);
    let bodies: Vec<String> = backend.requests().into_iter().map(|r| r.body).collect();
    assert_eq!(bodies, ["", "", "abc", "", "def", ""]);
}
