//! Why a server does not start.

use std::fmt;
use std::io;
use std::net::SocketAddr;

/// An address that cannot be bound, a certificate that cannot be used, or a thread that cannot be
/// started.
#[derive(Debug)]
pub struct Error {
    cause: Cause,
    source: Box<dyn std::error::Error + Send + Sync>,
}

#[derive(Debug, Clone, Copy)]
enum Cause {
    Address(SocketAddr),
    Thread,
    Tls,
}

impl Error {
    pub(crate) fn bind(address: SocketAddr, source: io::Error) -> Self {
        Self {
            cause: Cause::Address(address),
            source: source.into(),
        }
    }

    pub(crate) fn thread(source: io::Error) -> Self {
        Self {
            cause: Cause::Thread,
            source: source.into(),
        }
    }

    pub(crate) fn tls(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            cause: Cause::Tls,
            source: source.into(),
        }
    }

    /// The address that cannot be bound, if that is what failed.
    pub fn address(&self) -> Option<SocketAddr> {
        match self.cause {
            Cause::Address(address) => Some(address),
            Cause::Thread | Cause::Tls => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cause, source } = self;
        match cause {
            Cause::Address(address) => write!(f, "cannot listen on {address}: {source}"),
            Cause::Thread => write!(f, "cannot start a thread: {source}"),
            Cause::Tls => write!(f, "cannot serve TLS: {source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}
