//! Bodies that may have to be sent again: what has come is kept, up to a limit.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};

use crate::client_body::ClientBody;
use crate::error::{Error, ErrorKind};

/// What a piece costs besides its bytes: many small ones are not kept for free.
const PIECE: usize = 64;

/// Hands the body to one try after the other.
#[derive(Debug)]
pub(crate) struct Keeper(Rc<Kept>);

#[derive(Debug)]
struct Kept {
    source: RefCell<Box<ClientBody>>,
    pieces: RefCell<Vec<Piece>>,
    /// Bytes that may still be kept; `None` once more has come.
    room: Cell<Option<usize>>,
    /// The try that may read, and what wakes it.
    turn: Cell<u32>,
    reader: RefCell<Option<Waker>>,
}

/// A frame that can be had twice.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Data(Bytes),
    Trailers(HeaderMap),
}

/// The body as one try sends it.
#[derive(Debug)]
pub(crate) struct KeptBody {
    kept: Rc<Kept>,
    turn: u32,
    /// Pieces this try has had.
    at: usize,
}

impl Keeper {
    /// Keeps up to so many bytes.
    pub(crate) fn new(source: Box<ClientBody>, room: usize) -> Self {
        Self(Rc::new(Kept {
            source: RefCell::new(source),
            pieces: RefCell::default(),
            room: Cell::new(Some(room)),
            turn: Cell::new(0),
            reader: RefCell::default(),
        }))
    }

    /// The body from its beginning, for the next try; that of the one before breaks off. `None` if
    /// it is not there any more.
    pub(crate) fn again(&self) -> Option<KeptBody> {
        self.0.room.get()?;
        self.0.turn.set(self.0.turn.get() + 1);
        let reader = self.0.reader.take();
        reader.into_iter().for_each(Waker::wake);
        Some(KeptBody {
            kept: self.0.clone(),
            turn: self.0.turn.get(),
            at: 0,
        })
    }
}

impl Kept {
    fn keep(&self, frame: &Frame<Bytes>) {
        let Some(room) = self.room.get() else {
            return;
        };
        let piece = Piece::of(frame);
        let room = piece
            .as_ref()
            .and_then(|piece| room.checked_sub(piece.cost()));
        self.room.set(room);
        match (piece, room) {
            (Some(piece), Some(_)) => self.pieces.borrow_mut().push(piece),
            _ => drop(self.pieces.take()),
        }
    }
}

impl Piece {
    pub(crate) fn of(frame: &Frame<Bytes>) -> Option<Self> {
        let data = frame.data_ref().cloned().map(Self::Data);
        data.or_else(|| frame.trailers_ref().cloned().map(Self::Trailers))
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Data(data) => data.len(),
            Self::Trailers(_) => 0,
        }
    }

    /// What it counts for where pieces are limited.
    pub(crate) fn cost(&self) -> usize {
        PIECE + self.len()
    }

    pub(crate) fn into_frame(self) -> Frame<Bytes> {
        match self {
            Self::Data(data) => Frame::data(data),
            Self::Trailers(trailers) => Frame::trailers(trailers),
        }
    }
}

impl KeptBody {
    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        // A later try has it; this one must not seem to have ended.
        if self.turn != self.kept.turn.get() {
            return Poll::Ready(Some(Err(Error::new(ErrorKind::Stopped))));
        }
        let kept = self.kept.pieces.borrow().get(self.at).cloned();
        if let Some(piece) = kept {
            self.at += 1;
            return Poll::Ready(Some(Ok(piece.into_frame())));
        }
        let polled = self.kept.source.borrow_mut().poll_frame(cx);
        let Poll::Ready(frame) = polled else {
            *self.kept.reader.borrow_mut() = Some(cx.waker().clone());
            return Poll::Pending;
        };
        if let Some(Ok(frame)) = &frame {
            self.kept.keep(frame);
            self.at += 1;
        }
        Poll::Ready(frame)
    }

    fn left(&self) -> usize {
        let pieces = self.kept.pieces.borrow();
        let left = pieces.get(self.at..).unwrap_or_default();
        left.iter().map(Piece::len).sum()
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        let all = self.at >= self.kept.pieces.borrow().len();
        all && self.kept.source.borrow().is_end_stream()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        let left = self.left() as u64;
        let source = self.kept.source.borrow().size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(source.lower() + left);
        if let Some(upper) = source.upper() {
            hint.set_upper(upper + left);
        }
        hint
    }
}
