//! Forward, Redirect, Respond and Explanation: frozen, and converted attribute by attribute when
//! asked for.

use std::net::SocketAddr;
use std::sync::Arc;

use gwroute_core::{Cors, Decision, HeaderEdits, RequestView, Rule, ir, origin};
use http::header::{self, HeaderMap, HeaderValue};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::error::RequestError;
use crate::request::{Request, pairs};
use crate::route::{Route, route};
use crate::table::RouteTable;
use crate::terms::{ExternalAuth, Mirror, Retry, Session, Timeouts, UpstreamTLS, protocol};

/// Attributes of the gateway's own answers are made at once, since they are few and rare.
pub(crate) fn wrap<'py, V: RequestView>(
    table: &Bound<'py, RouteTable>,
    decision: &Decision<'_, '_>,
    request: &V,
    bound: Option<SocketAddr>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = table.py();
    let headers = || {
        let mut own = HeaderMap::new();
        // Deciding never fails; a location that is no header value is an attribute all the same.
        let _ = decision.complete(request, &mut own);
        let pairs = own
            .iter()
            .map(|(name, value)| Ok((name.to_string(), text(value)?)));
        pairs.collect::<PyResult<Vec<_>>>()
    };
    let external_auth = || {
        let asked = decision.external_auth();
        asked
            .map(|auth| ExternalAuth::of(&table.get().0, auth))
            .collect()
    };
    match decision {
        Decision::Forward(forward) => {
            let path = (!forward.keeps_target()).then(|| forward.path_and_query().into_owned());
            let forward = Forward {
                table: table.clone().unbind(),
                rule: forward.rule().clone(),
                listener: forward.listener().clone(),
                index: forward.match_index(),
                backend: forward.backend_index(),
                path,
                bound,
                origin: forward.cors().and_then(|_| origin(request)),
            };
            Ok(Bound::new(py, forward)?.into_any())
        }
        Decision::Redirect(redirect) => {
            let redirect = Redirect {
                rule: redirect.rule().cloned(),
                index: redirect.match_index(),
                status: redirect.status(),
                location: redirect.location(),
                headers: headers()?,
                external_auth: external_auth(),
            };
            Ok(Bound::new(py, redirect)?.into_any())
        }
        Decision::Respond(respond) => {
            let respond = Respond {
                rule: respond.rule().cloned(),
                index: respond.match_index(),
                status: respond.status(),
                reason: respond.reason().as_str(),
                detail: respond
                    .detail()
                    .unwrap_or(respond.reason().describe())
                    .to_owned(),
                backend: respond.backend().map(|backend| backend.name().to_owned()),
                share: respond.backend().map(gwroute_core::Backend::share),
                headers: headers()?,
                external_auth: external_auth(),
            };
            Ok(Bound::new(py, respond)?.into_any())
        }
    }
}

/// To a backend that has endpoints.
#[pyclass(frozen, module = "gwroute._native")]
#[derive(Debug)]
pub(crate) struct Forward {
    table: Py<RouteTable>,
    rule: Arc<Rule>,
    listener: Arc<ir::Listener>,
    index: usize,
    backend: usize,
    /// Path and query for the backend, where they are not the client's own.
    path: Option<String>,
    /// The endpoint that the client's session is bound to.
    bound: Option<SocketAddr>,
    /// Where the page is that asks, if the rule has something to say to browsers.
    origin: Option<HeaderValue>,
}

#[pymethods]
impl Forward {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    fn match_args(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, ["route", "upstream"])
    }

    #[getter]
    fn route(&self) -> Route {
        route(&self.rule, self.index)
    }

    /// Key of the upstream's Service port: `shop/cart:8080`.
    #[getter]
    fn upstream(&self) -> &str {
        self.rule.backends()[self.backend].name()
    }

    /// Weight of the backend by the sum of weights.
    #[getter]
    fn share(&self) -> f64 {
        self.rule.backends()[self.backend].share()
    }

    /// Key of the listener.
    #[getter]
    fn listener(&self) -> &str {
        &self.listener.key
    }

    /// `(address, port)` of each endpoint that may be used.
    #[getter]
    fn endpoints(&self) -> Vec<(String, u16)> {
        let id = self.rule.backends()[self.backend].upstream();
        let endpoints = id.map(|id| self.table.get().0.upstream(id).endpoints.iter());
        endpoints
            .into_iter()
            .flatten()
            .map(|endpoint| (endpoint.address.clone(), endpoint.port))
            .collect()
    }

    /// `http/1.1` or `h2c`.
    #[getter]
    fn protocol(&self) -> Option<&'static str> {
        let id = self.rule.backends()[self.backend].upstream()?;
        Some(protocol(self.table.get().0.upstream(id).protocol))
    }

    /// How the endpoints are known to be right; None speaks in clear text.
    #[getter]
    fn tls(&self) -> Option<UpstreamTLS> {
        let id = self.rule.backends()[self.backend].upstream()?;
        let tls = self.table.get().0.upstream(id).tls.as_ref();
        tls.map(UpstreamTLS::from)
    }

    /// `(address, port)` of the endpoint that the client's session is bound to.
    #[getter]
    fn bound(&self) -> Option<(String, u16)> {
        self.bound.map(|at| (at.ip().to_string(), at.port()))
    }

    /// How the client is kept at one endpoint; None not at all.
    #[getter]
    fn session(&self) -> Option<Session> {
        self.rule.session().map(Session::from)
    }

    /// Time limits; None where the rule has none.
    #[getter]
    fn timeouts(&self) -> Option<Timeouts> {
        self.rule.timeouts().map(Timeouts::from)
    }

    /// When the request is sent again; None never.
    #[getter]
    fn retry(&self) -> Option<Retry> {
        self.rule.retry().map(Retry::from)
    }

    /// Backends that may get a copy.
    #[getter]
    fn mirrors(&self) -> Vec<Mirror> {
        let mirrors = self.rule.mirrors(self.backend);
        mirrors
            .map(|mirror| Mirror::of(&self.table.get().0, mirror))
            .collect()
    }

    /// The services that have to agree first.
    #[getter]
    fn external_auth(&self) -> Vec<ExternalAuth> {
        let asked = self.rule.external_auth(self.backend);
        asked
            .map(|auth| ExternalAuth::of(&self.table.get().0, auth))
            .collect()
    }

    /// The request as the backend gets it; the one given stays as it is.
    fn apply(&self, request: &Request) -> PyResult<Request> {
        let mut outgoing = request.clone();
        if let Some(path) = &self.path {
            outgoing.target.clone_from(path);
        }
        let filters = self.rule.edits(self.backend);
        if let Some(host) = filters.hostname {
            outgoing.authority = Some(host.to_owned());
            for (name, value) in &mut outgoing.headers {
                if name.eq_ignore_ascii_case("host") {
                    host.clone_into(value);
                }
            }
        }
        for edits in filters.request {
            edit(&mut outgoing.headers, edits)?;
        }
        Ok(outgoing)
    }

    /// The headers of a response as the client gets them.
    fn apply_response(&self, headers: &Bound<'_, PyAny>) -> PyResult<Vec<(String, String)>> {
        let mut headers = pairs(headers)?;
        for edits in self.rule.edits(self.backend).response {
            edit(&mut headers, edits)?;
        }
        if let (Some(origin), Some(cors)) = (&self.origin, self.rule.cors(Some(self.backend))) {
            mark(&mut headers, origin, cors)?;
        }
        Ok(headers)
    }

    fn __repr__(&self) -> String {
        format!(
            "<Forward {} by {}>",
            self.upstream(),
            self.route().__str__()
        )
    }
}

