//! Who may ask.

use http::header::{self, HeaderMap};
use http::{StatusCode, request};
use subtle::ConstantTimeEq;

use super::answer::{self, Answer};

/// The refusal of a request that may not be answered; `None` lets it through.
///
/// With a token, every request has to show it. Without one the address is a loopback one, and what
/// is left to fear is the browser of somebody who works on this machine: a page may send requests
/// to it (they carry an `Origin`), or have its own name lead to it (then `Host` holds that name).
pub(super) fn refusal(request: &request::Parts, token: Option<&str>) -> Option<Answer> {
    if request.headers.contains_key(header::ORIGIN) {
        let because = "requests of web pages are not answered";
        return Some(answer::error(StatusCode::FORBIDDEN, because));
    }
    match token {
        Some(token) if !shows(&request.headers, token) => {
            let because = "a token is needed: authorization: Bearer ...";
            let refusal = answer::error(StatusCode::UNAUTHORIZED, because);
            Some(answer::with(refusal, header::WWW_AUTHENTICATE, "Bearer"))
        }
        None if !is_local(&request.headers) => {
            let because = "the host has to be an IP address or localhost";
            Some(answer::error(StatusCode::FORBIDDEN, because))
        }
        _ => None,
    }
}

fn shows(headers: &HeaderMap, token: &str) -> bool {
    let shown = headers.get(header::AUTHORIZATION);
    let shown = shown.and_then(|value| {
        let (scheme, shown) = value.as_bytes().split_at_checked(b"bearer ".len())?;
        scheme.eq_ignore_ascii_case(b"bearer ").then_some(shown)
    });
    // How long the comparison takes tells nothing but the length.
    shown.is_some_and(|shown| shown.ct_eq(token.as_bytes()).into())
}

fn is_local(headers: &HeaderMap) -> bool {
    let Some(Ok(host)) = headers.get(header::HOST).map(|host| host.to_str()) else {
        // HTTP/1.0; no browser leaves it out.
        return !headers.contains_key(header::HOST);
    };
    let authority = host.parse::<http::uri::Authority>();
    authority.is_ok_and(|authority| {
        let host = authority.host();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        bare.eq_ignore_ascii_case("localhost") || bare.parse::<std::net::IpAddr>().is_ok()
    })
}
