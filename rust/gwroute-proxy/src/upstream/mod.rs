//! Where requests go: endpoints, what is kept about them, and connections to them.

pub(crate) mod conn_pool;
pub(crate) mod connect;
pub(crate) mod endpoint;
pub(crate) mod http1;
pub(crate) mod http2;
pub(crate) mod set;
pub(crate) mod stream;

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use http::{Method, Request, Response, StatusCode, response};
use hyper::body::Body;

use crate::answer;
use crate::body::{RequestBody, ResponseBody, Source};
use crate::error::{Error, ErrorKind};
use crate::exchange::Exchange;
use crate::telemetry::TryOutcome;
use crate::upgrade::{self, Tunnel};
use conn_pool::{Connection, Pool};

/// Why nothing came of sending a request.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// The request, if none of it was sent.
    pub(crate) unsent: Option<Request<RequestBody>>,
}

/// Sends a request to the endpoint that was chosen for it, and makes a response of what comes of
/// it.
pub(crate) async fn send(
    mut exchange: Box<Exchange>,
    request: Request<RequestBody>,
) -> Response<ResponseBody> {
    match in_time(&mut exchange, request).await {
        Ok((parts, Source::Http1(_, connection)))
            if parts.status == StatusCode::SWITCHING_PROTOCOLS =>
        {
            match connection.into_stream().await {
                Ok((upstream, read, open)) => {
                    let tunnel = Tunnel {
                        exchange,
                        upstream,
                        read,
                        open,
                    };
                    upgrade::accept(parts, tunnel)
                }
                Err(error) => answer::fail(exchange, error),
            }
        }
        Ok((parts, source)) => answer::pass(exchange, parts, source),
        Err(error) => answer::fail(exchange, error),
    }
}

async fn in_time(
    exchange: &mut Exchange,
    request: Request<RequestBody>,
) -> Result<(response::Parts, Source), Error> {
    let deadlines = exchange.deadlines.clone();
    let mut answer = pin!(try_endpoint(exchange, request));
    poll_fn(|cx| match answer.as_mut().poll(cx) {
        Poll::Ready(answer) => Poll::Ready(answer),
        Poll::Pending => match deadlines.poll(cx) {
            Some(kind) => Poll::Ready(Err(Error::new(kind))),
            None => Poll::Pending,
        },
    })
    .await
}

/// Tries connections that were idle as long as they turn out to be dead before they took the
/// request, and then a new one.
async fn try_endpoint(
    exchange: &mut Exchange,
    mut request: Request<RequestBody>,
) -> Result<(response::Parts, Source), Error> {
    let pool = pool(exchange)?;
    // A connection that is to be upgraded is one of its own.
    let mut fresh = exchange.websocket;
    loop {
        let connection = pool.connection(fresh).await;
        let connection = connection.inspect_err(|error| note_failure(exchange, &pool, error))?;
        note_try(exchange, &connection);
        let spare = connection.is_reused().then(|| replay(&request)).flatten();
        let reused = connection.is_reused();
        let started = exchange.elapsed();
        let failure = match connection.send(request).await {
            Ok((parts, source)) => {
                note_answer(exchange, &pool, started);
                return checked(exchange, parts, source);
            }
            Err(failure) => failure,
        };
        let died = reused && failure.error.kind == ErrorKind::Reset;
        fresh |= failure.unsent.is_none();
        match failure.unsent.or(spare).filter(|_| died) {
            Some(again) => request = again,
            None => return Err(blame(exchange, &pool, failure.error)),
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

fn note_answer(exchange: &mut Exchange, pool: &Pool, started: std::time::Duration) {
    let service_time = exchange.elapsed().saturating_sub(started);
    if let Some(target) = &mut exchange.target {
        target.service_time = Some(service_time);
    }
    pool.tried(TryOutcome::Answered);
}

/// A backend may switch protocols only where it was asked to.
fn checked(
    exchange: &Exchange,
    parts: response::Parts,
    source: Source,
) -> Result<(response::Parts, Source), Error> {
    if parts.status == StatusCode::SWITCHING_PROTOCOLS && !exchange.websocket {
        return Err(Error::new(ErrorKind::Protocol));
    }
    Ok((parts, source))
}

/// A connection also fails when the body that goes out over it does.
fn blame(exchange: &Exchange, pool: &Pool, error: Error) -> Error {
    let by_client = exchange.body.as_ref().and_then(|body| body.failed.get());
    let error = by_client.map_or(error, Error::new);
    pool.tried(TryOutcome::Failed(error.kind));
    error
}

/// A copy to be sent again if the connection dies under the first: only of a request that may be
/// sent twice (RFC 9110 9.2.2), and that has no body, which can be read only once.
fn replay(request: &Request<RequestBody>) -> Option<Request<RequestBody>> {
    let is_idempotent = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE | Method::TRACE
    );
    if !is_idempotent || !request.body().is_end_stream() {
        return None;
    }
    let mut copy = Request::new(RequestBody::Empty);
    copy.method_mut().clone_from(request.method());
    copy.uri_mut().clone_from(request.uri());
    copy.headers_mut().clone_from(request.headers());
    Some(copy)
}
