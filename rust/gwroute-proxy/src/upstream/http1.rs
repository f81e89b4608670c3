//! HTTP/1.1 to an endpoint, one request at a time.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::task::{AbortHandle, spawn_local};

use crate::body::RequestBody;
use crate::error::{Error, ErrorKind};
use crate::upstream::conn_pool::{Open, Pool};
use crate::upstream::relay::Relay;
use crate::upstream::stream::Stream;
use crate::upstream::{Lease, Transfer};

type Library = http1::Connection<TokioIo<Stream>, RequestBody>;

/// A connection on loan from a pool.
#[derive(Debug)]
pub(crate) struct Http1 {
    link: Box<Link>,
    pool: Rc<Pool>,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Link {
    sender: SendRequest<RequestBody>,
    driver: Driver,
    relay: Relay,
    local: Option<SocketAddr>,
    pub(crate) idle_since: u64,
    open: Option<Open>,
}

/// Who moves the bytes.
///
/// For a request without a body, the request itself: its task polls the connection along with the
/// response, and no other task has to be woken and waited for. A body wants to be read from the
/// client whether or not the client reads the response, so there a task of its own does it.
#[derive(Debug)]
enum Driver {
    Request(Library),
    Task(AbortHandle),
    /// The connection is at its end; its stream may still be wanted.
    Over(Library),
    Gone,
}

impl Link {
    pub(crate) async fn handshake(stream: Stream, open: Open) -> Result<Box<Self>, Error> {
        let local = stream.local();
        let shaken = http1::Builder::new().handshake(TokioIo::new(stream)).await;
        let (sender, connection) =
            shaken.map_err(|error| Error::because(ErrorKind::Reset, &error))?;
        Ok(Box::new(Self {
            sender,
            driver: Driver::Request(connection),
            relay: Relay::new(),
            local,
            idle_since: 0,
            open: Some(open),
        }))
    }

    /// Whether it can take a request, as far as it is known.
    pub(crate) fn is_ready(&self) -> bool {
        self.sender.is_ready() && matches!(self.driver, Driver::Request(_) | Driver::Task(_))
    }

    /// The same, after a look at the socket.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.driver.drive(&mut Context::from_waker(Waker::noop()));
        self.is_ready()
    }

    /// Asks for something that comes over the connection, and moves bytes if that is the request's
    /// affair.
    fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut ask: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        if !matches!(self.driver, Driver::Request(_)) {
            return ask(cx);
        }
        let (relay, driver) = (&self.relay, &mut self.driver);
        relay.rounds(cx, |cx| {
            let asked = ask(cx);
            if asked.is_pending() {
                driver.drive(cx);
            }
            asked
        })
    }

    fn drive_in_task(&mut self) {
        match std::mem::replace(&mut self.driver, Driver::Gone) {
            Driver::Request(connection) => {
                let open = self.open.take();
                let task = spawn_local(async move {
                    // An error reaches the request by way of its response.
                    let _ = connection.await;
                    drop(open);
                });
                self.driver = Driver::Task(task.abort_handle());
            }
            other => self.driver = other,
        }
    }
}

impl Driver {
    fn drive(&mut self, cx: &mut Context<'_>) {
        // An error reaches the request by way of its response.
        if let Self::Request(connection) = self
            && Pin::new(connection).poll(cx).is_ready()
            && let Self::Request(connection) = std::mem::replace(self, Self::Gone)
        {
            *self = Self::Over(connection);
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Driver::Task(task) = &self.driver {
            task.abort();
        }
    }
}

impl Http1 {
    pub(crate) fn new(link: Box<Link>, pool: Rc<Pool>) -> Self {
        Self { link, pool }
    }

    pub(crate) fn local(&self) -> Option<SocketAddr> {
        self.link.local
    }

    /// Sends the request of a transfer, and adds the response to it.
    pub(crate) async fn send(mut self, transfer: &mut Transfer) -> Result<(), Error> {
        let Some(request) = transfer.request.take() else {
            return Err(Error::new(ErrorKind::Reset));
        };
        if !request.body().is_end_stream() {
            self.link.drive_in_task();
        }
        let sent = self.link.sender.try_send_request(request);
        match self.answer_to(sent).await {
            Some(Ok(response)) => {
                transfer.response = Some((response, Lease::Http1(self)));
                Ok(())
            }
            Some(Err(failed)) => Err(failure(failed, transfer)),
            None => Err(Error::new(ErrorKind::Reset)),
        }
    }

    async fn answer_to<T>(&mut self, sent: impl Future<Output = T>) -> Option<T> {
        let mut sent = pin!(sent);
        // Kept here: what comes is large, and is not to be handed through each of the calls below.
        let mut answer = None;
        let mut ask = |cx: &mut Context<'_>| match sent.as_mut().poll(cx) {
            Poll::Ready(came) => {
                answer = Some(came);
                Poll::Ready(())
            }
            Poll::Pending => Poll::Pending,
        };
        poll_fn(|cx| match self.link.poll(cx, &mut ask) {
            Poll::Pending if matches!(self.link.driver, Driver::Over(_)) => {
                // Whatever the connection still owes is answered when it goes.
                self.link.driver = Driver::Gone;
                ask(cx)
            }
            polled => polled,
        })
        .await;
        answer
    }

    /// See [`Driver`].
    pub(crate) fn poll_frame(
        &mut self,
        incoming: &mut Incoming,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.link
            .poll(cx, |cx| Pin::new(&mut *incoming).poll_frame(cx))
    }

    /// The response has ended: the connection is free, if it is still good.
    pub(crate) fn put_back(self) {
        self.link.relay.forget_task();
        self.pool.put(self.link);
    }

    /// The stream beneath, once the backend has switched protocols, and what was read from it
    /// behind the response.
    pub(crate) async fn into_stream(mut self) -> Result<(Stream, Bytes, Open), Error> {
        poll_fn(|cx| {
            self.link.driver.drive(cx);
            match self.link.driver {
                Driver::Request(_) => Poll::Pending,
                _ => Poll::Ready(()),
            }
        })
        .await;
        let driver = std::mem::replace(&mut self.link.driver, Driver::Gone);
        match (driver, self.link.open.take()) {
            (Driver::Over(connection), Some(open)) => {
                let parts = connection.into_parts();
                Ok((parts.io.into_inner(), parts.read_buf, open))
            }
            _ => Err(Error::new(ErrorKind::Reset)),
        }
    }
}

/// What a failure to send comes to, in either version; a request of which nothing was sent goes
/// back.
pub(crate) fn failure(
    mut failed: TrySendError<Request<RequestBody>>,
    transfer: &mut Transfer,
) -> Error {
    transfer.request = failed.take_message();
    let kind = if failed.error().is_parse() {
        ErrorKind::Protocol
    } else {
        ErrorKind::Reset
    };
    Error::because(kind, failed.error())
}
