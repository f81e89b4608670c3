//! A copy of a request's head, for the case that it has to be sent again.

use http::{HeaderName, HeaderValue, Method, Request, Uri};
use hyper::body::Body;

use crate::body::RequestBody;

/// The head of a request, as text: nearly always it is thrown away unread, and text is the
/// cheapest to make.
#[derive(Debug)]
pub(crate) struct Spare {
    method: Method,
    uri: Uri,
    /// Name, colon, value, line end; a value holds no line end.
    lines: Vec<u8>,
}

impl Spare {
    pub(crate) fn of_repeatable(request: &Request<RequestBody>) -> Option<Self> {
        is_repeatable(request).then(|| Self::of(request))
    }

    pub(crate) fn of(request: &Request<RequestBody>) -> Self {
        let mut lines = Vec::with_capacity(512);
        for (name, value) in request.headers() {
            lines.extend_from_slice(name.as_str().as_bytes());
            lines.push(b':');
            lines.extend_from_slice(value.as_bytes());
            lines.push(b'\n');
        }
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            lines,
        }
    }

    /// The request once more, with that body.
    pub(crate) fn to_request(&self, body: RequestBody) -> Request<RequestBody> {
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        let headers = request.headers_mut();
        for line in self.lines.split(|byte| *byte == b'\n') {
            let Some(colon) = memchr::memchr(b':', line) else {
                continue;
            };
            let name = HeaderName::from_bytes(&line[..colon]);
            let value = HeaderValue::from_bytes(&line[colon + 1..]);
            // Both have been a name and a value before.
            if let (Ok(name), Ok(value)) = (name, value) {
                headers.append(name, value);
            }
        }
        request
    }
}

/// Whether a request may be sent twice (RFC 9110 9.2.2), and has no body, which can be read only
/// once.
pub(crate) fn is_repeatable(request: &Request<RequestBody>) -> bool {
    let is_idempotent = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE | Method::TRACE
    );
    is_idempotent && request.body().is_end_stream()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_copy_is_like_the_first() {
        let request = Request::put("/a?b=c")
            .header("host", "a:80")
            .header("x-many", "1: 2")
            .header("x-many", "")
            .header("x-bytes", HeaderValue::from_bytes(b"\xe4\t").unwrap())
            .body(RequestBody::Empty)
            .unwrap();
        let copy = Spare::of_repeatable(&request)
            .unwrap()
            .to_request(RequestBody::Empty);
        assert_eq!(
            (copy.method(), copy.uri()),
            (request.method(), request.uri())
        );
        assert_eq!(copy.headers(), request.headers());
    }

    #[test]
    fn what_may_not_be_repeated_has_none() {
        for method in ["POST", "PATCH", "CONNECT", "LOCK"] {
            let request = Request::builder().method(method).uri("/");
            assert!(Spare::of_repeatable(&request.body(RequestBody::Empty).unwrap()).is_none());
        }
    }
}
