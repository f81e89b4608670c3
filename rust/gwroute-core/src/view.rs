//! What matching may ask of a request.

use http::HeaderName;

/// A request as matching sees it: asked by name, never copied whole.
///
/// Implemented by the proxy over hyper's parts, by the binding over Python objects, and by
/// [`PlainRequest`] for tests and tools.
pub trait RequestView {
    /// A header value: borrowed, or a handle that keeps it alive.
    type Value<'a>: AsRef<[u8]>
    where
        Self: 'a;

    /// The method as sent, case included.
    fn method(&self) -> &str;

    /// The request target as sent: origin, absolute, authority or asterisk form
    /// (RFC 9112 3.2).
    fn target(&self) -> &[u8];

    /// The `Host` header, or `:authority`; an absolute target takes precedence over it.
    fn authority(&self) -> Option<&[u8]>;

    /// The values of all header lines of that name, in order.
    fn header<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = Self::Value<'a>>;
}

/// A request made of plain strings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlainRequest {
    /// `GET`.
    pub method: String,
    /// `/cart?v=2`, or an absolute URL.
    pub target: String,
    /// `shop.example.com:8080`.
    pub authority: Option<String>,
    /// Names in any case, one entry a line.
    pub headers: Vec<(String, String)>,
}

impl RequestView for PlainRequest {
    type Value<'a> = &'a [u8];

    fn method(&self) -> &str {
        &self.method
    }

    fn target(&self) -> &[u8] {
        self.target.as_bytes()
    }

    fn authority(&self) -> Option<&[u8]> {
        self.authority.as_deref().map(str::as_bytes)
    }

    fn header<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
        let lines = self.headers.iter();
        lines
            .filter(|(known, _)| known.eq_ignore_ascii_case(name.as_str()))
            .map(|(_, value)| value.as_bytes())
    }
}
