//! `RouteTable`: compile, patch, decide, explain.

use std::sync::Arc;

use gwroute_core::{EntryId, RequestView};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyBytes;

use crate::decision;
use crate::error::{CoreError, RequestError};
use crate::explanation::Explanation;
use crate::request::{Parts, Request};
use crate::sessions::Sessions;

/// A compiled snapshot. It never changes.
#[pyclass(frozen, module = "gwroute._native")]
#[derive(Debug, Clone)]
pub(crate) struct RouteTable(pub(crate) Arc<gwroute_core::RouteTable>);

/// A host, and `(key of the rule, index of the match)` of its matches.
type Host = (Option<String>, Vec<(String, usize)>);

/// Where and how a request is decided.
struct Place<'a> {
    port: Option<u16>,
    gateway: Option<&'a str>,
}

#[pymethods]
impl RouteTable {
    /// Compiles a snapshot in JSON.
    #[staticmethod]
    fn compile(py: Python<'_>, snapshot: &[u8]) -> PyResult<Self> {
        let table = py
            .detach(|| gwroute_core::RouteTable::from_json(snapshot))
            .map_err(CoreError)?;
        Ok(Self(Arc::new(table)))
    }

    /// The table of a changed snapshot; this one stays as it is.
    fn patch(&self, py: Python<'_>, delta: &[u8]) -> PyResult<Self> {
        let table = py.detach(|| self.0.patch_json(delta)).map_err(CoreError)?;
        Ok(Self(Arc::new(table)))
    }

    /// The snapshot the table stands for, in JSON.
    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let json = py.detach(|| serde_json::to_vec(&self.0.snapshot()));
        let json = json.map_err(|error| RequestError::new_err(error.to_string()))?;
        Ok(PyBytes::new(py, &json))
    }

    /// `(gateway, port)` of everything that has to be bound, in order of precedence.
    #[getter]
    fn entries(&self) -> Vec<(String, u16)> {
        self.0
            .entries()
            .iter()
            .map(|entry| (entry.gateway().to_string(), entry.port()))
            .collect()
    }

    /// The hosts under a listener, each with `(key of the rule, index of the match)` of its
    /// matches in order of precedence.
    fn hosts(&self, listener: &str) -> Vec<Host> {
        let named = |(host, matches): gwroute_core::HostMatches<'_>| {
            let keys = matches
                .into_iter()
                .map(|(rule, index)| (rule.key.clone(), index))
                .collect();
            (host, keys)
        };
        self.0.hosts(listener).into_iter().map(named).collect()
    }

    /// How many rules there are.
    fn __len__(&self) -> usize {
        self.0.rule_count()
    }

    /// Decides a made request.
    #[pyo3(signature = (request, *, port = None, gateway = None, sni = None, draw = None, sessions = None))]
    fn decide<'py>(
        slf: &Bound<'py, Self>,
        request: &Bound<'py, Request>,
        port: Option<u16>,
        gateway: Option<&str>,
        sni: Option<&str>,
        draw: Option<f64>,
        sessions: Option<&Sessions>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (table, view) = (slf.get(), request.get());
        let at = table.entry(&Place { port, gateway }, || view.port)?;
        decide(slf, at, sni, view, draw, sessions)
    }

    /// Decides a request given in parts.
    #[pyo3(signature = (method, target, headers = None, *, host = None, port = None, gateway = None, sni = None, draw = None, sessions = None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments of a Python method"
    )]
    fn decide_parts<'py>(
        slf: &Bound<'py, Self>,
        method: PyBackedStr,
        target: &Bound<'py, PyAny>,
        headers: Option<&Bound<'py, PyAny>>,
        host: Option<&Bound<'py, PyAny>>,
        port: Option<u16>,
        gateway: Option<&str>,
        sni: Option<&str>,
        draw: Option<f64>,
        sessions: Option<&Sessions>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let view = Parts::new(method, target, headers, host)?;
        let table = slf.get();
        let at = table.entry(&Place { port, gateway }, || None)?;
        decide(slf, at, sni, &view, draw, sessions)
    }

    /// Decides a made request, and says why.
    #[pyo3(signature = (request, *, port = None, gateway = None, sni = None, draw = None, assumed = Vec::new()))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword arguments of a Python method"
    )]
    fn explain(
        &self,
        py: Python<'_>,
        request: &Request,
        port: Option<u16>,
        gateway: Option<&str>,
        sni: Option<&str>,
        draw: Option<f64>,
        assumed: Vec<String>,
    ) -> PyResult<Explanation> {
        let at = self.entry(&Place { port, gateway }, || request.port)?;
        let draw = draw.unwrap_or_else(fastrand::f64);
        let mut explanation = py.detach(|| self.0.explain(at, sni, request, draw));
        explanation.set_assumed(assumed);
        Ok(Explanation(explanation))
    }
}

