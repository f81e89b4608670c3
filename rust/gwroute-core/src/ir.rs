//! The snapshot: what the two halves of gwroute share. Plain serde structs, no behaviour.
//!
//! `python/gwroute/ir.py` holds the same types as frozen dataclasses under the same names;
//! `deny_unknown_fields` here and the round-trip test there keep the two from drifting.
//! Every field is written, an absent value as `null`.

use serde::{Deserialize, Serialize};

/// The schema number this build reads and writes. Another one is an error, never a guess.
pub const SCHEMA: u32 = 1;

/// Everything a data plane has to know, as one document.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// [`SCHEMA`] of the writer.
    pub schema: u32,
    /// In order of precedence where two listeners would want one port.
    pub listeners: Vec<Listener>,
    /// In no particular order; `rank.rs` orders them.
    pub rules: Vec<Rule>,
    /// One entry for each Service port that a rule refers to.
    pub upstreams: Vec<Upstream>,
}

/// What turns one snapshot into another, record by record.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delta {
    /// [`SCHEMA`] of the writer.
    pub schema: u32,
    /// All listeners, in order, if any of them changed; `None` if none did.
    pub listeners: Option<Vec<Listener>>,
    /// New rules, and changed ones whole.
    pub put_rules: Vec<Rule>,
    /// Keys of rules that are gone.
    pub delete_rules: Vec<String>,
    /// New upstreams, and changed ones whole.
    pub put_upstreams: Vec<Upstream>,
    /// Keys of upstreams that are gone.
    pub delete_upstreams: Vec<String>,
}

/// One programmed listener of a Gateway (or of a ListenerSet that is attached to it).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// Unique in the snapshot and stable over time: `infra/public/https`.
    pub key: String,
    /// `namespace/name` of the Gateway.
    pub gateway: String,
    /// The listener's own name: `https`.
    pub name: String,
    /// The port of the Gateway API object, 1 to 65535; which one is bound is the proxy's matter.
    pub port: u16,
    /// What is spoken on the connection.
    pub protocol: ListenerProtocol,
    /// Lower case, `*.` in front for a wildcard; `None` takes every host.
    pub hostname: Option<String>,
    /// The node pool that the gateway serves, if it is scoped to one.
    pub node_pool: Option<String>,
    /// IP addresses at which the Gateway asks to be bound; none leaves that to who serves.
    #[serde(default)]
    pub addresses: Vec<String>,
    /// What is needed to terminate TLS; `None` on a clear-text listener.
    pub tls: Option<ListenerTls>,
}

/// TLS at a listener. Key material is named, never held: it crosses in a document of its own, so
/// that a snapshot can be shown to anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerTls {
    /// Keys of key pairs, each with a digest of its content; the first one is shown to a client
    /// that no other fits better.
    pub certificates: Vec<String>,
    /// How certificates of clients are validated; `None` asks for none.
    pub client: Option<ClientValidation>,
}

/// Validation of clients' certificates (Gateway API, FrontendTLSValidation).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientValidation {
    /// Keys of certificate authorities.
    pub authorities: Vec<String>,
    /// What happens to a client without a valid certificate.
    pub mode: ClientValidationMode,
}

/// What happens to a client without a valid certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClientValidationMode {
    /// The handshake fails.
    AllowValidOnly,
    /// It is asked for a certificate and let in all the same.
    AllowInsecureFallback,
}

/// Protocols of listeners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ListenerProtocol {
    /// Clear text: HTTP/1.1, and HTTP/2 with prior knowledge.
    Http,
    /// The same over TLS, terminated here.
    Https,
    /// TLS that is not terminated here. No route can stand on it, so every connection is closed.
    Tls,
}

