//! What series are told apart by. Each key comes with a query that borrows, so that looking up
//! copies nothing.

use hashbrown::Equivalent;
use http::Method;

use crate::telemetry::{MirrorOutcome, Outcome, Record, TryOutcome};

/// Of `http_server_request_duration_seconds`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct RequestKey {
    /// Empty if no listener took the request; then the listener is, too.
    pub(super) gateway: String,
    pub(super) listener: String,
    /// Empty if routes are not told apart, or none took it.
    pub(super) rule: String,
    pub(super) method: &'static str,
    pub(super) status_class: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct RequestQuery<'a> {
    gateway: &'a str,
    listener: &'a str,
    rule: &'a str,
    method: &'static str,
    status_class: &'static str,
}

impl<'a> RequestQuery<'a> {
    pub(super) fn new(record: &'a Record, rule: Option<&'a str>) -> Self {
        let listener = record.listener.as_deref();
        Self {
            gateway: listener.map_or("", |listener| &listener.gateway),
            listener: listener.map_or("", |listener| &listener.key),
            rule: rule.unwrap_or_default(),
            method: known(record.method.as_ref()),
            status_class: class(record.status),
        }
    }
}

impl Equivalent<RequestKey> for RequestQuery<'_> {
    fn equivalent(&self, key: &RequestKey) -> bool {
        self.listener == key.listener
            && self.status_class == key.status_class
            && self.method == key.method
            && self.rule == key.rule
            && self.gateway == key.gateway
    }
}

impl From<&RequestQuery<'_>> for RequestKey {
    fn from(query: &RequestQuery<'_>) -> Self {
        Self {
            gateway: query.gateway.to_owned(),
            listener: query.listener.to_owned(),
            rule: query.rule.to_owned(),
            method: query.method,
            status_class: query.status_class,
        }
    }
}

/// The method if it is HTTP's own; clients can make up any number of others.
fn known(method: Option<&Method>) -> &'static str {
    let Some(method) = method else {
        return "_OTHER";
    };
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::CONNECT => "CONNECT",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::PATCH => "PATCH",
        // As OpenTelemetry spells it.
        _ => "_OTHER",
    }
}

fn class(status: u16) -> &'static str {
    match status {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500..600 => "5xx",
        // The client went away before it got one.
        _ => "none",
    }
}

/// Of `gwroute_tls_handshake_failures_total`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct HandshakeKey {
    pub(super) gateway: String,
    pub(super) port: u16,
    /// Empty if none was found.
    pub(super) listener: String,
    pub(super) reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct HandshakeQuery<'a> {
    gateway: &'a str,
    port: u16,
    listener: &'a str,
    reason: &'static str,
}

impl<'a> HandshakeQuery<'a> {
    pub(super) fn new(gateway: &'a str, port: u16, record: &'a Record) -> Self {
        let listener = record.listener.as_deref();
        Self {
            gateway,
            port,
            listener: listener.map_or("", |listener| &listener.key),
            reason: record.outcome.reason().unwrap_or_default(),
        }
    }
}

impl Equivalent<HandshakeKey> for HandshakeQuery<'_> {
    fn equivalent(&self, key: &HandshakeKey) -> bool {
        self.port == key.port
            && self.reason == key.reason
            && self.listener == key.listener
            && self.gateway == key.gateway
    }
}

impl From<&HandshakeQuery<'_>> for HandshakeKey {
    fn from(query: &HandshakeQuery<'_>) -> Self {
        Self {
            gateway: query.gateway.to_owned(),
            port: query.port,
            listener: query.listener.to_owned(),
            reason: query.reason,
        }
    }
}

/// Of `gwroute_responses_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ResponseKey {
    pub(super) source: &'static str,
    /// Empty for a whole response of a backend.
    pub(super) reason: &'static str,
}

impl ResponseKey {
    pub(super) const WHOLE: Self = Self {
        source: "backend",
        reason: "",
    };

    pub(super) fn new(record: &Record) -> Self {
        let Some(reason) = record.outcome.reason() else {
            return Self::WHOLE;
        };
        let upstream = record.upstream.as_ref();
        let had_begun = upstream.is_some_and(|upstream| upstream.service_time.is_some());
        let is_cut = had_begun && matches!(record.outcome, Outcome::Failed(_));
        let source = if is_cut { "backend" } else { "gateway" };
        Self { source, reason }
    }
}

impl From<&Self> for ResponseKey {
    fn from(key: &Self) -> Self {
        *key
    }
}

/// Of `gwroute_upstream_tries_total` and `gwroute_mirrored_requests_total`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct TryKey {
    pub(super) service: String,
    pub(super) outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct TryQuery<'a> {
    service: &'a str,
    outcome: &'static str,
}

impl<'a> TryQuery<'a> {
    pub(super) fn new(service: &'a str, outcome: TryOutcome) -> Self {
        let outcome = match outcome {
            TryOutcome::Answered => "answered",
            TryOutcome::Stale => "stale",
            TryOutcome::Failed(kind) => kind.reason(),
        };
        Self { service, outcome }
    }

    pub(super) fn mirrored(service: &'a str, outcome: MirrorOutcome) -> Self {
        let outcome = match outcome {
            MirrorOutcome::Answered => "answered",
            MirrorOutcome::Failed(kind) => kind.reason(),
            MirrorOutcome::Dropped => "dropped",
        };
        Self { service, outcome }
    }
}

impl Equivalent<TryKey> for TryQuery<'_> {
    fn equivalent(&self, key: &TryKey) -> bool {
        self.service == key.service && self.outcome == key.outcome
    }
}

impl From<&TryQuery<'_>> for TryKey {
    fn from(query: &TryQuery<'_>) -> Self {
        Self {
            service: query.service.to_owned(),
            outcome: query.outcome,
        }
    }
}
