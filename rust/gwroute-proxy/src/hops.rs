//! Headers that belong to one connection, and end with it (RFC 9110 7.6.1).

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http_body::Frame;

/// Headers of a message that end here, as they were met in it. Most messages have none but
/// `Connection`, and no list of them is made.
#[derive(Debug, Default)]
pub(crate) struct Hops {
    connection: bool,
    pub(crate) upgrade: bool,
    te: bool,
    transfer_encoding: bool,
    /// Named by `Connection`, or dropped for another reason.
    others: Vec<HeaderName>,
}

impl Hops {
    /// Takes note of a header.
    pub(crate) fn meet(&mut self, name: &HeaderName, value: &HeaderValue) {
        match name.as_str() {
            "connection" => {
                self.connection = true;
                self.others.extend(named(value));
            }
            "upgrade" => self.upgrade = true,
            "te" => self.te = true,
            "transfer-encoding" => self.transfer_encoding = true,
            "keep-alive" | "proxy-connection" => self.drop_too(name),
            _ => {}
        }
    }

    /// Has another one dropped.
    pub(crate) fn drop_too(&mut self, name: &HeaderName) {
        self.others.push(name.clone());
    }

    /// Removes all that were met.
    pub(crate) fn remove_from(self, headers: &mut HeaderMap) {
        if self.connection {
            headers.remove(header::CONNECTION);
        }
        if self.upgrade {
            headers.remove(header::UPGRADE);
        }
        if self.te {
            headers.remove(header::TE);
        }
        if self.transfer_encoding {
            headers.remove(header::TRANSFER_ENCODING);
        }
        for name in self.others {
            headers.remove(name);
        }
    }
}

/// Removes from trailers what belongs to a connection, or frames and routes a message: it means
/// nothing behind one, and HTTP/2 takes it for malformed (RFC 9110 6.5.1, RFC 9113 8.2.2).
pub(crate) fn clean_trailers<T>(frame: &mut Frame<T>) {
    const NEVER: [&str; 9] = [
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    if let Some(trailers) = frame.trailers_mut() {
        NEVER.iter().for_each(|name| drop(trailers.remove(*name)));
    }
}

/// The headers that a `Connection` line names. Those that frame and route the message stay whatever
/// it says.
fn named(value: &HeaderValue) -> impl Iterator<Item = HeaderName> {
    // What is no name of a header names none.
    let names = tokens(value).filter(|token| !is_option(token));
    let names = names.filter_map(|token| HeaderName::from_bytes(token).ok());
    names.filter(|name| !matches!(*name, header::HOST | header::CONTENT_LENGTH))
}

/// Whether it says something about the connection itself.
fn is_option(token: &[u8]) -> bool {
    [b"keep-alive".as_slice(), b"close", b"upgrade"]
        .iter()
        .any(|option| token.eq_ignore_ascii_case(option))
}

/// Whether a list in a header value has that token.
pub(crate) fn has_token(value: &HeaderValue, wanted: &[u8]) -> bool {
    tokens(value).any(|token| token.eq_ignore_ascii_case(wanted))
}

fn tokens(value: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    let tokens = value.as_bytes().split(|byte| *byte == b',');
    tokens
        .map(<[u8]>::trim_ascii)
        .filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_goes_but_for_what_frames_and_routes() {
        let lines = [
            ("connection", " Close, x-a,,Host , content-length"),
            ("connection", "keep-alive,\tX-B, not a name"),
            ("keep-alive", "timeout=5"),
            ("host", "a"),
            ("content-length", "0"),
            ("x-a", "1"),
            ("x-b", "1"),
            ("x-c", "1"),
        ];
        let mut headers = HeaderMap::new();
        let mut hops = Hops::default();
        for (name, value) in lines {
            let value = HeaderValue::from_static(value);
            let name = HeaderName::from_static(name);
            hops.meet(&name, &value);
            headers.append(name, value);
        }
        hops.remove_from(&mut headers);
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-length", "host", "x-c"]);
    }
}
