//! From the bytes of a request line to host, path and query; the only normalisation in the
//! program.
//!
//! What is forwarded is what was matched, so the cleaning happens once, here, and in this order
//! (the behaviour of Envoy as Envoy Gateway configures it):
//!
//! 1. A fragment is cut. The path must start with `/`, or be `*`.
//! 2. `\` becomes `/`; escapes of unreserved characters are decoded; characters that a URL may
//!    not hold are escaped; dot segments are resolved, written as `%2e` or not, and stop at the
//!    root. `%00` is refused.
//! 3. Runs of `/` become one.
//! 4. If escaped slashes (`%2F`, `%5C`, either case) are left, they are decoded and the client
//!    is redirected to the result with 307.
//!
//! The query is never touched, and the case of letters never changes. A target that is clean
//! already is borrowed.

use std::borrow::Cow;

use crate::host::{self, Host};

/// A request target that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target<'r> {
    /// Lower case, without port; empty if the request names none.
    pub(crate) host: Host<'r>,
    /// As matched and as forwarded: starts with `/`, or is `*`.
    pub(crate) path: Cow<'r, str>,
    /// As sent, without the `?`.
    pub(crate) query: Option<&'r str>,
    /// The path held escaped slashes; `path` has them decoded, and the client is sent there.
    pub(crate) redirect: bool,
}

/// A request target that is answered with 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadTarget {
    /// Neither a path, nor an absolute URL, nor `*`.
    Form,
    /// An escaped or plain NUL, blank or control character.
    Character,
    /// The host, or its port, is malformed.
    Host,
}

impl BadTarget {
    /// For logs and explanations.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Form => "the request target is neither a path nor an absolute URL",
            Self::Character => "the request target holds a character that is not allowed",
            Self::Host => "the host is malformed",
        }
    }
}

impl<'r> Target<'r> {
    /// Reads a request target and the authority that goes with it.
    ///
    /// # Errors
    /// [`BadTarget`], to be answered with 400.
    pub fn parse(target: &'r [u8], authority: Option<&'r [u8]>) -> Result<Self, BadTarget> {
        let (own_authority, path_and_query) = split_form(target)?;
        let host = match own_authority.or(authority) {
            Some(authority) => host::from_authority(authority).ok_or(BadTarget::Host)?,
            None => Host::default(),
        };
        let (raw_path, query) = match split_query(path_and_query)? {
            // `http://host?q` stands for `http://host/?q` (RFC 9110 4.2.3).
            ([], query) if own_authority.is_some() => (b"/".as_slice(), query),
            parts => parts,
        };
        if is_clean(raw_path) {
            return Ok(Self {
                host,
                path: Cow::Borrowed(text(raw_path)?),
                query,
                redirect: false,
            });
        }
        let (path, redirect) = clean(raw_path)?;
        Ok(Self {
            host,
            path: Cow::Owned(path),
            query,
            redirect,
        })
    }

    /// Lower case, without port; empty if the request names none.
    pub fn host(&self) -> &str {
        self.host.as_str()
    }

    /// The path as matched and as forwarded.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query as sent, without the `?`.
    pub fn query(&self) -> Option<&'r str> {
        self.query
    }
}

fn text(bytes: &[u8]) -> Result<&str, BadTarget> {
    std::str::from_utf8(bytes).map_err(|_| BadTarget::Character)
}

/// The authority of an absolute target, and what follows it: nothing, a path, a query.
fn split_form(target: &[u8]) -> Result<(Option<&[u8]>, &[u8]), BadTarget> {
    match target {
        [b'/', ..] | b"*" => Ok((None, target)),
        _ => {
            let rest = strip_scheme(target).ok_or(BadTarget::Form)?;
            let end = rest
                .iter()
                .position(|b| matches!(b, b'/' | b'?' | b'#' | b'\\'));
            let (authority, path_and_query) = rest.split_at(end.unwrap_or(rest.len()));
            if authority.is_empty() {
                return Err(BadTarget::Host);
            }
            Ok((Some(authority), path_and_query))
        }
    }
}

fn strip_scheme(target: &[u8]) -> Option<&[u8]> {
    [b"http://".as_slice(), b"https://"]
        .into_iter()
        .find_map(|scheme| {
            let (head, rest) = target.split_at_checked(scheme.len())?;
            head.eq_ignore_ascii_case(scheme).then_some(rest)
        })
}

