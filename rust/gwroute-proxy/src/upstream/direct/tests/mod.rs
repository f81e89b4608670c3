//! Whatever a backend sends, in whatever pieces: it is read as the HTTP library's client reads it,
//! or refused.

#![allow(clippy::unwrap_used)]

mod pieces;
mod read;

use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, Method};
use proptest::prelude::*;

use super::wire::Wire;
use super::{Ask, head, poll_frame};
use crate::error::ErrorKind;
use pieces::Pieces;
use read::{Ends, Outcome, Read, by_library, directly};

/// A response in the making.
#[derive(Debug, Clone)]
struct Drawn {
    method: Method,
    bytes: Bytes,
    pieces: Vec<usize>,
    open: bool,
}

impl Drawn {
    fn read(&self) -> (Outcome, Outcome) {
        let pieces = || Pieces::of(&self.bytes, &self.pieces, self.open);
        let own = directly(&self.method, pieces());
        (own, by_library(&self.method, pieces()))
    }
}

fn interim() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "",
        "",
        "",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nlink: a\r\ncontent-length: 5\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n",
    ])
    .prop_map(str::to_owned)
}

fn start() -> impl Strategy<Value = String> {
    let version = prop::sample::select(vec!["1.1", "1.1", "1.1", "1.0"]);
    let status = prop::sample::select(vec![200, 200, 200, 204, 304, 404, 599]);
    let reason = prop::sample::select(vec![" OK", " ", "", " Of its own"]);
    (version, status, reason)
        .prop_map(|(version, status, reason)| format!("HTTP/{version} {status}{reason}\r\n"))
}

/// Lines that frame the body, and its bytes.
fn framed() -> impl Strategy<Value = (String, Vec<u8>)> {
    let data = prop::collection::vec(any::<u8>(), 0..60);
    let lengths = prop::collection::vec(1_usize..20, 1..4);
    (data, lengths, 0..12).prop_map(|(data, lengths, how)| {
        let len = data.len();
        match how {
            0..=2 => (format!("content-length: {len}\r\n"), data),
            3 => (
                format!("Content-Length: {len}\r\ncontent-length: {len}\r\n"),
                data,
            ),
            4 => (format!("content-length: {len}, {len}\r\n"), data),
            5 => (format!("content-length: {}\r\n", len + 3), data),
            6 => (format!("content-length: {}\r\n", len / 2), data),
            7 => (String::new(), data),
            _ => (
                "transfer-encoding: chunked\r\n".to_owned(),
                chunked(&data, &lengths, how),
            ),
        }
    })
}

fn chunked(data: &[u8], lengths: &[usize], how: i32) -> Vec<u8> {
    let extension = if how == 9 { ";a=\"b\";c" } else { "" };
    let mut bytes = Vec::new();
    let (mut rest, mut lengths) = (data, lengths.iter().cycle());
    while !rest.is_empty() {
        let (chunk, behind) = rest.split_at((*lengths.next().unwrap()).min(rest.len()));
        bytes.extend_from_slice(format!("{:X}{extension}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
        rest = behind;
    }
    bytes.extend_from_slice(match how {
        10 => b"0\r\nx-a: 1\r\nx-a: 2\r\nx-b:\r\n\r\n",
        11 => b"000",
        _ => b"0\r\n\r\n",
    });
    bytes
}

fn other_lines() -> impl Strategy<Value = String> {
    let line = prop::sample::select(vec![
        "x-a: 1",
        "X-A:2 ",
        "x-b: \u{e4}",
        "connection: close",
        "connection: keep-alive",
        "Connection: x, Keep-Alive",
        "connection: keep-alive, close",
        "set-cookie: a",
        "x-empty:",
    ]);
    prop::collection::vec(line, 0..4).prop_map(|lines| {
        let lines = lines.iter().map(|line| format!("{line}\r\n"));
        lines.collect()
    })
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let method = prop::sample::select(vec![Method::GET, Method::GET, Method::GET, Method::HEAD]);
    let behind = prop::sample::select(vec![&b""[..], b"", b"", b"x", b"HTTP/1.1 200 OK\r\n\r\n"]);
    let pieces = prop_oneof![
        Just(vec![100_000]),
        Just(vec![1]),
        prop::collection::vec(1_usize..30, 1..5)
    ];
    let response = (interim(), start(), other_lines(), framed(), behind);
    (method, response, pieces, any::<bool>()).prop_map(|(method, response, pieces, open)| {
        let (interim, start, lines, (framing, body), behind) = response;
        let mut bytes = format!("{interim}{start}{lines}{framing}\r\n").into_bytes();
        bytes.extend_from_slice(&body);
        bytes.extend_from_slice(behind);
        Drawn {
            method,
            bytes: bytes.into(),
            pieces,
            open,
        }
    })
}

/// Bytes put in place of others.
fn changed() -> impl Strategy<Value = Drawn> {
    let bytes = prop::sample::select(b"\r\n :;,09afx\0\x7f\xff\t-+".to_vec());
    let changes = prop::collection::vec((any::<prop::sample::Index>(), bytes), 1..4);
    (drawn(), changes).prop_map(|(mut drawn, changes)| {
        let mut bytes = drawn.bytes.to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        drawn.bytes = bytes.into();
        drawn
    })
}

/// Of the same length given twice the client gets one.
fn with_one_length(mut read: Read) -> Read {
    for (name, value) in &mut read.headers {
        if name == "content-length" {
            value.truncate(value.iter().position(|b| *b == b',').unwrap_or(value.len()));
            *value = value.trim_ascii().to_vec();
        }
    }
    read.headers
        .dedup_by(|one, other| one.0 == "content-length" && one == other);
    read
}

/// Behind a response that can have no body and announces one, the library keeps the connection.
fn unless_empty(mut read: Read) -> Read {
    if let Ends::Whole { reusable } = &mut read.ends {
        *reusable &= read.status != 204;
    }
    read
}

/// What came before a body broke depends on the pieces.
fn normal(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Response(read) => {
            let mut read = with_one_length(unless_empty(*read));
            if matches!(read.ends, Ends::Broken | Ends::Waits) {
                read.data.clear();
            }
            Outcome::Response(Box::new(read))
        }
        other => other,
    }
}

/// A length that is none does not go on where it does not count either.
fn without_length(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Response(read) => {
            let mut read = unless_empty(*read);
            read.headers.retain(|(name, _)| name != "content-length");
            Outcome::Response(Box::new(read))
        }
        other => other,
    }
}

