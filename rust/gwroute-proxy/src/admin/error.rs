//! Why the endpoints cannot be served.

use std::fmt;
use std::io;

/// Why the endpoints cannot be served: the address and what is wrong with it.
#[derive(Debug)]
pub struct AdminError {
    name: &'static str,
    address: String,
    kind: AdminErrorKind,
}

#[derive(Debug)]
enum AdminErrorKind {
    NoAddress,
    NeedsToken,
    Bind(io::Error),
    Thread(io::Error),
}

impl AdminError {
    pub(super) fn no_address(name: &'static str, address: &str) -> Self {
        Self::new(name, address, AdminErrorKind::NoAddress)
    }

    pub(super) fn needs_token(name: &'static str, address: &str) -> Self {
        Self::new(name, address, AdminErrorKind::NeedsToken)
    }

    pub(super) fn bind(name: &'static str, address: &str, error: io::Error) -> Self {
        Self::new(name, address, AdminErrorKind::Bind(error))
    }

    pub(super) fn thread(error: io::Error) -> Self {
        Self::new("admin", "", AdminErrorKind::Thread(error))
    }

    fn new(name: &'static str, address: &str, kind: AdminErrorKind) -> Self {
        let address = address.to_owned();
        Self {
            name,
            address,
            kind,
        }
    }
}

impl fmt::Display for AdminError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, address, .. } = self;
        match &self.kind {
            AdminErrorKind::NoAddress => {
                write!(f, "{name} address {address:?}: write ADDRESS:PORT or :PORT")
            }
            AdminErrorKind::NeedsToken => write!(
                f,
                "{name} address {address} can be reached from elsewhere; that needs a token"
            ),
            AdminErrorKind::Bind(error) => write!(f, "{name} address {address}: {error}"),
            AdminErrorKind::Thread(error) => write!(f, "cannot start a thread: {error}"),
        }
    }
}

impl std::error::Error for AdminError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            AdminErrorKind::Bind(error) | AdminErrorKind::Thread(error) => Some(error),
            AdminErrorKind::NoAddress | AdminErrorKind::NeedsToken => None,
        }
    }
}
