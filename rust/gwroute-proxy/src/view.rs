//! A request as the core asks about it.

use gwroute_core::RequestView;
use http::Version;
use http::header::{self, HeaderName};
use http::request::Parts;
use http::uri::{PathAndQuery, Uri};

/// The head of a request.
#[derive(Debug)]
pub(crate) struct View<'a>(pub(crate) &'a Parts);

impl RequestView for View<'_> {
    type Value<'a>
        = &'a [u8]
    where
        Self: 'a;

    fn method(&self) -> &str {
        self.0.method.as_str()
    }

    /// The authority of an absolute target is told apart from it, by `authority`.
    fn target(&self) -> &[u8] {
        let target = self.0.uri.path_and_query();
        target.map_or(b"", |target| target.as_str().as_bytes())
    }

    fn authority(&self) -> Option<&[u8]> {
        let of_target = self.0.uri.authority();
        let of_target = of_target.map(|authority| authority.as_str().as_bytes());
        of_target.or_else(|| Some(self.0.headers.get(header::HOST)?.as_bytes()))
    }

    fn header<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
        let values = self.0.headers.get_all(name).iter();
        values.map(http::HeaderValue::as_bytes)
    }
}

/// `http://host?q` stands for `http://host/?q` (RFC 9110 4.2.3); over HTTP/2, where a client writes
/// the path by itself, `?q` stays what it is: malformed (RFC 9113 8.3.1).
pub(crate) fn complete_path(parts: &mut Parts) {
    let query = parts.uri.path_and_query().map_or("", PathAndQuery::as_str);
    if !query.starts_with('?') || parts.version != Version::HTTP_11 {
        return;
    }
    let completed = PathAndQuery::try_from(format!("/{query}"));
    let mut uri = parts.uri.clone().into_parts();
    uri.path_and_query = completed.ok();
    if let Ok(uri) = Uri::from_parts(uri) {
        parts.uri = uri;
    }
}