/// One rule of one route, with the virtual hosts in which it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Unique and stable: `httproute/shop/cart/rule/1`, with `@pool` behind it where gateways
    /// of several node pools see different endpoints.
    pub key: String,
    /// Whose rule it is.
    pub route: RouteRef,
    /// Where it is reachable; never empty.
    pub hosts: Vec<VirtualHost>,
    /// Alternatives; never empty.
    pub matches: Vec<RouteMatch>,
    /// In the order of the route.
    pub filters: Vec<Filter>,
    /// In the order of the route.
    pub backends: Vec<Backend>,
    /// Time limits; `None` leaves the data plane's own.
    pub timeouts: Option<Timeouts>,
    /// When a request is sent again; `None` never.
    pub retry: Option<Retry>,
    /// How a client is kept at one endpoint; `None` not at all.
    pub session: Option<Session>,
}

impl Rule {
    /// The line of the manifest at which one of its matches stands, or else its route's.
    pub fn line(&self, index: usize) -> Option<u32> {
        let own = self.matches.get(index).and_then(|written| written.line);
        own.or(self.route.line)
    }
}

/// Time limits of a rule (Gateway API, HTTPRouteTimeouts), in milliseconds; 0 is no limit, `None`
/// the data plane's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeouts {
    /// From the request to the end of the response.
    pub request_ms: Option<u64>,
    /// Each try, to the end of the backend's response.
    pub backend_request_ms: Option<u64>,
}

/// When a request is sent again (Gateway API, HTTPRouteRetry). Failed connections and tries that
/// ran out of time always count.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Status codes of the backend that are tried again, ascending.
    pub codes: Vec<u16>,
    /// How often it is tried again, after the first try.
    pub attempts: u32,
    /// The shortest wait before a try, in milliseconds.
    pub backoff_ms: u64,
}

/// How a client is kept at one endpoint (Gateway API, SessionPersistence).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Where the token stands.
    #[serde(rename = "type")]
    pub kind: SessionKind,
    /// Name of the cookie or of the header.
    pub name: String,
    /// `Path` of the cookie.
    pub path: String,
    /// Whether the cookie outlives the browser.
    pub permanent: bool,
    /// After so many milliseconds a token is void; `None` never.
    pub absolute_timeout_ms: Option<u64>,
}

/// Where the token of a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SessionKind {
    /// In a cookie.
    Cookie,
    /// In a header of requests and responses.
    Header,
}

/// The route and the rule in it, as a person would name them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteRef {
    /// `HTTPRoute` or `GRPCRoute`.
    pub kind: String,
    /// Namespace of the route.
    pub namespace: String,
    /// Name of the route.
    pub name: String,
    /// Index of the rule in the route, from 0.
    pub rule: u32,
    /// `rules[].name`, if given.
    pub rule_name: Option<String>,
    /// `creationTimestamp` in seconds since 1970; `None` (not from a cluster) ranks as newest.
    pub created: Option<i64>,
    /// The file the route was read from.
    pub file: Option<String>,
    /// Line of the rule in that file, from 1.
    pub line: Option<u32>,
}

/// One host under one listener.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VirtualHost {
    /// [`Listener::key`].
    pub listener: String,
    /// The intersection of the listener's and the route's hostname: what requests are compared
    /// with. `None` takes every host.
    pub host: Option<String>,
    /// The hostname as the route has it, which decides precedence; `None` if it has none.
    pub hostname: Option<String>,
}

/// Conditions that must all hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteMatch {
    /// `None` takes every path.
    pub path: Option<PathMatch>,
    /// Upper case; `None` takes every method.
    pub method: Option<String>,
    /// The last segment of the path: a gRPC method of any service.
    pub grpc_method: Option<String>,
    /// Names in lower case, each once.
    pub headers: Vec<ValueMatch>,
    /// Names as written, each once.
    pub query_params: Vec<ValueMatch>,
    /// Line of the match in the route's file, from 1.
    pub line: Option<u32>,
}

/// A condition on the path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "type", content = "value")]
pub enum PathMatch {
    /// Equal, letter by letter.
    Exact(String),
    /// Equal, or continued with `/`.
    PathPrefix(String),
    /// The whole path, anchored at both ends.
    RegularExpression(String),
}

