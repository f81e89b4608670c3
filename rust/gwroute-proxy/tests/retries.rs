//! Requests that are sent again, and the time that rules allow.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gwroute_proxy::{ErrorKind, TryOutcome};
use serde_json::json;
use support::backend::{Backend, Connection, Request, ok};
use support::client::{Client, get, request};
use support::gateway::Gateway;
use support::h2;
use support::snapshot::{Rule, Snapshot};
use tokio::sync::Notify;

fn rule() -> Rule {
    Rule::prefix("/").to("shop/web:80")
}

fn gateway(rule: Rule, endpoints: &[SocketAddr]) -> Gateway {
    Gateway::start(snapshot(rule, endpoints))
}

fn snapshot(rule: Rule, endpoints: &[SocketAddr]) -> Snapshot {
    Snapshot::default()
        .rule(rule)
        .upstream("shop/web:80", endpoints)
}

fn status(status: u16) -> String {
    format!("HTTP/1.1 {status} Whatever\r\ncontent-length: 0\r\n\r\n")
}

/// Answers with the statuses by turns, and then with 200 and the body it was sent.
fn failing(statuses: &'static [u16]) -> Backend {
    let turn = AtomicUsize::new(0);
    Backend::answering(move |request: &Request| {
        let turn = turn.fetch_add(1, Ordering::SeqCst);
        let failed = statuses.get(turn).map(|code| status(*code));
        failed.unwrap_or_else(|| ok(&request.body))
    })
}

/// Does something for the first connections, and answers on the later ones.
fn after(count: usize, first: impl Fn(&mut Connection) + Send + Sync + 'static) -> Backend {
    let turn = AtomicUsize::new(0);
    Backend::scripted(move |connection| {
        let turn = turn.fetch_add(1, Ordering::SeqCst);
        while let Some(request) = connection.request() {
            if turn < count {
                return first(connection);
            }
            connection.send(ok(&request.body)).unwrap();
        }
    })
}

fn hold(connection: &mut Connection) {
    while !connection.is_closed() {}
}

fn post(body: &str) -> String {
    let headers = format!("content-length: {}", body.len());
    request("POST /", &headers) + body
}

#[test]
fn a_status_that_the_rule_names_is_tried_again() {
    let backend = failing(&[500, 503]);
    let gateway = gateway(rule().retry(2, &[500, 503]), &[backend.address]);
    assert_eq!(get(gateway.address, "/a?b=c").status, 200);
    assert_eq!(gateway.line().tries, Some(3));
    let requests = backend.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(requests[0].line, requests[2].line);
    assert_eq!(requests[0].headers, requests[2].headers);
}

#[test]
fn another_status_is_passed_on_at_once() {
    let backend = failing(&[502, 500]);
    let gateway = gateway(rule().retry(2, &[500]), &[backend.address]);
    assert_eq!(get(gateway.address, "/").status, 502);
    assert_eq!(backend.requests().len(), 1);
}

#[test]
fn the_last_answer_is_passed_on() {
    let backend = failing(&[500, 503, 500]);
    let gateway = gateway(rule().retry(1, &[500, 503]), &[backend.address]);
    assert_eq!(get(gateway.address, "/").status, 503);
    assert_eq!(backend.requests().len(), 2);
    assert_eq!(gateway.line().reason, None, "it is the backend's");
}

#[test]
fn without_a_rule_nothing_is_tried_again() {
    let backend = failing(&[503]);
    let gateway = gateway(rule(), &[backend.address]);
    assert_eq!(get(gateway.address, "/").status, 503);
    assert_eq!(backend.requests().len(), 1);
}

#[test]
fn connections_that_fail_are_tried_again_without_codes_and_elsewhere() {
    let backend = Backend::named("web");
    // Of two endpoints one refuses: twenty tries in a row do not meet it always.
    let endpoints = [Backend::nowhere(), backend.address];
    let gateway = gateway(rule().retry(20, &[]), &endpoints);
    for _ in 0..10 {
        assert_eq!(get(gateway.address, "/").status, 200);
    }
}

#[test]
fn connections_that_always_fail_are_503() {
    let gateway = gateway(rule().retry(2, &[]), &[Backend::nowhere()]);
    assert_eq!(get(gateway.address, "/").status, 503);
    let line = gateway.line();
    assert_eq!((line.reason, line.tries), (Some("connect_failed"), Some(3)));
    let failed = TryOutcome::Failed(ErrorKind::Connect);
    assert_eq!(*gateway.log.tries.lock().unwrap(), [failed; 3]);
}

