//! The rule that took a request, as a person would name it.

use gwroute_core::Rule;
use gwroute_core::ir::RouteRef;
use pyo3::prelude::*;

/// The rule that took a request.
#[pyclass(frozen, eq, hash, module = "gwroute._native")]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Route {
    #[pyo3(get)]
    kind: String,
    #[pyo3(get)]
    namespace: String,
    #[pyo3(get)]
    name: String,
    #[pyo3(get)]
    rule: u32,
    #[pyo3(get)]
    rule_name: Option<String>,
    /// Index of the match in the rule.
    #[pyo3(get, name = "match")]
    index: usize,
    #[pyo3(get)]
    file: Option<String>,
    #[pyo3(get)]
    line: Option<u32>,
}

#[pymethods]
impl Route {
    pub(crate) fn __str__(&self) -> String {
        let name = self
            .rule_name
            .as_ref()
            .map_or_else(String::new, |name| format!(" {name:?}"));
        format!(
            "{} {}/{} rule {}{name}",
            self.kind, self.namespace, self.name, self.rule
        )
    }

    fn __repr__(&self) -> String {
        format!("<{} match {}>", self.__str__(), self.index)
    }
}

pub(crate) fn route(rule: &Rule, index: usize) -> Route {
    let RouteRef {
        kind,
        namespace,
        name,
        rule: position,
        rule_name,
        file,
        ..
    } = &rule.as_ir().route;
    Route {
        kind: kind.clone(),
        namespace: namespace.clone(),
        name: name.clone(),
        rule: *position,
        rule_name: rule_name.clone(),
        index,
        file: file.clone(),
        line: rule.as_ir().line(index),
    }
}
