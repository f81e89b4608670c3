//! Handshakes with clients that come to nothing, and why.

use std::io;

/// Why a TLS handshake with a client came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HandshakeFault {
    /// No listener of the port takes the name that the client asks for, or that it asks for none.
    NoListener,
    /// The key material of the listener cannot be used.
    NoCertificate,
    /// The client had no certificate to show, or none that the listener trusts.
    ClientCertificate,
    /// The client broke off with an alert: most often it does not trust the certificate.
    Refused,
    /// What came is not TLS, or the two have no version or cipher in common.
    Protocol,
    /// The client went away in the middle.
    Gone,
    /// It took too long.
    Timeout,
}

/// A fault, and what the protocol had to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandshakeError {
    /// What kind of fault.
    pub fault: HandshakeFault,
    /// More about it.
    pub detail: Option<String>,
}

impl HandshakeFault {
    /// `tls_no_listener`, as in the access log and the metrics.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoListener => "tls_no_listener",
            Self::NoCertificate => "tls_no_certificate",
            Self::ClientCertificate => "tls_client_certificate",
            Self::Refused => "tls_refused",
            Self::Protocol => "tls_protocol",
            Self::Gone => "tls_gone",
            Self::Timeout => "tls_timeout",
        }
    }

    /// Envoy's flag: a client that went away, or one that does not keep to the protocol.
    pub(crate) fn flag(self) -> &'static str {
        match self {
            Self::Gone => "DC",
            _ => "DPE",
        }
    }
}

impl From<HandshakeFault> for HandshakeError {
    fn from(fault: HandshakeFault) -> Self {
        let detail = None;
        Self { fault, detail }
    }
}

impl From<io::Error> for HandshakeError {
    fn from(error: io::Error) -> Self {
        let of_protocol = error.get_ref().and_then(|inner| inner.downcast_ref());
        let fault = match of_protocol {
            None => HandshakeFault::Gone,
            Some(rustls::Error::AlertReceived(_)) => HandshakeFault::Refused,
            Some(rustls::Error::NoCertificatesPresented | rustls::Error::InvalidCertificate(_)) => {
                HandshakeFault::ClientCertificate
            }
            Some(_) => HandshakeFault::Protocol,
        };
        let detail = Some(error.to_string());
        Self { fault, detail }
    }
}
