//! Snapshots and requests that the benchmarks share; the same on every run.

use std::time::Duration;

use criterion::Criterion;
use gwroute_core::{RequestView, ir};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Short enough that all benchmarks of the package run in two minutes.
pub fn briefly() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(30)
        .without_plots()
}

/// How rules are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// All on one host, each with its own prefix.
    OneHost,
    /// Each on its own host.
    ManyHosts,
    /// All on one host and one prefix; they differ in the value of a header.
    OnePrefix,
}

/// One listener on port 80, one upstream, and so many rules.
///
/// # Panics
/// If the core reads other snapshots than these.
pub fn snapshot(rules: usize, spread: Spread) -> ir::Snapshot {
    let mut made: ir::Snapshot = read(json!({
        "schema": ir::SCHEMA,
        "listeners": [{"key": "infra/public/http", "gateway": "infra/public", "name": "http",
                       "port": 80, "protocol": "HTTP"}],
        "rules": [],
        "upstreams": [{"key": "shop/cart:8080", "service": "shop/cart:8080",
                       "protocol": "http/1.1", "endpoints": [], "assumed": true,
                       "removed": []}],
    }));
    made.rules = (0..rules).map(|number| rule(number, spread)).collect();
    made
}

/// One rule: a host, a path of three segments, two header conditions, two filters, two backends.
///
/// # Panics
/// If the core reads other rules than these.
pub fn rule(number: usize, spread: Spread) -> ir::Rule {
    let host = host(number, spread);
    let exact = |name: &str, value: &str| json!({"name": name, "type": "Exact", "value": value});
    let edits =
        |kind: &str| json!({"type": kind, "set": [["x-env", "prod"]], "add": [], "remove": []});
    let backend = |weight: u32| {
        json!({"name": "shop/cart:8080", "upstream": "shop/cart:8080", "weight": weight,
               "filters": []})
    };
    read(json!({
        "key": format!("httproute/shop/r{number}/rule/0"),
        "route": {"kind": "HTTPRoute", "namespace": "shop", "name": format!("r{number}"),
                  "rule": 0, "created": 1_700_000_000, "file": "routes/shop.yaml", "line": 14},
        "hosts": [{"listener": "infra/public/http", "host": host, "hostname": host}],
        "matches": [{"path": {"type": "PathPrefix", "value": path(number, spread)},
                     "headers": [exact("x-tenant", &tenant(number)), exact("x-version", "v2")],
                     "query_params": []}],
        "filters": [edits("RequestHeaderModifier"), edits("ResponseHeaderModifier")],
        "backends": [backend(90), backend(10)],
    }))
}

/// Through JSON, so that what a record gains later need not be named here.
fn read<T: DeserializeOwned>(document: Value) -> T {
    serde_json::from_value(document).expect("the core reads what is made here")
}

fn host(number: usize, spread: Spread) -> String {
    match spread {
        Spread::ManyHosts => format!("h{number}.example.com"),
        Spread::OneHost | Spread::OnePrefix => "shop.example.com".into(),
    }
}

fn path(number: usize, spread: Spread) -> String {
    match spread {
        Spread::OneHost => format!("/api/orders/{number}"),
        Spread::ManyHosts | Spread::OnePrefix => "/api/orders/list".into(),
    }
}

fn tenant(number: usize) -> String {
    format!("t{number}")
}

/// A request as a server has it: parts with a header map.
#[derive(Debug, Clone)]
pub struct Request {
    /// Path and query.
    pub target: String,
    /// Ten lines and the host.
    pub headers: HeaderMap,
}

impl Request {
    /// What rule `number` takes, with eight headers that no rule mentions.
    pub fn to(number: usize, spread: Spread) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) bench"),
            ("accept", "text/html,application/xhtml+xml"),
            ("accept-language", "en-GB,en;q=0.5"),
            ("accept-encoding", "gzip, deflate, br"),
            ("cookie", "session=4f1c9a52; theme=dark"),
            ("referer", "http://shop.example.com/"),
            ("cache-control", "no-cache"),
            ("x-request-id", "0f8b1c9a-52d0-4c1e-9d55-3b1f6a7e2c10"),
            ("x-version", "v2"),
        ] {
            headers.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        let mut request = Self {
            target: format!("{}?page=2", path(number, spread)),
            headers,
        };
        request.set("host", &host(number, spread));
        request.set("x-tenant", &tenant(number));
        request
    }

    /// Sets a header.
    ///
    /// # Panics
    /// If the value is none that a header can have.
    pub fn set(&mut self, name: &'static str, value: &str) {
        let value = HeaderValue::from_str(value).expect("a header value");
        self.headers.insert(HeaderName::from_static(name), value);
    }
}

impl RequestView for Request {
    type Value<'a> = &'a [u8];

    fn method(&self) -> &str {
        "GET"
    }

    fn target(&self) -> &[u8] {
        self.target.as_bytes()
    }

    fn authority(&self) -> Option<&[u8]> {
        self.headers
            .get(http::header::HOST)
            .map(HeaderValue::as_bytes)
    }

    fn header<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.headers.get_all(name).iter().map(HeaderValue::as_bytes)
    }
}
