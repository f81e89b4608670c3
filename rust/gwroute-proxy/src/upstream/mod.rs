//! Where requests go: endpoints, what is kept about them, and connections to them.

pub(crate) mod arriving;
pub(crate) mod conn_pool;
pub(crate) mod connect;
pub(crate) mod direct;
pub(crate) mod endpoint;
pub(crate) mod http1;
pub(crate) mod http2;
pub(crate) mod set;
pub(crate) mod spare;
pub(crate) mod stream;

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use http::{Request, Response, StatusCode};

use crate::answer;
use crate::body::{RequestBody, ResponseBody};
use crate::error::{Error, ErrorKind};
use crate::exchange::Exchange;
use crate::retry::{self, Retries};
use crate::telemetry::TryOutcome;
use crate::upgrade::{self, Tunnel};
use arriving::Arriving;
use conn_pool::{Connection, Pool};
use spare::Spare;

/// What passes between a client and an endpoint. It stays in one place while it is passed on: heads
/// are large, and moving them from function to function costs more than reading them.
#[derive(Debug, Default)]
pub(crate) struct Transfer {
    /// Taken when it is sent; there again if that came to nothing and it may be sent once more.
    pub(crate) request: Option<Request<RequestBody>>,
    /// Whether any of a request that came to nothing may have reached the endpoint.
    pub(crate) was_sent: bool,
    pub(crate) response: Option<Response<Arriving>>,
}

impl Transfer {
    pub(crate) fn of(request: Request<RequestBody>) -> Self {
        Self {
            request: Some(request),
            ..Self::default()
        }
    }

    /// A copy of the request, if one is wanted and may be sent.
    fn spare(&self, wanted: bool) -> Option<Spare> {
        let request = self.request.as_ref().filter(|_| wanted);
        request.and_then(Spare::of_repeatable)
    }

    /// Whether the request needs no task beside its own.
    pub(crate) fn goes_directly(&self) -> bool {
        self.request.as_ref().is_some_and(direct::takes)
    }
}

/// Sends a request to the endpoint that was chosen for it, and makes a response of what comes of
/// it.
pub(crate) async fn send(
    mut exchange: Box<Exchange>,
    transfer: &mut Transfer,
) -> Response<ResponseBody> {
    let sent = as_often_as_allowed(&mut exchange, transfer).await;
    let failed = match (sent, transfer.response.take()) {
        (Ok(()), Some(response)) if response.status() == StatusCode::SWITCHING_PROTOCOLS => {
            let (parts, body) = response.into_parts();
            match body.into_stream() {
                Ok((upstream, read, open)) => {
                    let tunnel = Tunnel {
                        exchange,
                        upstream,
                        read,
                        open,
                    };
                    return upgrade::accept(parts, tunnel);
                }
                Err(error) => error,
            }
        }
        (Ok(()), Some(response)) => return answer::pass(exchange, response),
        (Ok(()), None) => Error::new(ErrorKind::Reset),
        (Err(error), _) => error,
    };
    answer::fail(exchange, failed)
}

/// Sends a request again where its rule says so.
async fn as_often_as_allowed(
    exchange: &mut Exchange,
    transfer: &mut Transfer,
) -> Result<(), Error> {
    let mut retries = Retries::of(exchange, transfer);
    loop {
        exchange.begin_try();
        let sent = in_time(exchange, transfer).await;
        if let Err(error) = &sent
            && error.kind == ErrorKind::TimeoutTry
        {
            exchange.tried(TryOutcome::Failed(error.kind));
        }
        let again = match &mut retries {
            Some(retries) => retries.again(&sent, transfer),
            None => None,
        };
        let Some((request, pause)) = again else {
            return sent;
        };
        exchange.end_try();
        exchange.distrusts_idle = matches!(&sent, Err(error) if error.kind == ErrorKind::Reset);
        // What came of it is forgotten, and its connection with it.
        transfer.response = None;
        retry::pause(&exchange.deadlines, pause).await?;
        exchange.pick_anew();
        transfer.request = Some(request);
    }
}

