//! A request as the core asks about it.

use gwroute_core::RequestView;
use http::header::{self, HeaderName};
use http::request::Parts;

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
