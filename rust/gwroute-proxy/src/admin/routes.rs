//! `/routes`: listeners, hosts, and rules in order of precedence with their hits.

use gwroute_core::{HostMatches, ir};
use http::{StatusCode, request};
use serde::Serialize;

use super::answer::{self, Answer};
use super::api::parameter;
use super::state::State;
use crate::metrics::Metrics;

#[derive(Debug, Serialize)]
struct ListenerView<'a> {
    #[serde(flatten)]
    listener: &'a ir::Listener,
    hosts: Vec<HostView<'a>>,
}

#[derive(Debug, Serialize)]
struct HostView<'a> {
    host: Option<String>,
    rules: Vec<RuleView<'a>>,
}

#[derive(Debug, Serialize)]
struct RuleView<'a> {
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
    rule: u32,
    rule_name: Option<&'a str>,
    #[serde(rename = "match")]
    index: usize,
    file: Option<&'a str>,
    line: Option<u32>,
    conditions: &'a ir::RouteMatch,
    backends: Vec<BackendView<'a>>,
    /// Of the rule, by whichever of its matches and hosts.
    hits: u64,
}

#[derive(Debug, Serialize)]
struct BackendView<'a> {
    backend: &'a str,
    weight: u32,
}

pub(super) fn list(state: &State, request: &request::Parts) -> Answer {
    let live = state.known.live();
    let table = live.table();
    let asked = parameter(request, "host");
    let views: Vec<_> = table
        .listeners()
        .map(|listener| {
            let hosts = match &asked {
                Some(host) => table.hosts_that_take(&listener.key, host),
                None => table.hosts(&listener.key),
            };
            let metrics = state.known.metrics();
            let hosts = hosts.into_iter().map(|host| host_view(host, metrics));
            ListenerView {
                listener,
                hosts: hosts.collect(),
            }
        })
        .collect();
    answer::json(StatusCode::OK, &views)
}

fn host_view<'a>((host, matches): HostMatches<'a>, metrics: &Metrics) -> HostView<'a> {
    let rules = matches.into_iter();
    let rules = rules.filter_map(|(rule, index)| rule_view(rule, index, metrics));
    HostView {
        host,
        rules: rules.collect(),
    }
}

fn rule_view<'a>(rule: &'a ir::Rule, index: usize, metrics: &Metrics) -> Option<RuleView<'a>> {
    let route = &rule.route;
    let conditions = rule.matches.get(index)?;
    let backends = rule.backends.iter().map(|backend| BackendView {
        backend: &backend.name,
        weight: backend.weight,
    });
    Some(RuleView {
        kind: &route.kind,
        namespace: &route.namespace,
        name: &route.name,
        rule: route.rule,
        rule_name: route.rule_name.as_deref(),
        index,
        file: route.file.as_deref(),
        line: rule.line(index),
        conditions,
        backends: backends.collect(),
        hits: metrics.hits(&rule.key),
    })
}
