//! HTTP/2: a client, and a backend in clear text.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, request};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::PATIENCE;

/// Runs an asynchronous test, in time.
pub(crate) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async { tokio::time::timeout(3 * PATIENCE, test).await.unwrap() });
}

/// A body that is sent frame by frame.
#[derive(Debug)]
pub(crate) struct Frames(mpsc::UnboundedReceiver<Frame<Bytes>>);

/// The other end of [`Frames`].
pub(crate) type Feed = mpsc::UnboundedSender<Frame<Bytes>>;

impl Frames {
    pub(crate) fn new() -> (Feed, Self) {
        let (feed, frames) = mpsc::unbounded_channel();
        (feed, Self(frames))
    }

    /// All of it at once.
    pub(crate) fn of(text: &str, trailers: Option<HeaderMap>) -> Self {
        let (feed, frames) = Self::new();
        if !text.is_empty() {
            feed.send(data(text)).unwrap();
        }
        if let Some(trailers) = trailers {
            feed.send(Frame::trailers(trailers)).unwrap();
        }
        frames
    }
}

pub(crate) fn data(text: &str) -> Frame<Bytes> {
    Frame::data(Bytes::copy_from_slice(text.as_bytes()))
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|frame| frame.map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_closed() && self.0.is_empty()
    }
}

/// A connection.
pub(crate) async fn connect(to: SocketAddr) -> SendRequest<Frames> {
    over(TcpStream::connect(to).await.unwrap()).await
}

/// A connection over a stream that is there.
pub(crate) async fn over<S>(stream: S) -> SendRequest<Frames>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    sender
}

/// A request without a body, for host `a.example`.
pub(crate) fn get(path: &str) -> Request<Frames> {
    Request::get(format!("http://a.example{path}"))
        .body(Frames::of("", None))
        .unwrap()
}

/// Status, body and trailers.
pub(crate) async fn read(response: Response<Incoming>) -> (u16, String, HeaderMap) {
    let status = response.status().as_u16();
    let collected = response.into_body().collect().await.unwrap();
    let trailers = collected.trailers().cloned().unwrap_or_default();
    let body = String::from_utf8(collected.to_bytes().to_vec()).unwrap();
    (status, body, trailers)
}

/// A backend on loopback that answers each request with what a function makes of it.
pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Arc<AtomicUsize>,
    pub(crate) requests: Arc<Mutex<Vec<(request::Parts, String)>>>,
}

impl Backend {
    pub(crate) async fn named(name: &'static str) -> Self {
        Self::answering(100, move |_| async move {
            Response::new(Frames::of(name, None))
        })
        .await
    }

    /// With a limit of parallel streams.
    pub(crate) async fn answering<F, A>(streams: u32, answer: F) -> Self
    where
        F: Fn(request::Parts) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Response<Frames>> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let backend = Self {
            address: listener.local_addr().unwrap(),
            connections: Arc::default(),
            requests: Arc::default(),
        };
        let (connections, requests) = (backend.connections.clone(), backend.requests.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (answer, requests) = (answer.clone(), requests.clone());
                let service = service_fn(move |request: Request<Incoming>| {
                    let (answer, requests) = (answer.clone(), requests.clone());
                    async move {
                        let (parts, body) = request.into_parts();
                        let response = answer(parts.clone()).await;
                        let body = body.collect().await.unwrap().to_bytes();
                        let body = String::from_utf8(body.to_vec()).unwrap();
                        requests.lock().unwrap().push((parts, body));
                        Ok::<_, Infallible>(response)
                    }
                });
                let mut builder = http2::Builder::new(TokioExecutor::new());
                builder.max_concurrent_streams(streams);
                tokio::spawn(builder.serve_connection(TokioIo::new(stream), service));
            }
        });
        backend
    }

    pub(crate) fn requests(&self) -> Vec<(request::Parts, String)> {
        self.requests.lock().unwrap().clone()
    }
}
