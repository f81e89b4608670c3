//! Host names: what a request names, what a pattern takes, and lookup by the most specific one.

use std::borrow::Cow;
use std::net::Ipv6Addr;
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

/// Reads `host [":" port]` (RFC 3986 3.2); `None` if it is malformed.
///
/// Escapes and user information are refused. No authority at all is the empty one (RFC 9112 3.2).
/// A dot at the end belongs to the name, as in Envoy: `a.example.com.` is a name that no Hostname
/// of the Gateway API can spell, so that only what takes every host takes it.
pub(crate) fn from_authority(authority: &[u8]) -> Option<Host<'_>> {
    let seen = authority
        .iter()
        .fold(0, |seen, byte| seen | CLASS[usize::from(*byte)]);
    let name = if seen & !UPPER == 0 {
        authority
    } else {
        without_port(authority)?
    };
    if name.len() > LONGEST {
        return None;
    }
    let name = std::str::from_utf8(name).ok()?;
    Some(Host(if seen & UPPER == 0 {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(name.to_ascii_lowercase())
    }))
}

/// Names are compared in lower case; one that is so already is borrowed.
pub(crate) fn lower_case(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// The longest registered name that is looked up; no name in the DNS is longer.
const LONGEST: usize = 255;

const UPPER: u8 = 1;
const OTHER: u8 = 2;

/// 0 for the lower case characters of a registered name (RFC 3986 3.2.2), escapes left out.
static CLASS: [u8; 256] = {
    let mut table = [OTHER; 256];
    let mut byte = b'0';
    while byte <= b'z' {
        if byte.is_ascii_lowercase() || byte.is_ascii_digit() {
            table[byte as usize] = 0;
        } else if byte.is_ascii_uppercase() {
            table[byte as usize] = UPPER;
        }
        byte += 1;
    }
    let others = b"-._~!$&'()*+,;=";
    let mut at = 0;
    while at < others.len() {
        table[others[at] as usize] = 0;
        at += 1;
    }
    table
};

/// The name in front of a port, or an address in brackets; `None` if it is neither.
fn without_port(authority: &[u8]) -> Option<&[u8]> {
    let end = match authority {
        // A colon inside brackets belongs to an IPv6 address.
        [b'[', ..] => memchr::memchr(b']', authority)? + 1,
        _ => memchr::memchr(b':', authority)?,
    };
    let (name, port) = authority.split_at(end);
    (is_name(name) && is_port(port)).then_some(name)
}

/// A registered name, which an IPv4 address is as well, or an IPv6 address in brackets. Literals
/// of later versions have to be refused by those who do not know them (RFC 3986 3.2.2).
fn is_name(name: &[u8]) -> bool {
    match name {
        [b'[', address @ .., b']'] => {
            let address = std::str::from_utf8(address).map(str::parse::<Ipv6Addr>);
            matches!(address, Ok(Ok(_)))
        }
        _ => !name.is_empty() && name.iter().all(|b| CLASS[usize::from(*b)] != OTHER),
    }
}

/// Nothing, or a colon and a port; the port may be empty.
fn is_port(port: &[u8]) -> bool {
    match port {
        [] | b":" => true,
        [b':', digits @ ..] => {
            let number = std::str::from_utf8(digits).map(str::parse::<u16>);
            digits[0] != b'+' && matches!(number, Ok(Ok(_)))
        }
        _ => false,
    }
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
            ("[2001:DB8::1]", "[2001:db8::1]"),
            ("www.example.com:", "www.example.com"),
            ("www.example.com:00080", "www.example.com"),
            ("www.example.com.:80", "www.example.com."),
            ("10.0.0.1:65535", "10.0.0.1"),
            ("", ""),
        ] {
            assert_eq!(from_authority(authority.as_bytes()).unwrap().as_str(), host);
        }
    }

    #[test]
    fn what_is_no_authority() {
        let long = "a".repeat(256);
        for malformed in [
            "a b",
            "a:80x",
            "user@a",
            "a/b",
            "a\u{e4}",
            "a:1:2",
            "a:65536",
            "a:+1",
            "a: 80",
            ":80",
            ":",
            "::1",
            "[::1",
            "::1]",
            "[::1]a",
            "[::1]:x",
            "[::1]]",
            "[[::1]]",
            "[]",
            "[a]",
            "a[::1]",
            "[::1%25eth0]",
            "[v1.a]",
            "[127.0.0.1]",
            "a%2eb",
            &long,
        ] {
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
