//! The head of a request as the backend gets it.

use std::sync::Arc;

use gwroute_core::Rule;
use gwroute_core::ir::UpstreamProtocol;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Uri, Version};

use crate::client::Client;
use crate::upstream::set::Upstream;
use crate::vet::Facts;

pub(crate) const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const EXTERNAL_ADDRESS: HeaderName = HeaderName::from_static("x-envoy-external-address");
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the decision says about the head.
#[derive(Debug)]
pub(crate) struct Destination {
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) rule: Arc<Rule>,
    pub(crate) backend: usize,
    /// `None` for the client's own.
    pub(crate) path: Option<PathAndQuery>,
    /// `None` for the client's own.
    pub(crate) host: Option<HeaderValue>,
}

/// What every backend gets: what ends here goes, and what backends want to know about the client
/// comes.
pub(crate) fn edit_hop(parts: &mut Parts, facts: Facts, client: &Client) {
    let forwarded_for = facts.forwarded_for;
    edit_connection(parts, facts);
    edit_forwarded(&mut parts.headers, forwarded_for, client);
    // The authority of an absolute target is the host, whatever the header says (RFC 9112 3.2.2).
    let of_target = parts.uri.authority();
    // An authority is made of characters that a header value may hold.
    let of_target = of_target.and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = of_target {
        parts.headers.insert(header::HOST, host);
    }
}

/// The edits of the route.
pub(crate) fn edit_route(parts: &mut Parts, destination: Destination) {
    let Destination {
        upstream,
        rule,
        backend,
        path,
        host,
    } = destination;
    if let Some(host) = host {
        rewrite_host(&mut parts.headers, host);
    }
    rule.request_edits(backend)
        .for_each(|edits| edits.apply(&mut parts.headers));
    address(parts, &upstream, path);
}

/// Names the target as the backend's protocol has it; without a path, the client's own.
pub(crate) fn address(parts: &mut Parts, upstream: &Upstream, path: Option<PathAndQuery>) {
    let secure = upstream.is_secure();
    match upstream.ir.protocol {
        UpstreamProtocol::Http1 => set_path(parts, path),
        UpstreamProtocol::H2c => set_uri(parts, path, secure),
    }
    parts.version = Version::HTTP_11;
}

/// What belongs to the client's connection, and what clients may not say.
fn edit_connection(parts: &mut Parts, facts: Facts) {
    let headers = &mut parts.headers;
    facts.hops.remove_from(headers);
    if facts.te_trailers {
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
    }
    if facts.websocket {
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    }
    // HTTP/2 may cut cookies into crumbs, which HTTP/1 does not know (RFC 9113 8.2.3).
    if facts.cookies > 1 && parts.version == Version::HTTP_2 {
        join(headers, &header::COOKIE, b"; ", None);
    }
}

/// What the backend wants to know about the client.
fn edit_forwarded(headers: &mut HeaderMap, forwarded_for: bool, client: &Client) {
    let address = &client.address;
    if forwarded_for {
        join(headers, &FORWARDED_FOR, b",", Some(address));
    } else {
        headers.insert(FORWARDED_FOR, address.clone());
    }
    headers.insert(EXTERNAL_ADDRESS, address.clone());
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static(client.scheme()));
    headers.insert(REQUEST_ID, request_id());
}

/// The backend gets another host, and is told which one was asked for.
fn rewrite_host(headers: &mut HeaderMap, host: HeaderValue) {
    if let Some(asked) = headers.get(header::HOST).cloned() {
        join(headers, &FORWARDED_HOST, b",", Some(&asked));
    }
    headers.insert(header::HOST, host);
}

/// HTTP/1: path and query, nothing else.
fn set_path(parts: &mut Parts, path: Option<PathAndQuery>) {
    if path.is_none() && parts.uri.authority().is_none() {
        return;
    }
    if let Some(path) = path.or_else(|| parts.uri.path_and_query().cloned()) {
        parts.uri = Uri::from(path);
    }
}

/// HTTP/2: the host moves into the target.
fn set_uri(parts: &mut Parts, path: Option<PathAndQuery>, secure: bool) {
    let host = parts.headers.remove(header::HOST);
    let authority = host.and_then(|host| Authority::try_from(host.as_bytes()).ok());
    let path = path.or_else(|| parts.uri.path_and_query().cloned());
    let (Some(authority), Some(path)) = (authority, path.clone()) else {
        // A request that names no host.
        set_path(parts, path);
        return;
    };
    let mut uri = http::uri::Parts::default();
    uri.scheme = Some(if secure { Scheme::HTTPS } else { Scheme::HTTP });
    uri.authority = Some(authority);
    uri.path_and_query = Some(path);
    if let Ok(uri) = Uri::from_parts(uri) {
        parts.uri = uri;
    }
}

/// Makes one line of all lines of a header, and of another value.
fn join(headers: &mut HeaderMap, name: &HeaderName, with: &[u8], last: Option<&HeaderValue>) {
    let mut joined = Vec::new();
    for value in headers.get_all(name).iter().chain(last) {
        if !joined.is_empty() {
            joined.extend_from_slice(with);
        }
        joined.extend_from_slice(value.as_bytes());
    }
    // Values with a separator between them are a value.
    if let Ok(joined) = HeaderValue::from_maybe_shared(bytes::Bytes::from(joined)) {
        headers.insert(name, joined);
    }
}

/// A version-4 UUID (RFC 9562 5.4). It names a request and guards nothing, so it need not be hard
/// to guess, and is drawn without asking the system.
fn request_id() -> HeaderValue {
    let random = (fastrand::u128(..) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let mut text = *b"00000000-0000-0000-0000-000000000000";
    // Where each of the bytes stands, between the dashes.
    let places = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
    for (place, byte) in places.into_iter().zip(random.to_be_bytes()) {
        text[place..place + 2].copy_from_slice(&HEX[usize::from(byte)]);
    }
    HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Each byte in two digits.
static HEX: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    pairs
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_is_a_version_4_uuid() {
        let ids: Vec<String> = (0..1000)
            .map(|_| String::from_utf8_lossy(request_id().as_bytes()).into_owned())
            .collect();
        for id in &ids {
            let groups: Vec<&str> = id.split('-').collect();
            let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
            assert!(groups[2].starts_with('4'), "{id}");
            assert!(groups[3].starts_with(['8', '9', 'a', 'b']), "{id}");
            assert!(
                id.bytes()
                    .all(|b| b == b'-' || b"0123456789abcdef".contains(&b)),
                "{id}"
            );
        }
        let distinct: std::collections::HashSet<&String> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
    }

    #[test]
    fn lines_become_one_in_their_order() {
        let mut headers = HeaderMap::new();
        headers.append(FORWARDED_FOR, HeaderValue::from_static("a"));
        headers.append(FORWARDED_FOR, HeaderValue::from_static("b, c"));
        join(
            &mut headers,
            &FORWARDED_FOR,
            b",",
            Some(&HeaderValue::from_static("d")),
        );
        let lines: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
        assert_eq!(lines, ["a,b, c,d"]);
    }
}
