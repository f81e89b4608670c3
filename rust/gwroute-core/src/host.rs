//! Host names: what a request names, what a pattern takes, and lookup by the most specific one.

use std::borrow::Cow;
use std::sync::Arc;

use hashbrown::HashMap;

/// A host as a request names it: lower case, no port.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Host<'r>(Cow<'r, str>);

impl Host<'_> {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads `host`, `host:port` or `[v6]:port`; `None` if it is malformed.
pub(crate) fn from_authority(authority: &[u8]) -> Option<Host<'_>> {
    let name = without_port(authority)?;
    if name.len() > 255 || !name.iter().all(|b| is_host_byte(*b)) {
        return None;
    }
    Some(Host(lower_case(std::str::from_utf8(name).ok()?)))
}

/// Names are compared in lower case; one that is so already is borrowed.
pub(crate) fn lower_case(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

fn without_port(authority: &[u8]) -> Option<&[u8]> {
    // A colon inside brackets belongs to an IPv6 address.
    let from = memchr::memrchr(b']', authority).map_or(0, |end| end + 1);
    match memchr::memchr(b':', &authority[from..]) {
        Some(colon) => {
            let (name, port) = authority.split_at(from + colon);
            port[1..].iter().all(u8::is_ascii_digit).then_some(name)
        }
        None => Some(authority),
    }
}

/// The characters of a registered name or an IP literal (RFC 3986 3.2.2), escapes left out.
const fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'[' | b']' | b':')
        || matches!(
            byte,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
        )
}

/// Values by host pattern, found from the most specific pattern on.
#[derive(Debug, Clone)]
pub(crate) struct HostMap<T> {
    exact: HashMap<Arc<str>, T, foldhash::fast::RandomState>,
    /// By the pattern without its `*`: `.example.com`.
    wildcard: HashMap<Arc<str>, T, foldhash::fast::RandomState>,
    any: Option<T>,
}

impl<T> Default for HostMap<T> {
    fn default() -> Self {
        Self {
            exact: HashMap::default(),
            wildcard: HashMap::default(),
            any: None,
        }
    }
}

impl<T> HostMap<T> {
    /// All values whose pattern takes the host: the exact name, then wildcards from the longest
    /// on, then the one for any host. `*.` stands for one or more labels.
    pub(crate) fn lookup<'m, 'h>(
        &'m self,
        host: &'h str,
    ) -> impl Iterator<Item = &'m T> + use<'m, 'h, T> {
        let exact = if self.exact.is_empty() {
            None
        } else {
            self.exact.get(host)
        };
        let suffixes =
            (!self.wildcard.is_empty()).then(|| memchr::memchr_iter(b'.', host.as_bytes()));
        let wildcard = suffixes
            .into_iter()
            .flatten()
            // The star stands for at least one character.
            .filter(|dot| *dot > 0)
            .filter_map(|dot| self.wildcard.get(&host[dot..]));
        exact.into_iter().chain(wildcard).chain(self.any.as_ref())
    }

    pub(crate) fn get_mut(&mut self, pattern: Option<&str>) -> Option<&mut T> {
        match pattern {
            None => self.any.as_mut(),
            Some(pattern) => match pattern.strip_prefix('*') {
                Some(suffix) => self.wildcard.get_mut(suffix),
                None => self.exact.get_mut(pattern),
            },
        }
    }

    pub(crate) fn insert(&mut self, pattern: Option<&str>, value: T) {
        match pattern {
            None => self.any = Some(value),
            Some(pattern) => {
                match pattern.strip_prefix('*') {
                    Some(suffix) => self.wildcard.insert(suffix.into(), value),
                    None => self.exact.insert(pattern.into(), value),
                };
            }
        }
    }

    pub(crate) fn remove(&mut self, pattern: Option<&str>) {
        match pattern {
            None => self.any = None,
            Some(pattern) => {
                match pattern.strip_prefix('*') {
                    Some(suffix) => self.wildcard.remove(suffix),
                    None => self.exact.remove(pattern),
                };
            }
        }
    }

    /// All patterns with their values, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Option<String>, &T)> {
        let exact = self
            .exact
            .iter()
            .map(|(name, value)| (Some(name.to_string()), value));
        let wildcard = self
            .wildcard
            .iter()
            .map(|(suffix, value)| (Some(format!("*{suffix}")), value));
        exact
            .chain(wildcard)
            .chain(self.any.iter().map(|value| (None, value)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_port_and_the_case_do_not_count() {
        for (authority, host) in [
            ("www.example.com", "www.example.com"),
            ("WWW.Example.com:30364", "www.example.com"),
            ("[::1]:80", "[::1]"),
            ("www.example.com:", "www.example.com"),
        ] {
            assert_eq!(from_authority(authority.as_bytes()).unwrap().as_str(), host);
        }
        for malformed in ["a b", "a:80x", "user@a", "a/b", "a\u{e4}", "a:1:2"] {
            assert!(
                from_authority(malformed.as_bytes()).is_none(),
                "{malformed}"
            );
        }
    }

    #[test]
    fn lookup_goes_from_exact_to_longer_wildcards_to_any() {
        let mut map = HostMap::default();
        for pattern in [
            None,
            Some("*.com"),
            Some("*.example.com"),
            Some("a.example.com"),
        ] {
            map.insert(pattern, pattern);
        }
        let found = |host: &str| map.lookup(host).copied().collect::<Vec<_>>();
        assert_eq!(
            found("a.example.com"),
            [
                Some("a.example.com"),
                Some("*.example.com"),
                Some("*.com"),
                None
            ]
        );
        assert_eq!(
            found("x.y.example.com"),
            [Some("*.example.com"), Some("*.com"), None]
        );
        assert_eq!(found("example.com"), [Some("*.com"), None]);
        assert_eq!(found(".com"), [None]);
        assert_eq!(found(""), [None]);
    }
}
