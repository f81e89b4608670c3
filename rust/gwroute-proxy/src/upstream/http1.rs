//! HTTP/1.1 to an endpoint for requests with a body, one at a time.

use std::net::SocketAddr;
use std::rc::Rc;

use http::{Method, Request};
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::task::{AbortHandle, spawn_local};

use crate::body::RequestBody;
use crate::error::{Error, ErrorKind};
use crate::upstream::Transfer;
use crate::upstream::arriving::Arriving;
use crate::upstream::conn_pool::{Open, Pool};
use crate::upstream::direct::framing;
use crate::upstream::spare::Spare;
use crate::upstream::stream::Stream;

/// A connection on loan from a pool.
#[derive(Debug)]
pub(crate) struct Http1 {
    link: Box<Link>,
    pool: Rc<Pool>,
    /// Whether another request may follow behind the response.
    keeps: bool,
}

/// A connection. A task of its own moves the bytes, for a body wants to be read from the client
/// whether or not the client reads the response.
#[derive(Debug)]
pub(crate) struct Link {
    sender: SendRequest<RequestBody>,
    task: AbortHandle,
    local: Option<SocketAddr>,
    pub(crate) idle_since: u64,
}

impl Link {
    pub(crate) async fn handshake(stream: Stream, open: Open) -> Result<Box<Self>, Error> {
        let local = stream.local();
        let shaken = http1::Builder::new().handshake(TokioIo::new(stream)).await;
        let (sender, connection) =
            shaken.map_err(|error| Error::because(ErrorKind::Reset, &error))?;
        let task = spawn_local(async move {
            // An error reaches the request by way of its response.
            let _ = connection.await;
            drop(open);
        });
        Ok(Box::new(Self {
            sender,
            task: task.abort_handle(),
            local,
            idle_since: 0,
        }))
    }

    /// Whether it can take a request, as far as it is known.
    pub(crate) fn is_ready(&self) -> bool {
        self.sender.is_ready()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Http1 {
    pub(crate) fn new(link: Box<Link>, pool: Rc<Pool>) -> Self {
        let keeps = false;
        Self { link, pool, keeps }
    }

    pub(crate) fn local(&self) -> Option<SocketAddr> {
        self.link.local
    }

    /// Sends the request of a transfer, and adds the response to it.
    pub(crate) async fn send(mut self, transfer: &mut Transfer, again: bool) -> Result<(), Error> {
        let spare = transfer.spare(again);
        let Some(request) = transfer.request.take() else {
            return Err(Error::new(ErrorKind::Reset));
        };
        let is_head = *request.method() == Method::HEAD;
        match self.link.sender.try_send_request(request).await {
            Ok(mut response) => {
                self.keeps = framing::check(&mut response, is_head)?;
                let body = |incoming| Arriving::Http1(incoming, self);
                transfer.response = Some(response.map(body));
                Ok(())
            }
            Err(failed) => Err(failure(failed, transfer, spare)),
        }
    }

    /// The response has ended: the connection is free, if it is still good.
    pub(crate) fn put_back(self) {
        if self.keeps {
            self.pool.put_http1(self.link);
        }
    }
}

/// What a failure to send comes to, in either version. A request of which nothing was sent goes
/// back, and of another its spare, if it has one.
pub(crate) fn failure(
    mut failed: TrySendError<Request<RequestBody>>,
    transfer: &mut Transfer,
    spare: Option<Spare>,
) -> Error {
    let unsent = failed.take_message();
    transfer.was_sent = unsent.is_none();
    transfer.request = unsent.or_else(|| Some(spare?.to_request(RequestBody::Empty)));
    let kind = if failed.error().is_parse() {
        ErrorKind::Protocol
    } else {
        ErrorKind::Reset
    };
    Error::because(kind, failed.error())
}
