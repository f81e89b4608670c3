//! HTTP/1 and HTTP/2 over one accepted stream.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{HttpService, service_fn};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::body::ResponseBody;
use crate::client::Client;
use crate::client_io::ClientIo;
use crate::config::Config;
use crate::deadline::Deadlines;
use crate::error::ErrorKind;
use crate::executor::StreamExecutor;
use crate::linger;
use crate::service;

/// What every HTTP/2 connection begins with (RFC 9113 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How long a connection that was just accepted may take for its first bytes once the port closes.
const LAST_CHANCE: Duration = Duration::from_millis(250);

/// How a connection ended.
#[derive(Debug)]
enum End {
    /// The library is done with it.
    Done(Result<(), hyper::Error>),
    /// A client was too slow with a head.
    HeadLate,
    /// Nothing happened for too long, or a response was cut.
    Cut,
}

/// Serves one connection to its end.
pub(crate) async fn serve<S>(mut stream: S, client: Rc<Client>)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let limit = client.worker.config.timeouts.request_headers;
    match in_time(&client, limit, read_begin(&mut stream)).await {
        Some(Ok(read)) if read.is_empty() => {}
        Some(Ok(read)) if read.starts_with(PREFACE) => http2(stream, read, client).await,
        Some(Ok(read)) => http1(stream, read, client).await,
        Some(Err(_)) | None => {}
    }
}

/// Waits for the first thing that a client has to do; `None` if it was too slow.
pub(crate) async fn in_time<T>(
    client: &Client,
    limit: Duration,
    first: impl Future<Output = T>,
) -> Option<T> {
    let (timer, timers) = (client.deadlines.timer(), &client.worker.timers);
    timer.set(timers.deadline(limit));
    let mut hurried = false;
    let mut first = pin!(first);
    poll_fn(|cx| {
        if let Poll::Ready(first) = first.as_mut().poll(cx) {
            return Poll::Ready(Some(first));
        }
        if client.is_draining() && !hurried {
            hurried = true;
            timer.set(timers.deadline(LAST_CHANCE));
        }
        if timer.poll(cx) {
            Poll::Ready(None)
        } else {
            Poll::Pending
        }
    })
    .await
}

/// As many bytes as it takes to know the version; none if the client sent none.
async fn read_begin<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Bytes> {
    let mut read = BytesMut::with_capacity(1024);
    loop {
        let ended = stream.read_buf(&mut read).await? == 0;
        let known = read.len().min(PREFACE.len());
        if ended || known == PREFACE.len() || read[..known] != PREFACE[..known] {
            return Ok(read.freeze());
        }
    }
}

async fn http1<S>(stream: S, read: Bytes, client: Rc<Client>)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let io = ClientIo::new(stream, read, Some(client.heads.clone()));
    let service = service_fn(|request| {
        let deadlines = client.deadlines.clone();
        service::handle(client.clone(), deadlines, request)
    });
    let mut connection = http1_builder(&client.worker.config).serve_connection(io, service);
    let mut phase = Phase::Head;
    let _tunnel = TunnelGuard(&client);
    let end = poll_fn(|cx| poll_http1(&mut connection, &client, &mut phase, cx)).await;
    let parts = connection.into_parts();
    let client_is_done = parts.io.ended();
    let mut stream = parts.io.into_stream();
    match (end, client.tunnel.take()) {
        (End::Done(Ok(())), Some(tunnel)) => tunnel.run(stream, parts.read_buf).await,
        (End::Done(Err(error)), _) if error.is_parse() => {
            service::report_unread(&client, kind_of(&error));
            linger::close(stream, &client).await;
        }
        (End::Done(_), _) if client_is_done => {}
        (End::Done(_), _) => linger::close(stream, &client).await,
        (End::HeadLate, _) => {
            service::report_unread(&client, ErrorKind::TimeoutHead);
            if stream.write_all(service::LATE_HEAD).await.is_ok() {
                linger::close(stream, &client).await;
            }
        }
        (End::Cut, _) => {}
    }
}

