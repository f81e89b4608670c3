//! Why a request goes where it goes.
//!
//! The walk is [`RouteTable::decide`]'s own: this module asks the table for the same listener and
//! the same match, then judges every candidate under the hosts that were visited by the same
//! predicates. A property test holds the two together.

mod example;
mod misses;
mod suggestion;
mod text;

use serde::Serialize;

use crate::candidates::Candidate;
use crate::decision::{self, Decision, Matched, Reason};
use crate::filter::Mirror;
use crate::host::HostMap;
use crate::ir;
use crate::listener::{EntryId, Listener};
use crate::matcher::{self, Failed};
use crate::rule::{Backend, Rule};
use crate::table::{Found, RouteTable};
use crate::target::Target;
use crate::vhost::Query;
use crate::view::RequestView;

/// So many candidates are listed; a table may hold a hundred thousand.
const LISTED: usize = 64;

/// One decision with its reasons. `Display` is for people, `Serialize` for programs; the keys
/// appear in this order and are always there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    request: RequestSummary,
    listener: Option<ListenerSummary>,
    host: Option<HostSummary>,
    outcome: &'static str,
    status: Option<u16>,
    reason: Option<String>,
    route: Option<RouteSummary>,
    considered: Vec<Considered>,
    edits: Vec<String>,
    location: Option<String>,
    backend: Option<String>,
    share: Option<f64>,
    backends: Vec<BackendSummary>,
    timeouts: Option<ir::Timeouts>,
    retry: Option<ir::Retry>,
    mirrors: Vec<MirrorSummary>,
    misses: Vec<Miss>,
    tie: Option<String>,
    assumed: Vec<String>,
    node_pool: Option<String>,
    #[serde(skip)]
    unlisted: usize,
    #[serde(skip)]
    draw: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct RequestSummary {
    method: String,
    target: String,
    host: String,
    path: String,
    query: Option<String>,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct ListenerSummary {
    name: String,
    gateway: String,
    port: u16,
    protocol: ir::ListenerProtocol,
    hostname: Option<String>,
    among: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct HostSummary {
    pattern: Option<String>,
    rules: usize,
    then: Vec<NextHost>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct NextHost {
    pattern: Option<String>,
    rules: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct RouteSummary {
    kind: String,
    namespace: String,
    name: String,
    rule: u32,
    rule_name: Option<String>,
    #[serde(rename = "match")]
    index: usize,
    file: Option<String>,
    line: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Considered {
    route: RouteSummary,
    matched: bool,
    failed: Option<FailedSummary>,
    beaten_by: Option<String>,
    #[serde(skip)]
    path: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct FailedSummary {
    predicate: String,
    wanted: String,
    got: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct BackendSummary {
    backend: String,
    weight: u32,
    share: f64,
    invalid: Option<String>,
    endpoints: EndpointSummary,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct EndpointSummary {
    ready: Vec<String>,
    removed: Vec<ir::RemovedEndpoint>,
    scope: Option<String>,
    assumed: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct MirrorSummary {
    backend: String,
    share: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Miss {
    route: RouteSummary,
    because: String,
    /// What to send instead; `None` where no simple request meets all conditions.
    request: Option<String>,
}

impl Explanation {
    /// `forward`, `redirect` or `respond`.
    pub fn outcome(&self) -> &'static str {
        self.outcome
    }

    /// What resolution had to assume, to be shown with the rest.
    pub fn set_assumed(&mut self, assumed: Vec<String>) {
        self.assumed = assumed;
    }
}

pub(crate) fn explain<V: RequestView>(
    table: &RouteTable,
    at: EntryId,
    sni: Option<&str>,
    request: &V,
    draw: f64,
) -> Explanation {
    let mut explanation = Explanation::new(request, draw);
    explanation.request.port = table.entries.get(at.0).map(crate::listener::Entry::port);
    match table.find(at, sni, request) {
        Found::Decided(decision) => explanation.decided(&decision),
        Found::At {
            listener,
            matched,
            target,
        } => {
            let query = Query {
                request,
                path: target.path(),
                query: target.query(),
            };
            explanation.at_listener(table, at, listener, &target);
            explanation.consider(listener, &query, target.host());
            match matched {
                None => {
                    explanation.respond(404, Reason::NoRoute.describe());
                    explanation.misses = misses::nearest(table, at, &query, target.host());
                }
                Some(matched) => explanation.carried_out(table, matched, target.clone(), request),
            }
        }
    }
    explanation
}

impl Explanation {
    fn new<V: RequestView>(request: &V, draw: f64) -> Self {
        let target = Target::parse(request.target(), request.authority());
        let part = |part: fn(&Target<'_>) -> String| target.as_ref().map(part).unwrap_or_default();
        Self {
            request: RequestSummary {
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
            },
            listener: None,
            host: None,
            outcome: "respond",
            status: None,
            reason: None,
            route: None,
            considered: Vec::new(),
            edits: Vec::new(),
            location: None,
            backend: None,
            share: None,
            backends: Vec::new(),
            timeouts: None,
            retry: None,
            mirrors: Vec::new(),
            misses: Vec::new(),
            tie: None,
            assumed: Vec::new(),
            node_pool: None,
            unlisted: 0,
            draw,
        }
    }

    fn respond(&mut self, status: u16, reason: &str) {
        self.outcome = "respond";
        self.status = Some(status);
        self.reason = Some(reason.to_owned());
    }

    fn at_listener(
        &mut self,
        table: &RouteTable,
        at: EntryId,
        listener: &Listener,
        target: &Target<'_>,
    ) {
        let entry = &table.entries[at.0];
        let same = |other: &&Listener| {
            other.ir.gateway == **entry.gateway() && other.ir.port == entry.port()
        };
        self.node_pool.clone_from(&listener.ir.node_pool);
        self.listener = Some(ListenerSummary {
            name: listener.ir.key.clone(),
            gateway: listener.ir.gateway.clone(),
            port: listener.ir.port,
            protocol: listener.ir.protocol,
            hostname: listener.ir.hostname.clone(),
            among: table.listeners.iter().filter(same).count(),
        });
        let mut hosts = visited(&listener.hosts, target.host());
        if !hosts.is_empty() {
            let NextHost { pattern, rules } = hosts.remove(0);
            self.host = Some(HostSummary {
                pattern,
                rules,
                then: hosts,
            });
        }
    }

    /// Every match under the hosts that were visited, in order of precedence.
    fn consider<V: RequestView>(&mut self, listener: &Listener, query: &Query<'_, V>, host: &str) {
        let judged: Vec<_> = listener
            .hosts
            .lookup(host)
            .flat_map(|host| host.judge(query))
            .collect();
        let winner = judged
            .iter()
            .find(|(_, failed)| failed.is_none())
            .map(|(candidate, _)| *candidate);
        self.unlisted = judged.len().saturating_sub(LISTED);
        let mut listed: Vec<_> = judged.iter().enumerate().collect();
        if listed.len() > LISTED {
            // Those whose path fits tell more than those that are elsewhere.
            listed
                .sort_by_key(|(place, (_, failed))| (matches!(failed, Some(Failed::Path)), *place));
            listed.truncate(LISTED);
            listed.sort_by_key(|(place, _)| *place);
        }
        for (_, (candidate, failed)) in listed {
            self.considered
                .push(considered(candidate, *failed, winner, query));
        }
        let next = judged.iter().filter(|(_, failed)| failed.is_none()).nth(1);
        if let (Some(winner), Some((next, _))) = (winner, next)
            && winner.rank.is_tie(&next.rank)
        {
            self.tie = Some(tie(winner, next));
        }
    }

    fn decided(&mut self, decision: &Decision<'_, '_>) {
        match decision {
            Decision::Respond(respond) => {
                self.respond(
                    respond.status(),
                    respond.detail().unwrap_or(respond.reason().describe()),
                );
            }
            Decision::Redirect(redirect) => {
                self.outcome = "redirect";
                self.status = Some(redirect.status());
                self.location = Some(redirect.location());
                if redirect.route().is_none() {
                    self.reason = Some("the path holds escaped slashes".to_owned());
                }
            }
            Decision::Forward(_) => self.outcome = "forward",
        }
    }

    fn carried_out<V: RequestView>(
        &mut self,
        table: &RouteTable,
        matched: Matched<'_>,
        target: Target<'_>,
        request: &V,
    ) {
        let draw = self.draw;
        self.route = Some(route(matched.rule, matched.index));
        self.backends = matched
            .rule
            .backends
            .iter()
            .map(|backend| backend_summary(table, backend))
            .collect();
        let decision = decision::carry_out(matched, target, request, draw, |id| {
            table.upstreams.has_endpoints(id)
        });
        self.decided(&decision);
        let backend = match &decision {
            Decision::Forward(forward) => Some(forward.backend()),
            Decision::Respond(respond) => respond.backend(),
            Decision::Redirect(_) => None,
        };
        if let Decision::Forward(forward) = &decision {
            self.timeouts = matched.rule.timeouts();
            self.retry = matched.rule.retry().cloned();
            self.mirrors = forward.mirrors().map(mirror_summary).collect();
        }
        self.edits = text::edits(matched, backend);
        self.backend = backend.map(|backend| backend.name().to_owned());
        self.share = backend.map(Backend::share);
    }
}

fn visited(
    hosts: &HostMap<std::sync::Arc<crate::vhost::VirtualHost>>,
    host: &str,
) -> Vec<NextHost> {
    let patterns = hosts.iter();
    let by_pointer: Vec<_> = patterns
        .map(|(pattern, host)| (std::sync::Arc::as_ptr(host), pattern))
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
            pattern: name(std::sync::Arc::as_ptr(host)),
            rules: host.candidates().count(),
        })
        .collect()
}

fn route(rule: &Rule, index: usize) -> RouteSummary {
    let ir::RouteRef {
        kind,
        namespace,
        name,
        rule: position,
        rule_name,
        file,
        line,
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
        line: rule.ir.matches[index].line.or(*line),
    }
}

fn considered<V: RequestView>(
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

fn tie(winner: &Candidate, next: &Candidate) -> String {
    let created = winner.rule.ir.route.created.is_some();
    let by = if created { "age" } else { "name" };
    let rest = if created {
        ""
    } else {
        "; in a cluster the older route wins"
    };
    format!("by {by} before {}{rest}", text::name(next))
}

fn backend_summary(table: &RouteTable, backend: &Backend) -> BackendSummary {
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

fn mirror_summary(mirror: &Mirror) -> MirrorSummary {
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
