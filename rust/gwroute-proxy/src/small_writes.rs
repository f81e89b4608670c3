//! Writing what is small in one piece.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

/// Up to this many bytes are copied together. Copying them is cheaper than telling the system of
/// several pieces.
const SMALL: usize = 4 * 1024;

thread_local! {
    /// One for all connections of a worker; nothing stays in it.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes pieces: as one if they are small together, one by one otherwise.
pub(crate) fn write<W: AsyncWrite + Unpin>(
    stream: &mut W,
    cx: &mut Context<'_>,
    pieces: &[IoSlice<'_>],
) -> Poll<io::Result<usize>> {
    let mut filled = pieces.iter().filter(|piece| !piece.is_empty());
    let (first, second) = (filled.next(), filled.next());
    if let (Some(only), None) = (first, second) {
        return Pin::new(stream).poll_write(cx, only);
    }
    if pieces.iter().map(|piece| piece.len()).sum::<usize>() > SMALL {
        return Pin::new(stream).poll_write_vectored(cx, pieces);
    }
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.clear();
        pieces
            .iter()
            .for_each(|piece| scratch.extend_from_slice(piece));
        Pin::new(stream).poll_write(cx, scratch)
    })
}
