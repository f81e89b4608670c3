//! Copies of requests for other backends.

use crate::error::Error;
use crate::ir;
use crate::rule::UpstreamId;

/// A copy of some requests to another backend.
#[derive(Debug)]
pub struct Mirror {
    ir: ir::Mirror,
    upstream: UpstreamId,
}

impl Mirror {
    pub(crate) fn compile(
        mirror: &ir::Mirror,
        upstream: impl Fn(&str) -> Option<UpstreamId>,
    ) -> Result<Self, Error> {
        if mirror.denominator == 0 {
            return Err(Error::invalid("denominator", "0"));
        }
        let id = upstream(&mirror.upstream);
        Ok(Self {
            upstream: id.ok_or_else(|| Error::unknown("upstream", &mirror.upstream))?,
            ir: mirror.clone(),
        })
    }

    pub(crate) fn reference(&self) -> (&str, UpstreamId) {
        (&self.ir.upstream, self.upstream)
    }

    /// As a person names the backend: `shop/cart:8080`.
    pub fn backend(&self) -> &str {
        &self.ir.backend
    }

    /// Where copies go.
    pub fn upstream(&self) -> UpstreamId {
        self.upstream
    }

    /// Whether a request is copied; the draw is a number in [0, 1).
    pub fn takes(&self, draw: f64) -> bool {
        draw * f64::from(self.ir.denominator) < f64::from(self.ir.numerator)
    }

    /// The part of the requests that is copied, 0 to 1.
    pub fn share(&self) -> f64 {
        (f64::from(self.ir.numerator) / f64::from(self.ir.denominator)).min(1.0)
    }
}
