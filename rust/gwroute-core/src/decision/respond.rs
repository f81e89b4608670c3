//! A request that the gateway answers itself, and why.

use std::sync::Arc;

use crate::decision::Matched;
use crate::filter::{Cors, HeaderEdits};
use crate::ir;
use crate::rule::{Backend, Rule};
use crate::target::BadTarget;

/// Answered by the gateway itself.
#[derive(Debug)]
pub struct Respond<'t> {
    pub(crate) status: u16,
    pub(crate) reason: Reason,
    pub(crate) detail: Option<&'t str>,
    pub(crate) listener: Option<&'t Arc<ir::Listener>>,
    pub(crate) matched: Option<Matched<'t>>,
    pub(crate) backend: Option<&'t Backend>,
}

/// Why the gateway answers itself; the words of logs and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// 400: the request cannot be read.
    BadRequest,
    /// 404: no listener or no rule takes the request.
    NoRoute,
    /// 421: the host belongs to another listener than the TLS connection.
    Misdirected,
    /// 500: the backend that was drawn refers to nothing usable.
    InvalidBackend,
    /// 500: the rule has no backend with a weight.
    NoBackend,
    /// 500: a filter could not be resolved.
    FailedFilter,
    /// 503: the backend has no endpoint that is ready and in reach.
    NoEndpoint,
    /// 204: a browser asked what it may send; [`Respond::cors`] knows.
    CorsPreflight,
}

impl Reason {
    /// `no_route`, as in the access log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::NoRoute => "no_route",
            Self::Misdirected => "misdirected",
            Self::InvalidBackend => "invalid_backend",
            Self::NoBackend => "no_backend",
            Self::FailedFilter => "failed_filter",
            Self::NoEndpoint => "no_endpoint",
            Self::CorsPreflight => "cors_preflight",
        }
    }

    /// In words, for people.
    pub fn describe(self) -> &'static str {
        match self {
            Self::BadRequest => "the request cannot be read",
            Self::NoRoute => "no route matches",
            Self::Misdirected => "the host belongs to another listener than the TLS connection",
            Self::InvalidBackend => "the backend reference is invalid",
            Self::NoBackend => "the rule has no backend with a weight",
            Self::FailedFilter => "a filter of the rule cannot be applied",
            Self::NoEndpoint => "the backend has no ready endpoint in reach",
            Self::CorsPreflight => "a CORS preflight, which no backend sees",
        }
    }
}

impl<'t> Respond<'t> {
    pub(crate) fn bad_request(bad: BadTarget) -> Self {
        Self {
            detail: Some(bad.as_str()),
            ..Self::without_rule(400, Reason::BadRequest, None)
        }
    }

    pub(crate) fn without_rule(
        status: u16,
        reason: Reason,
        listener: Option<&'t Arc<ir::Listener>>,
    ) -> Self {
        Self {
            status,
            reason,
            detail: None,
            listener,
            matched: None,
            backend: None,
        }
    }

    pub(crate) fn by_rule(status: u16, reason: Reason, matched: Matched<'t>) -> Self {
        let listener = Some(matched.listener);
        Self {
            status,
            reason,
            detail: None,
            listener,
            matched: Some(matched),
            backend: None,
        }
    }

    pub(crate) fn by_backend(
        status: u16,
        reason: Reason,
        matched: Matched<'t>,
        backend: &'t Backend,
    ) -> Self {
        Self {
            backend: Some(backend),
            ..Self::by_rule(status, reason, matched)
        }
    }

    /// The share of a backend whose reference is invalid.
    pub(crate) fn invalid_backend(matched: Matched<'t>, backend: &'t Backend) -> Self {
        let failure = backend.ir.invalid.as_ref();
        let status = failure.map_or(500, |failure| failure.status);
        Self {
            detail: failure.map(|failure| failure.message.as_str()),
            ..Self::by_backend(status, Reason::InvalidBackend, matched, backend)
        }
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// More about why, in the words of the configuration.
    pub fn detail(&self) -> Option<&'t str> {
        self.detail
    }

    /// The listener that took the request, if one did.
    pub fn listener(&self) -> Option<&'t Arc<ir::Listener>> {
        self.listener
    }

    /// A handle to the rule that took the request, if one did.
    pub fn rule(&self) -> Option<&'t Arc<Rule>> {
        self.matched.map(|matched| matched.rule)
    }

    /// The rule that took the request, if one did.
    pub fn route(&self) -> Option<&'t ir::RouteRef> {
        self.matched.map(|matched| &matched.rule.ir.route)
    }

    /// Index of the match in the rule.
    pub fn match_index(&self) -> Option<usize> {
        self.matched.map(|matched| matched.index)
    }

    /// The backend that was drawn, if one was.
    pub fn backend(&self) -> Option<&'t Backend> {
        self.backend
    }

    /// Edits of the response's headers.
    pub fn response_edits(&self) -> impl Iterator<Item = &'t HeaderEdits> + use<'t> {
        self.matched
            .into_iter()
            .flat_map(|matched| &matched.rule.filters().response)
    }

    /// What the answer tells browsers; the answer to a preflight is nothing else.
    pub fn cors(&self) -> Option<&'t Cors> {
        let of_backend = self
            .backend
            .and_then(|backend| backend.filters().cors.as_deref());
        of_backend.or_else(|| self.matched?.rule.filters().cors.as_deref())
    }
}
