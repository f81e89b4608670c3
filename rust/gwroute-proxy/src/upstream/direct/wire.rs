//! The bytes of a connection: those still to be written, and those that were read and not used.

use std::cell::RefCell;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

/// How much is read at once.
const READ: usize = 16 * 1024;
/// The same, where that was not all there was.
const LARGE_READ: usize = 64 * 1024;
/// A connection that is idle keeps no more room than this for the next request.
const KEPT: usize = 4 * 1024;

thread_local! {
    /// One for all connections of a worker; nothing stays in it. What is small is read here and
    /// takes no more memory than its length.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ].into_boxed_slice());
}

/// A stream, with what is on its way out and what has come in.
#[derive(Debug)]
pub(super) struct Wire<S> {
    stream: S,
    out: Vec<u8>,
    written: usize,
    pub(super) read: Bytes,
    /// Whether the last read left no room.
    full: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            out: Vec::new(),
            written: 0,
            read: Bytes::new(),
            full: false,
        }
    }

    /// Where the next thing to be written goes; what was left of the last one is forgotten.
    pub(super) fn out(&mut self) -> &mut Vec<u8> {
        self.out.clear();
        self.written = 0;
        &mut self.out
    }

    pub(super) fn is_written(&self) -> bool {
        self.out.is_empty()
    }

    /// Whether it has come to its end, or to bytes that nobody has asked for. If not, the task is
    /// woken when it has, and that costs no call of the system.
    pub(super) fn is_disturbed(&mut self, cx: &mut Context<'_>) -> bool {
        let mut byte = [0];
        let mut byte = ReadBuf::new(&mut byte);
        let came = Pin::new(&mut self.stream).poll_read(cx, &mut byte);
        came.is_ready() || !self.read.is_empty()
    }

    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.out.len() {
            let rest = &self.out[self.written..];
            match ready!(Pin::new(&mut self.stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                len => self.written += len,
            }
        }
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        if self.out.capacity() > KEPT {
            self.out = Vec::new();
        }
        self.out.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }

    /// Adds to what was read; returns whether anything came, which at the end is never.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        if self.full && self.read.is_empty() {
            self.poll_read_large(cx)
        } else {
            self.poll_read_small(cx)
        }
    }

    fn poll_read_small(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buf = ReadBuf::new(scratch);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buf))?;
            self.full = buf.remaining() == 0;
            self.read = joined(std::mem::take(&mut self.read), buf.filled());
            Poll::Ready(Ok(!buf.filled().is_empty()))
        })
    }

    fn poll_read_large(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut buf = BytesMut::with_capacity(LARGE_READ);
        let len = ready!(pin!(self.stream.read_buf(&mut buf)).poll(cx))?;
        self.full = len >= READ;
        self.read = buf.freeze();
        Poll::Ready(Ok(len > 0))
    }

    /// Nothing is under way: what was used of what was read keeps no memory, and little is expected.
    pub(super) fn rest(&mut self) {
        self.read = Bytes::new();
        self.full = false;
    }

    /// The stream, and what was read from it.
    pub(super) fn into_parts(self) -> (S, Bytes) {
        (self.stream, self.read)
    }
}

fn joined(before: Bytes, arrived: &[u8]) -> Bytes {
    if before.is_empty() {
        return Bytes::copy_from_slice(arrived);
    }
    let mut joined = before.try_into_mut().unwrap_or_else(BytesMut::from);
    joined.extend_from_slice(arrived);
    joined.freeze()
}
