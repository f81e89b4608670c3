//! The bytes of a client, on their way into the HTTP library.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::heads::Heads;
use crate::small_writes;

/// How much of a head is read at once.
const HEAD_READ: usize = 8 * 1024;

/// A client's stream. While heads of HTTP/1 requests are read, it keeps their bytes; bodies and
/// HTTP/2 pass by untouched.
#[derive(Debug)]
pub(crate) struct ClientIo<S> {
    stream: TokioIo<S>,
    /// Bytes that come before those of the stream.
    ahead: Bytes,
    heads: Option<Rc<Heads>>,
    end: Rc<Cell<bool>>,
}

impl<S> ClientIo<S> {
    /// `read` was read from the stream already.
    pub(crate) fn new(stream: S, read: Bytes, heads: Option<Rc<Heads>>) -> Self {
        let ahead = match &heads {
            Some(heads) => heads.take_in(&read).map_or(read, Bytes::from),
            None => read,
        };
        Self {
            stream: TokioIo::new(stream),
            ahead,
            heads,
            end: Rc::default(),
        }
    }

    /// Whether the client has said that it will send no more.
    pub(crate) fn ended(&self) -> bool {
        self.end.get()
    }

    pub(crate) fn into_stream(self) -> S {
        self.stream.into_inner()
    }
}

thread_local! {
    /// One for all connections of a worker; nothing stays in it.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; HEAD_READ].into_boxed_slice());
}

impl<S: AsyncRead + Unpin> ClientIo<S> {
    fn poll_read_head(
        &mut self,
        cx: &mut Context<'_>,
        heads: &Heads,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let room = buf.remaining().min(scratch.len());
            let mut read = ReadBuf::new(&mut scratch[..room]);
            ready!(Pin::new(self.stream.inner_mut()).poll_read(cx, &mut read))?;
            let read = read.filled();
            self.end.set(self.end.get() || read.is_empty());
            match heads.take_in(read) {
                None => buf.put_slice(read),
                Some(edited) => {
                    self.ahead = edited.into();
                    put_some(&mut self.ahead, &mut buf);
                }
            }
            Poll::Ready(Ok(()))
        })
    }
}

fn put_some(from: &mut Bytes, to: &mut ReadBufCursor<'_>) {
    let len = from.len().min(to.remaining());
    to.put_slice(&from[..len]);
    from.advance(len);
}

impl<S: AsyncRead + Unpin> Read for ClientIo<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.ahead.is_empty() {
            put_some(&mut self.ahead, &mut buf);
            return Poll::Ready(Ok(()));
        }
        match self.heads.clone() {
            Some(heads) if !heads.in_body() => self.poll_read_head(cx, &heads, buf),
            _ => Pin::new(&mut self.stream).poll_read(cx, buf),
        }
    }
}

impl<S: AsyncWrite + Unpin> Write for ClientIo<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// In HTTP/1 left to the owner of the stream, who may still want to read from it.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.heads {
            Some(_) => Poll::Ready(Ok(())),
            None => Pin::new(&mut self.stream).poll_shutdown(cx),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        small_writes::write(self.stream.inner_mut(), cx, bufs)
    }
}
