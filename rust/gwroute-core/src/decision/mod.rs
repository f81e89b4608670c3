//! What becomes of a request.

mod forward;
mod redirect;
mod respond;

use std::sync::Arc;

use crate::filter::{Cors, End, ExternalAuth};
use crate::ir;
use crate::rule::{Backend, Rule, UpstreamId};
use crate::target::Target;
use crate::view::RequestView;

pub use forward::Forward;
pub use redirect::Redirect;
pub use respond::{Reason, Respond};

use redirect::RedirectCause;

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

impl<'t> Decision<'t, '_> {
    /// The services that have to agree before anything of this happens: the rule's, then the
    /// backend's. A preflight is answered without them, for it carries no credentials; all else a
    /// rule does, redirects and errors included, waits for them.
    pub fn external_auth(&self) -> impl Iterator<Item = &'t Arc<ExternalAuth>> + use<'t> {
        let (matched, backend) = match self {
            Self::Forward(forward) => (Some(forward.matched), Some(forward.backend)),
            Self::Redirect(redirect) => match redirect.cause {
                RedirectCause::CleanPath => (None, None),
                RedirectCause::Filter {
                    matched, backend, ..
                } => (Some(matched), backend),
            },
            Self::Respond(respond) if respond.reason == Reason::CorsPreflight => (None, None),
            Self::Respond(respond) => (respond.matched, respond.backend),
        };
        let of_rule = matched.map(|matched| matched.rule.filters());
        let of_backend = backend.map(Backend::filters);
        let both = of_rule.into_iter().chain(of_backend);
        both.filter_map(|filters| filters.auth.as_ref())
    }
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

/// What a matched rule does with the request: its filters, then a choice among its backends, by
/// their index.
pub(crate) fn carry_out<'t, 'r, V: RequestView>(
    matched: Matched<'t>,
    target: Target<'r>,
    request: &V,
    choose: impl FnOnce(&Rule) -> Option<usize>,
    has_endpoints: impl Fn(UpstreamId) -> bool,
) -> Decision<'t, 'r> {
    let filters = matched.rule.filters();
    if filters.cors.is_some() && Cors::is_preflight(request) {
        return Decision::Respond(Respond::by_rule(204, Reason::CorsPreflight, matched));
    }
    if let Some(end) = &filters.end {
        return end_at(end, matched, None, target);
    }
    let chosen = choose(matched.rule);
    let Some(backend) = chosen.and_then(|index| matched.rule.backends.get(index)) else {
        return Decision::Respond(Respond::by_rule(500, Reason::NoBackend, matched));
    };
    let Some(upstream) = backend.upstream.filter(|_| backend.is_valid) else {
        return Decision::Respond(Respond::invalid_backend(matched, backend));
    };
    let filters = backend.filters();
    if filters.cors.is_some() && Cors::is_preflight(request) {
        let answer = Respond::by_backend(204, Reason::CorsPreflight, matched, backend);
        return Decision::Respond(answer);
    }
    if let Some(end) = &filters.end {
        return end_at(end, matched, Some(backend), target);
    }
    if !has_endpoints(upstream) {
        let answer = Respond::by_backend(503, Reason::NoEndpoint, matched, backend);
        return Decision::Respond(answer);
    }
    Decision::Forward(Forward {
        matched,
        backend,
        upstream,
        target,
    })
}

fn end_at<'t, 'r>(
    end: &'t End,
    matched: Matched<'t>,
    backend: Option<&'t Backend>,
    target: Target<'r>,
) -> Decision<'t, 'r> {
    match end {
        End::Redirect(redirect) => Decision::Redirect(Redirect {
            cause: RedirectCause::Filter {
                matched,
                backend,
                redirect,
            },
            target,
        }),
        End::Fail(failure) => Decision::Respond(Respond {
            detail: Some(&failure.message),
            backend,
            ..Respond::by_rule(failure.status, Reason::FailedFilter, matched)
        }),
    }
}
