//! What filters do, compiled: where they end a request, and the edits of those they let pass.

pub(crate) mod auth;
pub(crate) mod cors;
pub(crate) mod header_edit;
pub(crate) mod mirror;
pub(crate) mod redirect;
pub(crate) mod rewrite;

use std::sync::Arc;

use crate::error::Error;
use crate::ir;
use crate::rule::UpstreamId;

pub use auth::ExternalAuth;
pub use cors::Cors;
pub use header_edit::HeaderEdits;
pub use mirror::Mirror;
pub(crate) use rewrite::Rewrite;

/// The filters of one rule, or of one backend. Most have few or none, so that what is rare or large
/// stands behind a pointer.
#[derive(Debug)]
pub(crate) struct Filters {
    pub(crate) request: Vec<HeaderEdits>,
    pub(crate) response: Vec<HeaderEdits>,
    pub(crate) rewrite: Rewrite,
    pub(crate) cors: Option<Box<Cors>>,
    pub(crate) auth: Option<Arc<ExternalAuth>>,
    pub(crate) mirrors: Vec<Mirror>,
    /// The first filter that answers by itself.
    pub(crate) end: Option<Box<End>>,
}

#[derive(Debug)]
pub(crate) enum End {
    Redirect(ir::Redirect),
    Fail(ir::Failure),
}

impl Filters {
    pub(crate) const fn none() -> Self {
        Self {
            request: Vec::new(),
            response: Vec::new(),
            rewrite: Rewrite {
                hostname: None,
                path: None,
            },
            cors: None,
            auth: None,
            mirrors: Vec::new(),
            end: None,
        }
    }

    /// `None` if there are none. In list order; of what follows a filter that answers by itself only two are reached. CORS
    /// always comes first: a preflight carries nothing that the others could judge. Then comes
    /// external authorization, for an answer that is not everybody's is not anybody's either.
    pub(crate) fn compile(
        filters: &[ir::Filter],
        upstream: impl Fn(&str) -> Option<UpstreamId>,
    ) -> Result<Option<Box<Self>>, Error> {
        if filters.is_empty() {
            return Ok(None);
        }
        let mut compiled = Self::none();
        for (i, filter) in filters.iter().enumerate() {
            let comes_first = matches!(filter, ir::Filter::Cors(_) | ir::Filter::ExternalAuth(_));
            if compiled.end.is_none() || comes_first {
                compiled
                    .add(filter, &upstream)
                    .map_err(|e| e.under(format_args!("filters[{i}]")))?;
            }
        }
        compiled.request.shrink_to_fit();
        compiled.response.shrink_to_fit();
        Ok(Some(Box::new(compiled)))
    }

    /// Upstreams that filters refer to, by key and number.
    pub(crate) fn references(&self) -> impl Iterator<Item = (&str, UpstreamId)> {
        let mirrors = self.mirrors.iter().map(Mirror::reference);
        mirrors.chain(self.auth.iter().filter_map(|auth| auth.reference()))
    }

    fn add(
        &mut self,
        filter: &ir::Filter,
        upstream: impl Fn(&str) -> Option<UpstreamId>,
    ) -> Result<(), Error> {
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
            ir::Filter::RequestMirror(mirror) => {
                self.mirrors.push(Mirror::compile(mirror, upstream)?);
            }
            ir::Filter::Cors(cors) => self.cors = Some(Box::new(Cors::compile(cors)?)),
            ir::Filter::ExternalAuth(auth) => {
                self.auth = Some(Arc::new(ExternalAuth::compile(auth, upstream)?));
            }
            ir::Filter::RequestRedirect(redirect) => {
                self.end = Some(Box::new(End::Redirect(redirect.clone())));
            }
            ir::Filter::Fail(failure) => self.end = Some(Box::new(End::Fail(failure.clone()))),
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
