//! HTTP/1.1 to an endpoint for requests without a body: the request itself writes its head, and
//! reads the response as the client takes it.
//!
//! Weighed: the HTTP library's client for these, too. Between a request and its connection that has
//! a channel each way and another one for the body, which cost more than the bytes themselves. So
//! its parser is used, and bodies go the long way ([`http1`](super::http1)), where the request has
//! to be read from the client whether or not the client reads the response.

mod chunks;
pub(crate) mod framing;
mod head;
#[cfg(test)]
mod tests;
mod wire;

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::body::RequestBody;
use crate::error::{Error, ErrorKind};
use crate::upstream::Transfer;
use crate::upstream::arriving::Arriving;
use crate::upstream::conn_pool::{Open, Pool};
use crate::upstream::spare;
use crate::upstream::stream::Stream;
use framing::{Framing, Step};
use head::Answer;
use wire::Wire;

/// A connection.
#[derive(Debug)]
pub(crate) struct Link {
    wire: Wire<Stream>,
    local: Option<SocketAddr>,
    pub(crate) idle_since: u64,
    open: Open,
}

/// A connection on loan from a pool.
#[derive(Debug)]
pub(crate) struct Direct {
    link: Box<Link>,
    pool: Rc<Pool>,
}

/// The body of a response, and the connection that it comes over.
#[derive(Debug)]
pub(crate) struct DirectBody {
    connection: Direct,
    framing: Framing,
    /// Whether the connection is as good as before when the body has ended.
    keeps: bool,
}

/// Whether a request goes directly.
pub(crate) fn takes(request: &Request<RequestBody>) -> bool {
    matches!(request.body(), RequestBody::Empty) && request.method() != Method::CONNECT
}

impl Link {
    pub(crate) fn new(stream: Stream, open: Open) -> Box<Self> {
        Box::new(Self {
            local: stream.local(),
            wire: Wire::new(stream),
            idle_since: 0,
            open,
        })
    }

    /// Whether it can take a request, after a look at the socket.
    pub(crate) fn is_alive(&mut self) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        !self.wire.is_disturbed(&mut cx)
    }

    /// What a connection is made of that has been idle.
    pub(crate) fn into_stream(self) -> (Stream, Open) {
        (self.wire.into_parts().0, self.open)
    }
}

impl Direct {
    pub(crate) fn new(link: Box<Link>, pool: Rc<Pool>) -> Self {
        Self { link, pool }
    }

    pub(crate) fn local(&self) -> Option<SocketAddr> {
        self.link.local
    }

    /// Sends the request of a transfer, and adds the response to it. `again` leaves a request
    /// there that came to nothing and may be sent twice.
    pub(crate) async fn send(mut self, transfer: &mut Transfer, again: bool) -> Result<(), Error> {
        let Some(request) = &mut transfer.request else {
            return Err(Error::new(ErrorKind::Reset));
        };
        let is_head = *request.method() == Method::HEAD;
        let again = again && spare::is_repeatable(request);
        let wire = &mut self.link.wire;
        head::write(request, wire.out());
        let mut ask = Ask::new(is_head, request.headers_mut());
        let answer = poll_fn(|cx| ask.poll(wire, cx)).await;
        transfer.was_sent = ask.sent;
        let answer = answer.inspect_err(|_| {
            if transfer.was_sent && !again {
                transfer.request = None;
            }
        })?;
        let headers = transfer
            .request
            .take()
            .map(|mut r| std::mem::take(r.headers_mut()));
        let (mut parts, ()) = answer.response.into_parts();
        parts.headers = headers.unwrap_or_default();
        let body = DirectBody {
            keeps: answer.keeps && self.link.wire.is_written(),
            framing: answer.framing,
            connection: self,
        };
        transfer.response = Some(Response::from_parts(parts, Arriving::Direct(body)));
        Ok(())
    }
}

/// A request that was written down, and its answer.
struct Ask<'a> {
    is_head: bool,
    /// Of the request, until there are those of the response.
    headers: &'a mut HeaderMap,
    /// Whether any of it may have reached the endpoint.
    sent: bool,
    /// How much of a head was not whole yet.
    seen: usize,
}

impl<'a> Ask<'a> {
    fn new(is_head: bool, headers: &'a mut HeaderMap) -> Self {
        Self {
            is_head,
            headers,
            sent: false,
            seen: 0,
        }
    }

    fn poll<S>(&mut self, wire: &mut Wire<S>, cx: &mut Context<'_>) -> Poll<Result<Answer, Error>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if !self.sent {
            // An endpoint that has closed the connection has not seen the request.
            if wire.is_disturbed(cx) {
                return Poll::Ready(Err(closed()));
            }
            self.sent = true;
            // Who looked is woken when there is something to read.
            let _ = wire.poll_write(cx).map_err(lost)?;
            return Poll::Pending;
        }
        if !wire.is_written() {
            // The answer may come before all of the request has gone.
            let _ = wire.poll_write(cx).map_err(lost)?;
        }
        loop {
            let came = ready!(wire.poll_read(cx)).map_err(lost)?;
            if !came {
                return Poll::Ready(Err(closed()));
            }
            if head::may_be_whole(&wire.read, self.seen)
                && let Some(answer) = head::take(&mut wire.read, self.is_head, self.headers)?
            {
                return Poll::Ready(Ok(answer));
            }
            self.seen = wire.read.len();
        }
    }
}

impl DirectBody {
    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        poll_frame(&mut self.framing, &mut self.connection.link.wire, cx)
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.framing.is_over()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        self.framing.size_hint()
    }

    /// All of it has been read: the connection is free, if it is still good. It is not if there is
    /// something behind the response.
    pub(crate) fn release(self) {
        let Direct { mut link, pool } = self.connection;
        if self.keeps && self.framing.is_over() && link.wire.read.is_empty() {
            link.wire.rest();
            pool.put(link);
        }
    }

    /// The stream beneath, once the backend has switched protocols, and what was read from it
    /// behind the response.
    pub(crate) fn into_stream(self) -> (Stream, Bytes, Open) {
        let link = *self.connection.link;
        let (stream, read) = link.wire.into_parts();
        (stream, read, link.open)
    }
}

fn poll_frame<S>(
    framing: &mut Framing,
    wire: &mut Wire<S>,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, Error>>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match framing.next(&mut wire.read) {
            Err(error) => return Poll::Ready(Some(Err(error))),
            Ok(Step::Frame(frame)) => return Poll::Ready(Some(Ok(frame))),
            Ok(Step::End) => return Poll::Ready(None),
            Ok(Step::More) => match ready!(wire.poll_read(cx)) {
                Err(error) => return Poll::Ready(Some(Err(lost(error)))),
                Ok(true) => {}
                Ok(false) if framing.close() => return Poll::Ready(None),
                Ok(false) => return Poll::Ready(Some(Err(closed()))),
            },
        }
    }
}

fn lost(error: io::Error) -> Error {
    Error::because(ErrorKind::Reset, &error)
}

fn closed() -> Error {
    Error {
        kind: ErrorKind::Reset,
        detail: Some("connection closed before message completed".to_owned()),
    }
}
