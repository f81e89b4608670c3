//! Why a request goes where it goes.
//!
//! The walk is [`RouteTable::decide`]'s own: this module asks the table for the same listener and
//! the same match, then judges every candidate under the hosts that were visited by the same
//! predicates. A property test holds the two together.

mod example;
mod misses;
mod suggestion;
mod summary;
mod terms;
mod text;

use serde::Serialize;

use crate::decision::{self, Decision, Matched, Reason};
use crate::ir;
use crate::listener::{EntryId, Listener};
use crate::matcher::Failed;
use crate::rule::Backend;
use crate::table::{Found, RouteTable};
use crate::target::Target;
use crate::vhost::Query;
use crate::view::RequestView;

use summary::{
    BackendSummary, Considered, HostSummary, ListenerSummary, MirrorSummary, Miss, NextHost,
    RequestSummary, RouteSummary, backend_summary, considered, mirror_summary, request_summary,
    route, tie, visited,
};

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
    session: Option<ir::Session>,
    external_auth: Vec<ir::ExternalAuth>,
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
        Self {
            request: request_summary(request),
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
            session: None,
            external_auth: Vec::new(),
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
        let decision = decision::carry_out(
            matched,
            target,
            request,
            |rule| rule.draw(draw),
            |id| table.upstreams.has_endpoints(id),
        );
        self.decided(&decision);
        let backend = match &decision {
            Decision::Forward(forward) => Some(forward.backend()),
            Decision::Respond(respond) => respond.backend(),
            Decision::Redirect(_) => None,
        };
        if let Decision::Forward(forward) = &decision {
            self.timeouts = matched.rule.timeouts();
            self.retry = matched.rule.retry().cloned();
            self.session = matched.rule.session().cloned();
            self.mirrors = forward.mirrors().map(mirror_summary).collect();
        }
        let asked = decision.external_auth();
        self.external_auth = asked.map(|auth| auth.as_ir().clone()).collect();
        self.edits = text::edits(matched, backend);
        self.backend = backend.map(|backend| backend.name().to_owned());
        self.share = backend.map(Backend::share);
    }
}
