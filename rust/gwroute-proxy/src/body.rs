//! Bodies on their way through: counted, watched, and handed on frame by frame.

use std::error::Error as _;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use crate::copy::{self, CopyBody, Feed};
use crate::deadline::Deadlines;
use crate::error::{Error, ErrorKind};
use crate::exchange::{BodyWatch, Exchange};
use crate::heads::Heads;
use crate::kept::KeptBody;
use crate::upstream::Lease;

/// The body of a request, on its way to an endpoint.
#[derive(Debug)]
pub(crate) enum RequestBody {
    /// There is none.
    Empty,
    /// It comes from the client.
    Client(Box<ClientBody>),
    /// The same, and it may be wanted again.
    Kept(KeptBody),
    /// It goes to another backend at the same time.
    Copy(CopyBody),
}

/// A body that comes from a client.
#[derive(Debug)]
pub(crate) struct ClientBody {
    pub(crate) incoming: Incoming,
    pub(crate) watch: Rc<BodyWatch>,
    pub(crate) deadlines: Rc<Deadlines>,
    pub(crate) heads: Rc<Heads>,
    /// Others that read along.
    copies: Vec<Feed>,
    ended: bool,
}

impl ClientBody {
    pub(crate) fn new(
        incoming: Incoming,
        watch: Rc<BodyWatch>,
        deadlines: Rc<Deadlines>,
        heads: Rc<Heads>,
    ) -> Self {
        Self {
            incoming,
            watch,
            deadlines,
            heads,
            copies: Vec::new(),
            ended: false,
        }
    }

    /// A body that gets what this one gets.
    pub(crate) fn copy(&mut self) -> CopyBody {
        let (feed, copy) = copy::pair(self.incoming.size_hint());
        self.copies.push(feed);
        copy
    }

    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = ready!(Pin::new(&mut self.incoming).poll_frame(cx));
        self.note(frame.as_ref());
        let blamed = |error| Error::because(blame(&error), &error);
        Poll::Ready(frame.map(|frame| frame.map_err(blamed)))
    }

    fn note(&mut self, frame: Option<&Result<Frame<Bytes>, hyper::Error>>) {
        match frame {
            Some(Ok(frame)) => {
                let len = frame.data_ref().map_or(0, |data| data.len() as u64);
                self.watch.received.set(self.watch.received.get() + len);
                self.deadlines.moved();
                self.copies.iter().for_each(|copy| copy.give(frame));
            }
            Some(Err(error)) => self.watch.failed.set(Some(blame(error))),
            None => {}
        }
        // Behind trailers nothing comes, and nobody asks any more.
        let is_last = match frame {
            Some(Ok(frame)) => frame.is_trailers(),
            Some(Err(_)) => false,
            None => true,
        };
        if !self.ended && (is_last || self.incoming.is_end_stream()) {
            self.ended = true;
            self.copies.iter().for_each(Feed::end);
            self.heads.body_ended();
            self.deadlines.received();
        }
    }
}

/// A body that ends too early was broken off; one that cannot be read is malformed.
fn blame(error: &hyper::Error) -> ErrorKind {
    let cause = error
        .source()
        .and_then(|cause| cause.downcast_ref::<io::Error>());
    match cause.map(io::Error::kind) {
        Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => ErrorKind::BadRequest,
        _ => ErrorKind::ClientGone,
    }
}

impl Drop for ClientBody {
    fn drop(&mut self) {
        self.heads.body_ended();
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Client(body) => body.poll_frame(cx),
            Self::Kept(body) => body.poll_frame(cx),
            Self::Copy(body) => body.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Client(body) => body.incoming.is_end_stream(),
            Self::Kept(body) => body.is_end_stream(),
            Self::Copy(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Client(body) => body.incoming.size_hint(),
            Self::Kept(body) => body.size_hint(),
            Self::Copy(body) => body.size_hint(),
        }
    }
}

