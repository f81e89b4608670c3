//! Bodies that read along while another one is read, and hold it up never.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::error::{Error, ErrorKind};
use crate::kept::Piece;

/// How far a copy may stay behind, in bytes; one that stays behind further is given up.
const BEHIND: usize = 64 * 1024;

/// Where a copy gets its pieces from.
#[derive(Debug)]
pub(crate) struct Feed(Rc<RefCell<Queue>>);

/// A body that reads along.
#[derive(Debug)]
pub(crate) struct CopyBody(Rc<RefCell<Queue>>);

/// Tells what became of the body that is copied.
#[derive(Debug)]
pub(crate) struct Fate(Rc<RefCell<Queue>>);

#[derive(Debug)]
struct Queue {
    pieces: VecDeque<Piece>,
    bytes: usize,
    /// What is still to be read.
    left: SizeHint,
    state: State,
    reader: Option<Waker>,
    watcher: Option<Waker>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Whole,
    Broken,
}

/// Both ends of a copy of a body of that size.
pub(crate) fn pair(size: SizeHint) -> (Feed, CopyBody) {
    let queue = Rc::new(RefCell::new(Queue {
        pieces: VecDeque::new(),
        bytes: 0,
        left: size,
        state: State::Open,
        reader: None,
        watcher: None,
    }));
    (Feed(queue.clone()), CopyBody(queue))
}

impl Queue {
    fn break_off(&mut self) {
        if self.state == State::Open {
            self.state = State::Broken;
            self.pieces = VecDeque::new();
            self.wake();
        }
    }

    fn wake(&mut self) {
        for waker in [self.reader.take(), self.watcher.take()] {
            waker.into_iter().for_each(Waker::wake);
        }
    }
}

impl Feed {
    pub(crate) fn give(&self, frame: &Frame<Bytes>) {
        let mut queue = self.0.borrow_mut();
        let Some(piece) = Piece::of(frame).filter(|_| queue.state == State::Open) else {
            return;
        };
        queue.bytes += piece.cost();
        if queue.bytes > BEHIND {
            return queue.break_off();
        }
        queue.pieces.push_back(piece);
        queue.wake();
    }

    /// That was all.
    pub(crate) fn end(&self) {
        let mut queue = self.0.borrow_mut();
        if queue.state == State::Open {
            queue.state = State::Whole;
            queue.wake();
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.0.borrow_mut().break_off();
    }
}

impl CopyBody {
    pub(crate) fn fate(&self) -> Fate {
        Fate(self.0.clone())
    }

    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let mut queue = self.0.borrow_mut();
        match (queue.pieces.pop_front(), queue.state) {
            (Some(piece), _) => {
                queue.bytes -= piece.cost();
                queue.left = less(&queue.left, piece.len() as u64);
                Poll::Ready(Some(Ok(piece.into_frame())))
            }
            (None, State::Whole) => Poll::Ready(None),
            (None, State::Broken) => Poll::Ready(Some(Err(Error::new(ErrorKind::ClientGone)))),
            (None, State::Open) => {
                queue.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        let queue = self.0.borrow();
        queue.pieces.is_empty() && queue.state == State::Whole
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        self.0.borrow().left
    }
}

impl Fate {
    /// Whether it has come whole, once that is known.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<bool> {
        let mut queue = self.0.borrow_mut();
        if queue.state == State::Open {
            queue.watcher = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(queue.state == State::Whole)
    }
}

fn less(hint: &SizeHint, read: u64) -> SizeHint {
    let mut less = SizeHint::new();
    less.set_lower(hint.lower().saturating_sub(read));
    if let Some(upper) = hint.upper() {
        less.set_upper(upper.saturating_sub(read));
    }
    less
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(copy: &mut CopyBody) -> Poll<Option<usize>> {
        let frame = copy.poll_frame(&mut Context::from_waker(Waker::noop()));
        let len = |frame: Frame<Bytes>| frame.data_ref().map_or(0, Bytes::len);
        frame.map(|frame| frame.map(|frame| frame.map(len).unwrap_or(usize::MAX)))
    }

    fn data(len: usize) -> Frame<Bytes> {
        Frame::data(Bytes::from(vec![b'x'; len]))
    }

    #[test]
    fn a_copy_gets_what_is_given_and_then_its_end() {
        let (feed, mut copy) = pair(SizeHint::with_exact(5));
        assert_eq!(poll(&mut copy), Poll::Pending);
        feed.give(&data(3));
        assert_eq!(poll(&mut copy), Poll::Ready(Some(3)));
        assert_eq!(copy.size_hint().exact(), Some(2));
        feed.give(&data(2));
        feed.end();
        drop(feed);
        assert_eq!(poll(&mut copy), Poll::Ready(Some(2)));
        assert!(copy.is_end_stream());
        let cx = Context::from_waker(Waker::noop());
        assert_eq!(copy.fate().poll(&cx), Poll::Ready(true));
        assert_eq!(poll(&mut copy), Poll::Ready(None));
    }

    #[test]
    fn one_that_stays_behind_is_given_up_and_keeps_nothing() {
        let (feed, mut copy) = pair(SizeHint::new());
        let fate = copy.fate();
        let cx = Context::from_waker(Waker::noop());
        feed.give(&data(BEHIND - 100));
        assert!(fate.poll(&cx).is_pending());
        feed.give(&data(200));
        assert_eq!(fate.poll(&cx), Poll::Ready(false));
        feed.end();
        assert_eq!(poll(&mut copy), Poll::Ready(Some(usize::MAX)), "an error");
        assert!(!copy.is_end_stream());
    }

    #[test]
    fn what_is_not_given_to_its_end_is_broken() {
        let (feed, copy) = pair(SizeHint::new());
        feed.give(&data(1));
        drop(feed);
        let cx = Context::from_waker(Waker::noop());
        assert_eq!(copy.fate().poll(&cx), Poll::Ready(false));
    }
}
