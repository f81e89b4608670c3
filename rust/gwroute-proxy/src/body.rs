//! Bodies on their way through: counted, watched, and handed on frame by frame.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

use crate::client_body::ClientBody;
use crate::copy::CopyBody;
use crate::error::{Error, ErrorKind};
use crate::exchange::Exchange;
use crate::hops::clean_trailers;
use crate::kept::KeptBody;
use crate::upstream::arriving::Arriving;

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
    /// The gateway made it.
    Whole(Bytes),
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
            Self::Whole(body) => {
                let body = std::mem::take(body);
                Poll::Ready((!body.is_empty()).then(|| Ok(Frame::data(body))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Client(body) => body.is_end_stream(),
            Self::Kept(body) => body.is_end_stream(),
            Self::Copy(body) => body.is_end_stream(),
            Self::Whole(body) => body.is_empty(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Client(body) => body.size_hint(),
            Self::Kept(body) => body.size_hint(),
            Self::Copy(body) => body.size_hint(),
            Self::Whole(body) => SizeHint::with_exact(body.len() as u64),
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
    Text(Bytes),
    /// An endpoint.
    Endpoint(Arriving),
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
    pub(crate) async fn drain(mut self) -> Result<(), Error> {
        while let Some(frame) = poll_fn(|cx| self.poll_frame(cx)).await {
            frame?;
        }
        self.release();
        Ok(())
    }

    /// Reads all of it, data and trailers, and releases the connection.
    pub(crate) async fn collect(
        mut self,
        most: usize,
    ) -> Result<(Bytes, Option<HeaderMap>), Error> {
        let (mut data, mut trailers) = (BytesMut::new(), None);
        while let Some(frame) = poll_fn(|cx| self.poll_frame(cx)).await {
            match frame?.into_data() {
                Ok(piece) if data.len() + piece.len() > most => {
                    return Err(Error::new(ErrorKind::Protocol));
                }
                Ok(piece) => data.extend_from_slice(&piece),
                Err(frame) => trailers = frame.into_trailers().ok(),
            }
        }
        self.release();
        Ok((data.freeze(), trailers))
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Broken(_) => false,
            Self::Text(text) => text.is_empty(),
            Self::Endpoint(body) => body.is_end_stream(),
        }
    }

    /// All of it has been read.
    pub(crate) fn release(self) {
        if let Self::Endpoint(body) = self {
            body.release();
        }
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self {
            Self::Empty | Self::Broken(_) => Poll::Ready(None),
            Self::Text(text) => {
                let text = std::mem::take(text);
                Poll::Ready((!text.is_empty()).then(|| Ok(Frame::data(text))))
            }
            Self::Endpoint(body) => body.poll_frame(cx),
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
            Poll::Ready(Some(Ok(mut frame))) => {
                clean_trailers(&mut frame);
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
                this.fail(error, cx);
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
        self.source.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Empty => SizeHint::with_exact(0),
            Source::Broken(_) => SizeHint::default(),
            Source::Text(text) => SizeHint::with_exact(text.len() as u64),
            Source::Endpoint(body) => body.size_hint(),
        }
    }
}
