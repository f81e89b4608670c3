//! A request that is sent elsewhere.

use std::sync::Arc;

use crate::decision::Matched;
use crate::filter::redirect::{self, From};
use crate::filter::{Cors, HeaderEdits};
use crate::ir;
use crate::rule::{Backend, Rule};
use crate::target::Target;

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
        backend: Option<&'t Backend>,
        redirect: &'t ir::Redirect,
    },
}

impl<'t, 'r> Redirect<'t, 'r> {
    /// To the path without its escaped slashes.
    pub(crate) fn clean_path(target: Target<'r>) -> Self {
        let cause = RedirectCause::CleanPath;
        Self { cause, target }
    }

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
            RedirectCause::Filter {
                matched, redirect, ..
            } => redirect::location(
                redirect,
                From {
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
            .flat_map(|matched| &matched.rule.filters().response)
    }

    /// What the answer tells browsers.
    pub fn cors(&self) -> Option<&'t Cors> {
        self.matched()?.rule.filters().cors.as_deref()
    }
}
