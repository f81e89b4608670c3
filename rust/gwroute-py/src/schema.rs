//! `Schema`: what an API server would refuse about objects of one kind.

use gwroute_schema::{Channels, Violation};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Path, class, message, channels, rule.
type Row = (String, &'static str, String, &'static str, Option<String>);

/// The index of an object, and what is wrong with it.
type Indexed = (usize, Vec<Row>);

/// The schemas of one kind.
#[pyclass(frozen, module = "gwroute._native")]
#[derive(Debug)]
pub(crate) struct Schema(gwroute_schema::Schema);

#[pymethods]
impl Schema {
    /// Reads the document of a kind.
    #[new]
    fn new(document: &[u8]) -> PyResult<Self> {
        gwroute_schema::Schema::from_json(document)
            .map(Self)
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// What is wrong with the objects of a JSON list; None if there is no such version.
    fn violations(
        &self,
        py: Python<'_>,
        version: &str,
        documents: &[u8],
    ) -> PyResult<Option<Vec<Indexed>>> {
        py.detach(|| {
            let objects = serde_json::from_slice(documents)
                .map_err(|error| PyValueError::new_err(error.to_string()))?;
            let found = self.0.violations_of_all(version, objects);
            let rows = |found: Vec<Violation>| found.into_iter().map(row).collect();
            Ok(found.map(|found| {
                found
                    .into_iter()
                    .map(|(index, found)| (index, rows(found)))
                    .collect()
            }))
        })
    }

    /// The rules of all versions, in CEL.
    fn rules(&self) -> Vec<&str> {
        self.0.rules().collect()
    }
}

fn row(violation: Violation) -> Row {
    let channels = match violation.channels {
        Channels::STANDARD => "standard",
        Channels::EXPERIMENTAL => "experimental",
        _ => "both",
    };
    (
        violation.path,
        violation.class.name(),
        violation.message,
        channels,
        violation.rule.map(|rule| rule.to_string()),
    )
}
