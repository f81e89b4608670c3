//! HTTP/2 with prior knowledge, to the gateway and to backends.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, Version};
use http_body::Frame;
use http_body_util::BodyExt;
use serde_json::json;
use support::backend::Backend;
use support::client::{Client, get as get1};
use support::gateway::Gateway;
use support::h2::{self, Frames, connect, data, get, read, run};
use support::snapshot::{Rule, Snapshot};
use support::{PATIENCE, eventually};

fn trailers(name: &'static str, value: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(
        http::HeaderName::from_static(name),
        HeaderValue::from_static(value),
    )])
}

fn all_to_h2c(backend: &h2::Backend) -> Snapshot {
    Snapshot::default()
        .rule(Rule::prefix("/").to("grpc"))
        .h2c("grpc", &[backend.address])
}

#[test]
fn both_versions_come_in_on_one_port() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    run(async {
        let mut client = connect(gateway.address).await;
        let response = client.send_request(get("/a?b=c")).await.unwrap();
        assert_eq!(response.version(), Version::HTTP_2);
        assert!(response.headers().contains_key("date"));
        assert_eq!(read(response).await.1, "web");
    });
    assert_eq!(get1(gateway.address, "/a?b=c").body, "web");
    let requests = backend.requests();
    for request in &requests {
        assert_eq!(request.line, "GET /a?b=c HTTP/1.1");
        assert_eq!(request.header("host"), Some("a.example"));
    }
    let names = |index: usize| {
        let mut names: Vec<_> = requests[index]
            .headers
            .iter()
            .map(|(name, _)| name)
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(0), names(1));
}

