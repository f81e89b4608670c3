//! Services that are asked before a request passes.

use http::HeaderName;

use crate::error::Error;
use crate::ir;
use crate::rule::UpstreamId;

/// A service that says whether a request may pass.
#[derive(Debug)]
pub struct ExternalAuth {
    ir: ir::ExternalAuth,
    upstream: Option<UpstreamId>,
    allowed_headers: Vec<HeaderName>,
    allowed_response_headers: Vec<HeaderName>,
}

impl ExternalAuth {
    pub(crate) fn compile(
        auth: &ir::ExternalAuth,
        upstream: impl Fn(&str) -> Option<UpstreamId>,
    ) -> Result<Self, Error> {
        let id = auth
            .upstream
            .as_deref()
            .map(|key| upstream(key).ok_or_else(|| Error::unknown("upstream", key)));
        Ok(Self {
            upstream: id.transpose()?,
            allowed_headers: names(&auth.allowed_headers)?,
            allowed_response_headers: names(&auth.allowed_response_headers)?,
            ir: auth.clone(),
        })
    }

    pub(crate) fn reference(&self) -> Option<(&str, UpstreamId)> {
        Some((self.ir.upstream.as_deref()?, self.upstream?))
    }

    /// How it is asked.
    pub fn protocol(&self) -> ir::ExternalAuthProtocol {
        self.ir.protocol
    }

    /// As a person names it: `auth/check:9000`.
    pub fn backend(&self) -> &str {
        &self.ir.backend
    }

    /// Where it is; `None` for an invalid reference, and then every request is refused.
    pub fn upstream(&self) -> Option<UpstreamId> {
        self.upstream
    }

    /// What the path of the request is put behind.
    pub fn path(&self) -> &str {
        &self.ir.path
    }

    /// Request headers it sees besides those it always does.
    pub fn allowed_headers(&self) -> &[HeaderName] {
        &self.allowed_headers
    }

    /// Headers of its answer that the backend sees; empty is all of them.
    pub fn allowed_response_headers(&self) -> &[HeaderName] {
        &self.allowed_response_headers
    }

    /// So many bytes of the body it sees; 0 is none.
    pub fn forward_body(&self) -> u32 {
        self.ir.forward_body
    }
}

fn names(names: &[String]) -> Result<Vec<HeaderName>, Error> {
    let compile = |name: &String| {
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| Error::invalid("header name", name))
    };
    names.iter().map(compile).collect()
}
