//! Asking other services whether a request may pass, before anything else is done about it
//! (Gateway API, HTTPExternalAuthFilter).
//!
//! Whatever keeps a service from saying yes is a no: an authorizer that cannot be reached, is too
//! slow or answers nonsense is answered with 503 in its place. A redirect or an error of the
//! rule waits for it as a request to a backend does.

mod ask;
mod changes;
mod grpc;
mod http;
mod message;

use std::sync::Arc;

use ::http::request::Parts;
use ::http::{Response, header};
use bytes::Bytes;
use gwroute_core::{Decision, ExternalAuth, ir};

use crate::answer::{self, Own};
use crate::body::{RequestBody, ResponseBody};
use crate::error::{Error, ErrorKind};
use crate::exchange::Exchange;
use crate::live::Live;
use crate::service::{self, Route};
use crate::upstream::arriving::Arriving;
use crate::upstream::set::Upstream;
use crate::upstream::{self, Transfer};
use changes::Change;

/// A service that is to be asked about a request.
#[derive(Debug)]
pub(crate) struct Authorizer {
    auth: Arc<ExternalAuth>,
    /// `None` if the reference to it is invalid.
    upstream: Option<Arc<Upstream>>,
}

/// A request that waits for the word of others.
#[derive(Debug)]
pub(crate) struct Held {
    exchange: Box<Exchange>,
    /// As the client sent it, but for what belongs to the connection.
    parts: Parts,
    body: RequestBody,
    /// What becomes of it if it may pass.
    then: Result<Route, Box<Own>>,
}

/// What a service says.
#[derive(Debug)]
enum Verdict {
    /// It may pass, with these changes.
    Pass(Vec<Change>),
    /// It may not, or nobody can tell.
    Refuse(Box<Own>),
    /// It may not, and this is what the client gets.
    Answer(Response<Arriving>),
}

/// Whoever has to be asked before a decision counts.
pub(crate) fn authorizers(live: &Live, decision: &Decision<'_, '_>) -> Vec<Authorizer> {
    let authorizers = decision.external_auth().map(|auth| {
        let upstream = auth.upstream();
        let upstream = upstream.and_then(|upstream| live.upstream(upstream.slot()));
        Authorizer {
            auth: auth.clone(),
            upstream: upstream.cloned(),
        }
    });
    authorizers.collect()
}

/// Asks all that have to be asked, and goes on if none says no.
pub(crate) async fn serve(mut held: Box<Held>, transfer: &mut Transfer) -> Response<ResponseBody> {
    let authorizers = std::mem::take(&mut held.exchange.authorizers);
    let body = match held.body(&authorizers).await {
        Ok(body) => body,
        Err(kind) => return answer::give(held.exchange, *Own::failure(Error::new(kind))),
    };
    for authorizer in &authorizers {
        match ask::ask(authorizer, &held, &body).await {
            Verdict::Pass(changes) => {
                let headers = &mut held.parts.headers;
                changes.into_iter().for_each(|change| change.apply(headers));
            }
            Verdict::Refuse(own) => return held.refused(*own),
            Verdict::Answer(response) => return held.answered(response),
        }
    }
    held.passed(transfer).await
}

impl Held {
    pub(crate) fn new(
        mut exchange: Box<Exchange>,
        parts: Parts,
        body: RequestBody,
        then: Result<Route, Box<Own>>,
    ) -> Box<Self> {
        exchange.note_head(&parts);
        // A page may have to read a refusal, too.
        exchange.origin = parts.headers.get(header::ORIGIN).cloned();
        Box::new(Self {
            exchange,
            parts,
            body,
            then,
        })
    }

    /// The body, if somebody wants to see it. Whoever does wants all of it or nothing.
    async fn body(&mut self, authorizers: &[Authorizer]) -> Result<Bytes, ErrorKind> {
        let wanted = authorizers.iter().map(|asked| asked.auth.forward_body());
        let most = wanted.filter(|most| *most > 0).min();
        match (&mut self.body, most) {
            (RequestBody::Client(body), Some(most)) => {
                let most = usize::try_from(most).unwrap_or(usize::MAX);
                body.read_ahead(most).await
            }
            _ => Ok(Bytes::new()),
        }
    }

    async fn passed(self: Box<Self>, transfer: &mut Transfer) -> Response<ResponseBody> {
        let Self {
            mut exchange,
            parts,
            body,
            then,
        } = *self;
        match then {
            Ok(route) => {
                transfer.request = Some(service::depart(&mut exchange, parts, body, route));
                upstream::send(exchange, transfer).await
            }
            // What the rule and the table say about it has been done to it already.
            Err(own) => own.into_response(exchange),
        }
    }

    fn refused(mut self, own: Own) -> Response<ResponseBody> {
        // No backend had a part in it.
        self.exchange.target = None;
        answer::give(self.exchange, own)
    }

    /// The answer of a service goes to the client as it is, unless it is one in HTTP and the
    /// client wants gRPC.
    fn answered(mut self, response: Response<Arriving>) -> Response<ResponseBody> {
        if self.exchange.grpc {
            let (status, headers) = (response.status(), response.headers());
            let headers = changes::own_headers(headers.iter());
            return self.refused(*Own::denied(status, headers, Bytes::new()));
        }
        self.exchange.target = None;
        self.exchange.session = None;
        answer::deny(self.exchange, response)
    }
}

impl Authorizer {
    /// The gateway says no in its place.
    fn unavailable(&self, why: &str) -> Verdict {
        let mut error = Error::new(ErrorKind::ExternalAuth);
        error.detail = Some(format!("{}: {why}", self.auth.backend()));
        Verdict::Refuse(Own::failure(error))
    }

    fn speaks_grpc(&self) -> bool {
        self.auth.protocol() == ir::ExternalAuthProtocol::Grpc
    }
}
