//! What filters do, compiled: where they end a request, and the edits of those they let pass.

pub(crate) mod header_edit;
pub(crate) mod redirect;
pub(crate) mod rewrite;

use std::sync::Arc;

use crate::error::Error;
use crate::ir;

pub use header_edit::HeaderEdits;
pub(crate) use rewrite::Rewrite;

/// The filters of one rule, or of one backend.
#[derive(Debug, Default)]
pub(crate) struct Filters {
    pub(crate) request: Vec<HeaderEdits>,
    pub(crate) response: Vec<HeaderEdits>,
    pub(crate) rewrite: Rewrite,
    /// The first filter that answers by itself.
    pub(crate) end: Option<End>,
}

#[derive(Debug)]
pub(crate) enum End {
    Redirect(ir::Redirect),
    Fail(ir::Failure),
}

impl Filters {
    /// In list order; what follows a filter that answers by itself is not reached.
    pub(crate) fn compile(filters: &[ir::Filter]) -> Result<Self, Error> {
        let mut compiled = Self::default();
        for (i, filter) in filters.iter().enumerate() {
            compiled
                .add(filter)
                .map_err(|e| e.under(format_args!("filters[{i}]")))?;
            if compiled.end.is_some() {
                break;
            }
        }
        Ok(compiled)
    }

    fn add(&mut self, filter: &ir::Filter) -> Result<(), Error> {
        match filter {
            ir::Filter::RequestHeaderModifier(edits) => {
                if let Some(host) = host_set_by(edits) {
                    self.rewrite.hostname = Some(Arc::from(host));
                }
                self.request.push(HeaderEdits::compile(edits)?);
            }
            ir::Filter::ResponseHeaderModifier(edits) => {
                self.response.push(HeaderEdits::compile(edits)?)
            }
            ir::Filter::UrlRewrite(rewrite) => self.rewrite.merge(&Rewrite::compile(rewrite)),
            ir::Filter::RequestRedirect(redirect) => {
                self.end = Some(End::Redirect(redirect.clone()))
            }
            ir::Filter::Fail(failure) => self.end = Some(End::Fail(failure.clone())),
        }
        Ok(())
    }
}

/// `Host` is no ordinary field: setting it is a rewrite of the authority.
fn host_set_by(edits: &ir::HeaderEdits) -> Option<&str> {
    let (_, value) = edits
        .set
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("host"))?;
    Some(value)
}
