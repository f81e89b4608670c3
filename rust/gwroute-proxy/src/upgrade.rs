//! WebSocket: after the handshake, bytes both ways.

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::response::Parts;
use http::{Response, Version};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf, copy_bidirectional};

use crate::body::ResponseBody;
use crate::deadline::Deadlines;
use crate::error::{Error, ErrorKind};
use crate::exchange::{BodyWatch, Exchange};
use crate::telemetry::Outcome;
use crate::upstream::conn_pool::Open;
use crate::upstream::stream::Stream;

/// A handshake that a backend has accepted; the bytes that follow go to it.
#[derive(Debug)]
pub(crate) struct Tunnel {
    pub(crate) exchange: Box<Exchange>,
    pub(crate) upstream: Stream,
    /// What the backend has sent behind its answer.
    pub(crate) read: Bytes,
    /// The connection to the backend counts as long as the tunnel lasts.
    pub(crate) open: Open,
}

/// Hands the backend's consent on to the client.
pub(crate) fn accept(mut parts: Parts, mut tunnel: Tunnel) -> Response<ResponseBody> {
    let exchange = &mut tunnel.exchange;
    exchange.answered(parts.status, Outcome::Backend);
    parts.headers.remove("keep-alive");
    parts
        .headers
        .insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    parts
        .headers
        .insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    exchange.edit_response(&mut parts.headers);
    parts.version = Version::HTTP_11;
    let client = exchange.client.clone();
    client.tunnel.replace(Some(tunnel));
    Response::from_parts(parts, ResponseBody::nothing())
}

impl Tunnel {
    /// Copies both ways until both sides have closed, one has failed, or nothing has moved for too
    /// long. `read` is what the client has sent behind its request.
    pub(crate) async fn run<S>(self, mut stream: S, read: Bytes)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (mut exchange, _open) = (self.exchange, self.open);
        let deadlines = exchange.deadlines.clone();
        // No end: only standing still counts.
        deadlines.begin(false);
        let (received, sent) = (
            Cell::new(read.len() as u64),
            Cell::new(self.read.len() as u64),
        );
        let copied = {
            let mut upstream = self.upstream;
            let mut copy = pin!(async {
                upstream.write_all(&read).await?;
                stream.write_all(&self.read).await?;
                let mut client = Watched::new(&mut stream, &deadlines, &received);
                let mut backend = Watched::new(&mut upstream, &deadlines, &sent);
                copy_bidirectional(&mut client, &mut backend).await
            });
            poll_fn(|cx| match copy.as_mut().poll(cx) {
                Poll::Ready(copied) => {
                    Poll::Ready(copied.map_err(|e| Error::because(ErrorKind::Reset, &e)))
                }
                Poll::Pending => match deadlines.poll(cx) {
                    Some(kind) => Poll::Ready(Err(Error::new(kind))),
                    None => Poll::Pending,
                },
            })
            .await
        };
        exchange.sent = sent.get();
        let watch = BodyWatch::default();
        watch.received.set(received.get());
        exchange.body = Some(Rc::new(watch));
        match copied {
            Ok(_) => exchange.ended(),
            Err(error) => exchange.failed(error),
        }
    }
}

/// A stream whose bytes are counted as they are read.
struct Watched<'a, S> {
    stream: &'a mut S,
    deadlines: &'a Deadlines,
    count: &'a Cell<u64>,
}

impl<'a, S> Watched<'a, S> {
    fn new(stream: &'a mut S, deadlines: &'a Deadlines, count: &'a Cell<u64>) -> Self {
        Self {
            stream,
            deadlines,
            count,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<'_, S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut *self.stream).poll_read(cx, buf))?;
        let read = buf.filled().len() - before;
        self.count.set(self.count.get() + read as u64);
        self.deadlines.moved();
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<'_, S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_shutdown(cx)
    }
}
