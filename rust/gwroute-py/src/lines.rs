//! Headers as a caller has them: looked at when asked for, none of them converted.

use std::cell::OnceCell;

use http::HeaderName;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBytes, PyDict, PyList, PySequence, PyString, PyTuple};
use smallvec::SmallVec;

/// A Python string or bytes object that is kept alive.
pub(crate) enum Value {
    Text(PyBackedStr),
    Bytes(PyBackedBytes),
}

impl AsRef<[u8]> for Value {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

impl Value {
    /// `None` for an object that is neither.
    pub(crate) fn of(object: &Bound<'_, PyAny>) -> Option<Self> {
        match object.cast::<PyString>() {
            Ok(text) => text.extract().ok().map(Self::Text),
            Err(_) => object
                .cast::<PyBytes>()
                .ok()?
                .extract()
                .ok()
                .map(Self::Bytes),
        }
    }
}

/// Pairs of a name and a value, as text or bytes; what is no such pair is passed over.
pub(crate) struct Lines<'py> {
    pairs: Option<Bound<'py, PyList>>,
    /// Of each name, when the first was asked for.
    marks: OnceCell<SmallVec<[Mark; 32]>>,
}

/// What tells most names apart: their length, and the letters at their ends.
type Mark = u32;

fn mark(name: &[u8]) -> Mark {
    let letter = |letter: Option<&u8>| letter.map_or(0, |it| Mark::from(it.to_ascii_lowercase()));
    let length = Mark::try_from(name.len()).unwrap_or(Mark::MAX);
    length << 16 | letter(name.first()) << 8 | letter(name.last())
}

impl<'py> Lines<'py> {
    /// The pairs of a list, of another sequence, or of a mapping.
    pub(crate) fn of(headers: Option<&Bound<'py, PyAny>>) -> Self {
        let pairs = headers.and_then(|headers| {
            if let Ok(list) = headers.cast::<PyList>() {
                Some(list.clone())
            } else if let Ok(mapping) = headers.cast::<PyDict>() {
                Some(mapping.items())
            } else {
                headers.cast::<PySequence>().ok()?.to_list().ok()
            }
        });
        Self {
            pairs,
            marks: OnceCell::new(),
        }
    }

    /// The first value of a name that is asked for once: nothing is noted about the others.
    pub(crate) fn first(&self, name: &HeaderName) -> Option<Value> {
        self.pairs
            .iter()
            .flatten()
            .find_map(|pair| value(&pair, name))
    }

    /// All values of a name.
    pub(crate) fn values(&self, name: &HeaderName) -> impl Iterator<Item = Value> {
        let wanted = mark(name.as_str().as_bytes());
        let alike = self.pairs.iter().flat_map(move |pairs| {
            let marks = self.marks.get_or_init(|| marks(pairs));
            let alike = (0..).zip(marks).filter(move |(_, mark)| **mark == wanted);
            alike.map(move |(at, _)| pairs.get_item(at))
        });
        alike.filter_map(|pair| value(&pair.ok()?, name))
    }
}

fn marks(pairs: &Bound<'_, PyList>) -> SmallVec<[Mark; 32]> {
    let marks = (0..pairs.len()).map(|at| with_name(&pairs.get_item(at).ok()?, mark));
    marks.map(Option::unwrap_or_default).collect()
}

/// The value of a pair, if that is its name.
fn value(pair: &Bound<'_, PyAny>, name: &HeaderName) -> Option<Value> {
    let is_named = |known: &[u8]| known.eq_ignore_ascii_case(name.as_str().as_bytes());
    if !with_name(pair, is_named)? {
        return None;
    }
    match pair.cast_exact::<PyTuple>() {
        Ok(pair) => Value::of(&*pair.get_borrowed_item(1).ok()?),
        Err(_) => Value::of(&pair.get_item(1).ok()?),
    }
}

/// Looks at the name of a pair. A tuple of plain text or bytes is by far the most common.
fn with_name<T>(pair: &Bound<'_, PyAny>, look: impl FnOnce(&[u8]) -> T) -> Option<T> {
    match pair.cast_exact::<PyTuple>() {
        Ok(pair) => with_bytes(&*pair.get_borrowed_item(0).ok()?, look),
        Err(_) => with_bytes(&pair.get_item(0).ok()?, look),
    }
}

fn with_bytes<T>(name: &Bound<'_, PyAny>, look: impl FnOnce(&[u8]) -> T) -> Option<T> {
    // Looking for the very class is cheaper than for one of its kind.
    if let Ok(text) = name.cast_exact::<PyString>() {
        return text.to_str().ok().map(|text| look(text.as_bytes()));
    }
    if let Ok(bytes) = name.cast::<PyBytes>() {
        return Some(look(bytes.as_bytes()));
    }
    let text = name.cast::<PyString>().ok()?;
    text.to_str().ok().map(|text| look(text.as_bytes()))
}
