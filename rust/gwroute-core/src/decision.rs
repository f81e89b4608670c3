//! What becomes of a request.

use std::borrow::Cow;
use std::sync::Arc;

use crate::filter::{self, Cors, ExternalAuth, Filters, HeaderEdits, Mirror, redirect};
use crate::ir;
use crate::rule::{Backend, Rule, UpstreamId};
use crate::target::Target;
use crate::view::RequestView;

/// What becomes of a request; everything in it is borrowed from the table and the request.
#[derive(Debug)]
pub enum Decision<'t, 'r> {
    /// To a backend.
    Forward(Forward<'t, 'r>),
    /// Back to the client, elsewhere.
    Redirect(Redirect<'t, 'r>),
    /// Answered by the gateway itself.
    Respond(Respond<'t>),
}

/// A matched rule and how it matched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matched<'t> {
    pub(crate) listener: &'t Arc<ir::Listener>,
    pub(crate) rule: &'t Arc<Rule>,
    pub(crate) index: usize,
}

impl<'t> Matched<'t> {
    /// The path prefix of the match, if it is one.
    fn prefix(&self) -> Option<&'t str> {
        self.rule.matches[self.index].path.prefix()
    }
}

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
            &self.backend.filters.rewrite,
            &self.matched.rule.filters.rewrite,
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
            && self.backend.filters.rewrite.path.is_none()
            && self.matched.rule.filters.rewrite.path.is_none()
    }

    /// The host the backend gets; `None` for the client's own, port included.
    pub fn authority(&self) -> Option<&'t str> {
        let rewrites = [
            &self.backend.filters.rewrite,
            &self.matched.rule.filters.rewrite,
        ];
        rewrites
            .into_iter()
            .find_map(|rewrite| rewrite.hostname.as_deref())
    }

    /// Edits of the request's headers: the rule's, then the backend's.
    pub fn request_edits(&self) -> impl Iterator<Item = &'t HeaderEdits> + use<'t> {
        self.matched
            .rule
            .filters
            .request
            .iter()
            .chain(&self.backend.filters.request)
    }

    /// Edits of the response's headers: the backend's, then the rule's.
    pub fn response_edits(&self) -> impl Iterator<Item = &'t HeaderEdits> + use<'t> {
        self.backend
            .filters
            .response
            .iter()
            .chain(&self.matched.rule.filters.response)
    }

    fn filters(&self) -> [&'t Filters; 2] {
        [&self.backend.filters, &self.matched.rule.filters]
    }

    /// What the response tells browsers; the backend's filter counts more than the rule's.
    pub fn cors(&self) -> Option<&'t Cors> {
        self.filters()
            .into_iter()
            .find_map(|filters| filters.cors.as_ref())
    }

    /// The service that has to be asked first.
    pub fn external_auth(&self) -> Option<&'t ExternalAuth> {
        self.filters()
            .into_iter()
            .find_map(|filters| filters.auth.as_ref())
    }

    /// Backends that may get a copy: the backend's filters, then the rule's.
    pub fn mirrors(&self) -> impl Iterator<Item = &'t Mirror> + use<'t> {
        self.filters()
            .into_iter()
            .flat_map(|filters| &filters.mirrors)
    }
}

/// Back to the client, elsewhere.
#[derive(Debug)]
pub struct Redirect<'t, 'r> {
    pub(crate) cause: RedirectCause<'t>,
    pub(crate) target: Target<'r>,
}

#[derive(Debug)]
pub(crate) enum RedirectCause<'t> {
    /// The path held escaped slashes.
    CleanPath,
    /// A filter of a rule.
    Filter {
        matched: Matched<'t>,
        redirect: &'t ir::Redirect,
    },
}

