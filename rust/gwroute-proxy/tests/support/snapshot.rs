//! Snapshots, written down shortly.

use std::net::SocketAddr;

use gwroute_core::RouteTable;
use serde_json::{Value, json};

/// A snapshot in the making: one listener, gateway `infra/public`, port 80.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    rules: Vec<Value>,
    upstreams: Vec<Value>,
}

/// A rule in the making.
#[derive(Debug)]
pub(crate) struct Rule {
    host: Option<String>,
    path: String,
    filters: Vec<Value>,
    backends: Vec<Value>,
}

impl Rule {
    /// For all hosts, by path prefix.
    pub(crate) fn prefix(path: &str) -> Self {
        Self {
            host: None,
            path: path.to_owned(),
            filters: Vec::new(),
            backends: Vec::new(),
        }
    }

    pub(crate) fn host(mut self, host: &str) -> Self {
        self.host = Some(host.to_owned());
        self
    }

    pub(crate) fn filter(mut self, filter: Value) -> Self {
        self.filters.push(filter);
        self
    }

    /// A backend, by the key of its upstream.
    pub(crate) fn to(self, upstream: &str) -> Self {
        self.weighted(upstream, 1)
    }

    pub(crate) fn weighted(mut self, upstream: &str, weight: u32) -> Self {
        self.backends.push(json!({
            "name": upstream, "upstream": upstream, "weight": weight, "filters": [], "invalid": null
        }));
        self
    }

    /// A reference to nothing.
    pub(crate) fn without_backend(mut self) -> Self {
        self.backends.push(json!({
            "name": "shop/none:80", "upstream": null, "weight": 1, "filters": [],
            "invalid": {"status": 500, "message": "no such Service"}
        }));
        self
    }
}

impl Snapshot {
    pub(crate) fn rule(mut self, rule: Rule) -> Self {
        let index = self.rules.len();
        self.rules.push(json!({
            "key": format!("httproute/shop/web/rule/{index}"),
            "route": {"kind": "HTTPRoute", "namespace": "shop", "name": "web", "rule": index},
            "hosts": [{"listener": "infra/public/http", "host": rule.host, "hostname": rule.host}],
            "matches": [{"path": {"type": "PathPrefix", "value": rule.path}, "method": null,
                         "headers": [], "query_params": [], "line": null}],
            "filters": rule.filters,
            "backends": rule.backends,
        }));
        self
    }

    pub(crate) fn upstream(self, key: &str, endpoints: &[SocketAddr]) -> Self {
        self.upstream_of(key, "http/1.1", endpoints)
    }

    pub(crate) fn h2c(self, key: &str, endpoints: &[SocketAddr]) -> Self {
        self.upstream_of(key, "h2c", endpoints)
    }

    fn upstream_of(mut self, key: &str, protocol: &str, endpoints: &[SocketAddr]) -> Self {
        let endpoints: Vec<Value> = endpoints
            .iter()
            .map(|at| json!({"address": at.ip().to_string(), "port": at.port()}))
            .collect();
        self.upstreams.push(json!({
            "key": key, "service": key, "protocol": protocol, "endpoints": endpoints,
            "assumed": false, "removed": [], "scope": null
        }));
        self
    }

    pub(crate) fn table(self) -> RouteTable {
        let snapshot = json!({
            "schema": 1,
            "listeners": [{"key": "infra/public/http", "gateway": "infra/public", "name": "http",
                           "port": 80, "protocol": "HTTP", "hostname": null, "node_pool": null}],
            "rules": self.rules,
            "upstreams": self.upstreams,
        });
        RouteTable::from_json(snapshot.to_string().as_bytes()).unwrap()
    }

    /// Everything to one upstream at one endpoint.
    pub(crate) fn all_to(endpoint: SocketAddr) -> Self {
        Self::default()
            .rule(Rule::prefix("/").to("shop/web:80"))
            .upstream("shop/web:80", &[endpoint])
    }
}
