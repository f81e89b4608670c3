//! Sending a request again where its rule says so (Gateway API, HTTPRouteRetry).
//!
//! Any method is sent again, because whoever wrote the rule asked for it; but only as long as the
//! client has got nothing, and only with a body that is still there.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use gwroute_core::{Rule, ir};
use http::Request;
use hyper::body::Body;

use crate::body::RequestBody;
use crate::deadline::Deadlines;
use crate::error::{Error, ErrorKind};
use crate::exchange::Exchange;
use crate::kept::Keeper;
use crate::upstream::Transfer;
use crate::upstream::spare::Spare;

/// The longest pause is so many times the shortest.
const LONGEST_PAUSE: u32 = 10;

/// What is left of the tries that a rule allows one request.
#[derive(Debug)]
pub(crate) struct Retries {
    rule: Arc<Rule>,
    head: Spare,
    /// `None` if the request has none.
    body: Option<Keeper>,
    made: u32,
}

impl Retries {
    /// `None` if the rule allows none. The request's body is kept from now on.
    pub(crate) fn of(exchange: &Exchange, transfer: &mut Transfer) -> Option<Box<Self>> {
        if !exchange.is_retried() {
            return None;
        }
        let rule = &exchange.matched.as_ref()?.rule;
        let request = transfer.request.as_mut()?;
        let room = exchange.client.worker.config.limits.retry_body_bytes;
        Some(Box::new(Self {
            rule: rule.clone(),
            head: Spare::of(request),
            body: keep(request.body_mut(), room),
            made: 0,
        }))
    }

    /// What is to be sent next and after which pause, if what has come of the last try asks for
    /// another one, and there can be one.
    pub(crate) fn again(
        &mut self,
        sent: &Result<(), Error>,
        transfer: &Transfer,
    ) -> Option<(Request<RequestBody>, Duration)> {
        let rule = self.rule.clone();
        let retry = rule.retry()?;
        if self.made >= retry.attempts || !asks(retry, sent, transfer) {
            return None;
        }
        let body = match &self.body {
            None => RequestBody::Empty,
            Some(keeper) => RequestBody::Kept(keeper.again()?),
        };
        let pause = pause_before(self.made, retry.backoff_ms, fastrand::f64());
        self.made += 1;
        Some((self.head.to_request(body), pause))
    }
}

/// Puts a keeper before a body that comes from the client.
fn keep(body: &mut RequestBody, room: usize) -> Option<Keeper> {
    if body.is_end_stream() {
        return None;
    }
    match std::mem::replace(body, RequestBody::Empty) {
        RequestBody::Client(source) => {
            let keeper = Keeper::new(source, room);
            if let Some(kept) = keeper.again() {
                *body = RequestBody::Kept(kept);
            }
            Some(keeper)
        }
        other => {
            *body = other;
            None
        }
    }
}

/// Whether a try came to something that another one may better.
fn asks(retry: &ir::Retry, sent: &Result<(), Error>, transfer: &Transfer) -> bool {
    match sent {
        Ok(()) => transfer.response.as_ref().is_some_and(|response| {
            retry
                .codes
                .binary_search(&response.status().as_u16())
                .is_ok()
        }),
        Err(error) => matches!(
            error.kind,
            ErrorKind::Connect
                | ErrorKind::TimeoutConnect
                | ErrorKind::Tls
                | ErrorKind::Reset
                | ErrorKind::TimeoutTry
        ),
    }
}

/// Never shorter than the rule says; it doubles with each try, and up to the shortest pause is
/// added at random, so that those who failed together do not come back together.
fn pause_before(made: u32, backoff: u64, draw: f64) -> Duration {
    let shortest = Duration::from_millis(backoff);
    let growing = shortest.saturating_mul(2_u32.saturating_pow(made));
    growing.min(shortest.saturating_mul(LONGEST_PAUSE)) + shortest.mul_f64(draw)
}

/// Waits, unless a deadline is over before.
pub(crate) async fn pause(deadlines: &Deadlines, pause: Duration) -> Result<(), Error> {
    let mut sleep = pin!(tokio::time::sleep(pause));
    poll_fn(|cx| match sleep.as_mut().poll(cx) {
        Poll::Ready(()) => Poll::Ready(Ok(())),
        // Who polls this is woken by the deadlines.
        Poll::Pending => match deadlines.over() {
            Some(kind) => Poll::Ready(Err(Error::new(kind))),
            None => Poll::Pending,
        },
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_their_longest_and_are_never_too_short() {
        let millis = |made, draw| pause_before(made, 25, draw).as_millis();
        assert_eq!(
            [0, 1, 2, 3, 4, 40].map(|made| millis(made, 0.0)),
            [25, 50, 100, 200, 250, 250]
        );
        assert_eq!(millis(0, 0.999), 49);
        assert!(pause_before(3, 0, 0.5).is_zero());
        assert!(pause_before(9, u64::MAX / 4, 0.1) > Duration::from_secs(1));
    }
}
