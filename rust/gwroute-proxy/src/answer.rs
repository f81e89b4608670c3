//! Responses: the backend's on their way to the client, and the gateway's own.

use bytes::Bytes;
use gwroute_core::{Decision, Reason, RequestView};
use http::header::{self, HeaderMap, HeaderValue};
use http::{Response, StatusCode, Version};

use crate::body::{ResponseBody, Source};
use crate::error::{Error, ErrorKind};
use crate::exchange::Exchange;
use crate::hops::Hops;
use crate::telemetry::Outcome;
use crate::upstream::arriving::Arriving;

/// Why a request ends that another service does not let pass.
const DENIED: &str = "external_auth_denied";
/// Longer texts are no messages.
const LONGEST_MESSAGE: usize = 1024;

/// A response of the gateway's own.
#[derive(Debug)]
pub(crate) struct Own {
    status: StatusCode,
    headers: HeaderMap,
    text: Bytes,
    /// The connection is not worth keeping: what follows on it cannot be trusted.
    closes: bool,
    outcome: Outcome,
}

impl Own {
    fn new(status: StatusCode, text: &'static str, outcome: Outcome) -> Box<Self> {
        let mut headers = HeaderMap::new();
        if !text.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        }
        Box::new(Self {
            status,
            headers,
            text: Bytes::from_static(text.as_bytes()),
            closes: false,
            outcome,
        })
    }

    /// What the table says.
    pub(crate) fn decided(status: u16, reason: Reason) -> Box<Self> {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let text = match reason {
            Reason::BadRequest => "Bad Request",
            Reason::NoEndpoint => "no healthy upstream",
            Reason::NoRoute
            | Reason::Misdirected
            | Reason::InvalidBackend
            | Reason::NoBackend
            | Reason::FailedFilter
            | Reason::CorsPreflight => "",
        };
        let mut own = Self::new(status, text, Outcome::Decided(reason.as_str()));
        own.closes = reason == Reason::BadRequest;
        own
    }

    pub(crate) fn no_route() -> Box<Self> {
        Self::decided(404, Reason::NoRoute)
    }

    pub(crate) fn misdirected() -> Box<Self> {
        Self::decided(421, Reason::Misdirected)
    }

    pub(crate) fn invalid_backend() -> Box<Self> {
        Self::decided(500, Reason::InvalidBackend)
    }

    pub(crate) fn no_endpoint() -> Box<Self> {
        Self::decided(503, Reason::NoEndpoint)
    }

    pub(crate) fn failed_filter() -> Box<Self> {
        Self::decided(500, Reason::FailedFilter)
    }

    pub(crate) fn redirect(status: StatusCode) -> Box<Self> {
        Self::new(status, "", Outcome::Decided("redirect"))
    }

    /// The request is not served at all.
    pub(crate) fn refusal(kind: ErrorKind) -> Box<Self> {
        let mut own = Self::failure(Error::new(kind));
        own.closes = true;
        own
    }

    /// No backend answered.
    pub(crate) fn failure(error: Error) -> Box<Self> {
        let kind = error.kind;
        Self::new(kind.status(), kind.body(), Outcome::Failed(error))
    }

    /// What a service says that lets a request not pass.
    pub(crate) fn denied(status: StatusCode, headers: HeaderMap, body: Bytes) -> Box<Self> {
        let mut own = Self::new(status, "", Outcome::Decided(DENIED));
        own.headers = headers;
        own.text = body;
        own
    }

    /// With all headers that the decision wants; a redirect may be configured to something that is
    /// no location.
    pub(crate) fn completed<V: RequestView>(
        mut self: Box<Self>,
        decision: &Decision<'_, '_>,
        request: &V,
    ) -> Box<Self> {
        match decision.complete(request, &mut self.headers) {
            Ok(()) => self,
            Err(_) => Self::failed_filter(),
        }
    }

    pub(crate) fn into_response(self, mut exchange: Box<Exchange>) -> Response<ResponseBody> {
        let own = if exchange.grpc { self.in_grpc() } else { self };
        exchange.answered(own.status, own.outcome);
        let (closes, status, mut headers) = (own.closes, own.status, own.headers);
        let version = exchange.version.min(Version::HTTP_11);
        if closes && exchange.version < Version::HTTP_2 {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let body = ResponseBody::new(Source::Text(own.text), exchange);
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.version_mut() = version;
        *response.headers_mut() = headers;
        response
    }

    /// In gRPC an error is a response without a body whose headers tell what went wrong ("gRPC
    /// over HTTP2", Trailers-Only); a redirect stays one.
    fn in_grpc(mut self) -> Self {
        if self.status.is_redirection() {
            return self;
        }
        let status = HeaderValue::from_static(grpc_status(self.status));
        self.headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/grpc"),
        );
        self.headers.insert("grpc-status", status);
        if let Some(message) = grpc_message(&self.text) {
            self.headers.insert("grpc-message", message);
        }
        Self {
            status: StatusCode::OK,
            text: Bytes::new(),
            ..self
        }
    }
}

/// gRPC, "HTTP to gRPC Status Code Mapping"; for what the Gateway API says of calls, its own: a rule
/// that nothing matches is UNIMPLEMENTED, a backend that is none UNAVAILABLE.
fn grpc_status(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "13",
        401 => "16",
        403 => "7",
        404 => "12",
        429 | 500 | 502 | 503 => "14",
        504 => "4",
        _ => "2",
    }
}

/// What can stand in a status message as it is ("gRPC over HTTP2", Status-Message).
fn grpc_message(text: &Bytes) -> Option<HeaderValue> {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && *byte != b'%';
    if text.is_empty() || text.len() > LONGEST_MESSAGE || !text.iter().all(is_plain) {
        return None;
    }
    HeaderValue::from_maybe_shared(text.clone()).ok()
}

/// No backend answered: the gateway says so.
pub(crate) fn fail(exchange: Box<Exchange>, error: Error) -> Response<ResponseBody> {
    give(exchange, *Own::failure(error))
}

/// An own answer in place of the backend's, with the edits that the backend's would have got.
pub(crate) fn give(mut exchange: Box<Exchange>, mut own: Own) -> Response<ResponseBody> {
    // An endpoint that does not answer is none to be bound to.
    exchange.session = None;
    exchange.edit_response(&mut own.headers);
    own.into_response(exchange)
}

/// The answer of a backend.
pub(crate) fn pass(
    exchange: Box<Exchange>,
    response: Response<Arriving>,
) -> Response<ResponseBody> {
    pass_as(Outcome::Backend, exchange, response)
}

/// The answer of a service that says no.
pub(crate) fn deny(
    exchange: Box<Exchange>,
    response: Response<Arriving>,
) -> Response<ResponseBody> {
    pass_as(Outcome::Decided(DENIED), exchange, response)
}

fn pass_as(
    outcome: Outcome,
    mut exchange: Box<Exchange>,
    mut response: Response<Arriving>,
) -> Response<ResponseBody> {
    let mut hops = Hops::default();
    for (name, value) in response.headers() {
        hops.meet(name, value);
    }
    hops.remove_from(response.headers_mut());
    exchange.edit_response(response.headers_mut());
    *response.version_mut() = Version::HTTP_11;
    exchange.answered(response.status(), outcome);
    response.map(|body| ResponseBody::new(Source::Endpoint(body), exchange))
}
