//! The matches that came nearest, and a request that each would take.

use std::rc::Rc;

use crate::candidates::Candidate;
use crate::explain::suggestion::suggestion;
use crate::explain::summary::{Miss, route};
use crate::explain::text;
use crate::listener::{EntryId, Listener};
use crate::matcher::{self, Predicates, ValuePattern};
use crate::path::PathPattern;
use crate::rank::Rank;
use crate::table::RouteTable;
use crate::vhost::Query;
use crate::view::RequestView;

/// So many are shown.
const SHOWN: usize = 5;
/// So many are looked at: an explanation is asked for by a person, or by a peer of the admin port.
const LOOKED_AT: usize = 20_000;

/// A candidate where it stands, and all that keeps it from taking the request.
struct Near<'t> {
    listener: &'t Listener,
    pattern: Option<Rc<str>>,
    candidate: &'t Candidate,
    distance: usize,
    because: String,
}

impl Near<'_> {
    /// The place decides last: one match may stand under several hosts.
    fn order(&self) -> (usize, &Rank, Option<&str>, &str) {
        let pattern = self.pattern.as_deref();
        let listener = &*self.listener.ir.key;
        (self.distance, &self.candidate.rank, pattern, listener)
    }
}

pub(super) fn nearest<V: RequestView>(
    table: &RouteTable,
    at: EntryId,
    query: &Query<'_, V>,
    host: &str,
) -> Vec<Miss> {
    let mut near: Vec<Near<'_>> = candidates(table, at)
        .take(LOOKED_AT)
        .map(|(listener, pattern, candidate)| measure(listener, pattern, candidate, query, host))
        .collect();
    near.sort_by(|a, b| a.order().cmp(&b.order()));
    let mut misses: Vec<Miss> = Vec::new();
    for near in near {
        let host = host_like(host, near.pattern.as_deref());
        // Another listener may be the more specific one for the host, and answers alone.
        let answers = table.listener(at, None, &host).ok();
        let request = answers
            .filter(|answers| std::ptr::eq(*answers, near.listener))
            .and_then(|listener| suggestion(&listener.ir, &host, near.candidate, query.path));
        // Under several hosts, or beside an equal match: once is enough.
        if request.is_some() && misses.iter().any(|miss| miss.request == request) {
            continue;
        }
        misses.push(Miss {
            route: route(&near.candidate.rule, near.candidate.index),
            because: near.because,
            request,
        });
        if misses.len() == SHOWN {
            break;
        }
    }
    misses
}

/// All there are on the port, with the hosts that they stand under.
fn candidates(
    table: &RouteTable,
    at: EntryId,
) -> impl Iterator<Item = (&Listener, Option<Rc<str>>, &Candidate)> {
    let entry = table.entries.get(at.0);
    let ours = move |listener: &&Listener| {
        entry.is_some_and(|entry| {
            listener.ir.gateway == **entry.gateway() && listener.ir.port == entry.port()
        })
    };
    table.listeners.iter().filter(ours).flat_map(|listener| {
        listener.hosts.iter().flat_map(move |(pattern, host)| {
            let pattern = pattern.map(Rc::<str>::from);
            let candidates = host.candidates();
            candidates.map(move |candidate| (listener, pattern.clone(), candidate))
        })
    })
}

/// A condition on a value is a small obstacle, another path a larger one, another host the
/// largest.
fn measure<'t, V: RequestView>(
    listener: &'t Listener,
    pattern: Option<Rc<str>>,
    candidate: &'t Candidate,
    query: &Query<'_, V>,
    host: &str,
) -> Near<'t> {
    let mut obstacles = Obstacles::default();
    if !takes_host(pattern.as_deref(), host) {
        let wanted = pattern.as_deref().unwrap_or("any");
        obstacles.add(5, format!("host {wanted}, got {host:?}"));
    }
    let path = &candidate.matched().path;
    if !path.takes(query.path) {
        let wanted = text::path(candidate);
        let because = format!("path {wanted}, got {}", query.path);
        obstacles.add(path_distance(path, query.path), because);
    }
    obstacles.add_predicates(&candidate.matched().predicates, query);
    Near {
        listener,
        pattern,
        candidate,
        distance: obstacles.distance,
        because: obstacles.because.join("; "),
    }
}

#[derive(Default)]
struct Obstacles {
    distance: usize,
    because: Vec<String>,
}

impl Obstacles {
    fn add(&mut self, distance: usize, because: String) {
        self.distance += distance;
        self.because.push(because);
    }

    fn add_predicates<V: RequestView>(&mut self, predicates: &Predicates, query: &Query<'_, V>) {
        let method = query.request.method();
        if let Some(wanted) = predicates.method.as_deref()
            && wanted != method
        {
            self.add(1, format!("method {wanted}, got {method}"));
        }
        if let Some(wanted) = predicates.grpc_method.as_deref()
            && matcher::grpc_method(query.path) != Some(wanted)
        {
            self.add(1, format!("gRPC method {wanted}"));
        }
        for header in &predicates.headers {
            let got = matcher::header_value(query.request, &header.name);
            let what = format!("header {}", header.name);
            self.add_value(&what, &header.pattern, got.as_deref());
        }
        for param in &predicates.query_params {
            let got = matcher::query_value(query.query, &param.name);
            let what = format!("query parameter {}", param.name);
            self.add_value(&what, &param.pattern, got.as_deref());
        }
    }

    fn add_value(&mut self, what: &str, wanted: &ValuePattern, got: Option<&[u8]>) {
        if !got.is_some_and(|got| wanted.takes(got)) {
            let (wanted, got) = (text::pattern(wanted), text::got(got));
            self.add(1, format!("{what}: want {wanted}, got {got}"));
        }
    }
}

/// The host that was asked for, or one that the pattern takes.
fn host_like(host: &str, pattern: Option<&str>) -> String {
    if !host.is_empty() && takes_host(pattern, host) {
        return host.to_owned();
    }
    pattern.unwrap_or("any.example").replacen('*', "any", 1)
}

fn takes_host(pattern: Option<&str>, host: &str) -> bool {
    match pattern {
        None => true,
        Some(pattern) => match pattern.strip_prefix('*') {
            Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
            None => pattern == host,
        },
    }
}

/// 2 for a path that differs in its last segment or in case only, 3 or 4 for others.
fn path_distance(pattern: &PathPattern, path: &str) -> usize {
    let (PathPattern::Exact(wanted) | PathPattern::Prefix(wanted)) = pattern else {
        return 4;
    };
    let shared = wanted
        .bytes()
        .zip(path.bytes())
        .take_while(|(a, b)| a.eq_ignore_ascii_case(b))
        .count();
    if shared >= wanted.len() {
        2
    } else if shared > 1 {
        3
    } else {
        4
    }
}