impl Forward {
    /// What a session binds: the rule, its backend, and whether the client came over TLS.
    pub(crate) fn bindable(&self) -> (&Rule, usize, bool) {
        let secure = self.listener.protocol == ir::ListenerProtocol::Https;
        (&self.rule, self.backend, secure)
    }
}

pub(crate) fn text(value: &HeaderValue) -> PyResult<String> {
    let text = value.to_str().map(str::to_owned);
    text.map_err(|_| RequestError::new_err("a header value of the route is not printable ASCII"))
}

/// Tells a browser what the rule allows, in place of what the backend says of the same.
fn mark(headers: &mut Vec<(String, String)>, origin: &HeaderValue, cors: &Cors) -> PyResult<()> {
    let mut marks = HeaderMap::new();
    cors.mark(origin, &mut marks);
    if marks.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        let own = [
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
        ];
        headers.retain(|(known, _)| {
            !own.iter()
                .any(|name| known.eq_ignore_ascii_case(name.as_str()))
        });
    }
    for (name, value) in &marks {
        headers.push((name.to_string(), text(value)?));
    }
    Ok(())
}

fn edit(headers: &mut Vec<(String, String)>, edits: &HeaderEdits) -> PyResult<()> {
    let gone = edits
        .remove()
        .iter()
        .chain(edits.set().iter().map(|(name, _)| name));
    for name in gone {
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name.as_str()));
    }
    for (name, value) in edits.set().iter().chain(edits.add()) {
        headers.push((name.to_string(), text(value)?));
    }
    Ok(())
}

/// Back to the client, elsewhere.
#[pyclass(frozen, module = "gwroute._native")]
#[derive(Debug)]
pub(crate) struct Redirect {
    rule: Option<Arc<Rule>>,
    index: Option<usize>,
    #[pyo3(get)]
    status: u16,
    #[pyo3(get)]
    location: String,
    #[pyo3(get)]
    headers: Vec<(String, String)>,
    #[pyo3(get)]
    external_auth: Vec<ExternalAuth>,
}

#[pymethods]
impl Redirect {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    fn match_args(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, ["status", "location"])
    }

    /// The rule that redirects; None where escaped slashes in the path made it necessary.
    #[getter]
    fn route(&self) -> Option<Route> {
        Some(route(self.rule.as_ref()?, self.index?))
    }

    fn __repr__(&self) -> String {
        format!("<Redirect {} {}>", self.status, self.location)
    }
}

/// Answered by the gateway itself.
#[pyclass(frozen, module = "gwroute._native")]
#[derive(Debug)]
pub(crate) struct Respond {
    rule: Option<Arc<Rule>>,
    index: Option<usize>,
    #[pyo3(get)]
    status: u16,
    #[pyo3(get)]
    reason: &'static str,
    #[pyo3(get)]
    detail: String,
    #[pyo3(get)]
    backend: Option<String>,
    #[pyo3(get)]
    share: Option<f64>,
    #[pyo3(get)]
    headers: Vec<(String, String)>,
    #[pyo3(get)]
    external_auth: Vec<ExternalAuth>,
}

#[pymethods]
impl Respond {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    fn match_args(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, ["status", "reason"])
    }

    /// The rule that took the request, if one did.
    #[getter]
    fn route(&self) -> Option<Route> {
        Some(route(self.rule.as_ref()?, self.index?))
    }

    fn __repr__(&self) -> String {
        format!("<Respond {} {}>", self.status, self.reason)
    }
}
