//! The body of a request as it comes from a client: watched, copied for others, and read ahead for
//! those that want to see it first.

use std::error::Error as _;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use crate::copy::{self, CopyBody, Feed};
use crate::deadline::Deadlines;
use crate::error::{Error, ErrorKind};
use crate::exchange::BodyWatch;
use crate::heads::Heads;
use crate::hops::clean_trailers;
use crate::kept::Piece;

/// A body that comes from a client.
#[derive(Debug)]
pub(crate) struct ClientBody {
    incoming: Incoming,
    /// What was read before it was wanted, the last piece first.
    ahead: Vec<Piece>,
    watch: Rc<BodyWatch>,
    deadlines: Rc<Deadlines>,
    heads: Rc<Heads>,
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
            ahead: Vec::new(),
            watch,
            deadlines,
            heads,
            copies: Vec::new(),
            ended: false,
        }
    }

    /// A body that gets what this one gets.
    pub(crate) fn copy(&mut self) -> CopyBody {
        let (feed, copy) = copy::pair(self.size_hint());
        if self.ended && self.ahead.is_empty() {
            feed.end();
        }
        self.copies.push(feed);
        copy
    }

    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(piece) = self.ahead.pop() {
            let frame = piece.into_frame();
            self.copies.iter().for_each(|copy| copy.give(&frame));
            if self.ahead.is_empty() {
                self.copies.iter().for_each(Feed::end);
            }
            return Poll::Ready(Some(Ok(frame)));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        let mut frame = ready!(Pin::new(&mut self.incoming).poll_frame(cx));
        if let Some(Ok(frame)) = &mut frame {
            clean_trailers(frame);
        }
        self.note(frame.as_ref());
        let blamed = |error| Error::because(blame(&error), &error);
        Poll::Ready(frame.map(|frame| frame.map_err(blamed)))
    }

    /// Reads all of it, which is handed on all the same when it is wanted.
    ///
    /// # Errors
    /// It is longer than `most` bytes, or does not come whole.
    pub(crate) async fn read_ahead(&mut self, most: usize) -> Result<Bytes, ErrorKind> {
        if self.size_hint().lower() > most as u64 {
            return Err(ErrorKind::BodyTooLarge);
        }
        let (mut data, mut trailers) = (BytesMut::new(), None);
        while let Some(frame) = poll_fn(|cx| self.poll_in_time(cx)).await {
            match frame?.into_data() {
                Ok(piece) if data.len() + piece.len() > most => {
                    return Err(ErrorKind::BodyTooLarge);
                }
                Ok(piece) => data.extend_from_slice(&piece),
                Err(frame) => trailers = frame.into_trailers().ok(),
            }
        }
        let data = data.freeze();
        self.ahead.extend(trailers.map(Piece::Trailers));
        if !data.is_empty() {
            self.ahead.push(Piece::Data(data.clone()));
        }
        Ok(data)
    }

    fn poll_in_time(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ErrorKind>>> {
        match self.poll_frame(cx) {
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.kind))),
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(Ok(frame))),
            Poll::Ready(None) => Poll::Ready(None),
            // Who polls this is woken by the deadlines.
            Poll::Pending => match self.deadlines.over() {
                Some(kind) => Poll::Ready(Some(Err(kind))),
                None => Poll::Pending,
            },
        }
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.ahead.is_empty() && (self.ended || self.incoming.is_end_stream())
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        let ahead = self.ahead.iter().map(Piece::len).sum::<usize>() as u64;
        let incoming = self.incoming.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(incoming.lower() + ahead);
        if let Some(upper) = incoming.upper() {
            hint.set_upper(upper + ahead);
        }
        hint
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
