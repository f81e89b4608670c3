//! Who the server says it is, and where it listens.

use std::net::SocketAddr;

use serde::Deserialize;

/// Who the server says it is, and where it listens.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `namespace` of the answer; empty by default, as are the three that follow.
    pub namespace: String,
    /// `ingress` of the answer.
    pub ingress: String,
    /// `service` of the answer.
    pub service: String,
    /// `pod` of the answer.
    pub pod: String,
    /// Where HTTP is served; port 0 takes a free one. Nowhere by default.
    pub http: Option<SocketAddr>,
    /// Where cleartext HTTP/2 is served; port 0 takes a free one. Nowhere by default.
    pub h2c: Option<SocketAddr>,
    /// Where HTTP over TLS is served, with `certificate` and `key`. Nowhere by default.
    pub https: Option<SocketAddr>,
    /// Certificate of the TLS port, in PEM.
    pub certificate: Option<String>,
    /// Its key, in PEM.
    pub key: Option<String>,
    /// Authorities, in PEM, one of which has to have signed the certificates of clients on the
    /// TLS port. By default clients are not asked for one.
    pub client_authorities: Option<String>,
    /// Whether calls of gRPC are answered by the echo service; otherwise they are requests like
    /// all others. Off by default.
    pub grpc: bool,
    /// Whether the targets of requests are kept. Off by default.
    pub record: bool,
    /// Whether the answer holds `httpPort`, the port the request came in on. Off by default.
    pub http_port: bool,
}
