//! What the data path tells about itself.
//!
//! The data path keeps no logs and no metrics: it reports events to one [`Observer`], which the
//! access log, the metrics and tests implement. Events come from the workers' threads, often from
//! several at once and always from the path of a request. So an observer must not block, should
//! not lock, and had better keep its counters apart by `worker` and add them up when asked.
//!
//! In which order events come:
//!
//! * [`connection_opened`](Observer::connection_opened) …
//!   [`connection_closed`](Observer::connection_closed) around all requests of a connection;
//! * [`request_started`](Observer::request_started) … [`request_ended`](Observer::request_ended)
//!   around one request, exactly one pair for each request whose head could be read, and for each
//!   malformed one that was answered; the end comes after the last byte of the response was
//!   handed on, or when it was cut;
//! * [`handshake_failed`](Observer::handshake_failed) instead of any request, where that is how a
//!   connection over TLS ends;
//! * [`upstream_opened`](Observer::upstream_opened) …
//!   [`upstream_closed`](Observer::upstream_closed) around the life of a connection to an endpoint;
//! * [`upstream_tried`](Observer::upstream_tried) once for each time a request was sent, or was to
//!   be sent, to an endpoint.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use gwroute_core::{Rule, ir};
use http::{HeaderValue, Method, Version};

use crate::error::ErrorKind;
use crate::tls::HandshakeError;
use crate::upstream::endpoint::Endpoint;

/// Takes what the data path reports; every method has a silent default.
///
/// `worker` is the index of the thread, from 0 and below the number of workers.
pub trait Observer: Send + Sync + 'static {
    /// Whether records carry a [`Head`]. Asked once, when a worker starts; an access log says yes,
    /// and then each request copies a few header values.
    fn wants_heads(&self) -> bool {
        false
    }

    /// A client connection was accepted.
    fn connection_opened(&self, _worker: usize) {}

    /// A client connection is over.
    fn connection_closed(&self, _worker: usize) {}

    /// A TLS handshake with a client came to nothing, at a port of a Gateway (`namespace/name`). The
    /// record is one of no request: its outcome says why.
    fn handshake_failed(&self, _worker: usize, _gateway: &str, _port: u16, _record: &Record) {}

    /// The head of a request was read.
    fn request_started(&self, _worker: usize) {}

    /// A response ended, whole or not.
    fn request_ended(&self, _worker: usize, _record: &Record) {}

    /// A connection to an endpoint stands; `took` is how long that lasted.
    fn upstream_opened(&self, _worker: usize, _upstream: &ir::Upstream, _took: Duration) {}

    /// A connection to an endpoint is over.
    fn upstream_closed(&self, _worker: usize, _upstream: &ir::Upstream) {}

    /// A request was sent to an endpoint, or could not be.
    fn upstream_tried(&self, _worker: usize, _upstream: &ir::Upstream, _outcome: TryOutcome) {}

    /// A copy of a request for another backend is over; its tries are reported, too.
    fn mirrored(&self, _worker: usize, _upstream: &ir::Upstream, _outcome: MirrorOutcome) {}
}

/// The observer that looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {}

/// How one try at an endpoint ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TryOutcome {
    /// The head of a response came.
    Answered,
    /// A connection that had been idle died under the request, which goes to another one.
    Stale,
    /// It failed.
    Failed(ErrorKind),
}

/// What became of a copy of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MirrorOutcome {
    /// An answer came, and was thrown away.
    Answered,
    /// It failed, which nobody is told.
    Failed(ErrorKind),
    /// It was given up: there were too many, it stayed too far behind the original, or that was
    /// not whole.
    Dropped,
}

