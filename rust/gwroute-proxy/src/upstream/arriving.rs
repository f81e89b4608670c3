//! Bodies of responses as they arrive from endpoints.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use crate::error::{Error, ErrorKind};
use crate::upstream::conn_pool::Open;
use crate::upstream::direct::DirectBody;
use crate::upstream::http1::Http1;
use crate::upstream::http2::StreamGuard;
use crate::upstream::stream::Stream;

/// The body of a response; it holds on to the connection until it has ended.
#[derive(Debug)]
pub(crate) enum Arriving {
    Direct(DirectBody),
    Http1(Incoming, Http1),
    /// Counts as a stream.
    Http2 {
        incoming: Incoming,
        _stream: StreamGuard,
    },
}

impl Arriving {
    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let incoming = match self {
            Self::Direct(body) => return body.poll_frame(cx),
            Self::Http1(incoming, _) | Self::Http2 { incoming, .. } => incoming,
        };
        let broken = |error| Error::because(ErrorKind::Reset, &error);
        let frame = Pin::new(incoming).poll_frame(cx);
        frame.map(|frame| frame.map(|frame| frame.map_err(broken)))
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        match self {
            Self::Direct(body) => body.is_end_stream(),
            Self::Http1(incoming, _) | Self::Http2 { incoming, .. } => incoming.is_end_stream(),
        }
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        match self {
            Self::Direct(body) => body.size_hint(),
            Self::Http1(incoming, _) | Self::Http2 { incoming, .. } => incoming.size_hint(),
        }
    }

    /// All of it has been read.
    pub(crate) fn release(self) {
        match self {
            Self::Direct(body) => body.release(),
            Self::Http1(_, connection) => connection.put_back(),
            Self::Http2 { .. } => {}
        }
    }

    /// The stream beneath, once the backend has switched protocols, and what was read from it
    /// behind the response. Only a request without a body can ask for that.
    pub(crate) fn into_stream(self) -> Result<(Stream, Bytes, Open), Error> {
        match self {
            Self::Direct(body) => Ok(body.into_stream()),
            Self::Http1(..) | Self::Http2 { .. } => Err(Error::new(ErrorKind::Reset)),
        }
    }
}
