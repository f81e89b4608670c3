//! Explanations, as people and programs read them.

use pyo3::prelude::*;

use crate::error::RequestError;

/// One decision with its reasons; `str()` is for people.
#[pyclass(frozen, module = "gwroute._native")]
#[derive(Debug)]
pub(crate) struct Explanation(pub(crate) gwroute_core::Explanation);

#[pymethods]
impl Explanation {
    /// `forward`, `redirect` or `respond`.
    #[getter]
    fn outcome(&self) -> &'static str {
        self.0.outcome()
    }

    /// As a JSON document.
    fn json(&self) -> PyResult<String> {
        serde_json::to_string(&self.0).map_err(|error| RequestError::new_err(error.to_string()))
    }

    /// As nested dictionaries and lists.
    fn as_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("json")?.call_method1("loads", (self.json()?,))
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}
