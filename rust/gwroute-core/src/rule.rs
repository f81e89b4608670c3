//! One rule, compiled: its matches, its filters, its backends.

use std::sync::Arc;

use crate::balance::weighted;
use crate::error::Error;
use crate::filter::{Cors, ExternalAuth, Filters, HeaderEdits, Mirror};
use crate::ir;
use crate::matcher::Predicates;
use crate::path::PathPattern;

/// Number of an upstream in a table; stable across patches for as long as the upstream exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UpstreamId(pub(crate) u32);

impl UpstreamId {
    /// The slot, for state that is kept beside a table.
    pub fn slot(self) -> usize {
        self.0 as usize
    }
}

/// One rule of a table; handles to it outlive the table.
///
/// The fields stand in this order in memory: what is read for every request side by side, and
/// behind it what most rules do not have.
#[derive(Debug)]
#[repr(C)]
pub struct Rule {
    pub(crate) key: Arc<str>,
    pub(crate) backends: Box<[Backend]>,
    pub(crate) number: u32,
    /// Whether there is one backend, and it has all requests.
    is_single: bool,
    /// Whether it says anything about time limits, retries or sessions.
    has_settings: bool,
    filters: Option<Box<Filters>>,
    pub(crate) matches: Box<[Match]>,
    /// Running sums of the weights.
    cumulative: Box<[u64]>,
    /// `namespace/name`, for ranking.
    pub(crate) route: Arc<str>,
    pub(crate) ir: ir::Rule,
}

/// What a rule and one of its backends do to headers and host, in order.
#[derive(Debug)]
pub struct Edits<'t> {
    /// The host the backend gets; `None` for the client's own.
    pub hostname: Option<&'t str>,
    /// Edits of the request's headers.
    pub request: Vec<&'t HeaderEdits>,
    /// Edits of the response's headers.
    pub response: Vec<&'t HeaderEdits>,
}

#[derive(Debug)]
pub(crate) struct Match {
    pub(crate) path: PathPattern,
    pub(crate) predicates: Predicates,
}

/// One backend of a rule, with its share; in memory as a [`Rule`].
#[derive(Debug)]
#[repr(C)]
pub struct Backend {
    pub(crate) upstream: Option<UpstreamId>,
    /// Whether requests may go there.
    pub(crate) is_valid: bool,
    filters: Option<Box<Filters>>,
    pub(crate) share: f64,
    pub(crate) ir: ir::Backend,
}

impl Backend {
    pub(crate) fn filters(&self) -> &Filters {
        self.filters.as_deref().unwrap_or(&NO_FILTERS)
    }

    /// As a person names it: `shop/cart:8080`.
    pub fn name(&self) -> &str {
        &self.ir.name
    }

    /// Weight by the sum of weights, 0 to 1.
    pub fn share(&self) -> f64 {
        self.share
    }

    /// As configured.
    pub fn weight(&self) -> u32 {
        self.ir.weight
    }

    /// Where its requests go; `None` for an invalid reference.
    pub fn upstream(&self) -> Option<UpstreamId> {
        self.upstream
    }
}

/// Of rules and backends that have none.
static NO_FILTERS: Filters = Filters::none();

impl Rule {
    pub(crate) fn filters(&self) -> &Filters {
        self.filters.as_deref().unwrap_or(&NO_FILTERS)
    }

    /// Its key in the snapshot; another handle to the same one as long as the rule does not change.
    pub fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// Its number in the table, for what is kept beside a table. It stays with the key until the
    /// rule goes; then it may be given again.
    pub fn number(&self) -> usize {
        self.number as usize
    }

    /// The rule as the snapshot has it.
    pub fn as_ir(&self) -> &ir::Rule {
        &self.ir
    }

    /// Its backends, in the order of the route.
    pub fn backends(&self) -> &[Backend] {
        &self.backends
    }

    /// What responses tell browsers; the filter of the backend counts more than the rule's.
    pub fn cors(&self, backend: Option<usize>) -> Option<&Cors> {
        let backend = backend.and_then(|backend| self.backends.get(backend));
        let of_backend = backend.and_then(|backend| backend.filters().cors.as_deref());
        of_backend.or(self.filters().cors.as_deref())
    }

    /// Who has to agree first: whom the rule asks, then whom the backend does.
    pub fn external_auth(&self, backend: usize) -> impl Iterator<Item = &Arc<ExternalAuth>> {
        let of_backend = self.backends.get(backend).map(Backend::filters);
        let both = std::iter::once(self.filters()).chain(of_backend);
        both.filter_map(|filters| filters.auth.as_ref())
    }

    /// Backends that may get a copy: the backend's filters, then the rule's.
    pub fn mirrors(&self, backend: usize) -> impl Iterator<Item = &Mirror> {
        let of_backend = self.backends.get(backend).map(Backend::filters);
        let both = of_backend.into_iter().chain([self.filters()]);
        both.flat_map(|filters| &filters.mirrors)
    }