#[test]
fn a_connection_that_dies_is_tried_again_whatever_the_method() {
    let backend = after(2, |_| {});
    let gateway = gateway(rule().retry(2, &[]), &[backend.address]);
    let mut client = Client::connect(gateway.address);
    client.send(post("hello"));
    let response = client.response();
    assert_eq!((response.status, response.body.as_str()), (200, "hello"));
    assert_eq!(backend.connections(), 3);
    assert_eq!(client.ask("GET /", "").status, 200, "the client's goes on");
}

#[test]
fn a_body_is_sent_again_whole_and_framed_as_it_was() {
    let backend = failing(&[500, 500]);
    let gateway = gateway(rule().retry(2, &[500]), &[backend.address]);
    let mut client = Client::connect(gateway.address);
    client.send(request(
        "PUT /",
        "transfer-encoding: chunked\ntrailer: x-sum",
    ));
    client.send("5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nx-sum: 11\r\n\r\n");
    assert_eq!(client.response().body, "hello world");
    let requests = backend.requests();
    assert_eq!(requests.len(), 3);
    for request in requests {
        assert_eq!(request.body, "hello world");
        assert_eq!(request.trailers, [("x-sum".to_owned(), "11".to_owned())]);
    }
    assert_eq!(gateway.line().received, 11, "the client sent it once");
}

#[test]
fn a_body_that_is_too_long_to_be_kept_is_sent_once() {
    let backend = failing(&[500]);
    let limits = json!({"limits": {"retry_body_bytes": 1000}});
    let rule = rule().retry(2, &[500]);
    let gateway = Gateway::with(limits, snapshot(rule, &[backend.address]));
    let mut client = Client::connect(gateway.address);
    client.send(post(&"x".repeat(1001)));
    assert_eq!(client.response().status, 500);
    let requests = backend.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].body.len(), 1001);
}

#[test]
fn a_try_has_its_own_time() {
    let backend = after(1, hold);
    let rule = rule().timeouts(None, Some(200)).retry(1, &[]);
    let gateway = gateway(rule, &[backend.address]);
    let begin = Instant::now();
    let mut client = Client::connect(gateway.address);
    client.send(post("hello"));
    assert_eq!(client.response().body, "hello");
    assert!(begin.elapsed() >= Duration::from_millis(200));
    assert_eq!(gateway.line().tries, Some(2));
    let tries = gateway.log.tries.lock().unwrap().clone();
    let late = TryOutcome::Failed(ErrorKind::TimeoutTry);
    assert_eq!(tries, [late, TryOutcome::Answered]);
}

#[test]
fn a_try_that_has_no_successor_is_504() {
    let backend = after(1, hold);
    let gateway = gateway(rule().timeouts(None, Some(100)), &[backend.address]);
    let mut client = Client::connect(gateway.address);
    let begin = Instant::now();
    assert_eq!(client.ask("GET /", "").status, 504);
    assert!(begin.elapsed() >= Duration::from_millis(100));
    let line = gateway.line();
    assert_eq!((line.reason, line.flag), (Some("timeout_try"), "UT"));
    assert_eq!(client.ask("GET /", "").status, 200, "the client's goes on");
}

#[test]
fn a_try_ends_with_its_response_and_not_with_its_head() {
    let backend = after(1, |connection| {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf";
        connection.send(head).unwrap();
        hold(connection);
    });
    let rule = rule().timeouts(None, Some(100)).retry(3, &[]);
    let gateway = gateway(rule, &[backend.address]);
    let mut client = Client::connect(gateway.address);
    client.send(request("GET /", ""));
    assert_eq!(client.head().0, 200);
    assert_eq!(client.exactly(4), "half");
    assert!(client.is_closed());
    assert_eq!(gateway.line().reason, Some("timeout_try"));
}

#[test]
fn the_time_of_the_request_bounds_all_tries() {
    let backend = after(usize::MAX, hold);
    let rule = rule().timeouts(Some(300), Some(100)).retry(50, &[]);
    let gateway = gateway(rule, &[backend.address]);
    let begin = Instant::now();
    assert_eq!(get(gateway.address, "/").status, 504);
    assert!(begin.elapsed() >= Duration::from_millis(300));
    let line = gateway.line();
    assert_eq!(line.reason, Some("timeout_request"));
    assert!((2..=4).contains(&line.tries.unwrap()), "{line:?}");
}

