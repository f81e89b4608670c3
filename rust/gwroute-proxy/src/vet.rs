//! What a request has to be before anything is decided about it, and what one look over its
//! headers tells.

use http::header::{self, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Version};

use crate::config::Limits;
use crate::error::ErrorKind;
use crate::heads::Heads;
use crate::hops::{Hops, has_token};

/// What one look over the headers of a request tells.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Headers that do not go on to the backend.
    pub(crate) hops: Hops,
    pub(crate) te_trailers: bool,
    pub(crate) websocket: bool,
    pub(crate) forwarded_for: bool,
    /// Whether an own answer has to be in gRPC.
    pub(crate) grpc: bool,
    pub(crate) cookies: usize,
    hosts: usize,
    lengths: usize,
    coded: usize,
}

/// Looks a request over.
///
/// `heads` has the bytes of the head if it is in HTTP/1.
///
/// # Errors
/// What is wrong with it, to be told to the client.
pub(crate) fn vet(parts: &Parts, heads: &Heads, limits: &Limits) -> Result<Facts, ErrorKind> {
    if parts.version < Version::HTTP_11 {
        return Err(ErrorKind::Version);
    }
    if parts.headers.len() > limits.header_fields {
        return Err(ErrorKind::HeadTooLarge);
    }
    // The asterisk form is for OPTIONS alone (RFC 9112 3.2.4).
    if parts.uri.path() == "*" && parts.method != Method::OPTIONS {
        return Err(ErrorKind::BadRequest);
    }
    let mut facts = Facts::default();
    for (name, value) in &parts.headers {
        facts.look_at(name, value)?;
    }
    facts.check_host(parts)?;
    facts.check_framing(parts, heads)?;
    if facts.hops.upgrade {
        facts.check_upgrade(parts)?;
    }
    Ok(facts)
}

impl Facts {
    fn look_at(&mut self, name: &HeaderName, value: &HeaderValue) -> Result<(), ErrorKind> {
        match name.as_str() {
            "host" => self.hosts += 1,
            "content-length" => self.lengths += 1,
            "cookie" => self.cookies += 1,
            "x-forwarded-for" => self.forwarded_for = true,
            "transfer-encoding" => {
                self.coded += 1;
                if !value.as_bytes().eq_ignore_ascii_case(b"chunked") {
                    return Err(ErrorKind::TransferCoding);
                }
            }
            "content-type" => self.grpc = is_grpc(value),
            "te" => self.te_trailers |= has_token(value, b"trailers"),
            "expect" if value.as_bytes().eq_ignore_ascii_case(b"100-continue") => {
                self.hops.drop_too(name);
            }
            "x-forwarded-client-cert" | "http2-settings" => self.hops.drop_too(name),
            other if other.starts_with("x-envoy-") => self.hops.drop_too(name),
            // Some backends take `_` for `-`, and a name of the gateway's own could be faked.
            other if memchr::memchr(b'_', other.as_bytes()).is_some() => {
                return Err(ErrorKind::BadRequest);
            }
            _ => {}
        }
        self.hops.meet(name, value);
        Ok(())
    }

    /// One host, and one only (RFC 9112 3.2, RFC 9113 8.3.1).
    fn check_host(&self, parts: &Parts) -> Result<(), ErrorKind> {
        let is_right = match (parts.version, parts.uri.authority()) {
            (Version::HTTP_11, _) => self.hosts == 1,
            (_, None) => self.hosts == 1,
            (_, Some(authority)) => match parts.headers.get(header::HOST) {
                None => true,
                Some(host) => {
                    self.hosts == 1
                        && host
                            .as_bytes()
                            .eq_ignore_ascii_case(authority.as_str().as_bytes())
                }
            },
        };
        if is_right {
            Ok(())
        } else {
            Err(ErrorKind::BadRequest)
        }
    }

    /// Exactly one thing says where the body ends (RFC 9112 6.1).
    fn check_framing(&self, parts: &Parts, heads: &Heads) -> Result<(), ErrorKind> {
        let coded_with_length = || self.lengths > 0 || heads.gives_length(parts.method.as_str());
        if self.coded > 1 || (self.coded == 1 && coded_with_length()) {
            return Err(ErrorKind::BadRequest);
        }
        Ok(())
    }

    /// WebSocket is allowed, HTTP/2 by upgrade is ignored, others are refused.
    fn check_upgrade(&mut self, parts: &Parts) -> Result<(), ErrorKind> {
        let asks = parts
            .headers
            .get_all(header::CONNECTION)
            .iter()
            .any(|value| has_token(value, b"upgrade"));
        let Some(protocol) = parts.headers.get(header::UPGRADE).filter(|_| asks) else {
            return Ok(());
        };
        if protocol.as_bytes().eq_ignore_ascii_case(b"h2c") {
            return Ok(());
        }
        let websocket = protocol.as_bytes().eq_ignore_ascii_case(b"websocket");
        if !websocket || parts.method != Method::GET || parts.version != Version::HTTP_11 {
            return Err(ErrorKind::Upgrade);
        }
        self.websocket = true;
        Ok(())
    }
}

/// Whether an answer to a request with this content type has to be in gRPC.
pub(crate) fn is_grpc(media_type: &HeaderValue) -> bool {
    media_type.as_bytes().starts_with(b"application/grpc")
}
