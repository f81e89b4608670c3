//! What a rule asks of whoever carries its decisions out: time limits, tries, sessions, who is
//! asked first, who gets a copy, how a backend is spoken to. Values, made when asked for.

use gwroute_core::{RouteTable, UpstreamId, ir};
use pyo3::prelude::*;

/// Time limits of a rule, in milliseconds.
#[pyclass(frozen, eq, get_all, module = "gwroute._native")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeouts {
    request_ms: Option<u64>,
    backend_request_ms: Option<u64>,
}

/// When a request is sent again.
#[pyclass(frozen, eq, get_all, module = "gwroute._native")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Retry {
    codes: Vec<u16>,
    attempts: u32,
    backoff_ms: u64,
}

/// How a client is kept at one endpoint.
#[pyclass(frozen, eq, get_all, module = "gwroute._native")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    r#type: &'static str,
    name: String,
    path: String,
    permanent: bool,
    absolute_timeout_ms: Option<u64>,
}

/// How a backend is known to be right.
#[pyclass(frozen, eq, get_all, module = "gwroute._native")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UpstreamTLS {
    hostname: String,
    authorities: Option<Vec<String>>,
    subject_alt_names: Vec<(&'static str, String)>,
    client_certificate: Option<String>,
}

/// Where a backend is, and how it is spoken to.
#[pyclass(frozen, eq, get_all, module = "gwroute._native")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    endpoints: Vec<(String, u16)>,
    assumed: bool,
    protocol: &'static str,
    tls: Option<UpstreamTLS>,
}

/// A service that says whether a request may pass.
#[pyclass(frozen, eq, get_all, module = "gwroute._native")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExternalAuth {
    protocol: &'static str,
    backend: String,
    destination: Option<Destination>,
    path: String,
    allowed_headers: Vec<String>,
    allowed_response_headers: Vec<String>,
    forward_body: u32,
}

/// A copy of some requests to another backend.
#[pyclass(frozen, eq, get_all, module = "gwroute._native")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mirror {
    backend: String,
    destination: Destination,
    share: f64,
}

impl From<ir::Timeouts> for Timeouts {
    fn from(limits: ir::Timeouts) -> Self {
        Self {
            request_ms: limits.request_ms,
            backend_request_ms: limits.backend_request_ms,
        }
    }
}

impl From<&ir::Retry> for Retry {
    fn from(retry: &ir::Retry) -> Self {
        Self {
            codes: retry.codes.clone(),
            attempts: retry.attempts,
            backoff_ms: retry.backoff_ms,
        }
    }
}

impl From<&ir::Session> for Session {
    fn from(session: &ir::Session) -> Self {
        Self {
            r#type: match session.kind {
                ir::SessionKind::Cookie => "Cookie",
                ir::SessionKind::Header => "Header",
            },
            name: session.name.clone(),
            path: session.path.clone(),
            permanent: session.permanent,
            absolute_timeout_ms: session.absolute_timeout_ms,
        }
    }
}

impl From<&ir::UpstreamTls> for UpstreamTLS {
    fn from(tls: &ir::UpstreamTls) -> Self {
        let names = tls.subject_alt_names.iter().map(|name| match name {
            ir::SubjectAltName::Hostname(name) => ("Hostname", name.clone()),
            ir::SubjectAltName::Uri(uri) => ("URI", uri.clone()),
        });
        Self {
            hostname: tls.hostname.clone(),
            authorities: tls.authorities.clone(),
            subject_alt_names: names.collect(),
            client_certificate: tls.client_certificate.clone(),
        }
    }
}

/// `http/1.1` or `h2c`.
pub(crate) fn protocol(protocol: ir::UpstreamProtocol) -> &'static str {
    match protocol {
        ir::UpstreamProtocol::Http1 => "http/1.1",
        ir::UpstreamProtocol::H2c => "h2c",
    }
}

impl From<&ir::Upstream> for Destination {
    fn from(upstream: &ir::Upstream) -> Self {
        let endpoints = upstream.endpoints.iter();
        let endpoints = endpoints.map(|known| (known.address.clone(), known.port));
        Self {
            endpoints: endpoints.collect(),
            assumed: upstream.assumed,
            protocol: protocol(upstream.protocol),
            tls: upstream.tls.as_ref().map(UpstreamTLS::from),
        }
    }
}

impl Destination {
    pub(crate) fn of(table: &RouteTable, id: UpstreamId) -> Self {
        Self::from(&**table.upstream(id))
    }
}

impl ExternalAuth {
    pub(crate) fn of(table: &RouteTable, auth: &gwroute_core::ExternalAuth) -> Self {
        let filter = auth.as_ir();
        Self {
            protocol: match filter.protocol {
                ir::ExternalAuthProtocol::Http => "HTTP",
                ir::ExternalAuthProtocol::Grpc => "GRPC",
            },
            backend: filter.backend.clone(),
            destination: auth.upstream().map(|id| Destination::of(table, id)),
            path: auth.path().to_owned(),
            allowed_headers: filter.allowed_headers.clone(),
            allowed_response_headers: filter.allowed_response_headers.clone(),
            forward_body: filter.forward_body,
        }
    }
}

impl Mirror {
    pub(crate) fn of(table: &RouteTable, mirror: &gwroute_core::Mirror) -> Self {
        Self {
            backend: mirror.backend().to_owned(),
            destination: Destination::of(table, mirror.upstream()),
            share: mirror.share(),
        }
    }
}