/// Cuts the fragment and splits off the query.
fn split_query(bytes: &[u8]) -> Result<(&[u8], Option<&str>), BadTarget> {
    let Some(end) = memchr::memchr2(b'?', b'#', bytes) else {
        return Ok((bytes, None));
    };
    let path = &bytes[..end];
    if bytes[end] == b'#' {
        return Ok((path, None));
    }
    let query = &bytes[end + 1..];
    let query = &query[..memchr::memchr(b'#', query).unwrap_or(query.len())];
    if query.iter().any(|b| *b <= b' ' || *b == 0x7f) {
        return Err(BadTarget::Character);
    }
    Ok((path, Some(text(query)?)))
}

/// Whether cleaning would change nothing; one pass without branches, no allocation.
fn is_clean(path: &[u8]) -> bool {
    let (mut wrong, mut before) = (0, 0);
    for byte in path {
        let class = CLASS[usize::from(*byte)];
        // Only a segment that begins with a dot can be a dot segment.
        wrong |= class & (OTHER | ((before & SLASH) * (SLASH | DOT)));
        before = class;
    }
    wrong == 0 || path == b"*"
}

const SLASH: u8 = 1;
const DOT: u8 = 2;
const OTHER: u8 = 4;

static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        if must_escape(byte as u8) || byte == b'%' as usize || byte == b'\\' as usize {
            table[byte] = OTHER;
        }
        byte += 1;
    }
    table[b'/' as usize] = SLASH;
    table[b'.' as usize] = DOT;
    table
};

/// Characters that a path of a URL may not hold as they are (WHATWG URL, path percent-encode
/// set).
const fn must_escape(byte: u8) -> bool {
    byte <= b' ' || byte >= 0x7f || matches!(byte, b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'}')
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// The cleaned path, and whether the client has to be sent there.
fn clean(path: &[u8]) -> Result<(String, bool), BadTarget> {
    let decoded = decode(path)?;
    let resolved = merge_slashes(resolve_dots(&decoded));
    let Some(unescaped) = decode_slashes(&resolved) else {
        return Ok((resolved, false));
    };
    Ok((merge_slashes(resolve_dots(&unescaped)), true))
}

/// Step 2 without the dots: every byte in the one spelling it is compared in.
fn decode(path: &[u8]) -> Result<String, BadTarget> {
    let mut out = String::with_capacity(path.len() + 8);
    let mut rest = path;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match *byte {
            b'\\' => out.push('/'),
            b'%' => match escape(tail) {
                Some(0) => return Err(BadTarget::Character),
                Some(decoded) if is_unreserved(decoded) => {
                    out.push(char::from(decoded));
                    rest = &tail[2..];
                }
                _ => out.push('%'),
            },
            0 => return Err(BadTarget::Character),
            byte if must_escape(byte) => {
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
            byte => out.push(char::from(byte)),
        }
    }
    Ok(out)
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// The byte that two hexadecimal digits stand for.
fn escape(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    match digits {
        [high, low, ..] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    }
}

/// RFC 3986 5.2.4 on a path that starts with `/`.
fn resolve_dots(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    out.truncate(out.rfind('/').unwrap_or(0));
                }
                if last {
                    out.push('/');
                }
            }
            _ => {
                out.push('/');
                out.push_str(segment);
            }
        }
    }
    if out.is_empty() { "/".to_owned() } else { out }
}

fn merge_slashes(path: String) -> String {
    if !path.contains("//") {
        return path;
    }
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !out.ends_with('/') {
            out.push(c);
        }
    }
    out
}

/// The path with escaped slashes decoded; `None` if there are none.
fn decode_slashes(path: &str) -> Option<String> {
    let is_slash = |at: usize| {
        path.get(at..at + 3)
            .is_some_and(|e| e.eq_ignore_ascii_case("%2f") || e.eq_ignore_ascii_case("%5c"))
    };
    let mut found = memchr::memchr_iter(b'%', path.as_bytes())
        .filter(|at| is_slash(*at))
        .peekable();
    found.peek()?;
    let mut out = String::with_capacity(path.len());
    let mut from = 0;
    for at in found {
        out.push_str(&path[from..at]);
        out.push('/');
        from = at + 3;
    }
    out.push_str(&path[from..]);
    Some(out)
}

#[cfg(test)]
mod tests;