    /// What the rule and one of its backends do to the headers of a request, in order.
    pub fn request_edits(&self, backend: usize) -> impl Iterator<Item = &HeaderEdits> {
        let of_backend = self.backends.get(backend);
        let of_backend = of_backend.map_or(&[][..], |backend| &backend.filters().request);
        self.filters().request.iter().chain(of_backend)
    }

    /// What the rule and one of its backends do to the headers of a response, in order.
    pub fn response_edits(&self, backend: usize) -> impl Iterator<Item = &HeaderEdits> {
        let of_backend = self.backends.get(backend);
        let of_backend = of_backend.map_or(&[][..], |backend| &backend.filters().response);
        of_backend.iter().chain(&self.filters().response)
    }

    /// What the rule and one of its backends do to headers and host.
    pub fn edits(&self, backend: usize) -> Edits<'_> {
        let of_backend = self.backends.get(backend).map(Backend::filters);
        let mut both = of_backend.into_iter().chain([self.filters()]);
        Edits {
            hostname: both.find_map(|filters| filters.rewrite.hostname.as_deref()),
            request: self.request_edits(backend).collect(),
            response: self.response_edits(backend).collect(),
        }
    }

    pub(crate) fn compile(
        rule: &ir::Rule,
        number: u32,
        upstream: impl Fn(&str) -> Option<UpstreamId>,
    ) -> Result<Self, Error> {
        if rule.matches.is_empty() {
            return Err(Error::missing("match").under("matches"));
        }
        let matches = rule.matches.iter().enumerate().map(|(i, conditions)| {
            Match::compile(conditions).map_err(|e| e.under(format_args!("matches[{i}]")))
        });
        let total: u64 = rule
            .backends
            .iter()
            .map(|backend| u64::from(backend.weight))
            .sum();
        let backends = rule.backends.iter().enumerate().map(|(i, backend)| {
            Backend::compile(backend, total, &upstream)
                .map_err(|e| e.under(format_args!("backends[{i}]")))
        });
        let cumulative = rule.backends.iter().scan(0, |sum, backend| {
            *sum += u64::from(backend.weight);
            Some(*sum)
        });
        Ok(Self {
            key: rule.key.as_str().into(),
            route: format!("{}/{}", rule.route.namespace, rule.route.name).into(),
            matches: matches.collect::<Result<_, _>>()?,
            filters: Filters::compile(&rule.filters, &upstream)?,
            number,
            is_single: matches!(&*rule.backends, [only] if only.weight > 0),
            has_settings: rule.timeouts.is_some() || rule.retry.is_some() || rule.session.is_some(),
            backends: backends.collect::<Result<_, _>>()?,
            cumulative: cumulative.collect(),
            ir: rule.clone(),
        })
    }

    /// All upstreams that the rule refers to, by key and number.
    pub(crate) fn references(&self) -> impl Iterator<Item = (&str, UpstreamId)> {
        let backends = self.backends.iter();
        let filters = std::iter::once(self.filters()).chain(backends.clone().map(Backend::filters));
        backends
            .filter_map(|backend| Some((backend.ir.upstream.as_deref()?, backend.upstream?)))
            .chain(filters.flat_map(Filters::references))
    }

    /// Time limits; `None` leaves the data plane's own.
    pub fn timeouts(&self) -> Option<ir::Timeouts> {
        self.settings()?.timeouts
    }

    /// When a request is sent again; `None` never.
    pub fn retry(&self) -> Option<&ir::Retry> {
        self.settings()?.retry.as_ref()
    }

    /// How a client is kept at one endpoint; `None` not at all.
    pub fn session(&self) -> Option<&ir::Session> {
        self.settings()?.session.as_ref()
    }

    fn settings(&self) -> Option<&ir::Rule> {
        self.has_settings.then_some(&self.ir)
    }

    /// Index of the backend whose share holds the draw, a number in [0, 1); `None` without
    /// backends or weights.
    pub fn draw(&self, draw: f64) -> Option<usize> {
        if self.is_single {
            return Some(0);
        }
        weighted::pick(&self.cumulative, draw)
    }
}

impl Match {
    fn compile(conditions: &ir::RouteMatch) -> Result<Self, Error> {
        Ok(Self {
            path: PathPattern::compile(conditions.path.as_ref()).map_err(|e| e.under("path"))?,
            predicates: Predicates::compile(conditions)?,
        })
    }
}

impl Backend {
    #[expect(clippy::cast_precision_loss)]
    fn compile(
        backend: &ir::Backend,
        total: u64,
        upstream: impl Fn(&str) -> Option<UpstreamId>,
    ) -> Result<Self, Error> {
        let id = backend.upstream.as_deref().map(|key| {
            upstream(key).ok_or_else(|| Error::unknown("upstream", key).under("upstream"))
        });
        Ok(Self {
            share: if total == 0 {
                0.0
            } else {
                f64::from(backend.weight) / total as f64
            },
            upstream: id.transpose()?,
            is_valid: backend.invalid.is_none(),
            filters: Filters::compile(&backend.filters, &upstream)?,
            ir: backend.clone(),
        })
    }
}