/// One finished request. What a line of the access log and a sample of the metrics are made of;
/// the keys in the comments are those of the log.
#[derive(Debug)]
pub struct Record {
    /// `start_time`: when the head of the request had been read.
    pub started: SystemTime,
    /// `duration`: from then to the end of the response.
    pub duration: Duration,
    /// `method`; `None` if the head could not be read.
    pub method: Option<Method>,
    /// `protocol`: HTTP/1.1 or HTTP/2.
    pub version: Version,
    /// `response_code`; 0 if the client went away before it got one.
    pub status: u16,
    /// Who answered, and why: `response_flags`, `response_code_details`, `reason`.
    pub outcome: Outcome,
    /// `bytes_received`: of the request's body.
    pub bytes_received: u64,
    /// `bytes_sent`: of the response's body.
    pub bytes_sent: u64,
    /// What only a log wants; there if [`Observer::wants_heads`].
    pub head: Option<Box<Head>>,
    /// `gateway`, `listener`, `node_pool`; `None` if no listener took the request.
    pub listener: Option<Arc<ir::Listener>>,
    /// `route_name`, `route`, `rule`, `rule_name`; `None` if no rule took the request.
    pub rule: Option<Arc<Rule>>,
    /// `match`: index in the rule.
    pub match_index: Option<usize>,
    /// Index of the backend among [`Rule::backends`]; its name is `backend`.
    pub backend: Option<usize>,
    /// Where the request went, if it went anywhere.
    pub upstream: Option<UpstreamRecord>,
    /// The two ends of the client's connection.
    pub client: Addresses,
}

/// Who answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The backend, whole.
    Backend,
    /// The gateway, because the table says so: a redirect (`redirect`, flag `-`), another service
    /// that says no (`external_auth_denied`), or an own answer (the word of [`gwroute_core::Reason`]).
    Decided(&'static str),
    /// The gateway, because something went wrong; or the backend, whose answer was cut short by
    /// this (then [`Record::upstream`] has a `service_time`).
    Failed(crate::Error),
    /// Nobody: the handshake of the connection came to nothing, and there was no request.
    Handshake(HandshakeError),
}

/// Header values and names that only a log wants, as sent to the backend.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// `x-envoy-origin-path`: path and query as the client sent them.
    pub path: String,
    /// `:authority`.
    pub authority: Option<HeaderValue>,
    /// `x-forwarded-for`.
    pub forwarded_for: Option<HeaderValue>,
    /// `user-agent`.
    pub user_agent: Option<HeaderValue>,
    /// `x-request-id`.
    pub request_id: Option<HeaderValue>,
}

/// Where a request went.
#[derive(Debug, Clone)]
pub struct UpstreamRecord {
    /// `upstream_cluster` is its key, `service` its Service port.
    pub upstream: Arc<ir::Upstream>,
    /// `upstream_host`: the last one tried.
    pub endpoint: Arc<Endpoint>,
    /// `upstream_local_address`: the own end of the connection, if there was one.
    pub local: Option<SocketAddr>,
    /// `x-envoy-upstream-service-time`: from sending the request to the head of the response;
    /// `None` if none came.
    pub service_time: Option<Duration>,
    /// `tries`: how often the request was sent, or was to be sent, from 1.
    pub tries: u32,
}

/// The two ends of a client's connection.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// `downstream_local_address`.
    pub local: SocketAddr,
    /// `downstream_remote_address`.
    pub remote: SocketAddr,
    /// `requested_server_name`.
    pub server_name: Option<Arc<str>>,
}

impl Outcome {
    /// `reason`: why the gateway answered itself, or cut an answer short.
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Backend => None,
            Self::Decided(reason) => Some(reason),
            Self::Failed(error) => Some(error.kind.reason()),
            Self::Handshake(error) => Some(error.fault.reason()),
        }
    }

    /// `response_flags`: `-` if all went well.
    pub fn flag(&self) -> &'static str {
        match self {
            Self::Backend => "-",
            Self::Decided("no_route") => "NR",
            Self::Decided("no_endpoint") => "UH",
            Self::Decided("external_auth_denied") => "UAEX",
            Self::Decided(_) => "-",
            Self::Failed(error) => error.kind.flag(),
            Self::Handshake(error) => error.fault.flag(),
        }
    }
}
