//! What an explanation is made of, each from what the table has.

use std::sync::Arc;

use serde::Serialize;

use crate::candidates::Candidate;
use crate::explain::text;
use crate::filter::Mirror;
use crate::host::HostMap;
use crate::ir;
use crate::matcher::{self, Failed};
use crate::rule::{Backend, Rule};
use crate::table::RouteTable;
use crate::target::Target;
use crate::vhost::{Query, VirtualHost};
use crate::view::RequestView;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct RequestSummary {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) host: String,
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ListenerSummary {
    pub(super) name: String,
    pub(super) gateway: String,
    pub(super) port: u16,
    pub(super) protocol: ir::ListenerProtocol,
    pub(super) hostname: Option<String>,
    pub(super) among: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct HostSummary {
    pub(super) pattern: Option<String>,
    pub(super) rules: usize,
    pub(super) then: Vec<NextHost>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct NextHost {
    pub(super) pattern: Option<String>,
    pub(super) rules: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct RouteSummary {
    pub(super) kind: String,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) rule: u32,
    pub(super) rule_name: Option<String>,
    #[serde(rename = "match")]
    pub(super) index: usize,
    pub(super) file: Option<String>,
    pub(super) line: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Considered {
    pub(super) route: RouteSummary,
    pub(super) matched: bool,
    pub(super) failed: Option<FailedSummary>,
    pub(super) beaten_by: Option<String>,
    #[serde(skip)]
    pub(super) path: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct FailedSummary {
    pub(super) predicate: String,
    pub(super) wanted: String,
    pub(super) got: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct BackendSummary {
    pub(super) backend: String,
    pub(super) weight: u32,
    pub(super) share: f64,
    pub(super) invalid: Option<String>,
    pub(super) endpoints: EndpointSummary,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct EndpointSummary {
    pub(super) ready: Vec<String>,
    pub(super) removed: Vec<ir::RemovedEndpoint>,
    pub(super) scope: Option<String>,
    pub(super) assumed: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct MirrorSummary {
    pub(super) backend: String,
    pub(super) share: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Miss {
    pub(super) route: RouteSummary,
    pub(super) because: String,
    /// What to send instead; `None` where no simple request meets all conditions.
    pub(super) request: Option<String>,
}

/// The port is known where the request comes in.
pub(super) fn request_summary<V: RequestView>(request: &V) -> RequestSummary {
    let target = Target::parse(request.target(), request.authority());
    let part = |part: fn(&Target<'_>) -> String| target.as_ref().map(part).unwrap_or_default();
    RequestSummary {
        method: request.method().to_owned(),
        target: String::from_utf8_lossy(request.target()).into_owned(),
        host: part(|target| target.host().to_owned()),
        path: part(|target| target.path().to_owned()),
        query: target
            .as_ref()
            .ok()
            .and_then(Target::query)
            .map(str::to_owned),
        port: None,
    }
}

pub(super) fn visited(hosts: &HostMap<Arc<VirtualHost>>, host: &str) -> Vec<NextHost> {
    let patterns = hosts.iter();
    let by_pointer: Vec<_> = patterns
        .map(|(pattern, host)| (Arc::as_ptr(host), pattern))
        .collect();
    let name = |pointer| {
        by_pointer
            .iter()
            .find(|(known, _)| *known == pointer)
            .and_then(|(_, pattern)| pattern.clone())
    };
    let visited = hosts.lookup(host);
    visited
        .map(|host| NextHost {
            pattern: name(Arc::as_ptr(host)),
            rules: host.candidates().count(),
        })
        .collect()
}

pub(super) fn route(rule: &Rule, index: usize) -> RouteSummary {
    let ir::RouteRef {
        kind,
        namespace,
        name,
        rule: position,
        rule_name,
        file,
        ..
    } = &rule.ir.route;
    RouteSummary {
        kind: kind.clone(),
        namespace: namespace.clone(),
        name: name.clone(),
        rule: *position,
        rule_name: rule_name.clone(),
        index,
        file: file.clone(),
        line: rule.ir.line(index),
    }
}

pub(super) fn considered<V: RequestView>(
    candidate: &Candidate,
    failed: Option<Failed<'_>>,
    winner: Option<&Candidate>,
    query: &Query<'_, V>,
) -> Considered {
    let beaten_by = match (failed, winner) {
        (None, Some(winner)) if winner.rank != candidate.rank => Some(format!(
            "{}: {}",
            text::name(winner),
            winner.rank.why_before(&candidate.rank)
        )),
        _ => None,
    };
    Considered {
        route: route(&candidate.rule, candidate.index),
        matched: failed.is_none(),
        failed: failed.map(|failed| failed_summary(candidate, failed, query)),
        beaten_by,
        path: text::path(candidate),
    }
}

fn failed_summary<V: RequestView>(
    candidate: &Candidate,
    failed: Failed<'_>,
    query: &Query<'_, V>,
) -> FailedSummary {
    let shown = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    match failed {
        Failed::Path => FailedSummary {
            predicate: "path".into(),
            wanted: text::path(candidate),
            got: Some(query.path.to_owned()),
        },
        Failed::Method(wanted) => FailedSummary {
            predicate: "method".into(),
            wanted: wanted.to_owned(),
            got: Some(query.request.method().to_owned()),
        },
        Failed::GrpcMethod(wanted) => FailedSummary {
            predicate: "gRPC method".into(),
            wanted: wanted.to_owned(),
            got: matcher::grpc_method(query.path).map(str::to_owned),
        },
        Failed::Header(header) => FailedSummary {
            predicate: format!("header {}", header.name),
            wanted: text::pattern(&header.pattern),
            got: matcher::header_value(query.request, &header.name).map(|value| shown(&value)),
        },
        Failed::QueryParam(param) => FailedSummary {
            predicate: format!("query parameter {}", param.name),
            wanted: text::pattern(&param.pattern),
            got: matcher::query_value(query.query, &param.name).map(|value| shown(&value)),
        },
    }
}

pub(super) fn tie(winner: &Candidate, next: &Candidate) -> String {
    let created = winner.rule.ir.route.created.is_some();
    let by = if created { "age" } else { "name" };
    let rest = if created {
        ""
    } else {
        "; in a cluster the older route wins"
    };
    format!("by {by} before {}{rest}", text::name(next))
}

pub(super) fn backend_summary(table: &RouteTable, backend: &Backend) -> BackendSummary {
    let upstream = backend.upstream().map(|id| &**table.upstream(id));
    let endpoints = upstream.map_or_else(
        || EndpointSummary {
            ready: Vec::new(),
            removed: Vec::new(),
            scope: None,
            assumed: false,
        },
        |upstream| EndpointSummary {
            ready: upstream.endpoints.iter().map(address).collect(),
            removed: upstream.removed.clone(),
            scope: upstream.scope.clone(),
            assumed: upstream.assumed,
        },
    );
    BackendSummary {
        backend: backend.name().to_owned(),
        weight: backend.weight(),
        share: backend.share(),
        invalid: backend
            .ir
            .invalid
            .as_ref()
            .map(|failure| failure.message.clone()),
        endpoints,
    }
}

pub(super) fn mirror_summary(mirror: &Mirror) -> MirrorSummary {
    MirrorSummary {
        backend: mirror.backend().to_owned(),
        share: mirror.share(),
    }
}

fn address(endpoint: &ir::Endpoint) -> String {
    let ir::Endpoint { address, port, .. } = endpoint;
    if address.contains(':') {
        format!("[{address}]:{port}")
    } else {
        format!("{address}:{port}")
    }
}
