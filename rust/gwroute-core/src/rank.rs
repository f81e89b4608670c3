//! The total order of matches; nothing else orders rules.
//!
//! Gateway API, HTTPRouteRule.matches: "Across all rules specified on applicable Routes,
//! precedence must be given to the match having: 'Exact' path match; 'Prefix' path match with
//! largest number of characters; Method match; Largest number of header matches; Largest number
//! of query param matches." "If ties still exist across multiple Routes, matching precedence MUST
//! be determined in order of the following criteria, continuing on ties: The oldest Route based on
//! creation timestamp; The Route appearing first in alphabetical order by {namespace}/{name}." "If
//! ties still exist within an HTTPRoute, matching precedence MUST be granted to the FIRST matching
//! rule (in list order) with a match meeting the above criteria."
//!
//! HTTPRouteSpec.hostnames comes before: "Characters in a matching non-wildcard hostname.
//! Characters in a matching hostname." Regular expressions, which the specification leaves open,
//! stand between exact paths and prefixes, longer patterns first, as in Envoy Gateway: last would
//! mean that a catch-all prefix hides every one of them.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::ir;

/// Where a match stands among all that could take one request; smaller comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    pub(crate) host: HostRank,
    pub(crate) path: PathRank,
    pub(crate) method: Reverse<bool>,
    pub(crate) headers: Reverse<usize>,
    pub(crate) query_params: Reverse<usize>,
    pub(crate) age: Age,
    /// `namespace/name`.
    pub(crate) route: Arc<str>,
    pub(crate) rule: u32,
    pub(crate) index: usize,
    /// Never decides between rules of one snapshot that resolution made; keeps the order total.
    pub(crate) key: Arc<str>,
}

/// By the hostname as the route has it: characters if it is not a wildcard, then characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct HostRank(Reverse<usize>, Reverse<usize>);

/// By the kind of the path condition, then by the length of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PathRank {
    pub(crate) kind: PathKind,
    pub(crate) length: Reverse<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum PathKind {
    Exact,
    RegularExpression,
    PathPrefix,
}

/// By creation; a route that is not from a cluster would be created last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Age {
    unknown: bool,
    seconds: i64,
}

impl HostRank {
    pub(crate) fn of(hostname: Option<&str>) -> Self {
        let Some(hostname) = hostname else {
            return Self(Reverse(0), Reverse(0));
        };
        let length = hostname.chars().count();
        let exact = if hostname.starts_with("*.") {
            0
        } else {
            length
        };
        Self(Reverse(exact), Reverse(length))
    }
}

impl PathRank {
    pub(crate) fn of(path: Option<&ir::PathMatch>) -> Self {
        let (kind, value) = match path {
            Some(ir::PathMatch::Exact(value)) => (PathKind::Exact, value.as_str()),
            Some(ir::PathMatch::RegularExpression(value)) => {
                (PathKind::RegularExpression, value.as_str())
            }
            Some(ir::PathMatch::PathPrefix(value)) => (PathKind::PathPrefix, value.as_str()),
            None => (PathKind::PathPrefix, ""),
        };
        Self {
            kind,
            length: Reverse(value.chars().count()),
        }
    }
}

impl Rank {
    /// The rank of match `index` of a rule that stands under `hostname` (as the route has it).
    pub(crate) fn of(
        rule: &ir::Rule,
        index: usize,
        hostname: Option<&str>,
        route: Arc<str>,
        key: Arc<str>,
    ) -> Self {
        let conditions = &rule.matches[index];
        Self {
            host: HostRank::of(hostname),
            path: PathRank::of(conditions.path.as_ref()),
            method: Reverse(conditions.method.is_some() || conditions.grpc_method.is_some()),
            headers: Reverse(conditions.headers.len()),
            query_params: Reverse(conditions.query_params.len()),
            age: Age {
                unknown: rule.route.created.is_none(),
                seconds: rule.route.created.unwrap_or_default(),
            },
            route,
            rule: rule.route.rule,
            index,
            key,
        }
    }

    /// The first criterion that puts `self` before `other`, in words.
    pub(crate) fn why_before(&self, other: &Self) -> &'static str {
        if self.host != other.host {
            "more specific hostname"
        } else if self.path.kind != other.path.kind {
            match self.path.kind {
                PathKind::Exact => "exact path",
                _ => "regular expression before path prefix",
            }
        } else if self.path.length != other.path.length {
            "longer path"
        } else if self.method != other.method {
            "method condition"
        } else if self.headers != other.headers {
            "more header conditions"
        } else if self.query_params != other.query_params {
            "more query parameter conditions"
        } else if self.age != other.age {
            "older route"
        } else if self.route != other.route {
            "route first by name"
        } else if self.rule != other.rule {
            "earlier rule"
        } else {
            "earlier match"
        }
    }

    /// Whether only age or name put `self` before `other`.
    pub(crate) fn is_tie(&self, other: &Self) -> bool {
        (
            self.host,
            self.path,
            self.method,
            self.headers,
            self.query_params,
        ) == (
            other.host,
            other.path,
            other.method,
            other.headers,
            other.query_params,
        ) && self.route != other.route
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostname_precedence_counts_characters_and_not_wildcards_first() {
        let order = [
            Some("a.example.com"),
            Some("a.b.c"),
            Some("*.longer.example.com"),
            Some("*.com"),
            None,
        ];
        for pair in order.windows(2) {
            assert!(HostRank::of(pair[0]) < HostRank::of(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn path_precedence_is_exact_then_regex_then_longer_prefix() {
        let order = [
            ir::PathMatch::Exact("/a".into()),
            ir::PathMatch::RegularExpression("/.*".into()),
            ir::PathMatch::RegularExpression("/.".into()),
            ir::PathMatch::PathPrefix("/abc".into()),
            ir::PathMatch::PathPrefix("/".into()),
        ];
        for pair in order.windows(2) {
            assert!(
                PathRank::of(Some(&pair[0])) < PathRank::of(Some(&pair[1])),
                "{pair:?}"
            );
        }
    }
}
