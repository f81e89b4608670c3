//! Sending a question to a service, and waiting for the answer no longer than is allowed.

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

use super::{Authorizer, Held, Verdict, grpc, http as plain};
use crate::answer::Own;
use crate::body::RequestBody;
use crate::deadline::Deadlines;
use crate::error::{Error, ErrorKind};
use crate::telemetry::TryOutcome;
use crate::upstream::Transfer;
use crate::upstream::arriving::Arriving;
use crate::upstream::conn_pool::Pool;
use crate::upstream::set::Upstream;

/// What is sent: a head, and a body that can be sent again.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) head: Request<()>,
    pub(super) body: Bytes,
}

impl Question {
    fn to_request(&self) -> Request<RequestBody> {
        let body = RequestBody::Whole(self.body.clone());
        self.head.clone().map(|()| body)
    }
}

/// What a service says about a request with that body.
pub(super) async fn ask(asked: &Authorizer, held: &Held, body: &Bytes) -> Verdict {
    let Some(upstream) = &asked.upstream else {
        return Verdict::Refuse(Own::failed_filter());
    };
    let limit = held.exchange.client.worker.config.timeouts.external_auth;
    let answer = in_time(
        &held.exchange.deadlines,
        limit,
        once(asked, upstream, held, body),
    );
    match answer.await {
        Ok(verdict) => verdict,
        // The time of the request itself is over: that is no fault of the service.
        Err(error) if error.kind == ErrorKind::TimeoutRequest => {
            Verdict::Refuse(Own::failure(error))
        }
        Err(error) => asked.unavailable(&error.to_string()),
    }
}

async fn once(
    asked: &Authorizer,
    upstream: &Upstream,
    held: &Held,
    body: &Bytes,
) -> Result<Verdict, Error> {
    let secure = upstream.is_secure();
    let Some(load) = upstream.pick() else {
        return Ok(asked.unavailable("no endpoint"));
    };
    let question = if asked.speaks_grpc() {
        grpc::question(asked, held, body, load.endpoint().address(), secure)
    } else {
        plain::question(asked, held, body, upstream.ir.protocol, secure)
    };
    let Some(question) = question else {
        return Ok(Verdict::Refuse(Own::failed_filter()));
    };
    let worker = &held.exchange.client.worker;
    let pool = worker.pools.of(worker, upstream, load.endpoint());
    let response = send(&pool, &question).await?;
    if asked.speaks_grpc() {
        grpc::verdict(response).await
    } else {
        plain::verdict(asked, response)
    }
}

/// Connections that turn out to be dead are no reason to say no.
async fn send(pool: &Rc<Pool>, question: &Question) -> Result<Response<Arriving>, Error> {
    let mut fresh = false;
    loop {
        let mut transfer = Transfer::of(question.to_request());
        let connection = pool.connection(fresh, transfer.goes_directly()).await;
        let connection = connection.inspect_err(|error| failed(pool, error))?;
        let reused = connection.is_reused();
        let Err(error) = connection.send(&mut transfer, false).await else {
            pool.tried(TryOutcome::Answered);
            let answer = transfer.response.take();
            return answer.ok_or(Error::new(ErrorKind::Reset));
        };
        if !reused || error.kind != ErrorKind::Reset {
            failed(pool, &error);
            return Err(error);
        }
        fresh = transfer.was_sent;
        pool.tried(TryOutcome::Stale);
    }
}

fn failed(pool: &Pool, error: &Error) {
    pool.tried(TryOutcome::Failed(error.kind));
}

async fn in_time<T>(
    deadlines: &Deadlines,
    limit: Duration,
    answer: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let mut answer = pin!(answer);
    let mut sleep = pin!((!limit.is_zero()).then(|| tokio::time::sleep(limit)));
    poll_fn(|cx| {
        if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
            return Poll::Ready(answer);
        }
        let sleep = sleep.as_mut().as_pin_mut();
        if sleep.is_some_and(|sleep| sleep.poll(cx).is_ready()) {
            return Poll::Ready(Err(Error::new(ErrorKind::TimeoutBackend)));
        }
        // Who polls this is woken by the deadlines.
        match deadlines.over() {
            Some(kind) => Poll::Ready(Err(Error::new(kind))),
            None => Poll::Pending,
        }
    })
    .await
}