impl<'t> Redirect<'t, '_> {
    /// 301, 302, 303, 307 or 308.
    pub fn status(&self) -> u16 {
        match &self.cause {
            RedirectCause::CleanPath => 307,
            RedirectCause::Filter { redirect, .. } => redirect.status,
        }
    }

    /// Value of the `Location` header.
    pub fn location(&self) -> String {
        match &self.cause {
            RedirectCause::CleanPath => match self.target.query {
                Some(query) => [self.target.path(), "?", query].concat(),
                None => self.target.path().to_owned(),
            },
            RedirectCause::Filter { matched, redirect } => redirect::location(
                redirect,
                redirect::From {
                    protocol: matched.listener.protocol,
                    port: matched.listener.port,
                    host: self.target.host(),
                    path: self.target.path(),
                    query: self.target.query,
                    prefix: matched.prefix(),
                },
            ),
        }
    }

    fn matched(&self) -> Option<Matched<'t>> {
        match self.cause {
            RedirectCause::CleanPath => None,
            RedirectCause::Filter { matched, .. } => Some(matched),
        }
    }

    /// A handle to the rule that redirects.
    pub fn rule(&self) -> Option<&'t Arc<Rule>> {
        self.matched().map(|matched| matched.rule)
    }

    /// The rule that redirects; `None` where the path alone made it necessary.
    pub fn route(&self) -> Option<&'t ir::RouteRef> {
        self.matched().map(|matched| &matched.rule.ir.route)
    }

    /// Index of the match in the rule.
    pub fn match_index(&self) -> Option<usize> {
        self.matched().map(|matched| matched.index)
    }

    /// The listener that took the request.
    pub fn listener(&self) -> Option<&'t Arc<ir::Listener>> {
        self.matched().map(|matched| matched.listener)
    }

    /// Edits of the response's headers.
    pub fn response_edits(&self) -> impl Iterator<Item = &'t HeaderEdits> + use<'t> {
        self.matched()
            .into_iter()
            .flat_map(|matched| &matched.rule.filters.response)
    }

    /// What the answer tells browsers.
    pub fn cors(&self) -> Option<&'t Cors> {
        self.matched()?.rule.filters.cors.as_ref()
    }
}

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
            .flat_map(|matched| &matched.rule.filters.response)
    }

    /// What the answer tells browsers; the answer to a preflight is nothing else.
    pub fn cors(&self) -> Option<&'t Cors> {
        let of_backend = self
            .backend
            .and_then(|backend| backend.filters.cors.as_ref());
        of_backend.or_else(|| self.matched?.rule.filters.cors.as_ref())
    }
}

/// What a matched rule does with the request: its filters, then one draw among its backends.
pub(crate) fn carry_out<'t, 'r, V: RequestView>(
    matched: Matched<'t>,
    target: Target<'r>,
    request: &V,
    draw: f64,
    has_endpoints: impl Fn(UpstreamId) -> bool,
) -> Decision<'t, 'r> {
    let is_preflight = |filters: &Filters| filters.cors.is_some() && Cors::is_preflight(request);
    if is_preflight(&matched.rule.filters) {
        return Decision::Respond(Respond::by_rule(204, Reason::CorsPreflight, matched));
    }
    if let Some(end) = &matched.rule.filters.end {
        return end_at(end, matched, None, target);
    }
    let Some(backend) = matched.rule.backend(draw) else {
        return Decision::Respond(Respond::by_rule(500, Reason::NoBackend, matched));
    };
    let respond = |status, reason, detail| {
        let answer = Respond::by_rule(status, reason, matched);
        Decision::Respond(Respond {
            detail,
            backend: Some(backend),
            ..answer
        })
    };
    let (Some(upstream), None) = (backend.upstream, &backend.ir.invalid) else {
        let failure = backend.ir.invalid.as_ref();
        let status = failure.map_or(500, |failure| failure.status);
        return respond(
            status,
            Reason::InvalidBackend,
            failure.map(|failure| failure.message.as_str()),
        );
    };
    if is_preflight(&backend.filters) {
        return respond(204, Reason::CorsPreflight, None);
    }
    if let Some(end) = &backend.filters.end {
        return end_at(end, matched, Some(backend), target);
    }
    if !has_endpoints(upstream) {
        return respond(503, Reason::NoEndpoint, None);
    }
    Decision::Forward(Forward {
        matched,
        backend,
        upstream,
        target,
    })
}

fn end_at<'t, 'r>(
    end: &'t filter::End,
    matched: Matched<'t>,
    backend: Option<&'t Backend>,
    target: Target<'r>,
) -> Decision<'t, 'r> {
    match end {
        filter::End::Redirect(redirect) => Decision::Redirect(Redirect {
            cause: RedirectCause::Filter { matched, redirect },
            target,
        }),
        filter::End::Fail(failure) => Decision::Respond(Respond {
            detail: Some(&failure.message),
            backend,
            ..Respond::by_rule(failure.status, Reason::FailedFilter, matched)
        }),
    }
}
