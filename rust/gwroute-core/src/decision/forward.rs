//! A request that goes to a backend.

use std::borrow::Cow;
use std::sync::Arc;

use crate::decision::Matched;
use crate::filter::{Cors, Filters, HeaderEdits, Mirror};
use crate::ir;
use crate::rule::{Backend, Rule, UpstreamId};
use crate::target::Target;

/// To a backend that has endpoints.
#[derive(Debug)]
pub struct Forward<'t, 'r> {
    pub(crate) matched: Matched<'t>,
    pub(crate) backend: &'t Backend,
    pub(crate) upstream: UpstreamId,
    pub(crate) target: Target<'r>,
}

impl<'t, 'r> Forward<'t, 'r> {
    /// The rule that took the request.
    pub fn route(&self) -> &'t ir::RouteRef {
        &self.matched.rule.ir.route
    }

    /// A handle to that rule.
    pub fn rule(&self) -> &'t Arc<Rule> {
        self.matched.rule
    }

    /// Key of that rule in the snapshot.
    pub fn rule_key(&self) -> &'t str {
        &self.matched.rule.key
    }

    /// Index of the match in the rule, from 0.
    pub fn match_index(&self) -> usize {
        self.matched.index
    }

    /// The listener that took the request.
    pub fn listener(&self) -> &'t Arc<ir::Listener> {
        self.matched.listener
    }

    /// Index of the backend in the rule.
    pub fn backend_index(&self) -> usize {
        let is_drawn = |backend: &Backend| std::ptr::eq(backend, self.backend);
        // The draw is among the rule's own backends.
        self.matched
            .rule
            .backends
            .iter()
            .position(is_drawn)
            .unwrap_or_default()
    }

    /// The backend that was drawn.
    pub fn backend(&self) -> &'t Backend {
        self.backend
    }

    /// Where its requests go.
    pub fn upstream(&self) -> UpstreamId {
        self.upstream
    }

    /// The host the client asked for: lower case, without port.
    pub fn host(&self) -> &str {
        self.target.host()
    }

    /// The path as matched, before rewrites.
    pub fn path(&self) -> &str {
        self.target.path()
    }

    /// The query as sent.
    pub fn query(&self) -> Option<&'r str> {
        self.target.query()
    }

    /// The path the backend gets.
    pub fn rewritten_path(&self) -> Cow<'_, str> {
        let edits = [
            &self.backend.filters().rewrite,
            &self.matched.rule.filters().rewrite,
        ];
        match edits.into_iter().find_map(|rewrite| rewrite.path.as_ref()) {
            Some(edit) => edit.apply(&self.target.path, self.matched.prefix()),
            None => Cow::Borrowed(&self.target.path),
        }
    }

    /// Path and query the backend gets, without a copy where there is nothing to change but the
    /// case that a query follows.
    pub fn path_and_query(&self) -> Cow<'_, str> {
        match (self.rewritten_path(), self.target.query) {
            (path, None) => path,
            (path, Some(query)) => Cow::Owned([&path, "?", query].concat()),
        }
    }

    /// Whether path and query reach the backend as the client sent them.
    pub fn keeps_target(&self) -> bool {
        matches!(self.target.path, Cow::Borrowed(_))
            && self.backend.filters().rewrite.path.is_none()
            && self.matched.rule.filters().rewrite.path.is_none()
    }

    /// The host the backend gets; `None` for the client's own, port included.
    pub fn authority(&self) -> Option<&'t str> {
        let rewrites = [
            &self.backend.filters().rewrite,
            &self.matched.rule.filters().rewrite,
        ];
        rewrites
            .into_iter()
            .find_map(|rewrite| rewrite.hostname.as_deref())
    }

    /// Edits of the request's headers: the rule's, then the backend's.
    pub fn request_edits(&self) -> impl Iterator<Item = &'t HeaderEdits> + use<'t> {
        self.matched
            .rule
            .filters()
            .request
            .iter()
            .chain(&self.backend.filters().request)
    }

    /// Edits of the response's headers: the backend's, then the rule's.
    pub fn response_edits(&self) -> impl Iterator<Item = &'t HeaderEdits> + use<'t> {
        self.backend
            .filters()
            .response
            .iter()
            .chain(&self.matched.rule.filters().response)
    }

    fn filters(&self) -> [&'t Filters; 2] {
        [self.backend.filters(), self.matched.rule.filters()]
    }

    /// What the response tells browsers; the backend's filter counts more than the rule's.
    pub fn cors(&self) -> Option<&'t Cors> {
        self.filters()
            .into_iter()
            .find_map(|filters| filters.cors.as_deref())
    }

    /// Backends that may get a copy: the backend's filters, then the rule's.
    pub fn mirrors(&self) -> impl Iterator<Item = &'t Mirror> + use<'t> {
        self.filters()
            .into_iter()
            .flat_map(|filters| &filters.mirrors)
    }
}
