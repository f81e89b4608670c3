//! Services that say whether a request may pass, asked in gRPC.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use serde_json::{Value, json};
use support::backend::{Backend, Request as Seen, ok};
use support::client::{self, Client, request};
use support::gateway::Gateway;
use support::h2::{self, Frames};
use support::snapshot::{Rule, Snapshot};
use support::tls::{Authority, terminate};

/// The attributes of a request, as far as they are looked at: `attributes.request.http`.
#[derive(Clone, Message)]
struct Asked {
    #[prost(string, tag = "2")]
    method: String,
    #[prost(btree_map = "string, string", tag = "3")]
    headers: BTreeMap<String, String>,
    #[prost(string, tag = "4")]
    path: String,
    #[prost(string, tag = "5")]
    host: String,
    #[prost(string, tag = "11")]
    body: String,
    #[prost(bytes = "vec", tag = "12")]
    raw_body: Vec<u8>,
}

/// A message with one message in it.
macro_rules! wrapper {
    ($name:ident, $inner:ty, $tag:literal) => {
        #[derive(Clone, Message)]
        struct $name {
            #[prost(message, optional, tag = $tag)]
            inner: Option<$inner>,
        }
    };
}
wrapper!(AskedRequest, Asked, "2");
wrapper!(Attributes, AskedRequest, "4");
wrapper!(Check, Attributes, "1");

#[derive(Clone, Message)]
struct Answer {
    #[prost(message, optional, tag = "1")]
    status: Option<Code>,
    #[prost(message, optional, tag = "2")]
    denied: Option<Denied>,
    #[prost(message, optional, tag = "3")]
    ok: Option<Allowed>,
}

#[derive(Clone, Message)]
struct Code {
    #[prost(int32, tag = "1")]
    code: i32,
}

#[derive(Clone, Message)]
struct Denied {
    #[prost(message, optional, tag = "1")]
    status: Option<Code>,
    #[prost(message, repeated, tag = "2")]
    headers: Vec<Set>,
    #[prost(string, tag = "3")]
    body: String,
}

#[derive(Clone, Message)]
struct Allowed {
    #[prost(message, repeated, tag = "2")]
    headers: Vec<Set>,
    #[prost(string, repeated, tag = "5")]
    remove: Vec<String>,
}

#[derive(Clone, Message)]
struct Set {
    #[prost(message, optional, tag = "1")]
    header: Option<Header>,
    #[prost(message, optional, tag = "2")]
    append: Option<Flag>,
    #[prost(int32, tag = "3")]
    action: i32,
}

#[derive(Clone, Message)]
struct Header {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, Message)]
struct Flag {
    #[prost(bool, tag = "1")]
    value: bool,
}

fn set(key: &str, value: &str, append: Option<bool>, action: i32) -> Set {
    let (key, value) = (key.to_owned(), value.to_owned());
    let append = append.map(|value| Flag { value });
    let header = Some(Header { key, value });
    Set {
        header,
        append,
        action,
    }
}

fn code(code: i32) -> Option<Code> {
    Some(Code { code })
}

fn denied(status: i32, headers: Vec<Set>, body: &str) -> Answer {
    let body = body.to_owned();
    Answer {
        status: code(7),
        denied: Some(Denied {
            status: code(status),
            headers,
            body,
        }),
        ok: None,
    }
}

fn framed(message: &[u8]) -> Bytes {
    let mut framed = BytesMut::new();
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap());
    framed.put_slice(message);
    framed.freeze()
}

/// A service that answers each call with the same bytes and trailers, and knows what it was asked.
struct Authorizer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<(http::request::Parts, Asked)>>>,
}

impl Authorizer {
    async fn saying(answer: Answer) -> Self {
        Self::sending(framed(&answer.encode_to_vec()), "0").await
    }