/// Decides, and lets sessions choose the backend where they know the client.
fn decide<'py, V: RequestView>(
    table: &Bound<'py, RouteTable>,
    at: EntryId,
    sni: Option<&str>,
    view: &V,
    draw: Option<f64>,
    sessions: Option<&Sessions>,
) -> PyResult<Bound<'py, PyAny>> {
    let core = &table.get().0;
    let mut bond = None;
    let decided = core.decide_with(at, sni, view, |rule| {
        bond = sessions.and_then(|sessions| sessions.0.bond_in(core, rule, view));
        let bound = bond.as_ref().map(|bond| bond.backend);
        bound.or_else(|| rule.draw(draw.unwrap_or_else(fastrand::f64)))
    });
    let bound = bond.map(|bond| bond.endpoint);
    decision::wrap(table, &decided, view, bound)
}

impl RouteTable {
    /// The port that was asked for must be there; the one a URL implies may be mapped, so the
    /// only entry of the table does as well.
    fn entry(&self, place: &Place<'_>, implied: impl FnOnce() -> Option<u16>) -> PyResult<EntryId> {
        let Place { port, gateway } = *place;
        let table = &self.0;
        if let Some(port) = port {
            return table
                .entry(gateway, port)
                .ok_or_else(|| self.no_entry(Some(port), gateway));
        }
        let implied = implied();
        let mut fitting = table
            .entries()
            .iter()
            .filter(|entry| gateway.is_none_or(|gateway| **entry.gateway() == *gateway));
        implied
            .and_then(|port| table.entry(gateway, port))
            .or_else(|| match (fitting.next(), fitting.next()) {
                (Some(only), None) => Some(only.id()),
                (Some(first), Some(_)) if implied.is_none() => Some(first.id()),
                _ => None,
            })
            .ok_or_else(|| self.no_entry(implied, gateway))
    }

    fn no_entry(&self, port: Option<u16>, gateway: Option<&str>) -> PyErr {
        let known: Vec<_> = self
            .0
            .entries()
            .iter()
            .map(|entry| format!("{}:{}", entry.gateway(), entry.port()))
            .collect();
        let port = port.map_or_else(String::new, |port| format!(" on port {port}"));
        let gateway = gateway.map_or_else(String::new, |gateway| format!(" of gateway {gateway}"));
        let known = if known.is_empty() {
            "there is none".to_owned()
        } else {
            format!("there are {}", known.join(", "))
        };
        RequestError::new_err(format!("no HTTP listener{gateway}{port}; {known}"))
    }
}

/// Raises unless a regular expression can be used in a match.
#[pyfunction]
pub(crate) fn check_regex(pattern: &str) -> PyResult<()> {
    gwroute_core::check_regex(pattern).map_err(|error| CoreError(error).into())
}

/// A `RequestView` is what the core asks; both kinds of request answer.
const _: fn() = || {
    fn is_view<V: RequestView>() {}
    is_view::<Request>();
    is_view::<Parts<'static>>();
};