/// Whether the connection is good for another request: the library may think so of more.
fn take_reusable(outcome: &mut Outcome) -> bool {
    match outcome {
        Outcome::Response(read) => match &mut read.ends {
            Ends::Whole { reusable } => std::mem::take(reusable),
            Ends::Broken | Ends::Waits => false,
        },
        Outcome::None(_) | Outcome::Waits => false,
    }
}

fn is_whole(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Response(read) if matches!(read.ends, Ends::Whole { .. }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_response_is_read_as_the_library_reads_it(drawn in drawn()) {
        let (own, library) = drawn.read();
        prop_assert_eq!(normal(own), normal(library));
    }

    #[test]
    fn what_the_library_refuses_is_refused(drawn in changed()) {
        let (mut own, mut library) = drawn.read();
        if is_whole(&own) {
            let (kept, may_be) = (take_reusable(&mut own), take_reusable(&mut library));
            prop_assert!(may_be || !kept);
            prop_assert_eq!(without_length(own), without_length(library));
        }
    }

    #[test]
    fn how_it_is_cut_makes_no_difference(drawn in changed()) {
        let pieces = |lengths: &[usize]| {
            let pieces = Pieces::of(&drawn.bytes, lengths, drawn.open);
            normal(directly(&drawn.method, pieces))
        };
        let (whole, cut) = (pieces(&[100_000]), pieces(&drawn.pieces));
        prop_assert_eq!(whole, cut);
    }
}

fn read(head: &str, body: &str) -> Outcome {
    let bytes = format!("{head}\r\n\r\n{body}");
    directly(&Method::GET, Pieces::of(bytes.as_bytes(), &[100_000], true))
}

fn reusable(head: &str, body: &str) -> (Vec<(String, Vec<u8>)>, String, bool) {
    match read(head, body) {
        Outcome::Response(read) => {
            let Ends::Whole { reusable } = read.ends else {
                panic!("{read:?}");
            };
            (
                read.headers,
                String::from_utf8(read.data).unwrap(),
                reusable,
            )
        }
        other => panic!("{head}: {other:?}"),
    }
}

/// Here the library is more lenient.
#[test]
fn a_length_beside_a_coding_does_not_count_and_ends_the_connection() {
    for lines in [
        "content-length: 1\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: x",
    ] {
        let read = reusable(
            &format!("HTTP/1.1 200 OK\r\n{lines}"),
            "2\r\nab\r\n0\r\n\r\n",
        );
        let coding = ("transfer-encoding".to_owned(), b"chunked".to_vec());
        assert_eq!(read, (vec![coding], "ab".to_owned(), false));
    }
}

/// Here, too.
#[test]
fn a_coding_that_cannot_be_passed_on_is_refused() {
    for lines in [
        "transfer-encoding: gzip, chunked",
        "transfer-encoding: gzip\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
        "transfer-encoding: identity",
        "transfer-encoding: gzip",
        "transfer-encoding:",
    ] {
        let read = read(
            &format!("HTTP/1.1 200 OK\r\n{lines}"),
            "2\r\nab\r\n0\r\n\r\n",
        );
        assert_eq!(read, Outcome::None(ErrorKind::Protocol), "{lines}");
    }
}

#[test]
fn what_stands_beside_the_chunks_is_limited() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked";
    let ends = |body: &str| match read(head, body) {
        Outcome::Response(read) => read.ends,
        other => panic!("{other:?}"),
    };
    let extended = |len| format!("1;{}\r\na\r\n", "e".repeat(len));
    let end = "0\r\n\r\n";
    let whole = Ends::Whole { reusable: true };
    assert_eq!(ends(&(extended(16_000) + end)), whole);
    assert_eq!(ends(&(extended(17_000) + end)), Ends::Broken);
    assert_eq!(
        ends(&(extended(9_000) + &extended(9_000) + end)),
        Ends::Broken
    );
    // Not even its end is waited for.
    assert_eq!(ends(&format!("1;{}", "e".repeat(17_000))), Ends::Broken);
    let trailers = |len| format!("0\r\na: {}\r\n\r\n", "t".repeat(len));
    assert_eq!(ends(&trailers(16_000)), whole);
    assert_eq!(ends(&trailers(17_000)), Ends::Broken);
    assert_eq!(
        ends(&format!("0\r\n{}\r\n", "a: b\r\n".repeat(101))),
        Ends::Broken
    );
    assert_eq!(ends("0\r\n\n"), Ends::Broken);
    assert_eq!(ends("0\r\na: b\n\r\n"), Ends::Broken);
    assert_eq!(ends("1;\n\r\na\r\n0\r\n\r\n"), Ends::Broken);
    assert_eq!(ends("\r\n\r\n"), Ends::Broken);
    assert_eq!(ends("10000000000000000\r\n"), Ends::Broken);
}