#[test]
fn a_rule_may_allow_less_or_more_than_the_gateway() {
    for (of_gateway, of_rule, expected) in [(5.0, 100, 504), (0.2, 5000, 200), (0.2, 0, 200)] {
        let backend = Backend::scripted(|connection| {
            while connection.request().is_some() {
                std::thread::sleep(Duration::from_millis(600));
                let _ = connection.send(ok("late"));
            }
        });
        let timeouts = json!({"timeouts": {"request": of_gateway}});
        let rule = rule().timeouts(Some(of_rule), None);
        let gateway = Gateway::with(timeouts, snapshot(rule, &[backend.address]));
        let response = get(gateway.address, "/");
        assert_eq!(response.status, expected, "{of_gateway} {of_rule}");
    }
}

#[test]
fn what_one_request_was_allowed_does_not_count_for_the_next() {
    let backend = Backend::named("web");
    let slow = Backend::scripted(|connection| {
        while connection.request().is_some() {
            std::thread::sleep(Duration::from_millis(400));
            let _ = connection.send(ok("late"));
        }
    });
    let gateway = Gateway::start(
        Snapshot::default()
            .rule(
                Rule::prefix("/quick")
                    .to("a:80")
                    .timeouts(Some(100), Some(100)),
            )
            .rule(Rule::prefix("/").to("b:80"))
            .upstream("a:80", &[backend.address])
            .upstream("b:80", &[slow.address]),
    );
    let mut client = Client::connect(gateway.address);
    assert_eq!(client.ask("GET /quick", "").body, "web");
    assert_eq!(client.ask("GET /slow", "").body, "late");
}

#[test]
fn http2_is_tried_again_with_its_body() {
    h2::run(async {
        let turn = Arc::new(AtomicUsize::new(0));
        let backend = h2::Backend::answering(100, move |_| {
            let turn = turn.clone();
            async move {
                let failed = turn.fetch_add(1, Ordering::SeqCst) < 2;
                http::Response::builder()
                    .status(if failed { 503 } else { 200 })
                    .body(h2::Frames::of("answer", None))
                    .unwrap()
            }
        })
        .await;
        let snapshot = Snapshot::default()
            .rule(rule().retry(3, &[503]))
            .h2c("shop/web:80", &[backend.address]);
        let gateway = Gateway::start(snapshot);
        let mut sender = h2::connect(gateway.address).await;
        let request = http::Request::post("http://a.example/")
            .body(h2::Frames::of("question", None))
            .unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(h2::read(response).await.0, 200);
        let bodies: Vec<_> = backend.requests().into_iter().map(|r| r.1).collect();
        assert_eq!(bodies, ["question"; 3]);
    });
}

#[test]
fn a_request_lost_on_an_idle_connection_counts_as_a_try() {
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = seen.clone();
    let backend = Backend::scripted(move |connection| {
        while connection.request().is_some() {
            if counted.fetch_add(1, Ordering::SeqCst) > 0 {
                return;
            }
            connection.send(ok("first")).unwrap();
        }
    });
    let gateway = gateway(rule().retry(1, &[]), &[backend.address]);
    let mut client = Client::connect(gateway.address);
    assert_eq!(client.ask("GET /", "").body, "first");
    assert_eq!(client.ask("GET /", "").status, 503);
    assert_eq!(seen.load(Ordering::SeqCst), 3, "once, and once again");
}

#[test]
fn a_late_try_over_http2_is_reset_though_its_body_has_not_ended() {
    h2::run(async {
        let (turn, second) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let begun = second.clone();
        // One stream at a time: the second try has no room before the first is over.
        let backend = h2::Backend::answering(1, move |_| {
            let (turn, begun) = (turn.clone(), begun.clone());
            async move {
                if turn.fetch_add(1, Ordering::SeqCst) == 0 {
                    std::future::pending::<()>().await;
                }
                begun.notify_one();
                http::Response::new(h2::Frames::of("answer", None))
            }
        })
        .await;
        let snapshot = Snapshot::default()
            .rule(rule().timeouts(None, Some(300)).retry(1, &[]))
            .h2c("shop/web:80", &[backend.address]);
        let gateway = Gateway::start(snapshot);
        let mut sender = h2::connect(gateway.address).await;
        let (feed, frames) = h2::Frames::new();
        feed.send(h2::data("ques")).unwrap();
        let request = http::Request::post("http://a.example/").body(frames);
        let response = sender.send_request(request.unwrap());
        let (response, ()) = tokio::join!(response, async {
            second.notified().await;
            feed.send(h2::data("tion")).unwrap();
            drop(feed);
        });
        assert_eq!(h2::read(response.unwrap()).await.1, "answer");
        assert_eq!(backend.requests()[0].1, "question");
        assert_eq!(backend.connections.load(Ordering::SeqCst), 1);
    });
}