/// A condition on a header or a query parameter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueMatch {
    /// Name of the header or parameter.
    pub name: String,
    /// How the value is compared.
    #[serde(rename = "type")]
    pub kind: ValueMatchKind,
    /// The value, or the pattern.
    pub value: String,
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ValueMatchKind {
    /// Equal, case included.
    Exact,
    /// The whole value, anchored at both ends.
    RegularExpression,
}

/// What a rule or a backend does to requests and responses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "type")]
pub enum Filter {
    /// Edits of the request's headers.
    RequestHeaderModifier(HeaderEdits),
    /// Edits of the response's headers.
    ResponseHeaderModifier(HeaderEdits),
    /// Answers with a redirect; no backend is asked.
    RequestRedirect(Redirect),
    /// Changes host and path of what the backend gets.
    #[serde(rename = "URLRewrite")]
    UrlRewrite(Rewrite),
    /// Sends a copy elsewhere.
    RequestMirror(Mirror),
    /// Answers preflights and marks responses for browsers.
    #[serde(rename = "CORS")]
    Cors(Cors),
    /// Asks another service whether the request may pass.
    ExternalAuth(ExternalAuth),
    /// Stands for a filter that could not be resolved: requests it would have seen are
    /// answered with an error ("MUST NOT be skipped", HTTPRouteFilter).
    Fail(Failure),
}

/// A copy of some requests to another backend, whose answer nobody waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mirror {
    /// As a person would name it: `shop/cart:8080`.
    pub backend: String,
    /// [`Upstream::key`].
    pub upstream: String,
    /// So many of `denominator` requests are copied.
    pub numerator: u32,
    /// At least 1.
    pub denominator: u32,
}

/// Cross-origin resource sharing (Gateway API, HTTPCORSFilter; the Fetch standard).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// `*`, or origins whose host may begin with `*.`.
    pub allow_origins: Vec<String>,
    /// Whether cookies and credentials may be sent along.
    pub allow_credentials: bool,
    /// `*`, or methods in upper case.
    pub allow_methods: Vec<String>,
    /// `*`, or names of request headers.
    pub allow_headers: Vec<String>,
    /// `*`, or names of response headers.
    pub expose_headers: Vec<String>,
    /// How long a preflight may be remembered, in seconds.
    pub max_age: u32,
}

/// A service that says whether a request may pass (Gateway API, HTTPExternalAuthFilter).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalAuth {
    /// How it is asked.
    pub protocol: ExternalAuthProtocol,
    /// As a person would name it: `auth/check:9000`.
    pub backend: String,
    /// [`Upstream::key`]; `None` for an invalid reference: every request is refused.
    pub upstream: Option<String>,
    /// What the path of the request is put behind, for HTTP.
    pub path: String,
    /// Names, in lower case, of request headers it sees; empty is what every HTTP one sees, and
    /// all of them for gRPC.
    pub allowed_headers: Vec<String>,
    /// Names, in lower case, of its answer's headers that the backend sees; empty is all.
    pub allowed_response_headers: Vec<String>,
    /// So many bytes of the body are sent along; 0 is none.
    pub forward_body: u32,
}

/// How a service is asked whether a request may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ExternalAuthProtocol {
    /// A request with the client's method and path; 200 lets it pass.
    #[serde(rename = "HTTP")]
    Http,
    /// `envoy.service.auth.v3.Authorization/Check`.
    #[serde(rename = "GRPC")]
    Grpc,
}

/// Header edits; a name stands in one of the three only.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderEdits {
    /// Replace all lines of the name by this one.
    pub set: Vec<(String, String)>,
    /// Append a line behind those there are.
    pub add: Vec<(String, String)>,
    /// Remove all lines of the name.
    pub remove: Vec<String>,
}

/// A redirect; what is `None` stays as the request has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redirect {
    /// `http` or `https`.
    pub scheme: Option<String>,
    /// Host without port.
    pub hostname: Option<String>,
    /// Change of the path.
    pub path: Option<PathModifier>,
    /// Port of the Location; see Gateway API, HTTPRequestRedirectFilter.port.
    pub port: Option<u16>,
    /// 301, 302, 303, 307 or 308.
    pub status: u16,
}

