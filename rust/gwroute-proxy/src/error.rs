//! What can go wrong between a client and a backend, and what the client is told.

use std::fmt;

use http::StatusCode;

/// Why a request was not answered by a backend, or not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What went wrong.
    pub kind: ErrorKind,
    /// The operating system's or the protocol's words for it, for the log.
    pub detail: Option<String>,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request is malformed: two hosts, two lengths, a name with an underscore.
    BadRequest,
    /// Its head is larger than the limit, or has more fields.
    HeadTooLarge,
    /// It is in HTTP/1.0.
    Version,
    /// It asks for an upgrade other than WebSocket.
    Upgrade,
    /// Its body is coded in a way that cannot be framed anew.
    TransferCoding,
    /// Its body is longer than what another service may see of it.
    BodyTooLarge,
    /// Its head did not arrive in time.
    TimeoutHead,
    /// Nothing came from the client for too long.
    TimeoutClient,
    /// The client went away.
    ClientGone,
    /// No connection to the endpoint could be made.
    Connect,
    /// ... in time.
    TimeoutConnect,
    /// TLS with the endpoint came to nothing: it is not who it has to be, or does not want us.
    Tls,
    /// The endpoint closed the connection before it answered, or in the middle.
    Reset,
    /// The endpoint's answer is not HTTP.
    Protocol,
    /// Nothing came from the endpoint for too long.
    TimeoutBackend,
    /// The answer to one try did not end in the time that the rule allows for it.
    TimeoutTry,
    /// The service that says whether a request may pass did not say it.
    ExternalAuth,
    /// The answer did not end in time.
    TimeoutRequest,
    /// The proxy was stopped.
    Stopped,
}

/// Who is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The client.
    Client,
    /// The endpoint.
    Backend,
    /// The gateway.
    Gateway,
}

impl Error {
    /// An error without more to say about it.
    pub const fn new(kind: ErrorKind) -> Self {
        Self { kind, detail: None }
    }

    /// An error with its cause.
    pub fn because(kind: ErrorKind, cause: &dyn std::error::Error) -> Self {
        let mut detail = cause.to_string();
        let mut source = cause.source();
        while let Some(cause) = source {
            detail.push_str(": ");
            detail.push_str(&cause.to_string());
            source = cause.source();
        }
        Self {
            kind,
            detail: Some(detail),
        }
    }
}

impl ErrorKind {
    /// What the client gets, if it has got nothing yet.
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Version => StatusCode::UPGRADE_REQUIRED,
            Self::Upgrade => StatusCode::FORBIDDEN,
            Self::TransferCoding => StatusCode::NOT_IMPLEMENTED,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TimeoutHead | Self::TimeoutClient | Self::ClientGone => {
                StatusCode::REQUEST_TIMEOUT
            }
            Self::Connect
            | Self::TimeoutConnect
            | Self::Reset
            | Self::ExternalAuth
            | Self::Stopped => StatusCode::SERVICE_UNAVAILABLE,
            Self::Protocol | Self::Tls => StatusCode::BAD_GATEWAY,
            Self::TimeoutBackend | Self::TimeoutTry | Self::TimeoutRequest => {
                StatusCode::GATEWAY_TIMEOUT
            }
        }
    }

    /// The text that goes with the status; the words are Envoy's, which people search for.
    pub fn body(self) -> &'static str {
        match self {
            Self::BadRequest => "Bad Request",
            Self::HeadTooLarge => "Request Header Fields Too Large",
            Self::Version => "Upgrade Required",
            Self::Upgrade | Self::ClientGone | Self::ExternalAuth => "",
            Self::BodyTooLarge => "Payload Too Large",
            Self::TransferCoding => "Not Implemented",
            Self::TimeoutHead => "request timeout",
            Self::TimeoutClient | Self::TimeoutBackend => "stream timeout",
            Self::Connect => {
                "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure"
            }
            Self::TimeoutConnect => {
                "upstream connect error or disconnect/reset before headers. reset reason: connection timeout"
            }
            Self::Tls => {
                "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure, transport failure reason: TLS error"
            }
            Self::Reset | Self::Stopped => {
                "upstream connect error or disconnect/reset before headers. reset reason: connection termination"
            }
            Self::Protocol => {
                "upstream connect error or disconnect/reset before headers. reset reason: protocol error"
            }
            Self::TimeoutTry | Self::TimeoutRequest => "upstream request timeout",
        }
    }

    /// Who is at fault.
    pub fn side(self) -> Side {
        match self {
            Self::BadRequest
            | Self::HeadTooLarge
            | Self::Version
            | Self::Upgrade
            | Self::TransferCoding
            | Self::BodyTooLarge
            | Self::TimeoutHead
            | Self::TimeoutClient
            | Self::ClientGone => Side::Client,
            Self::Connect
            | Self::TimeoutConnect
            | Self::Tls
            | Self::Reset
            | Self::Protocol
            | Self::TimeoutBackend
            | Self::TimeoutTry
            | Self::ExternalAuth => Side::Backend,
            Self::TimeoutRequest | Self::Stopped => Side::Gateway,
        }
    }

    /// `connect_failed`, as in the access log and in metrics.
    pub fn reason(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::HeadTooLarge => "too_large",
            Self::Version => "http_version",
            Self::Upgrade => "upgrade_refused",
            Self::TransferCoding => "transfer_coding",
            Self::BodyTooLarge => "body_too_large",
            Self::TimeoutHead => "timeout_headers",
            Self::TimeoutClient => "timeout_client",
            Self::ClientGone => "client_gone",
            Self::Connect => "connect_failed",
            Self::TimeoutConnect => "timeout_connect",
            Self::Tls => "tls_failed",
            Self::Reset => "reset",
            Self::Protocol => "protocol_error",
            Self::TimeoutBackend => "timeout_backend",
            Self::TimeoutTry => "timeout_try",
            Self::ExternalAuth => "external_auth_failed",
            Self::TimeoutRequest => "timeout_request",
            Self::Stopped => "stopped",
        }
    }

    /// Envoy's response flag, which dashboards know; `-` where it has none.
    pub fn flag(self) -> &'static str {
        match self {
            Self::BadRequest | Self::Version => "DPE",
            Self::HeadTooLarge
            | Self::Upgrade
            | Self::TransferCoding
            | Self::BodyTooLarge
            | Self::TimeoutHead => "-",
            Self::ExternalAuth => "UAEX",
            Self::TimeoutClient | Self::TimeoutBackend => "SI",
            Self::ClientGone => "DC",
            Self::Connect | Self::TimeoutConnect | Self::Tls => "UF",
            Self::Reset => "UC",
            Self::Protocol => "UPE",
            Self::TimeoutTry | Self::TimeoutRequest => "UT",
            Self::Stopped => "OM",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.reason())?;
        match &self.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
