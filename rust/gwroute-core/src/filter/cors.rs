//! Cross-origin resource sharing: answers to preflights, and what responses tell browsers.
//!
//! Gateway API, HTTPCORSFilter, and the Fetch standard's CORS protocol. The origin is always
//! echoed and never `*`, which satisfies both with and without credentials; `Vary: Origin` says
//! so to caches.

use std::sync::Arc;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::error::Error;
use crate::ir;
use crate::view::RequestView;

/// What the answer to a preflight tells.
const TOLD: [HeaderName; 6] = [
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
    header::ACCESS_CONTROL_MAX_AGE,
];

/// The CORS filter of a rule or of a backend.
#[derive(Debug)]
pub struct Cors {
    origins: Vec<Origin>,
    credentials: bool,
    methods: List,
    request_headers: List,
    exposed: List,
    max_age: HeaderValue,
}

#[derive(Debug, PartialEq, Eq)]
enum Origin {
    Any,
    /// The host begins with `*.`: everything below is taken.
    Below {
        scheme: Arc<str>,
        suffix: Arc<str>,
        port: Option<u16>,
    },
    Exact {
        scheme: Arc<str>,
        host: Arc<str>,
        port: Option<u16>,
    },
}

/// What a list of names comes to in a header.
#[derive(Debug)]
enum List {
    Nothing,
    /// `*`.
    All,
    Names(HeaderValue),
}

impl Cors {
    pub(crate) fn compile(cors: &ir::Cors) -> Result<Self, Error> {
        let origins = cors
            .allow_origins
            .iter()
            .map(|origin| Origin::compile(origin).ok_or_else(|| Error::invalid("origin", origin)));
        Ok(Self {
            origins: origins.collect::<Result<_, _>>()?,
            credentials: cors.allow_credentials,
            methods: List::compile(&cors.allow_methods)?,
            request_headers: List::compile(&cors.allow_headers)?,
            exposed: List::compile(&cors.expose_headers)?,
            max_age: HeaderValue::from(cors.max_age),
        })
    }

    /// Whether a request asks what it may send, instead of sending it.
    pub(crate) fn is_preflight<V: RequestView>(request: &V) -> bool {
        request.method() == "OPTIONS"
            && request.header(&header::ORIGIN).next().is_some()
            && request
                .header(&header::ACCESS_CONTROL_REQUEST_METHOD)
                .next()
                .is_some()
    }

    /// The headers of the answer to a preflight with these headers; none for an origin that is
    /// not allowed. What other filters put in their place does not count.
    pub fn preflight(&self, request: &HeaderMap, response: &mut HeaderMap) {
        for name in TOLD {
            response.remove(name);
        }
        if !self.allow(request.get(header::ORIGIN), response) {
            return;
        }
        let asked = |name: &HeaderName| request.get(name).cloned();
        let method = asked(&header::ACCESS_CONTROL_REQUEST_METHOD);
        if let Some(methods) = self.methods.or_asked(method) {
            response.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
        if let Some(wanted) = asked(&header::ACCESS_CONTROL_REQUEST_HEADERS)
            && let Some(allowed) = self.request_headers.or_asked(Some(wanted))
        {
            response.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        }
        response.insert(header::ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
    }

    /// Marks the response to an ordinary request of an origin. What the backend says of the same
    /// is replaced for an origin that is allowed, and left alone otherwise.
    pub fn mark(&self, origin: &HeaderValue, response: &mut HeaderMap) {
        self.allow(Some(origin), response);
    }

    /// What a preflight and an actual request are told alike; whether the origin is allowed.
    fn allow(&self, origin: Option<&HeaderValue>, response: &mut HeaderMap) -> bool {
        response.append(header::VARY, HeaderValue::from_static("origin"));
        let Some(origin) = origin else {
            return false;
        };
        if !self.allows(origin.as_bytes()) {
            return false;
        }
        for name in [
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
        ] {
            response.remove(name);
        }
        response.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        if self.credentials {
            let yes = HeaderValue::from_static("true");
            response.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
        }
        match &self.exposed {
            List::Names(names) => {
                response.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, names.clone());
            }
            // With credentials a browser would take `*` for a name.
            List::All if !self.credentials => {
                let all = HeaderValue::from_static("*");
                response.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, all);
            }
            List::All | List::Nothing => {}
        }
        true
    }

    /// Whether requests of that origin may be made.
    pub fn allows(&self, origin: &[u8]) -> bool {
        let Some((scheme, host, port)) = std::str::from_utf8(origin).ok().and_then(split) else {
            // `null` and what else has no host: only a filter that takes every origin takes it.
            return self.origins.contains(&Origin::Any);
        };
        let mut origins = self.origins.iter();
        origins.any(|allowed| allowed.takes(scheme, host, port))
    }
}

impl Origin {
    fn compile(origin: &str) -> Option<Self> {
        if origin == "*" {
            return Some(Self::Any);
        }
        let (scheme, host, port) = split(origin)?;
        let (scheme, host) = (lower_case(scheme), lower_case(host));
        Some(match host.strip_prefix('*') {
            Some(suffix) => Self::Below {
                scheme,
                suffix: suffix.into(),
                port,
            },
            None => Self::Exact { scheme, host, port },
        })
    }

    fn takes(&self, scheme: &str, host: &str, port: Option<u16>) -> bool {
        match self {
            Self::Any => true,
            Self::Exact {
                scheme: own,
                host: name,
                port: on,
            } => own.eq_ignore_ascii_case(scheme) && name.eq_ignore_ascii_case(host) && *on == port,
            Self::Below {
                scheme: own,
                suffix,
                port: on,
            } => {
                let end = host.len().checked_sub(suffix.len()).filter(|end| *end > 0);
                own.eq_ignore_ascii_case(scheme)
                    && *on == port
                    && end
                        .and_then(|end| host.get(end..))
                        .is_some_and(|end| end.eq_ignore_ascii_case(suffix))
            }
        }
    }
}

