//! What services may do to the headers of a request, and what not.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// One change of a request's headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Remove(HeaderName),
    Append(HeaderName, HeaderValue),
    /// All lines of the name give way to one.
    Set(HeaderName, HeaderValue),
    /// Only where there is none.
    Add(HeaderName, HeaderValue),
    /// Only where there is one.
    Replace(HeaderName, HeaderValue),
}

impl Change {
    pub(super) fn apply(self, headers: &mut HeaderMap) {
        // More headers than a map can hold are dropped.
        let _ = match self {
            Self::Remove(name) => {
                headers.remove(name);
                Ok(true)
            }
            Self::Append(name, value) => headers.try_append(name, value),
            Self::Add(name, _) if headers.contains_key(&name) => Ok(true),
            Self::Replace(name, _) if !headers.contains_key(&name) => Ok(true),
            Self::Set(name, value) | Self::Add(name, value) | Self::Replace(name, value) => headers
                .try_insert(name, value)
                .map(|before| before.is_some()),
        };
    }
}

/// Headers that frame a message, say where it goes, or belong to one connection: nobody gets to
/// see or to change them.
pub(super) fn is_protected(name: &HeaderName) -> bool {
    const OTHERS: [&str; 3] = ["keep-alive", "proxy-connection", "http2-settings"];
    matches!(
        *name,
        header::HOST
            | header::CONTENT_LENGTH
            | header::TRANSFER_ENCODING
            | header::CONNECTION
            | header::UPGRADE
            | header::TE
            | header::TRAILER
            | header::EXPECT
    ) || OTHERS.contains(&name.as_str())
}

/// The headers of a refusal that can stand in an answer of the gateway's own, which has another
/// body.
pub(super) fn own_headers<'a>(
    headers: impl Iterator<Item = (&'a HeaderName, &'a HeaderValue)>,
) -> HeaderMap {
    let mut own = HeaderMap::new();
    for (name, value) in headers {
        if !is_protected(name) && *name != header::CONTENT_ENCODING {
            // More headers than a map can hold are dropped.
            let _ = own.try_append(name.clone(), value.clone());
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &'static str) -> HeaderValue {
        HeaderValue::from_static(text)
    }

    #[test]
    fn changes_do_what_they_say() {
        let name = HeaderName::from_static;
        let mut headers = HeaderMap::new();
        headers.append(name("x-a"), value("1"));
        headers.append(name("x-a"), value("2"));
        for change in [
            Change::Add(name("x-a"), value("3")),
            Change::Add(name("x-b"), value("1")),
            Change::Append(name("x-b"), value("2")),
            Change::Replace(name("x-c"), value("1")),
            Change::Set(name("x-d"), value("1")),
            Change::Replace(name("x-d"), value("2")),
            Change::Remove(name("x-a")),
        ] {
            change.apply(&mut headers);
        }
        let mut left: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v)).collect();
        left.sort_unstable();
        let left: Vec<_> = left.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
        let wanted: [(&str, &[u8]); 3] = [("x-b", b"1"), ("x-b", b"2"), ("x-d", b"2")];
        assert_eq!(left, wanted);
    }

    #[test]
    fn more_headers_than_fit_are_dropped() {
        let mut headers = HeaderMap::new();
        for number in 0..40_000 {
            if let Ok(name) = HeaderName::try_from(format!("x-{number}")) {
                Change::Append(name, value("")).apply(&mut headers);
            }
        }
        assert!(headers.len() > 10_000);
    }
}