#[test]
fn a_preface_in_pieces_is_a_preface() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    let mut client = Client::connect(gateway.address);
    for piece in ["PRI * HTTP/2", ".0\r\n\r\n", "SM\r\n\r\n"] {
        client.send(piece);
        std::thread::sleep(Duration::from_millis(20));
    }
    client.send([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    // A SETTINGS frame of the gateway's.
    assert_eq!(client.bytes(4)[3], 4);
}

#[test]
fn many_requests_share_a_connection() {
    let backend = Backend::answering(|request| support::backend::ok(request.path()));
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    run(async {
        let client = connect(gateway.address).await;
        let asking: Vec<_> = (0..500)
            .map(|i| {
                let mut client = client.clone();
                tokio::spawn(async move {
                    let path = format!("/{i}");
                    let response = client.send_request(get(&path)).await.unwrap();
                    assert_eq!(read(response).await, (200, path, HeaderMap::new()));
                })
            })
            .collect();
        for asked in asking {
            asked.await.unwrap();
        }
    });
    assert_eq!(gateway.log.connections.lock().unwrap().0, 1);
    assert!(
        backend.connections() <= 100,
        "{} streams at a time",
        backend.connections()
    );
}

#[test]
fn own_answers() {
    let gateway = Gateway::start(
        Snapshot::default()
            .rule(Rule::prefix("/down").to("down"))
            .upstream("down", &[Backend::nowhere()]),
    );
    run(async {
        let mut client = connect(gateway.address).await;
        for (path, status, length) in [("/", 404, 0), ("/down", 503, 98), ("/%00", 400, 11)] {
            let response = client.send_request(get(path)).await.unwrap();
            assert!(!response.headers().contains_key("connection"));
            let (got, body, _) = read(response).await;
            assert_eq!((got, body.len()), (status, length), "{path}");
        }
    });
}

#[test]
fn bodies_and_trailers_pass_from_end_to_end() {
    run(async {
        let backend = h2::Backend::answering(100, |_| async {
            Response::new(Frames::of("pong", Some(trailers("grpc-status", "0"))))
        })
        .await;
        let gateway = Gateway::start(all_to_h2c(&backend));
        let mut client = connect(gateway.address).await;
        let request = Request::post("http://a.example/pkg.Service/Method")
            .header("te", "trailers")
            .header("content-type", "application/grpc")
            .body(Frames::of("ping", Some(trailers("x-check", "1"))))
            .unwrap();
        let response = client.send_request(request).await.unwrap();
        let (status, body, trailers) = read(response).await;
        assert_eq!((status, body.as_str()), (200, "pong"));
        assert_eq!(trailers["grpc-status"], "0");
        let (parts, body) = backend.requests().remove(0);
        assert_eq!((parts.method, body.as_str()), (Method::POST, "ping"));
        assert_eq!(parts.uri, "http://a.example/pkg.Service/Method");
        assert_eq!(parts.headers["te"], "trailers");
        assert_eq!(parts.headers["x-forwarded-for"], "127.0.0.1");
        assert!(!parts.headers.contains_key("host"));
    });
}

#[test]
fn trailers_say_nothing_of_connections_and_framing() {
    let evil = "connection: close\r\ncontent-length: 1\r\nkeep-alive: 1\r\nhost: b\r\nte: gzip\r\n\
                transfer-encoding: chunked\r\nupgrade: h2c\r\nx-sum: 2\r\n\r\n";
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n";
    let plain = Backend::answering(move |_| format!("{head}{evil}"));
    let gateway = Gateway::start(Snapshot::all_to(plain.address));
    run(async {
        let mut client = connect(gateway.address).await;
        let response = client.send_request(get("/")).await.unwrap();
        let (status, body, left) = read(response).await;
        assert_eq!((status, body.as_str()), (200, "ok"));
        assert_eq!(left, trailers("x-sum", "2"));

        let grpc = h2::Backend::named("grpc").await;
        let gateway = Gateway::start(all_to_h2c(&grpc));
        let mut client = Client::connect(gateway.address);
        client.send(format!(
            "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n{evil}"
        ));
        assert_eq!(client.response().body, "grpc");
    });
}

#[test]
fn a_stream_goes_both_ways_at_once() {
    run(async {
        let (feed, frames) = Frames::new();
        let frames = std::sync::Mutex::new(Some(frames));
        let frames = Arc::new(frames);
        let backend = h2::Backend::answering(100, move |_| {
            let frames = frames.lock().unwrap().take().unwrap();
            async move { Response::new(frames) }
        })
        .await;
        let gateway = Gateway::start(all_to_h2c(&backend));
        let mut client = connect(gateway.address).await;
        let (upload, body) = Frames::new();
        let request = Request::post("http://a.example/").body(body).unwrap();
        let response = tokio::spawn(async move { client.send_request(request).await.unwrap() });
        upload.send(data("one")).unwrap();
        drop(upload);
        let mut response = response.await.unwrap().into_body();
        for text in ["a", "b"] {
            feed.send(data(text)).unwrap();
            let frame: Frame<Bytes> = response.frame().await.unwrap().unwrap();
            assert_eq!(frame.into_data().unwrap(), text);
        }
        drop(feed);
        assert!(response.collect().await.unwrap().to_bytes().is_empty());
    });
}

#[test]
fn http1_clients_reach_h2c_backends_and_the_other_way_round() {
    run(async {
        let backend = h2::Backend::named("inner").await;
        let gateway = Gateway::start(all_to_h2c(&backend));
        let address = gateway.address;
        let asked = tokio::task::spawn_blocking(move || {
            let mut client = Client::connect(address);
            client.send("POST /x HTTP/1.1\r\nhost: a.example\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
            client.response()
        });
        assert_eq!(asked.await.unwrap().body, "inner");
        let (parts, body) = backend.requests().remove(0);
        assert_eq!(
            (parts.uri.to_string().as_str(), body.as_str()),
            ("http://a.example/x", "ok")
        );
    });
}

#[test]
fn cookies_are_one_line_in_http1() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    run(async {
        let mut client = connect(gateway.address).await;
        let mut request = get("/");
        for cookie in ["a=1", "b=2"] {
            request
                .headers_mut()
                .append("cookie", HeaderValue::from_static(cookie));
        }
        assert_eq!(client.send_request(request).await.unwrap().status(), 200);
    });
    assert_eq!(backend.request().header("cookie"), Some("a=1; b=2"));
}

#[test]
fn streams_of_many_requests_share_connections_to_a_backend() {
    run(async {
        let backend = h2::Backend::answering(10, |_| async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Response::new(Frames::of("web", None))
        })
        .await;
        let gateway = Gateway::start(all_to_h2c(&backend));
        let client = connect(gateway.address).await;
        for _ in 0..2 {
            let asking: Vec<_> = (0..30)
                .map(|_| {
                    let mut client = client.clone();
                    tokio::spawn(async move {
                        read(client.send_request(get("/")).await.unwrap()).await.0
                    })
                })
                .collect();
            for asked in asking {
                assert_eq!(asked.await.unwrap(), 200);
            }
        }
        let connections = backend.connections.load(Ordering::SeqCst);
        assert!(
            connections <= 3,
            "{connections} connections for 30 streams of which 10 fit on one"
        );
    });
}

