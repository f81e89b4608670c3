//! The matches that came nearest, and a request that each would take.

use std::fmt::Write;

use crate::candidates::Candidate;
use crate::explain::{Miss, exact, route, text};
use crate::ir::{self, ListenerProtocol};
use crate::listener::{EntryId, Listener};
use crate::matcher;
use crate::path::PathPattern;
use crate::rank::Rank;
use crate::table::RouteTable;
use crate::vhost::Query;
use crate::view::RequestView;

/// So many are shown.
const SHOWN: usize = 5;
/// So many are looked at: an explanation is asked for by a person, or by a peer of the admin port.
const LOOKED_AT: usize = 20_000;

/// A candidate and all that keeps it from taking the request.
struct Near<'t> {
    distance: usize,
    candidate: &'t Candidate,
    because: String,
    request: String,
}

impl Near<'_> {
    /// The request decides last: one match may stand under several hosts.
    fn order(&self) -> (usize, &Rank, &str) {
        (self.distance, &self.candidate.rank, &self.request)
    }
}

pub(super) fn nearest<V: RequestView>(
    table: &RouteTable,
    at: EntryId,
    query: &Query<'_, V>,
    host: &str,
) -> Vec<Miss> {
    let Some(entry) = table.entries.get(at.0) else {
        return Vec::new();
    };
    let ours = |listener: &&Listener| {
        listener.ir.gateway == **entry.gateway() && listener.ir.port == entry.port()
    };
    let all = table.listeners.iter().filter(ours).flat_map(|listener| {
        listener
            .hosts
            .iter()
            .flat_map(move |(pattern, virtual_host)| {
                let pattern = std::rc::Rc::new(pattern);
                virtual_host
                    .candidates()
                    .map(move |candidate| (listener, pattern.clone(), candidate))
            })
    });
    let mut near: Vec<Near<'_>> = all
        .take(LOOKED_AT)
        .map(|(listener, pattern, candidate)| {
            measure(listener, pattern.as_deref(), candidate, query, host)
        })
        .collect();
    near.sort_by(|a, b| a.order().cmp(&b.order()));
    near.dedup_by(|a, b| a.request == b.request);
    let miss = |near: Near<'_>| Miss {
        route: route(&near.candidate.rule, near.candidate.index),
        because: near.because,
        request: near.request,
    };
    near.into_iter().take(SHOWN).map(miss).collect()
}

/// A condition on a value is a small obstacle, another path a larger one, another host the
/// largest.
fn measure<'t, V: RequestView>(
    listener: &Listener,
    pattern: Option<&str>,
    candidate: &'t Candidate,
    query: &Query<'_, V>,
    host: &str,
) -> Near<'t> {
    let mut because = Vec::new();
    let mut distance = 0;
    let mut curl = Curl::default();
    if takes_host(pattern, host) {
        host.clone_into(&mut curl.host);
    } else {
        distance += 5;
        because.push(format!("host {}, got {host:?}", pattern.unwrap_or("any")));
        curl.host = pattern.unwrap_or("any.example").replacen('*', "any", 1);
    }
    let matched = candidate.matched();
    query.path.clone_into(&mut curl.path);
    if !matched.path.takes(query.path) {
        distance += path_distance(&matched.path, query.path);
        because.push(format!(
            "path {}, got {}",
            text::path(candidate),
            query.path
        ));
        curl.path = match &matched.path {
            PathPattern::Exact(value) | PathPattern::Prefix(value) => value.to_string(),
            PathPattern::Regex { pattern, .. } => pattern.to_string(),
        };
    }
    let predicates = &matched.predicates;
    if let Some(method) = &predicates.method {
        curl.method = Some(method.to_string());
        if **method != *query.request.method() {
            distance += 1;
            because.push(format!("method {method}, got {}", query.request.method()));
        }
    }
    if let Some(method) = &predicates.grpc_method
        && matcher::grpc_method(query.path) != Some(method)
    {
        distance += 1;
        because.push(format!("gRPC method {method}"));
        curl.path = format!("/any.Service/{method}");
    }
    for header in &predicates.headers {
        let got = matcher::header_value(query.request, &header.name);
        let wanted = text::pattern(&header.pattern);
        if !got.as_deref().is_some_and(|got| header.pattern.takes(got)) {
            distance += 1;
            because.push(format!(
                "header {}: want {wanted}, got {}",
                header.name,
                text::got(got.as_deref())
            ));
        }
        curl.headers.push((
            header.name.to_string(),
            exact(&header.pattern).unwrap_or(&wanted).to_owned(),
        ));
    }
    for param in &predicates.query_params {
        let got = matcher::query_value(query.query, &param.name);
        let wanted = text::pattern(&param.pattern);
        if !got.as_deref().is_some_and(|got| param.pattern.takes(got)) {
            distance += 1;
            because.push(format!(
                "query parameter {}: want {wanted}, got {}",
                param.name,
                text::got(got.as_deref())
            ));
        }
        curl.query_params.push((
            param.name.to_string(),
            exact(&param.pattern).unwrap_or(&wanted).to_owned(),
        ));
    }
    Near {
        distance,
        candidate,
        because: because.join("; "),
        request: curl.line(&listener.ir),
    }
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

#[derive(Default)]
struct Curl {
    method: Option<String>,
    host: String,
    path: String,
    headers: Vec<(String, String)>,
    query_params: Vec<(String, String)>,
}

impl Curl {
    fn line(&self, listener: &ir::Listener) -> String {
        let mut line = "curl".to_owned();
        if let Some(method) = self.method.as_deref().filter(|method| *method != "GET") {
            let _ = write!(line, " -X {method}");
        }
        for (name, value) in &self.headers {
            let _ = write!(line, " -H {}", quoted(&format!("{name}: {value}")));
        }
        let (scheme, own) = match listener.protocol {
            ListenerProtocol::Http => ("http", 80),
            ListenerProtocol::Https => ("https", 443),
        };
        let port = if listener.port == own {
            String::new()
        } else {
            format!(":{}", listener.port)
        };
        let path = if self.path.is_empty() {
            "/"
        } else {
            &self.path
        };
        let query: Vec<_> = self
            .query_params
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let query = if query.is_empty() {
            String::new()
        } else {
            format!("?{}", query.join("&"))
        };
        let url = format!("{scheme}://{}{port}{path}{query}", self.host);
        let plain = url
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b":/.-_~%".contains(&b));
        let _ = write!(line, " {}", if plain { url } else { quoted(&url) });
        line
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
