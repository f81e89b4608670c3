//! HTTP/2 to an endpoint, many requests at a time.

use std::cell::Cell;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;

use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::task::spawn_local;

use crate::body::RequestBody;
use crate::error::{Error, ErrorKind};
use crate::executor::LocalExecutor;
use crate::upstream::Transfer;
use crate::upstream::arriving::Arriving;
use crate::upstream::conn_pool::Open;
use crate::upstream::http1::failure;
use crate::upstream::stream::Stream;

/// A connection, of which streams are opened.
#[derive(Debug)]
pub(crate) struct Streams {
    sender: SendRequest<RequestBody>,
    local: Option<SocketAddr>,
    active: Rc<Cell<usize>>,
    /// How many streams the endpoint takes at a time.
    most: Rc<Cell<usize>>,
    idle_since: Cell<u64>,
}

/// A stream that is to take a request.
#[derive(Debug)]
pub(crate) struct Http2 {
    sender: SendRequest<RequestBody>,
    local: Option<SocketAddr>,
    guard: StreamGuard,
}

/// Counts as a stream of its connection for as long as it lives.
#[derive(Debug)]
pub(crate) struct StreamGuard(Rc<Cell<usize>>);

impl Streams {
    pub(crate) async fn handshake(stream: Stream, open: Open, now: u64) -> Result<Self, Error> {
        let local = stream.local();
        let builder = http2::Builder::new(LocalExecutor);
        let shaken = builder.handshake(TokioIo::new(stream)).await;
        let (sender, mut connection) =
            shaken.map_err(|error| Error::because(ErrorKind::Reset, &error))?;
        let most = Rc::new(Cell::new(connection.current_max_send_streams()));
        let told = most.clone();
        spawn_local(async move {
            // An error reaches the requests by way of their responses.
            let _ = poll_fn(|cx| {
                let over = Pin::new(&mut connection).poll(cx);
                told.set(connection.current_max_send_streams());
                over
            })
            .await;
            drop(open);
        });
        Ok(Self {
            sender,
            local,
            active: Rc::default(),
            most,
            idle_since: Cell::new(now),
        })
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.active.get() > 0
    }

    /// Whether the endpoint takes another stream now.
    pub(crate) fn has_room(&self) -> bool {
        self.active.get() < self.most.get()
    }

    pub(crate) fn touch(&self, now: u64) {
        self.idle_since.set(now);
    }

    pub(crate) fn idle_since(&self) -> u64 {
        self.idle_since.get()
    }

    pub(crate) fn open(&self) -> Http2 {
        self.active.set(self.active.get() + 1);
        Http2 {
            sender: self.sender.clone(),
            local: self.local,
            guard: StreamGuard(self.active.clone()),
        }
    }
}

impl Drop for StreamGuard {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Http2 {
    pub(crate) fn local(&self) -> Option<SocketAddr> {
        self.local
    }

    /// Sends the request of a transfer, and adds the response to it.
    pub(crate) async fn send(mut self, transfer: &mut Transfer, again: bool) -> Result<(), Error> {
        let spare = transfer.spare(again);
        let Some(request) = transfer.request.take() else {
            return Err(Error::new(ErrorKind::Reset));
        };
        match self.sender.try_send_request(request).await {
            Ok(response) => {
                let _stream = self.guard;
                let body = |incoming| Arriving::Http2 { incoming, _stream };
                transfer.response = Some(response.map(body));
                Ok(())
            }
            Err(failed) => Err(failure(failed, transfer, spare)),
        }
    }
}
