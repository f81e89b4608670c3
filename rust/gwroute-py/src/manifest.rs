//! Reading manifests: objects in JSON, ready to be validated many at a time, and their places.

use std::collections::HashMap;
use std::sync::Arc;

use gwroute_manifest::{Document, Part, Problem, ProblemKind};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyString, PyTuple};

/// Objects in one batch. What one wrong object costs is that its batch is validated twice.
const BATCH: usize = 256;

/// A text and its name.
struct Source {
    file: Py<PyString>,
    text: String,
}

/// Where an object was written.
#[pyclass(frozen, module = "gwroute._native")]
pub(crate) struct Origin {
    source: Arc<Source>,
    place: gwroute_manifest::Origin,
}

#[pymethods]
impl Origin {
    #[getter]
    fn file(&self, py: Python<'_>) -> Py<PyString> {
        self.source.file.clone_ref(py)
    }

    #[getter]
    fn line(&self) -> u32 {
        self.place.line
    }

    #[getter]
    fn column(&self) -> u32 {
        self.place.column
    }

    /// Whether the same object stands at the same place in two texts.
    fn is_same(&self, other: &Self) -> bool {
        self.place
            .is_same(&self.source.text, &other.place, &other.source.text)
    }

    /// Line and column of a field, or of the nearest part of it that there is.
    #[pyo3(signature = (field, *, key = false))]
    fn position(&self, field: &str, key: bool) -> (u32, u32) {
        self.place.position(&self.source.text, field, key)
    }

    /// For each of `spec.rules`: its line, and the lines of its `matches`.
    fn rule_lines<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let rules = self.place.rule_lines().into_iter();
        let rules = rules.map(|(line, matches)| Ok((line, PyTuple::new(py, matches)?)));
        PyTuple::new(py, rules.collect::<PyResult<Vec<_>>>()?)
    }

    /// The object as it was written, in JSON.
    fn document<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.place.document(&self.source.text).as_bytes())
    }
}

/// `apiVersion`, `kind`, a JSON list of objects, and for each of them its origin and its source.
type Batch<'py> = (Head, Bound<'py, PyBytes>, Vec<Origin>, Vec<usize>);

/// Source, kind, message, help, line, column.
type Told = (usize, &'static str, String, Option<&'static str>, u32, u32);

/// Reads texts with their names.
#[pyfunction]
pub(crate) fn read_manifests<'py>(
    py: Python<'py>,
    sources: Vec<(Py<PyString>, PyBackedBytes)>,
) -> (Vec<Batch<'py>>, Vec<Told>) {
    let mut told = Vec::new();
    let mut kept = Vec::with_capacity(sources.len());
    for (index, (file, bytes)) in sources.into_iter().enumerate() {
        let text = gwroute_manifest::decode(&bytes).unwrap_or_else(|problem| {
            told.push(tell(index, problem));
            ""
        });
        let text = text.to_owned();
        kept.push(Arc::new(Source { file, text }));
    }
    let texts: Vec<&str> = kept.iter().map(|source| &*source.text).collect();
    let mut parts = py.detach(|| gwroute_manifest::read(&texts));
    for part in &mut parts {
        let problems = part.problems.drain(..);
        told.extend(problems.map(|problem| tell(part.source, problem)));
    }
    (batches(py, &kept, parts), told)
}

fn tell(source: usize, problem: Problem) -> Told {
    let kind = match problem.kind {
        ProblemKind::NotYaml => "not-yaml",
        ProblemKind::NotMapping => "not-a-mapping",
        ProblemKind::DuplicateKey => "duplicate-key",
        ProblemKind::TooLarge => "too-large",
    };
    let Problem {
        message,
        help,
        line,
        column,
        ..
    } = problem;
    (source, kind, message, help, line, column)
}

/// What objects say they are: `apiVersion` and `kind`.
type Head = (Option<String>, Option<String>);

/// A batch that is being filled.
#[derive(Default)]
struct Open {
    json: Vec<u8>,
    origins: Vec<Origin>,
    sources: Vec<usize>,
}

impl Open {
    fn push(&mut self, json: &str, origin: Origin, source: usize) {
        self.json
            .push(if self.origins.is_empty() { b'[' } else { b',' });
        self.json.extend_from_slice(json.as_bytes());
        self.origins.push(origin);
        self.sources.push(source);
    }

    fn close<'py>(mut self, py: Python<'py>, head: Head) -> Batch<'py> {
        self.json.push(b']');
        let json = PyBytes::new(py, &self.json);
        (head, json, self.origins, self.sources)
    }
}

/// The objects by what they say they are, batches in the order of their first objects.
fn batches<'py>(py: Python<'py>, sources: &[Arc<Source>], parts: Vec<Part>) -> Vec<Batch<'py>> {
    let mut closed = Vec::new();
    let mut open: HashMap<Head, Open> = HashMap::new();
    for part in parts {
        for Document {
            json,
            api_version,
            kind,
            origin,
        } in part.documents
        {
            let head = (api_version, kind);
            let batch = open.entry(head.clone()).or_default();
            let origin = Origin {
                source: Arc::clone(&sources[part.source]),
                place: origin,
            };
            batch.push(&part.json[json], origin, part.source);
            if batch.origins.len() == BATCH {
                closed.push(std::mem::take(batch).close(py, head));
            }
        }
    }
    let rest = open
        .into_iter()
        .filter(|(_, batch)| !batch.origins.is_empty());
    closed.extend(rest.map(|(head, batch)| batch.close(py, head)));
    closed.sort_by_key(|(_, _, origins, sources)| (sources[0], origins[0].place.start));
    closed
}
