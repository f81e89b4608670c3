//! Why a server does not start.

use std::fmt;
use std::io;
use std::net::SocketAddr;

/// An address that cannot be bound, or a thread that cannot be started.
#[derive(Debug)]
pub struct Error {
    address: Option<SocketAddr>,
    source: io::Error,
}

impl Error {
    pub(crate) fn bind(address: SocketAddr, source: io::Error) -> Self {
        let address = Some(address);
        Self { address, source }
    }

    pub(crate) fn thread(source: io::Error) -> Self {
        let address = None;
        Self { address, source }
    }

    /// The address that cannot be bound, if that is what failed.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(address) => write!(f, "cannot listen on {address}: {}", self.source),
            None => write!(f, "cannot start a thread: {}", self.source),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}
