//! `/upstreams`: endpoints with their load, and what removed others.

use gwroute_core::ir;
use http::{StatusCode, request};
use serde::Serialize;

use super::answer::{self, Answer};
use super::state::State;
use crate::Endpoint;

#[derive(Debug, Serialize)]
struct UpstreamView<'a> {
    upstream: &'a str,
    service: &'a str,
    protocol: ir::UpstreamProtocol,
    scope: Option<&'a str>,
    assumed: bool,
    endpoints: Vec<EndpointView<'a>>,
    removed: &'a [ir::RemovedEndpoint],
}

#[derive(Debug, Serialize)]
struct EndpointView<'a> {
    address: String,
    /// Requests under way.
    load: usize,
    node: Option<&'a str>,
    node_pool: Option<&'a str>,
    zone: Option<&'a str>,
    pod: Option<&'a str>,
}

pub(super) fn list(state: &State, _: &request::Parts) -> Answer {
    let live = state.known.live();
    let mut all: Vec<_> = live.upstreams().collect();
    all.sort_by(|(one, _), (other, _)| one.key.cmp(&other.key));
    let views: Vec<_> = all
        .iter()
        .map(|(upstream, endpoints)| UpstreamView {
            upstream: &upstream.key,
            service: &upstream.service,
            protocol: upstream.protocol,
            scope: upstream.scope.as_deref(),
            assumed: upstream.assumed,
            endpoints: endpoints.iter().map(|endpoint| view(endpoint)).collect(),
            removed: &upstream.removed,
        })
        .collect();
    answer::json(StatusCode::OK, &views)
}

fn view(endpoint: &Endpoint) -> EndpointView<'_> {
    let known = endpoint.as_ir();
    EndpointView {
        address: endpoint.address().to_string(),
        load: endpoint.active(),
        node: known.node.as_deref(),
        node_pool: known.node_pool.as_deref(),
        zone: known.zone.as_deref(),
        pod: known.pod.as_deref(),
    }
}