/// The body of a response, on its way to the client. It holds on to the exchange, which is over
/// when the body is.
#[derive(Debug)]
pub(crate) struct ResponseBody {
    source: Source,
    exchange: Option<Box<Exchange>>,
}

/// Where the body of a response comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// Nowhere.
    Empty,
    /// The gateway itself.
    Text(&'static str),
    /// An endpoint; in HTTP/1 the connection is polled along with the body.
    Endpoint(Incoming, Lease),
    /// It comes no more, and the response is about to be cut.
    Broken(ErrorKind),
}

impl ResponseBody {
    pub(crate) fn new(source: Source, exchange: Box<Exchange>) -> Self {
        let mut body = Self {
            source,
            exchange: Some(exchange),
        };
        if body.is_end_stream() {
            body.finish();
        }
        body
    }

    /// Without a body and without an exchange, which goes on elsewhere.
    pub(crate) fn nothing() -> Self {
        Self {
            source: Source::Empty,
            exchange: None,
        }
    }

    /// The response has ended whole.
    fn finish(&mut self) {
        std::mem::replace(&mut self.source, Source::Empty).release();
        if let Some(mut exchange) = self.exchange.take() {
            exchange.ended();
        }
    }

    /// The response will not end whole. The library forgets what it has not written yet when it
    /// is told, so it is told at its next call, and writes before that.
    fn fail(&mut self, error: Error, cx: &Context<'_>) {
        self.source = Source::Broken(error.kind);
        if let Some(mut exchange) = self.exchange.take() {
            exchange.failed(error);
        }
        cx.waker().wake_by_ref();
    }

    fn passed(&mut self, frame: &Frame<Bytes>) {
        if let Some(exchange) = &mut self.exchange {
            exchange.sent += frame.data_ref().map_or(0, |data| data.len() as u64);
            exchange.deadlines.moved();
        }
    }

    /// Who polls this is woken by the deadlines.
    fn over(&self) -> Option<ErrorKind> {
        self.exchange.as_ref()?.deadlines.over()
    }
}

impl Source {
    /// Reads to the end and throws it away; the connection is free then.
    pub(crate) async fn drain(mut self) -> Result<(), hyper::Error> {
        while let Some(frame) = poll_fn(|cx| self.poll_frame(cx)).await {
            frame?;
        }
        self.release();
        Ok(())
    }

    /// All of it has been read.
    fn release(self) {
        if let Self::Endpoint(_, Lease::Http1(connection)) = self {
            connection.put_back();
        }
    }

    fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match self {
            Self::Empty | Self::Broken(_) => Poll::Ready(None),
            Self::Text(text) => {
                let text = std::mem::take(text);
                Poll::Ready(
                    (!text.is_empty())
                        .then(|| Ok(Frame::data(Bytes::from_static(text.as_bytes())))),
                )
            }
            Self::Endpoint(incoming, Lease::Http1(connection)) => {
                connection.poll_frame(incoming, cx)
            }
            Self::Endpoint(incoming, Lease::Http2 { .. }) => Pin::new(incoming).poll_frame(cx),
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        if let Source::Broken(kind) = this.source {
            this.source = Source::Empty;
            return Poll::Ready(Some(Err(Error::new(kind))));
        }
        match this.source.poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                this.passed(&frame);
                if this.is_end_stream() {
                    this.finish();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(None) => {
                this.finish();
                Poll::Ready(None)
            }
            Poll::Ready(Some(Err(error))) => {
                this.fail(Error::because(ErrorKind::Reset, &error), cx);
                Poll::Pending
            }
            Poll::Pending => {
                if let Some(kind) = this.over() {
                    this.fail(Error::new(kind), cx);
                }
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Empty => true,
            Source::Broken(_) => false,
            Source::Text(text) => text.is_empty(),
            Source::Endpoint(incoming, _) => incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Empty => SizeHint::with_exact(0),
            Source::Broken(_) => SizeHint::default(),
            Source::Text(text) => SizeHint::with_exact(text.len() as u64),
            Source::Endpoint(incoming, _) => incoming.size_hint(),
        }
    }
}