/// Scheme, host and port of an origin; the port of the scheme where none is written.
fn split(origin: &str) -> Option<(&str, &str, Option<u16>)> {
    let (scheme, authority) = origin.split_once("://")?;
    let behind_address = authority.rfind(']').map_or(0, |end| end + 1);
    let (host, port) = match authority.get(behind_address..)?.rsplit_once(':') {
        Some((rest, port)) => (
            authority.get(..behind_address + rest.len())?,
            Some(port.parse().ok()?),
        ),
        None => (authority, default_port(scheme)),
    };
    (!host.is_empty() && !host.contains('/')).then_some((scheme, host, port))
}

fn default_port(scheme: &str) -> Option<u16> {
    if scheme.eq_ignore_ascii_case("https") {
        Some(443)
    } else if scheme.eq_ignore_ascii_case("http") {
        Some(80)
    } else {
        None
    }
}

fn lower_case(text: &str) -> Arc<str> {
    text.to_ascii_lowercase().into()
}

impl List {
    fn compile(names: &[String]) -> Result<Self, Error> {
        if names.is_empty() {
            return Ok(Self::Nothing);
        }
        if names.iter().any(|name| name == "*") {
            return Ok(Self::All);
        }
        let joined = names.join(", ");
        let value = HeaderValue::from_str(&joined);
        value
            .map(Self::Names)
            .map_err(|_| Error::invalid("list of names", &joined))
    }

    /// What is configured; where that is everything, what was asked for.
    fn or_asked(&self, asked: Option<HeaderValue>) -> Option<HeaderValue> {
        match self {
            Self::Nothing => None,
            Self::All => asked,
            Self::Names(names) => Some(names.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn cors(origins: &[&str], credentials: bool, names: &[&str]) -> Cors {
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Cors::compile(&ir::Cors {
            allow_origins: owned(origins),
            allow_credentials: credentials,
            allow_methods: owned(names),
            allow_headers: owned(names),
            expose_headers: owned(names),
            max_age: 5,
        })
        .unwrap()
    }

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let pairs = lines.iter().map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        });
        pairs.collect()
    }

    #[test]
    fn origins_are_compared_by_scheme_host_and_port() {
        let filter = cors(
            &["https://www.foo.com", "https://*.bar.com", "http://a:8080"],
            false,
            &[],
        );
        for (origin, allowed) in [
            ("https://www.foo.com", true),
            ("HTTPS://WWW.foo.com", true),
            ("https://www.foo.com:443", true),
            ("https://www.foo.com:444", false),
            ("http://www.foo.com", false),
            ("https://foo.com", false),
            ("https://www.bar.com", true),
            ("https://x.y.bar.com", true),
            ("https://bar.com", false),
            ("https://foobar.com", false),
            ("https://evil.com/.bar.com", false),
            ("http://a:8080", true),
            ("http://a", false),
            ("null", false),
            ("https://", false),
            ("https://é.bar.com", true),
        ] {
            assert_eq!(filter.allows(origin.as_bytes()), allowed, "{origin}");
        }
        assert!(cors(&["*"], true, &[]).allows(b"null"));
    }

    #[test]
    fn a_preflight_is_told_what_is_configured() {
        let filter = cors(&["https://a.example"], true, &["GET", "PUT"]);
        let request = headers(&[
            ("origin", "https://a.example"),
            ("access-control-request-method", "DELETE"),
            ("access-control-request-headers", "x-a"),
        ]);
        let mut response = HeaderMap::new();
        filter.preflight(&request, &mut response);
        for (name, value) in [
            ("access-control-allow-origin", "https://a.example"),
            ("access-control-allow-methods", "GET, PUT"),
            ("access-control-allow-headers", "GET, PUT"),
            ("access-control-expose-headers", "GET, PUT"),
            ("access-control-allow-credentials", "true"),
            ("access-control-max-age", "5"),
            ("vary", "origin"),
        ] {
            assert_eq!(response[name], value, "{name}");
        }
    }

    #[test]
    fn a_star_allows_what_was_asked_for() {
        let filter = cors(&["*"], true, &["*"]);
        let request = headers(&[
            ("origin", "https://a.example"),
            ("access-control-request-method", "DELETE"),
        ]);
        let mut response = HeaderMap::new();
        filter.preflight(&request, &mut response);
        assert_eq!(response["access-control-allow-methods"], "DELETE");
        assert!(!response.contains_key("access-control-allow-headers"));
        assert!(!response.contains_key("access-control-expose-headers"));
    }

    #[test]
    fn another_origin_is_told_nothing_and_keeps_what_the_backend_says() {
        let filter = cors(&["https://a.example"], true, &["*"]);
        let mut response = headers(&[("access-control-allow-origin", "https://b.example")]);
        filter.mark(
            &HeaderValue::from_static("https://b.example"),
            &mut response,
        );
        assert_eq!(response["access-control-allow-origin"], "https://b.example");
        assert!(!response.contains_key("access-control-allow-credentials"));
        let mut response = headers(&[("access-control-expose-headers", "x"), ("server", "s")]);
        filter.mark(
            &HeaderValue::from_static("https://a.example"),
            &mut response,
        );
        assert_eq!(response["access-control-allow-origin"], "https://a.example");
        assert!(!response.contains_key("access-control-expose-headers"));
    }
}