#[test]
fn a_backend_that_went_away_is_connected_to_again() {
    run(async {
        let backend = h2::Backend::named("web").await;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let target = backend.address;
        // Stands between, and can cut.
        let (streams, cut) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let backend = std::net::TcpStream::connect(target).unwrap();
                streams
                    .send((client.try_clone().unwrap(), backend.try_clone().unwrap()))
                    .unwrap();
                let ends = [
                    (client.try_clone().unwrap(), backend.try_clone().unwrap()),
                    (backend, client),
                ];
                for (mut from, mut to) in ends {
                    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
                }
            }
        });
        let snapshot = Snapshot::default()
            .rule(Rule::prefix("/").to("grpc"))
            .h2c("grpc", &[address]);
        let gateway = Gateway::start(snapshot);
        let mut client = connect(gateway.address).await;
        for _ in 0..5 {
            let response = client.send_request(get("/")).await.unwrap();
            assert_eq!(read(response).await.0, 200);
            let (client, backend) = cut.recv_timeout(PATIENCE).unwrap();
            client.shutdown(std::net::Shutdown::Both).unwrap();
            backend.shutdown(std::net::Shutdown::Both).unwrap();
        }
        assert_eq!(backend.connections.load(Ordering::SeqCst), 5);
    });
}

#[test]
fn a_backend_that_speaks_http1_only_is_an_error() {
    let backend = Backend::scripted(|connection| {
        let _ = connection.send("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    });
    let snapshot = Snapshot::default()
        .rule(Rule::prefix("/").to("grpc"))
        .h2c("grpc", &[backend.address]);
    let gateway = Gateway::start(snapshot);
    let status = get1(gateway.address, "/").status;
    assert!(matches!(status, 502 | 503), "{status}");
}

#[test]
fn own_answers_in_grpc_are_trailers_only() {
    let edits =
        json!({"type": "ResponseHeaderModifier", "set": [["x-set", "1"]], "add": [], "remove": []});
    let gateway = Gateway::start(
        Snapshot::default()
            .rule(Rule::prefix("/invalid").without_backend())
            .rule(Rule::prefix("/none").filter(edits).to("none"))
            .rule(Rule::prefix("/down").to("down"))
            .h2c("none", &[])
            .h2c("down", &[Backend::nowhere()]),
    );
    let connect_error = "upstream connect error or disconnect/reset before headers. \
                         reset reason: remote connection failure";
    run(async {
        let mut client = connect(gateway.address).await;
        for (path, status, message) in [
            ("/", "12", None),
            ("/invalid", "14", None),
            ("/none", "14", Some("no healthy upstream")),
            ("/down", "14", Some(connect_error)),
        ] {
            let mut request = get(path);
            let kind = HeaderValue::from_static("application/grpc+proto");
            request.headers_mut().insert("content-type", kind);
            let response = client.send_request(request).await.unwrap();
            let headers = response.headers().clone();
            assert_eq!(
                (response.status().as_u16(), &headers["content-type"]),
                (200, &HeaderValue::from_static("application/grpc"))
            );
            assert_eq!(headers["grpc-status"], status, "{path}");
            let told = headers
                .get("grpc-message")
                .map(|message| message.to_str().unwrap());
            assert_eq!(told, message);
            assert_eq!(headers.contains_key("x-set"), path == "/none");
            assert_eq!(read(response).await.1, "");
        }
    });
}

#[test]
fn a_host_that_is_not_the_authority_is_refused() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    run(async {
        let mut client = connect(gateway.address).await;
        for (host, status) in [("b.example", 400), ("a.example", 200)] {
            let mut request = get("/");
            request
                .headers_mut()
                .insert("host", HeaderValue::from_static(host));
            assert_eq!(client.send_request(request).await.unwrap().status(), status);
        }
    });
    assert_eq!(backend.request().all("host"), ["a.example"]);
}

#[test]
fn heads_have_their_limits() {
    let backend = Backend::named("web");
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    run(async {
        let mut client = connect(gateway.address).await;
        let mut many = get("/");
        for i in 0..101 {
            let name: http::HeaderName = format!("x-{i}").parse().unwrap();
            many.headers_mut()
                .insert(name, HeaderValue::from_static("1"));
        }
        let mut large = get("/");
        large
            .headers_mut()
            .insert("x", HeaderValue::try_from("y".repeat(60 * 1024)).unwrap());
        let mut underscore = get("/");
        underscore
            .headers_mut()
            .insert("a_b", HeaderValue::from_static("1"));
        for (request, status) in [
            (many, 431),
            (large, 431),
            (underscore, 400),
            (get("/"), 200),
        ] {
            assert_eq!(client.send_request(request).await.unwrap().status(), status);
        }
    });
}

#[test]
fn a_stream_that_is_reset_takes_its_request_along() {
    let backend = Backend::scripted(|connection| {
        connection.request();
        while !connection.is_closed() {}
    });
    let gateway = Gateway::start(Snapshot::all_to(backend.address));
    run(async {
        let mut client = connect(gateway.address).await;
        let asking = tokio::spawn({
            let mut client = client.clone();
            async move { client.send_request(get("/")).await }
        });
        let active = || gateway.proxy.stats().active_requests;
        eventually("it is under way", || {
            active() == 1 && backend.connections() == 1
        });
        asking.abort();
        eventually("it is gone", || {
            *gateway.log.upstreams.lock().unwrap() == (1, 1)
        });
        assert_eq!(gateway.line().reason, Some("client_gone"));
        let _ = client.ready().await;
    });
}

#[test]
fn a_response_over_its_time_is_reset_and_the_connection_stays() {
    run(async {
        let large = "x".repeat(10_000_000);
        let backend = h2::Backend::answering(100, move |parts| {
            let body = if parts.uri.path() == "/large" {
                large.clone()
            } else {
                "web".to_owned()
            };
            async move { Response::new(Frames::of(&body, None)) }
        })
        .await;
        let config = json!({"timeouts": {"request": 0.3}});
        let gateway = Gateway::with(config, all_to_h2c(&backend));
        let mut client = connect(gateway.address).await;
        // Not read: the window closes, and nothing asks the body.
        let unread = client.send_request(get("/large")).await.unwrap();
        assert_eq!(gateway.line().reason, Some("timeout_request"));
        assert!(unread.into_body().collect().await.is_err());
        assert_eq!(client.send_request(get("/")).await.unwrap().status(), 200);
    });
}

#[test]
fn draining_lets_streams_end() {
    run(async {
        let (feed, frames) = Frames::new();
        let frames = Arc::new(std::sync::Mutex::new(Some(frames)));
        let backend = h2::Backend::answering(100, move |_| {
            let frames = frames.lock().unwrap().take().unwrap();
            async move { Response::new(frames) }
        })
        .await;
        let gateway = Gateway::start(all_to_h2c(&backend));
        let mut client = connect(gateway.address).await;
        feed.send(data("half")).unwrap();
        let mut response = client.send_request(get("/")).await.unwrap().into_body();
        assert_eq!(
            response
                .frame()
                .await
                .unwrap()
                .unwrap()
                .into_data()
                .unwrap(),
            "half"
        );
        let proxy = gateway.proxy.clone();
        let stopping = tokio::task::spawn_blocking(move || proxy.stop(PATIENCE));
        feed.send(data("rest")).unwrap();
        drop(feed);
        assert_eq!(
            response
                .frame()
                .await
                .unwrap()
                .unwrap()
                .into_data()
                .unwrap(),
            "rest"
        );
        assert!(response.collect().await.unwrap().to_bytes().is_empty());
        assert!(stopping.await.unwrap(), "nothing was cut");
    });
}
