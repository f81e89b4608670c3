//! TLS on both sides: certificates by server name, certificates of clients, identities of
//! backends. The protocol is rustls's, its cryptography aws-lc's.
//!
//! A snapshot names key material; what it is crosses beside it as [`Secrets`]. Names carry a
//! digest of the content, so that a key never means two things, and what was made for one is good
//! for as long as it is named.

mod client;
mod dates;
mod failure;
mod handshake;
mod secrets;
mod server;
mod socket;
#[cfg(test)]
mod tests;
mod verify;

use std::fmt;
use std::sync::{Arc, LazyLock};

use rustls::crypto::CryptoProvider;

pub(crate) use client::Security;
#[cfg(test)]
use client::client_config;
pub use dates::{Lapse, lapse};
pub use failure::{HandshakeError, HandshakeFault};
pub(crate) use handshake::serve;
pub use secrets::{Secrets, check_authorities, check_key_pair};
pub(crate) use server::ServerConfigs;
#[cfg(test)]
use server::server_config;

/// Protocols offered by listeners: HTTP/2 before HTTP/1.1.
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

static PROVIDER: LazyLock<Arc<CryptoProvider>> =
    LazyLock::new(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));

/// Key material that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsError(String);

impl TlsError {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// With what could not be secured by it: `listener infra/public/https`.
    pub(crate) fn under(self, kind: &str, key: &str) -> Self {
        Self(format!("{kind} {key}: {}", self.0))
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TlsError {}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        Self(error.to_string())
    }
}
