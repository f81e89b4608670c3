//! The meaning of a snapshot: snapshot in, decision out; pure.
//!
//! A [`RouteTable`] is compiled from an [`ir::Snapshot`] and answers for one request at a time:
//!
//! ```
//! use gwroute_core::{Decision, PlainRequest, RouteTable};
//!
//! let table = RouteTable::from_json(br#"{
//!   "schema": 1,
//!   "listeners": [{"key": "infra/public/http", "gateway": "infra/public", "name": "http",
//!                  "port": 80, "protocol": "HTTP", "hostname": null, "node_pool": null}],
//!   "rules": [{"key": "httproute/shop/cart/rule/0",
//!              "route": {"kind": "HTTPRoute", "namespace": "shop", "name": "cart", "rule": 0},
//!              "hosts": [{"listener": "infra/public/http", "host": "shop.example.com",
//!                         "hostname": "shop.example.com"}],
//!              "matches": [{"path": {"type": "PathPrefix", "value": "/cart"}, "method": null,
//!                           "headers": [], "query_params": [], "line": null}],
//!              "filters": [],
//!              "backends": [{"name": "shop/cart:8080", "upstream": "shop/cart:8080", "weight": 1,
//!                            "filters": [], "invalid": null}]}],
//!   "upstreams": [{"key": "shop/cart:8080", "service": "shop/cart:8080", "protocol": "http/1.1",
//!                  "endpoints": [{"address": "10.0.0.1", "port": 3000}], "assumed": false,
//!                  "removed": [], "scope": null}]
//! }"#)?;
//! let entry = table.entry(None, 80).expect("the snapshot has a listener on 80");
//! let request = PlainRequest {
//!     method: "GET".into(),
//!     target: "/cart/7".into(),
//!     authority: Some("shop.example.com".into()),
//!     headers: vec![],
//! };
//! match table.decide(entry, None, &request, 0.5) {
//!     Decision::Forward(forward) => assert_eq!(forward.backend().name(), "shop/cart:8080"),
//!     other => panic!("{other:?}"),
//! }
//! # Ok::<(), gwroute_core::Error>(())
//! ```
//!
//! # The rules of matching
//!
//! 1. The request target is read and cleaned ([`target`]); what cannot be read gets 400, and a
//!    path with escaped slashes is sent to its clean form with 307.
//! 2. Of the listeners on the port, the one with the most specific hostname answers: exact, then
//!    the longest wildcard, then none. It answers alone; there is no second try (isolation).
//!    `*.` stands for one or more labels. On a TLS connection it must be the listener of the
//!    connection's name, else 421.
//! 3. Under that listener, hosts are tried from the most specific one on. A host without a
//!    matching rule falls through to the next: the specification ranks rules that match. Hosts
//!    are compared in lower case and without the port; a dot at the end belongs to the name, which
//!    no Hostname can spell, so that only what takes every host takes it (as in Envoy).
//! 4. Among all matches whose conditions hold, the best rank wins: hostname, exact path, regular
//!    expression, longest prefix, method, number of headers, number of query parameters, age,
//!    name, position (`rank.rs` quotes the specification). Nothing matches: 404.
//! 5. A path prefix means whole segments. Expressions match the whole value. Several header lines
//!    of one name are joined with a comma; of several query parameters of one name the first
//!    counts; names of headers ignore case, everything else keeps it.
//! 6. The filters of the rule are done in list order. A redirect, or a filter that could not be
//!    resolved, ends the request there.
//! 7. One draw chooses among the backends by weight. An invalid one answers its share with 500,
//!    one without endpoints with 503; no backend with a weight is 500. Filters of the backend
//!    come after those of the rule.
//!
//! # What it costs
//!
//! A decision allocates nothing unless the target has to be cleaned, takes no lock, and does not
//! grow with the number of listeners, hosts, rules or matches that share a path and differ in the
//! value of a header or a query parameter. It does grow with regular expressions under one host.
//!
//! # What is not here
//!
//! No clock, no randomness, no I/O, no sockets: what depends on them is an argument. Which
//! endpoint of an upstream takes a request is the caller's choice, who knows their load
//! ([`balance`] helps).

pub mod balance;
mod candidates;
mod decision;
mod error;
mod explain;
mod filter;
mod host;
pub mod ir;
mod listener;
mod matcher;
mod own;
mod path;
mod rank;
mod rule;
mod table;
pub mod target;
mod upstreams;
mod vhost;
mod view;

pub use decision::{Decision, Forward, Reason, Redirect, Respond};
pub use error::Error;
pub use explain::Explanation;
pub use filter::{Cors, ExternalAuth, HeaderEdits, Mirror};
pub use listener::{Entry, EntryId};
pub use own::origin;
pub use rule::{Backend, Edits, Rule, UpstreamId};
pub use table::{HostMatches, RouteTable};
pub use target::Target;
pub use view::{PlainRequest, RequestView};

/// Whether a regular expression can be used in a match.
///
/// # Errors
/// [`Error`] with the reason: its syntax, or that it compiles to something too large.
pub fn check_regex(pattern: &str) -> Result<(), Error> {
    matcher::compile_regex(pattern).map(drop)
}