#[test]
fn blanks_behind_the_sizes_of_many_chunks_are_no_extension() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked";
    let padded = "1       \r\na\r\n".repeat(3000) + "0\r\n\r\n";
    assert_eq!(reusable(head, &padded).1, "a".repeat(3000));
    let Outcome::Response(read) = read(head, &format!("1{}", " ".repeat(17_000))) else {
        panic!("no response");
    };
    assert_eq!(read.ends, Ends::Broken);
}

/// How often a response is looked at whose bytes come one by one, and when it is found whole.
fn looks(bytes: &[u8]) -> (usize, Option<usize>) {
    let (mut looks, mut seen) = (0, 0);
    for len in 1..=bytes.len() {
        if head::may_be_whole(&bytes[..len], seen) {
            looks += 1;
            let mut read = Bytes::copy_from_slice(&bytes[..len]);
            if let Ok(Some(_)) = head::take(&mut read, false, &mut HeaderMap::new()) {
                return (looks, Some(len));
            }
        }
        seen = len;
    }
    (looks, None)
}

#[test]
fn a_long_head_in_small_pieces_is_not_looked_at_for_each() {
    for end in ["\r\n\r\n", "\n\n", "\n\r\n", "\r\n\n"] {
        let head = format!("HTTP/1.1 200 OK\r\nx: {}{end}", "y".repeat(20_000));
        let (looks, whole) = looks(head.as_bytes());
        assert_eq!(whole, Some(head.len()), "{end:?}");
        assert!(looks < 5000, "{looks}");
    }
}

/// What the client gets of a body is its own: the connection that rests does not hold on to it.
#[test]
fn a_connection_that_rests_keeps_nothing_that_was_read() {
    let bytes = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
    let mut wire = Wire::new(Pieces::of(bytes, &[100_000], true));
    wire.out().extend_from_slice(b"GET / HTTP/1.1\r\n\r\n");
    let mut headers = HeaderMap::new();
    let mut cx = Context::from_waker(Waker::noop());
    let mut ask = Ask::new(false, &mut headers);
    let answer = (0..9)
        .map(|_| ask.poll(&mut wire, &mut cx))
        .find(Poll::is_ready);
    let Some(Poll::Ready(Ok(mut answer))) = answer else {
        panic!("no response");
    };
    let Poll::Ready(Some(Ok(frame))) = poll_frame(&mut answer.framing, &mut wire, &mut cx) else {
        panic!("no data");
    };
    drop((answer, headers));
    let data = frame.into_data().unwrap();
    assert_eq!((&data[..], data.is_unique()), (&b"ab"[..], false));
    wire.rest();
    assert!(data.is_unique());
}