    async fn sending(bytes: Bytes, status: &'static str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (bytes, seen) = (bytes.clone(), seen.clone());
                let service = service_fn(move |request: Request<Incoming>| {
                    let (bytes, seen) = (bytes.clone(), seen.clone());
                    async move {
                        let (parts, body) = request.into_parts();
                        let body = body.collect().await.unwrap().to_bytes();
                        let check = Check::decode(body.slice(5..)).unwrap();
                        let http = check.inner.unwrap().inner.unwrap().inner.unwrap();
                        seen.lock().unwrap().push((parts, http));
                        Ok::<_, Infallible>(response(bytes, status))
                    }
                });
                let builder = http2::Builder::new(TokioExecutor::new());
                tokio::spawn(builder.serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<(http::request::Parts, Asked)> {
        self.asked.lock().unwrap().clone()
    }
}

fn response(bytes: Bytes, status: &'static str) -> Response<Frames> {
    let (feed, frames) = Frames::new();
    feed.send(http_body::Frame::data(bytes)).unwrap();
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", status.parse().unwrap());
    feed.send(http_body::Frame::trailers(trailers)).unwrap();
    Response::new(frames)
}

/// The filter, with these fields in place of the defaults.
fn auth(fields: &Value) -> Value {
    let mut auth = json!({
        "type": "ExternalAuth", "protocol": "GRPC", "backend": "auth/check:9000",
        "upstream": "auth", "path": "", "allowed_headers": [], "allowed_response_headers": [],
        "forward_body": 0
    });
    for (name, value) in fields.as_object().unwrap() {
        auth[name] = value.clone();
    }
    auth
}

fn gateway(authorizer: SocketAddr, web: SocketAddr, fields: &Value) -> Gateway {
    let snapshot = Snapshot::default().rule(Rule::prefix("/").filter(auth(fields)).to("web"));
    let snapshot = snapshot.h2c("auth", &[authorizer]);
    Gateway::start(snapshot.upstream("web", &[web]))
}

/// Blocking clients and backends beside an asynchronous service.
fn ask(gateway: &Gateway, bytes: String) -> client::Response {
    tokio::task::block_in_place(|| {
        let mut client = Client::connect(gateway.address);
        client.send(bytes);
        client.response()
    })
}

#[test]
fn the_service_sees_the_request() {
    h2::run(async {
        let authorizer = Authorizer::saying(Answer::default()).await;
        let web = Backend::answering(|request: &Seen| ok(&request.body));
        let gateway = gateway(
            authorizer.address,
            web.address,
            &json!({"forward_body": 16}),
        );
        let headers = "x-a: 1\nx-a: 2\ncontent-length: 4";
        let passed = ask(&gateway, request("POST /a/./b?c", headers) + "body");
        assert_eq!((passed.status, passed.body.as_str()), (200, "body"));
        let (head, asked) = authorizer.asked().remove(0);
        assert_eq!(
            head.uri.path(),
            "/envoy.service.auth.v3.Authorization/Check"
        );
        assert_eq!(head.method, "POST");
        assert_eq!(head.headers["content-type"], "application/grpc");
        assert_eq!(asked.method, "POST");
        assert_eq!(
            (asked.path.as_str(), asked.host.as_str()),
            ("/a/b?c", "a.example")
        );
        assert_eq!(asked.headers["x-a"], "1,2");
        assert_eq!(asked.headers[":method"], "POST");
        assert_eq!(asked.headers["x-forwarded-for"], "127.0.0.1");
        assert_eq!((asked.body.as_str(), asked.raw_body.len()), ("body", 0));
    });
}

#[test]
fn only_allowed_headers_and_no_body_are_shown() {
    h2::run(async {
        let authorizer = Authorizer::saying(Answer::default()).await;
        let web = Backend::named("web");
        let fields = json!({"allowed_headers": ["x-a"]});
        let gateway = gateway(authorizer.address, web.address, &fields);
        let headers = "x-a: 1\nx-b: 2\ncontent-length: 4";
        assert_eq!(
            ask(&gateway, request("POST /", headers) + "body").status,
            200
        );
        let (_, asked) = authorizer.asked().remove(0);
        let names: Vec<&str> = asked.headers.keys().map(String::as_str).collect();
        assert_eq!(names, [":authority", ":method", ":path", ":scheme", "x-a"]);
        assert_eq!((asked.body.as_str(), asked.raw_body.len()), ("", 0));
    });
}

#[test]
fn a_yes_changes_headers_but_for_those_that_frame() {
    h2::run(async {
        let headers = vec![
            set("x-set", "new", None, 0),
            set("x-append", "new", Some(true), 0),
            set("x-absent", "new", None, 1),
            set("x-there", "new", None, 1),
            set("x-replaced", "new", None, 3),
            set("x-missing", "new", None, 3),
            set("content-length", "0", None, 0),
            set("Transfer-Encoding", "chunked", None, 0),
            set("host", "evil.example", None, 0),
            set(":path", "/evil", None, 0),
            set("x-split", "a\r\nx-evil: 1", None, 0),
        ];
        let remove = ["X-Gone", "content-length", "host", "no name"].map(str::to_owned);
        let answer = Answer {
            status: code(0),
            denied: None,
            ok: Some(Allowed {
                headers,
                remove: remove.to_vec(),
            }),
        };
        let authorizer = Authorizer::saying(answer).await;
        let web = Backend::answering(|request: &Seen| ok(&request.body));
        let gateway = gateway(authorizer.address, web.address, &json!({}));
        let sent = "x-set: old\nx-append: old\nx-there: old\nx-replaced: old\nx-gone: 1\n\
                    content-length: 4";
        assert_eq!(
            ask(&gateway, request("POST /a", sent) + "body").body,
            "body"
        );
        let got = web.request();
        assert_eq!(got.path(), "/a");
        for (name, values) in [
            ("x-set", &["new"][..]),
            ("x-append", &["old", "new"]),
            ("x-absent", &["new"]),
            ("x-there", &["old"]),
            ("x-replaced", &["new"]),
            ("x-missing", &[]),
            ("x-gone", &[]),
            ("x-split", &[]),
            ("x-evil", &[]),
            ("content-length", &["4"]),
            ("transfer-encoding", &[]),
            ("host", &["a.example"]),
        ] {
            assert_eq!(got.all(name), values, "{name}");
        }
    });
}

#[test]
fn a_no_has_status_headers_and_body() {
    h2::run(async {
        let web = Backend::named("web");
        let headers = vec![
            set("x-why", "because", None, 0),
            set("set-cookie", "a", Some(true), 0),
            set("set-cookie", "b", Some(true), 0),
            set("content-length", "99", None, 0),
            set("connection", "x", None, 0),
        ];
        let authorizer = Authorizer::saying(denied(401, headers, "who?")).await;
        let gateway = gateway(authorizer.address, web.address, &json!({}));
        let no = ask(&gateway, request("GET /", ""));
        assert_eq!((no.status, no.body.as_str()), (401, "who?"));
        assert_eq!(no.header("x-why"), Some("because"));
        assert_eq!(no.all("set-cookie"), ["a", "b"]);
        assert_eq!(no.header("content-length"), Some("4"));
        let line = gateway.line();
        assert_eq!(
            (line.reason, line.flag),
            (Some("external_auth_denied"), "UAEX")
        );
        assert_eq!(web.connections(), 0);
    });
}

#[test]
fn a_no_without_a_status_that_can_be_sent_is_403() {
    h2::run(async {
        let web = Backend::named("web");
        let bare = Answer {
            status: code(16),
            ..Answer::default()
        };
        let contradictory = Answer {
            status: code(0),
            ..denied(0, Vec::new(), "")
        };
        let strange = [101, -1, 70_000, 1_000].map(|status| denied(status, Vec::new(), ""));
        for answer in [bare, contradictory].into_iter().chain(strange) {
            let authorizer = Authorizer::saying(answer).await;
            let gateway = gateway(authorizer.address, web.address, &json!({}));
            assert_eq!(ask(&gateway, request("GET /", "")).status, 403);
        }
        assert_eq!(web.connections(), 0);
    });
}

#[test]
fn what_is_no_answer_is_a_no() {
    h2::run(async {
        let web = Backend::named("web");
        let yes = framed(&[]);
        let torn = yes.slice(..3);
        let long = framed(&vec![0; 2 * 1024 * 1024]);
        let two = Bytes::from([framed(&[]), framed(&[])].concat());
        let nonsense = framed(&[0xff; 8]);
        let compressed = Bytes::from_static(&[1, 0, 0, 0, 0]);
        for (bytes, status) in [
            (yes, "14"),
            (Bytes::new(), "0"),
            (torn, "0"),
            (long, "0"),
            (two, "0"),
            (nonsense, "0"),
            (compressed, "0"),
        ] {
            let authorizer = Authorizer::sending(bytes, status).await;
            let gateway = gateway(authorizer.address, web.address, &json!({}));
            assert_eq!(ask(&gateway, request("GET /", "")).status, 503);
            assert_eq!(gateway.line().reason, Some("external_auth_failed"));
        }
        let plain = Backend::named("no gRPC");
        let gateway = gateway(plain.address, web.address, &json!({}));
        assert_eq!(ask(&gateway, request("GET /", "")).status, 503);
        assert_eq!(web.connections(), 0);
    });
}

#[test]
fn a_no_with_more_headers_than_fit_does_no_harm() {
    h2::run(async {
        let web = Backend::named("web");
        let headers = (0..40_000).map(|number| set(&format!("x-{number}"), "", None, 0));
        let authorizer = Authorizer::saying(denied(403, headers.collect(), "")).await;
        let gateway = gateway(authorizer.address, web.address, &json!({}));
        let status = tokio::task::block_in_place(|| {
            let mut client = Client::connect(gateway.address);
            client.send(request("GET /", ""));
            client.head().0
        });
        assert!(matches!(status, 403 | 503), "{status}");
        assert_eq!(gateway.line().status, status);
    });
}

/// As a BackendTLSPolicy on its Service asks for.
#[test]
fn a_service_is_asked_over_tls_and_only_if_it_is_the_right_one() {
    h2::run(async {
        let (authorizer, web) = (
            Authorizer::saying(Answer::default()).await,
            Backend::named("web"),
        );
        let (ca, other) = (Authority::new(), Authority::new());
        let at = terminate(&ca.sign(&["auth.test"]), "h2", authorizer.address).await;
        let tls = json!({"hostname": "auth.test", "authorities": ["ca"], "subject_alt_names": [],
                         "client_certificate": null});
        for (trusted, status) in [(&ca, 200), (&other, 503)] {
            let snapshot = Snapshot::default()
                .rule(Rule::prefix("/").filter(auth(&json!({}))).to("web"))
                .tls("auth", "h2c", &[at], tls.clone())
                .authority("ca", trusted)
                .upstream("web", &[web.address]);
            let gateway = Gateway::start(snapshot);
            assert_eq!(ask(&gateway, request("GET /", "")).status, status);
        }
        assert_eq!((authorizer.asked().len(), web.requests().len()), (1, 1));
    });
}
