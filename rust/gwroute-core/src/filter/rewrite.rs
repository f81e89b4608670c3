//! Rewrites of host and path.

use std::borrow::Cow;
use std::sync::Arc;

use crate::ir;

/// What the backend sees in place of what the client sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rewrite {
    pub(crate) hostname: Option<Arc<str>>,
    pub(crate) path: Option<PathEdit>,
}

/// A change of the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathEdit {
    /// The whole path becomes this.
    Full(Arc<str>),
    /// The matched prefix becomes this; no slash at the end.
    Prefix(Arc<str>),
}

impl Rewrite {
    pub(crate) fn compile(rewrite: &ir::Rewrite) -> Self {
        Self {
            hostname: rewrite.hostname.as_deref().map(Arc::from),
            path: rewrite.path.as_ref().map(PathEdit::compile),
        }
    }

    /// The later filter wins where both say something.
    pub(crate) fn merge(&mut self, later: &Self) {
        if later.hostname.is_some() {
            self.hostname.clone_from(&later.hostname);
        }
        if later.path.is_some() {
            self.path.clone_from(&later.path);
        }
    }
}

impl PathEdit {
    pub(crate) fn compile(modifier: &ir::PathModifier) -> Self {
        match modifier {
            ir::PathModifier::ReplaceFullPath(value) => Self::Full(rooted(value).into()),
            ir::PathModifier::ReplacePrefixMatch(value) => {
                let value = value.strip_suffix('/').unwrap_or(value);
                Self::Prefix(if value.is_empty() {
                    "".into()
                } else {
                    rooted(value).into()
                })
            }
        }
    }

    /// The new path. `prefix` is the one that matched, without a slash at its end; `None` if it
    /// was not a prefix that matched, and then a prefix cannot be replaced.
    ///
    /// Gateway API, HTTPPathModifier.replacePrefixMatch has the table of all slash cases.
    pub(crate) fn apply<'p>(&'p self, path: &'p str, prefix: Option<&str>) -> Cow<'p, str> {
        match (self, prefix) {
            (Self::Full(value), _) => Cow::Borrowed(value),
            (Self::Prefix(_), None) => Cow::Borrowed(path),
            (Self::Prefix(value), Some(prefix)) => {
                let rest = path.get(prefix.len()..).unwrap_or_default();
                match (value.is_empty(), rest.is_empty()) {
                    (true, true) => Cow::Borrowed("/"),
                    (true, false) => Cow::Borrowed(rest),
                    (false, true) => Cow::Borrowed(value),
                    (false, false) => Cow::Owned([value, rest].concat()),
                }
            }
        }
    }
}

fn rooted(path: &str) -> String {
    if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slash_case_of_a_prefix_replacement() {
        for (path, prefix, value, result) in [
            ("/foo/bar", "/foo", "/xyz", "/xyz/bar"),
            ("/foo/bar", "/foo", "/xyz/", "/xyz/bar"),
            ("/foo", "/foo", "/xyz", "/xyz"),
            ("/foo/", "/foo", "/xyz", "/xyz/"),
            ("/foo/bar", "/foo", "", "/bar"),
            ("/foo/", "/foo", "", "/"),
            ("/foo", "/foo", "", "/"),
            ("/foo/", "/foo", "/", "/"),
            ("/foo", "/foo", "/", "/"),
            ("/a", "", "/xyz", "/xyz/a"),
            ("/foo/bar", "/foo", "xyz", "/xyz/bar"),
        ] {
            let edit = PathEdit::compile(&ir::PathModifier::ReplacePrefixMatch(value.into()));
            assert_eq!(
                edit.apply(path, Some(prefix)),
                result,
                "{path} {prefix} {value}"
            );
        }
    }

    #[test]
    fn an_empty_full_path_becomes_the_root() {
        let edit = PathEdit::compile(&ir::PathModifier::ReplaceFullPath(String::new()));
        assert_eq!(edit.apply("/x", None), "/");
    }
}