/// A tunnel holds on to the client that holds it; where neither is needed any more, both go.
struct TunnelGuard<'a>(&'a Client);

impl Drop for TunnelGuard<'_> {
    fn drop(&mut self) {
        self.0.tunnel.take();
    }
}

fn kind_of(error: &hyper::Error) -> ErrorKind {
    if error.is_parse_too_large() {
        ErrorKind::HeadTooLarge
    } else {
        ErrorKind::BadRequest
    }
}

fn http1_builder(config: &Config) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .max_header_size(config.limits.header_bytes)
        // Room for the largest head and the first bytes behind it.
        .max_buf_size(config.limits.header_bytes.max(8 * 1024) + 4 * 1024)
        // The deadlines here know what is a head and what is an idle connection.
        .header_read_timeout(None)
        // A client that shuts its side down looks as one that has gone does, until something is
        // written to it. It is taken to have gone, as Envoy and nginx take it, for otherwise every
        // request that somebody gives up would go on at its backend, tried again and all.
        .half_close(false);
    // The library's own limit is the default, and has a faster path.
    if config.limits.header_fields != 100 {
        builder.max_headers(config.limits.header_fields);
    }
    builder
}

/// What an HTTP/1 connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The rest of a head.
    Head,
    /// A response.
    Request,
    /// The next request.
    Idle,
}

fn poll_http1<I, S>(
    connection: &mut http1::Connection<I, S>,
    client: &Client,
    phase: &mut Phase,
    cx: &mut Context<'_>,
) -> Poll<End>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
    S: HttpService<Incoming, ResBody = ResponseBody>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut polled = Pin::new(&mut *connection).poll(cx);
    if polled.is_pending() && client.is_draining() {
        // Only now: a request that has arrived already is still served.
        Pin::new(&mut *connection).graceful_shutdown();
        polled = Pin::new(connection).poll(cx);
    }
    if let Poll::Ready(end) = polled {
        return Poll::Ready(End::Done(end));
    }
    let now = match (client.is_busy(), client.heads.is_partial()) {
        (true, _) => Phase::Request,
        (false, true) => Phase::Head,
        (false, false) => Phase::Idle,
    };
    let timeouts = &client.worker.config.timeouts;
    let (timer, timers) = (client.deadlines.timer(), &client.worker.timers);
    if now != *phase {
        *phase = now;
        match now {
            Phase::Head => timer.set(timers.deadline(timeouts.request_headers)),
            Phase::Idle => timer.set(timers.deadline(timeouts.client_idle)),
            // The request has set its own.
            Phase::Request => {}
        }
    }
    match (timer.poll(cx), now) {
        (false, _) => Poll::Pending,
        (true, Phase::Head) => Poll::Ready(End::HeadLate),
        // A request that could act on its deadline has done so; this one is stuck behind a client
        // that does not read.
        (true, Phase::Request | Phase::Idle) => Poll::Ready(End::Cut),
    }
}

async fn http2<S>(stream: S, read: Bytes, client: Rc<Client>)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let io = ClientIo::new(stream, read, None);
    let service = service_fn(|request| {
        let worker = &client.worker;
        let deadlines = Rc::new(Deadlines::new(&worker.timers, worker.config.timeouts));
        client.new_stream.replace(Some(deadlines.clone()));
        service::handle(client.clone(), deadlines, request)
    });
    let limits = &client.worker.config.limits;
    let mut builder = http2::Builder::new(StreamExecutor::new(client.clone()));
    builder
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX));
    let mut connection = builder.serve_connection(io, service);
    let (mut draining, mut idle) = (false, false);
    poll_fn(|cx| {
        if client.is_draining() && !draining {
            draining = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        // What went wrong on the connection is the client's business alone.
        if Pin::new(&mut connection).poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let timer = client.deadlines.timer();
        if client.is_busy() {
            idle = false;
            timer.clear();
        } else if !idle {
            idle = true;
            timer.set(
                client
                    .worker
                    .timers
                    .deadline(client.worker.config.timeouts.client_idle),
            );
        }
        if timer.poll(cx) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}
