//! Conditions on the path. A prefix means whole segments.

use std::sync::Arc;

use regex::bytes::Regex;

use crate::error::Error;
use crate::ir;
use crate::matcher::compile_regex;

#[derive(Debug, Clone)]
pub(crate) enum PathPattern {
    Exact(Arc<str>),
    /// Without a slash at its end: `/v2/` and `/v2` take the same paths, and `/` is empty.
    Prefix(Arc<str>),
    Regex {
        pattern: Arc<str>,
        regex: Regex,
    },
}

impl PathPattern {
    pub(crate) fn compile(path: Option<&ir::PathMatch>) -> Result<Self, Error> {
        Ok(match path {
            None => Self::Prefix("".into()),
            Some(ir::PathMatch::Exact(value)) => Self::Exact(value.as_str().into()),
            Some(ir::PathMatch::PathPrefix(value)) => {
                Self::Prefix(value.strip_suffix('/').unwrap_or(value).into())
            }
            Some(ir::PathMatch::RegularExpression(pattern)) => Self::Regex {
                pattern: pattern.as_str().into(),
                regex: compile_regex(pattern)?,
            },
        })
    }

    /// Gateway API, HTTPPathMatch: "Matching is case sensitive and based on a URL path prefix
    /// split by `/`", "/abc" takes "/abc", "/abc/" and "/abc/def", not "/abcd".
    pub(crate) fn takes(&self, path: &str) -> bool {
        match self {
            Self::Exact(value) => **value == *path,
            Self::Prefix(prefix) => match path.strip_prefix(&**prefix) {
                Some(rest) => prefix.is_empty() || rest.is_empty() || rest.starts_with('/'),
                None => false,
            },
            // `*` is no path; only a condition that takes everything takes it.
            Self::Regex { regex, .. } => path.starts_with('/') && regex.is_match(path.as_bytes()),
        }
    }

    /// The prefix without a slash at its end, if it is one.
    pub(crate) fn prefix(&self) -> Option<&str> {
        match self {
            Self::Prefix(prefix) => Some(prefix),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_prefix_means_whole_segments() {
        for (prefix, path, takes) in [
            ("/get", "/get", true),
            ("/get", "/get/", true),
            ("/get", "/get/x", true),
            ("/get", "/getter", false),
            ("/get", "/Get", false),
            ("/get", "/x/get", false),
            ("/get/", "/get", true),
            ("/get/", "/get/x", true),
            ("/", "/anything", true),
            ("/", "*", true),
            ("/get", "*", false),
        ] {
            let pattern =
                PathPattern::compile(Some(&ir::PathMatch::PathPrefix(prefix.into()))).unwrap();
            assert_eq!(pattern.takes(path), takes, "{prefix} {path}");
        }
    }
}
