//! Services that are asked before a request passes.

use http::HeaderName;

use crate::error::Error;
use crate::ir;
use crate::rule::UpstreamId;
use crate::target::Target;

/// A service that says whether a request may pass.
#[derive(Debug)]
pub struct ExternalAuth {
    ir: ir::ExternalAuth,
    upstream: Option<UpstreamId>,
    path: String,
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
            path: prefix(&auth.path)?,
            allowed_headers: names(&auth.allowed_headers)?,
            allowed_response_headers: names(&auth.allowed_response_headers)?,
            ir: auth.clone(),
        })
    }

    pub(crate) fn reference(&self) -> Option<(&str, UpstreamId)> {
        Some((self.ir.upstream.as_deref()?, self.upstream?))
    }

    /// The filter as the snapshot has it.
    pub fn as_ir(&self) -> &ir::ExternalAuth {
        &self.ir
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

    /// What the path of the request is put behind: clean, and without a slash at its end.
    pub fn path(&self) -> &str {
        &self.path
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

/// Cleaned as the paths of requests are ("implementations MUST sanitize this input",
/// HTTPAuthConfig).
fn prefix(path: &str) -> Result<String, Error> {
    let invalid = || Error::invalid("path", path);
    if path.contains(['?', '#']) {
        return Err(invalid());
    }
    let absolute = ["/", path].concat();
    let target = Target::parse(absolute.as_bytes(), None).map_err(|_| invalid())?;
    Ok(target.path().trim_end_matches('/').to_owned())
}

fn names(names: &[String]) -> Result<Vec<HeaderName>, Error> {
    let compile = |name: &String| {
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| Error::invalid("header name", name))
    };
    names.iter().map(compile).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_path_to_put_others_behind_is_clean() {
        for (given, clean) in [
            ("", ""),
            ("/", ""),
            ("check", "/check"),
            ("/check/", "/check"),
            ("//a/../check//", "/check"),
            ("/../..", ""),
            ("/a%2Fb c", "/a/b%20c"),
        ] {
            assert_eq!(prefix(given).unwrap(), clean, "{given}");
        }
        for given in ["/check?to=", "/check#", "/%00"] {
            assert!(prefix(given).is_err(), "{given}");
        }
    }
}
