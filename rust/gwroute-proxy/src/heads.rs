//! What the HTTP library does not tell about the heads of HTTP/1 requests.
//!
//! Two things: that a request with a coded body also gave a length, of which the library drops
//! one silently (a way to smuggle requests past proxies that read the other, RFC 9112 11.2); and
//! targets with characters that a URL may not hold, which it refuses though they can be escaped
//! (the core escapes them, but never gets to see them; in the query it would leave them). So the
//! bytes of heads are kept until the
//! head has been read, which for a small request is a copy of some hundred bytes.

use std::cell::{Cell, RefCell};
use std::ops::Range;

use memchr::{memchr, memchr3, memmem};

/// More is not kept: a head this long is refused anyway.
const LONGEST: usize = 128 * 1024;

/// The bytes of the heads of one connection since the last one that was read whole.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    bytes: RefCell<Vec<u8>>,
    /// Heads in `bytes` that the library has read.
    read: Cell<usize>,
    in_body: Cell<bool>,
}

impl Heads {
    /// Whether the bytes that come next belong to a body.
    pub(crate) fn in_body(&self) -> bool {
        self.in_body.get()
    }

    pub(crate) fn body_ended(&self) {
        self.in_body.set(false);
    }

    /// Whether a head has begun and is not whole.
    pub(crate) fn is_partial(&self) -> bool {
        let bytes = self.bytes.borrow();
        !bytes.is_empty() && !ends_a_head(&bytes)
    }

    /// Notes bytes that arrived; returns what they have to be replaced by, if they have to.
    pub(crate) fn take_in(&self, arrived: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = self.bytes.borrow_mut();
        if bytes.len() > LONGEST || (self.read.get() > 0 && ends_a_head(&bytes)) {
            bytes.clear();
            self.read.set(0);
        }
        let from = bytes.len();
        bytes.extend_from_slice(arrived);
        memchr3(b'<', b'>', b'`', arrived)?;
        Some(escape_targets(&bytes, from))
    }

    /// Notes that the library has read a head; what follows is its body or the next head.
    pub(crate) fn head_read(&self, has_body: bool) {
        if has_body {
            self.bytes.borrow_mut().clear();
            self.read.set(0);
            self.in_body.set(true);
        } else {
            self.read.set(self.read.get() + 1);
        }
    }

    /// Whether the head that was read last, before [`Heads::head_read`] is told, gives a length.
    /// `method` is that of the request: it has to be there, else the head is another one.
    pub(crate) fn gives_length(&self, method: &str) -> bool {
        let bytes = self.bytes.borrow();
        let head = heads(&bytes).nth(self.read.get());
        head.is_some_and(|head| {
            let mut lines = bytes[head].split(|byte| *byte == b'\n');
            let first = lines.next();
            first.is_some_and(|line| line.starts_with(method.as_bytes()))
                && lines.any(is_content_length)
        })
    }
}

fn ends_a_head(bytes: &[u8]) -> bool {
    bytes.ends_with(b"\r\n\r\n") || bytes.ends_with(b"\n\n")
}

/// Where heads begin and end, the empty line included; the last one may be partial.
fn heads(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        // Empty lines before a request line are ignored (RFC 9112 2.2).
        while let Some(b'\r' | b'\n') = bytes.get(start) {
            start += 1;
        }
        let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
        let end = start + end_of_head(rest).unwrap_or(rest.len());
        Some(std::mem::replace(&mut start, end)..end)
    })
}

/// Behind the first empty line.
pub(crate) fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let with_returns = memmem::find(bytes, b"\n\r\n").map(|at| at + 3);
    let without = memmem::find(bytes, b"\n\n").map(|at| at + 2);
    with_returns.into_iter().chain(without).min()
}

fn is_content_length(line: &[u8]) -> bool {
    let name = b"content-length";
    let prefix = line.get(..name.len());
    prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(name))
}

/// The bytes from `from` on, with what a URL may not hold escaped in request targets.
fn escape_targets(bytes: &[u8], from: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() - from + 16);
    let mut at = from;
    for head in heads(bytes) {
        let target = target(&bytes[head.clone()]);
        let target = (head.start + target.start).max(at)..(head.start + target.end).max(at);
        out.extend_from_slice(&bytes[at..target.start]);
        for byte in &bytes[target.clone()] {
            match byte {
                b'<' => out.extend_from_slice(b"%3C"),
                b'>' => out.extend_from_slice(b"%3E"),
                b'`' => out.extend_from_slice(b"%60"),
                byte => out.push(*byte),
            }
        }
        at = target.end;
    }
    out.extend_from_slice(&bytes[at..]);
    out
}

/// What stands between the method and the end of the line; in a partial head the end may be
/// missing. Empty if the bytes do not begin with a request line.
fn target(head: &[u8]) -> Range<usize> {
    let line = memchr(b'\n', head).unwrap_or(head.len());
    let Some(blank) = memchr(b' ', &head[..line]) else {
        return line..line;
    };
    let (method, target) = (&head[..blank], &head[blank + 1..line]);
    let begins = target.first().is_none_or(|byte| b"/hH".contains(byte));
    if begins && method.iter().all(u8::is_ascii_alphabetic) {
        blank + 1..line
    } else {
        line..line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(chunks: &[&str]) -> String {
        let heads = Heads::default();
        let chunks = chunks.iter().map(|chunk| {
            let edited = heads.take_in(chunk.as_bytes());
            edited.unwrap_or_else(|| chunk.as_bytes().to_vec())
        });
        String::from_utf8_lossy(&chunks.collect::<Vec<_>>().concat()).into_owned()
    }

    #[test]
    fn only_targets_are_escaped_however_they_arrive() {
        let plain = "GET /<a>`?b=<c> HTTP/1.1\r\nx: <d>\r\n\r\n";
        let escaped = "GET /%3Ca%3E%60?b=%3Cc%3E HTTP/1.1\r\nx: <d>\r\n\r\n";
        for cut in 0..plain.len() {
            let (a, b) = plain.split_at(cut);
            assert_eq!(edited(&[a, b]), escaped);
            let two = [plain, plain].concat();
            let (a, b) = two.split_at(cut + plain.len());
            assert_eq!(edited(&[a, b]), [escaped, escaped].concat());
        }
    }

    #[test]
    fn a_length_is_found_in_the_head_it_belongs_to() {
        let with = "POST / HTTP/1.1\r\nhost: a\r\nContent-LENGTH: 3\r\n\r\n";
        let without = "POST / HTTP/1.1\r\nhost: a\r\nx-content-length: 3\r\n\r\n";
        let get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
        for (before, head, gives) in [
            (vec![], with, true),
            (vec![], without, false),
            (vec![get], with, true),
            (vec![get, get], without, false),
        ] {
            let heads = Heads::default();
            heads.take_in([before.concat(), head.to_owned()].concat().as_bytes());
            for _ in &before {
                assert!(!heads.gives_length("GET"));
                heads.head_read(false);
            }
            assert_eq!(heads.gives_length("POST"), gives, "{before:?} {head}");
            assert!(!heads.gives_length("PUT"));
        }
    }

    #[test]
    fn bytes_of_a_body_are_not_taken_for_a_head() {
        let heads = Heads::default();
        heads.take_in(b"POST / HTTP/1.1\r\n\r\nGET ");
        heads.head_read(true);
        assert!(heads.in_body() && !heads.is_partial());
        heads.body_ended();
        heads.take_in(b"POST / HTTP/1.1\r\ncontent-length: 1\r\n");
        assert!(heads.is_partial());
        heads.take_in(b"\r\n");
        assert!(!heads.is_partial() && heads.gives_length("POST"));
    }
}