/// A rewrite; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rewrite {
    /// Host the backend sees.
    pub hostname: Option<String>,
    /// Change of the path.
    pub path: Option<PathModifier>,
}

/// A change of the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "type", content = "value")]
pub enum PathModifier {
    /// The whole path becomes this.
    ReplaceFullPath(String),
    /// The prefix that the match names becomes this.
    ReplacePrefixMatch(String),
}

/// An answer the gateway owes because of a fault in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Status code, 500 in general.
    pub status: u16,
    /// For logs and explanations: what is wrong, in one line.
    pub message: String,
}

/// One entry of `backendRefs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backend {
    /// As a person would name it: `shop/cart:8080`.
    pub name: String,
    /// [`Upstream::key`]; `None` for an invalid reference, whose share gets 500.
    pub upstream: Option<String>,
    /// 0 to 1,000,000.
    pub weight: u32,
    /// Filters for requests that this backend gets.
    pub filters: Vec<Filter>,
    /// Why the reference is invalid, in the words of the condition.
    pub invalid: Option<Failure>,
}

/// A named set of endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// Unique and stable: `shop/cart:8080`, with `@pool` or `+h2c` behind it where one Service
    /// port is seen in several ways.
    pub key: String,
    /// The Service port as a person names it: `shop/cart:8080`.
    pub service: String,
    /// What is spoken to the endpoints.
    pub protocol: UpstreamProtocol,
    /// How the endpoints are known to be right; `None` speaks in clear text.
    pub tls: Option<UpstreamTls>,
    /// Where requests may go: ready and in reach. Empty gives 503.
    pub endpoints: Vec<Endpoint>,
    /// The endpoints are not known (no EndpointSlice in the input, and assumed to exist).
    pub assumed: bool,
    /// Endpoints that were found and may not be used.
    pub removed: Vec<RemovedEndpoint>,
    /// The scoping rule that applied: `pool hangzhou from --node-pool; 1 of 2 endpoints in pool`.
    pub scope: Option<String>,
}

/// TLS to an upstream (Gateway API, BackendTLSPolicy).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamTls {
    /// The server name that is sent, and the identity unless `subject_alt_names` says more.
    pub hostname: String,
    /// Keys of certificate authorities; `None` trusts those of the system.
    pub authorities: Option<Vec<String>>,
    /// Identities of which one must be there; empty is `hostname` alone.
    pub subject_alt_names: Vec<SubjectAltName>,
    /// Key of the key pair that is shown to a backend that asks for one.
    pub client_certificate: Option<String>,
}

/// An identity in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "type", content = "value")]
pub enum SubjectAltName {
    /// A DNS name, with `*.` in front for a wildcard.
    Hostname(String),
    /// An absolute URI, compared letter by letter.
    #[serde(rename = "URI")]
    Uri(String),
}

/// What is spoken to an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UpstreamProtocol {
    /// HTTP/1.1.
    #[serde(rename = "http/1.1")]
    Http1,
    /// HTTP/2 in clear text with prior knowledge.
    #[serde(rename = "h2c")]
    H2c,
}

/// One address that serves.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// IPv4 or IPv6 address, without brackets.
    pub address: String,
    /// 1 to 65535.
    pub port: u16,
    /// Node the endpoint runs on.
    pub node: Option<String>,
    /// Node pool of that node.
    pub node_pool: Option<String>,
    /// Zone the slice gives.
    pub zone: Option<String>,
    /// `namespace/name` of the pod.
    pub pod: Option<String>,
}

/// One address that does not serve, and why.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemovedEndpoint {
    /// `address:port`, an IPv6 address in brackets.
    pub address: String,
    /// What removed it.
    pub by: RemovedBy,
    /// In words, with node and pool.
    pub detail: String,
}

/// What removed an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovedBy {
    /// The topology annotation of the Service (node or node pool).
    Topology,
    /// `internalTrafficPolicy: Local`.
    InternalTrafficPolicy,
    /// Not ready, or terminating while others are ready.
    Readiness,
    /// A preference (`trafficDistribution`, hints) that others satisfy.
    Preference,
}
