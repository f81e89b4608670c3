//! Header edits, precompiled to the types of the `http` crate.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::error::Error;
use crate::ir;

/// The edits of one header modifier. A name stands in one of the three lists only, so their
/// order means nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderEdits {
    set: Box<[(HeaderName, HeaderValue)]>,
    add: Box<[(HeaderName, HeaderValue)]>,
    remove: Box<[HeaderName]>,
}

impl HeaderEdits {
    pub(crate) fn compile(edits: &ir::HeaderEdits) -> Result<Self, Error> {
        let pairs = |pairs: &[(String, String)]| {
            let compiled = pairs
                .iter()
                .map(|(name, value)| Ok((compile_name(name)?, compile_value(value)?)));
            let compiled: Result<Vec<_>, Error> = compiled.collect();
            compiled.map(|pairs| {
                pairs
                    .into_iter()
                    .filter(|(name, _)| may_edit(name))
                    .collect()
            })
        };
        let remove: Result<Vec<_>, _> =
            edits.remove.iter().map(|name| compile_name(name)).collect();
        Ok(Self {
            set: pairs(&edits.set)?,
            add: pairs(&edits.add)?,
            remove: remove?.into_iter().filter(may_edit).collect(),
        })
    }

    /// Headers whose lines are replaced by one.
    pub fn set(&self) -> &[(HeaderName, HeaderValue)] {
        &self.set
    }

    /// Lines that are appended behind those there are.
    pub fn add(&self) -> &[(HeaderName, HeaderValue)] {
        &self.add
    }

    /// Headers whose lines are all removed.
    pub fn remove(&self) -> &[HeaderName] {
        &self.remove
    }

    /// Edits a header map in place.
    pub fn apply(&self, headers: &mut HeaderMap) {
        for name in &self.remove {
            headers.remove(name);
        }
        for (name, value) in &self.set {
            headers.insert(name, value.clone());
        }
        for (name, value) in &self.add {
            headers.append(name, value.clone());
        }
    }
}

fn compile_name(name: &str) -> Result<HeaderName, Error> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| Error::invalid("header name", name))
}

fn compile_value(value: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(value).map_err(|_| Error::invalid("header value", value))
}

/// Fields that frame the message or belong to one connection are not a route's to change, and
/// `Host` is changed by a rewrite.
fn may_edit(name: &HeaderName) -> bool {
    !matches!(
        *name,
        header::HOST
            | header::CONNECTION
            | header::CONTENT_LENGTH
            | header::TE
            | header::TRAILER
            | header::TRANSFER_ENCODING
            | header::UPGRADE
    ) && name != "keep-alive"
        && name != "proxy-connection"
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn edits(set: &[(&str, &str)], add: &[(&str, &str)], remove: &[&str]) -> HeaderEdits {
        let pairs = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(n, v)| ((*n).into(), (*v).into()))
                .collect()
        };
        let remove = remove.iter().map(|name| (*name).into()).collect();
        HeaderEdits::compile(&ir::HeaderEdits {
            set: pairs(set),
            add: pairs(add),
            remove,
        })
        .unwrap()
    }

    #[test]
    fn set_replaces_add_appends_remove_deletes() {
        let mut headers = HeaderMap::new();
        for (name, value) in [("x-a", "1"), ("x-a", "2"), ("x-b", "1"), ("x-c", "1")] {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        edits(
            &[("X-A", "3")],
            &[("x-b", "2"), ("x-d", "1")],
            &["X-C", "x-e"],
        )
        .apply(&mut headers);
        let lines = |name: &str| {
            headers
                .get_all(name)
                .iter()
                .map(|v| v.to_str().unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(lines("x-a"), ["3"]);
        assert_eq!(lines("x-b"), ["1", "2"]);
        assert_eq!(lines("x-d"), ["1"]);
        assert!(!headers.contains_key("x-c"));
    }

    #[test]
    fn framing_is_not_a_routes_to_change() {
        let edits = edits(
            &[("Content-Length", "0"), ("Host", "x")],
            &[("connection", "close")],
            &["Transfer-Encoding"],
        );
        assert_eq!(edits, HeaderEdits::default());
    }
}
