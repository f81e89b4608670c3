//! Snapshots, written down shortly.

use std::net::SocketAddr;

use gwroute_core::RouteTable;
use gwroute_proxy::Secrets;
use serde_json::{Value, json};

use super::tls::{Authority, Pair};

/// A snapshot in the making: gateway `infra/public`, and unless others are named one listener
/// `http` at port 80.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    listeners: Vec<Value>,
    rules: Vec<Value>,
    upstreams: Vec<Value>,
    pairs: serde_json::Map<String, Value>,
    authorities: serde_json::Map<String, Value>,
}

/// A rule in the making.
#[derive(Debug)]
pub(crate) struct Rule {
    listener: String,
    host: Option<String>,
    path: String,
    filters: Vec<Value>,
    backends: Vec<Value>,
    timeouts: Value,
    retry: Value,
    session: Value,
}

impl Rule {
    /// For all hosts, by path prefix.
    pub(crate) fn prefix(path: &str) -> Self {
        Self {
            listener: "http".to_owned(),
            host: None,
            path: path.to_owned(),
            filters: Vec::new(),
            backends: Vec::new(),
            timeouts: Value::Null,
            retry: Value::Null,
            session: Value::Null,
        }
    }

    pub(crate) fn session(mut self, session: Value) -> Self {
        self.session = session;
        self
    }

    pub(crate) fn host(mut self, host: &str) -> Self {
        self.host = Some(host.to_owned());
        self
    }

    pub(crate) fn filter(mut self, filter: Value) -> Self {
        self.filters.push(filter);
        self
    }

    /// Under the listener of that name.
    pub(crate) fn at(mut self, listener: &str) -> Self {
        self.listener = listener.to_owned();
        self
    }

    /// A backend, by the key of its upstream.
    pub(crate) fn to(self, upstream: &str) -> Self {
        self.weighted(upstream, 1)
    }

    /// A backend with a filter of its own.
    pub(crate) fn filtered(self, upstream: &str, filter: Value) -> Self {
        let mut rule = self.to(upstream);
        if let Some(backend) = rule.backends.last_mut() {
            backend["filters"] = json!([filter]);
        }
        rule
    }

    pub(crate) fn weighted(mut self, upstream: &str, weight: u32) -> Self {
        self.backends.push(json!({
            "name": upstream, "upstream": upstream, "weight": weight, "filters": [], "invalid": null
        }));
        self
    }

    /// Milliseconds for the whole, and for each try.
    pub(crate) fn timeouts(mut self, request: Option<u64>, backend_request: Option<u64>) -> Self {
        self.timeouts = json!({"request_ms": request, "backend_request_ms": backend_request});
        self
    }

    /// So many tries after the first, at once, for failed connections and these codes.
    pub(crate) fn retry(mut self, attempts: u32, codes: &[u16]) -> Self {
        self.retry = json!({"attempts": attempts, "codes": codes, "backoff_ms": 1});
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
            "hosts": [{"listener": format!("infra/public/{}", rule.listener), "host": rule.host, "hostname": rule.host}],
            "matches": [{"path": {"type": "PathPrefix", "value": rule.path}, "method": null,
                         "headers": [], "query_params": [], "line": null}],
            "filters": rule.filters,
            "backends": rule.backends,
            "timeouts": rule.timeouts,
            "retry": rule.retry,
            "session": rule.session,
        }));
        self
    }

    /// A listener at some port; `tls` as the snapshot has it.
    pub(crate) fn listener(
        mut self,
        name: &str,
        port: u16,
        host: Option<&str>,
        tls: Option<Value>,
    ) -> Self {
        let protocol = if tls.is_some() { "HTTPS" } else { "HTTP" };
        self.listeners.push(json!({
            "key": format!("infra/public/{name}"), "gateway": "infra/public", "name": name,
            "port": port, "protocol": protocol, "hostname": host, "node_pool": null, "tls": tls
        }));
        self
    }

    /// A certificate and its key, under a name.
    pub(crate) fn pair(mut self, name: &str, pair: &Pair) -> Self {
        let value = json!({"certificates": pair.certificate, "key": pair.key});
        self.pairs.insert(name.to_owned(), value);
        self
    }

    /// Authorities, under a name.
    pub(crate) fn authority(mut self, name: &str, authority: &Authority) -> Self {
        let pem = authority.pem.clone().into();
        self.authorities.insert(name.to_owned(), pem);
        self
    }

    /// An upstream over TLS, and what it has to show.
    pub(crate) fn tls(
        mut self,
        key: &str,
        protocol: &str,
        endpoints: &[SocketAddr],
        tls: Value,
    ) -> Self {
        self = self.upstream_of(key, protocol, endpoints);
        if let Some(upstream) = self.upstreams.last_mut() {
            upstream["tls"] = tls;
        }
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
        self.compile().0
    }

    /// The table, and the key material that it names.
    pub(crate) fn compile(mut self) -> (RouteTable, Secrets) {
        if self.listeners.is_empty() {
            self = self.listener("http", 80, None, None);
        }
        let snapshot = json!({
            "schema": 1,
            "listeners": self.listeners,
            "rules": self.rules,
            "upstreams": self.upstreams,
        });
        let secrets = json!({"key_pairs": self.pairs, "authorities": self.authorities});
        (
            RouteTable::from_json(snapshot.to_string().as_bytes()).unwrap(),
            Secrets::from_json(secrets.to_string().as_bytes()).unwrap(),
        )
    }

    /// Everything to one upstream at one endpoint.
    pub(crate) fn all_to(endpoint: SocketAddr) -> Self {
        Self::default()
            .rule(Rule::prefix("/").to("shop/web:80"))
            .upstream("shop/web:80", &[endpoint])
    }
}