async fn in_time(exchange: &mut Exchange, transfer: &mut Transfer) -> Result<(), Error> {
    let deadlines = exchange.deadlines.clone();
    let mut sent = pin!(try_endpoint(exchange, transfer));
    poll_fn(|cx| match sent.as_mut().poll(cx) {
        Poll::Ready(sent) => Poll::Ready(sent),
        // Who polls this is woken by the deadlines.
        Poll::Pending => match deadlines.over() {
            Some(kind) => Poll::Ready(Err(Error::new(kind))),
            None => Poll::Pending,
        },
    })
    .await
}

/// Tries connections that were idle as long as they turn out to be dead before they took the
/// request, and then a new one. Where a rule says how often a request is sent, one that was lost
/// on a connection that was idle counts: the backend may have seen it.
async fn try_endpoint(exchange: &mut Exchange, transfer: &mut Transfer) -> Result<(), Error> {
    let pool = pool(exchange)?;
    // A connection that is to be upgraded is one of its own; and after one that has died the next
    // may have, too.
    let mut fresh = exchange.websocket || std::mem::take(&mut exchange.distrusts_idle);
    let counts = exchange.is_retried();
    loop {
        let connection = pool.connection(fresh, transfer.goes_directly()).await;
        let connection = connection.inspect_err(|error| note_failure(exchange, &pool, error))?;
        note_try(exchange, &connection);
        let reused = connection.is_reused();
        // What goes over a connection that was there goes at once.
        let started = if reused && exchange.tries() == 1 {
            Duration::ZERO
        } else {
            exchange.elapsed()
        };
        let sent = connection.send(transfer, reused && !counts).await;
        let Err(error) = sent.and_then(|()| check(exchange, transfer)) else {
            note_answer(exchange, &pool, started);
            return Ok(());
        };
        let died = reused && error.kind == ErrorKind::Reset;
        fresh |= transfer.was_sent;
        if !died || transfer.request.is_none() {
            return Err(blame(exchange, &pool, error));
        }
        pool.tried(TryOutcome::Stale);
    }
}

fn pool(exchange: &Exchange) -> Result<Rc<Pool>, Error> {
    let worker = &exchange.client.worker;
    match &exchange.target {
        Some(target) => Ok(worker
            .pools
            .of(worker, &target.upstream, target.load.endpoint())),
        None => Err(Error::new(ErrorKind::Connect)),
    }
}

fn note_try(exchange: &mut Exchange, connection: &Connection) {
    if let Some(target) = &mut exchange.target {
        target.tries += 1;
        target.local = connection.local();
    }
}

fn note_failure(exchange: &mut Exchange, pool: &Pool, error: &Error) {
    if let Some(target) = &mut exchange.target {
        target.tries += 1;
        target.local = None;
    }
    pool.tried(TryOutcome::Failed(error.kind));
}

fn note_answer(exchange: &mut Exchange, pool: &Pool, started: Duration) {
    let service_time = exchange.elapsed().saturating_sub(started);
    if let Some(target) = &mut exchange.target {
        target.service_time = Some(service_time);
    }
    pool.tried(TryOutcome::Answered);
}

/// A backend may switch protocols only where it was asked to.
fn check(exchange: &Exchange, transfer: &Transfer) -> Result<(), Error> {
    let response = transfer.response.as_ref();
    let status = response.map(Response::status);
    if status == Some(StatusCode::SWITCHING_PROTOCOLS) && !exchange.websocket {
        return Err(Error::new(ErrorKind::Protocol));
    }
    Ok(())
}

/// A connection also fails when the body that goes out over it does.
fn blame(exchange: &Exchange, pool: &Pool, error: Error) -> Error {
    let by_client = exchange.body.as_ref().and_then(|body| body.failed.get());
    let error = by_client.map_or(error, Error::new);
    pool.tried(TryOutcome::Failed(error.kind));
    error
}
