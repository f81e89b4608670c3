//! Requests as Python has them, as the core looks at them.

use gwroute_core::RequestView;
use http::HeaderName;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBytes, PyDict, PyList, PySequence, PyString, PyTuple};

use crate::error::RequestError;

/// A request, read once and never changed.
#[pyclass(frozen, eq, module = "gwroute._native")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query, or `*`.
    pub(crate) target: String,
    pub(crate) scheme: Option<String>,
    pub(crate) authority: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    /// The port of the URL, written out or by its scheme; without one, that of the Host header.
    pub(crate) port: Option<u16>,
}

#[pymethods]
impl Request {
    #[new]
    #[pyo3(signature = (method, url, headers = None))]
    fn new(method: String, url: &str, headers: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let headers = headers.map_or_else(|| Ok(Vec::new()), pairs)?;
        let (scheme, authority, target) = split_url(url)?;
        // As with curl, a Host header says more than the URL, but the connection is the URL's.
        let named = headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("host"))
            .map(|(_, value)| value.clone());
        let connected = authority.as_ref().or(named.as_ref());
        let port = connected
            .and_then(|authority| port_of(authority))
            .or_else(|| port_of_scheme(scheme.as_deref()?));
        let authority = named.or(authority);
        Ok(Self {
            method,
            target,
            scheme,
            authority,
            headers,
            port,
        })
    }

    #[getter]
    fn method(&self) -> &str {
        &self.method
    }

    /// Path and query.
    #[getter]
    fn target(&self) -> &str {
        &self.target
    }

    #[getter]
    fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    #[getter]
    fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// Host, with the port if there was one.
    #[getter]
    fn host(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    #[getter]
    fn scheme(&self) -> Option<&str> {
        self.scheme.as_deref()
    }

    #[getter]
    fn headers(&self) -> Vec<(String, String)> {
        self.headers.clone()
    }

    #[getter]
    fn url(&self) -> String {
        match (&self.scheme, &self.authority) {
            (Some(scheme), Some(authority)) => format!("{scheme}://{authority}{}", self.target),
            _ => self.target.clone(),
        }
    }

    fn __repr__(&self) -> String {
        format!(
            "Request({:?}, {:?}, headers={:?})",
            self.method,
            self.url(),
            self.headers
        )
    }
}

impl RequestView for Request {
    type Value<'a> = &'a [u8];

    fn method(&self) -> &str {
        &self.method
    }

    fn target(&self) -> &[u8] {
        self.target.as_bytes()
    }

    fn authority(&self) -> Option<&[u8]> {
        self.authority.as_deref().map(str::as_bytes)
    }

    fn header<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
        let name = name.clone();
        let lines = self
            .headers
            .iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name.as_str()));
        lines.map(|(_, value)| value.as_bytes())
    }
}

/// The port that is written out.
fn port_of(authority: &str) -> Option<u16> {
    let behind_address = authority.rfind(']').map_or(0, |end| end + 1);
    authority[behind_address..].rsplit_once(':')?.1.parse().ok()
}

fn port_of_scheme(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// `(scheme, authority, target)` of a URL or of a bare target.
fn split_url(url: &str) -> PyResult<(Option<String>, Option<String>, String)> {
    let Some((scheme, rest)) = url
        .split_once("://")
        .filter(|(scheme, _)| !scheme.contains(['/', '?']))
    else {
        return match url {
            "" => Err(RequestError::new_err("the URL is empty")),
            _ => Ok((None, None, url.to_owned())),
        };
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    if authority.is_empty() {
        return Err(RequestError::new_err(format!(
            "the URL names no host: {url}"
        )));
    }
    let target = match target.chars().next() {
        Some('/') => target.to_owned(),
        _ => format!("/{target}"),
    };
    Ok((
        Some(scheme.to_ascii_lowercase()),
        Some(authority.to_owned()),
        target,
    ))
}

/// Headers given as a mapping or as pairs, of text or bytes.
pub(crate) fn pairs(headers: &Bound<'_, PyAny>) -> PyResult<Vec<(String, String)>> {
    if let Ok(mapping) = headers.cast::<PyDict>() {
        return mapping
            .iter()
            .map(|(name, value)| Ok((text(&name)?, text(&value)?)))
            .collect();
    }
    let items = if headers.hasattr("items")? {
        headers.call_method0("items")?
    } else {
        headers.clone()
    };
    let pair = |item: PyResult<Bound<'_, PyAny>>| {
        let item = item?;
        Ok((text(&item.get_item(0)?)?, text(&item.get_item(1)?)?))
    };
    items.try_iter()?.map(pair).collect()
}

fn text(value: &Bound<'_, PyAny>) -> PyResult<String> {
    match value.cast::<PyBytes>() {
        // ASGI's headers are bytes; what is no UTF-8 in them is ISO-8859-1 (RFC 9110 5.5).
        Ok(bytes) => Ok(std::str::from_utf8(bytes.as_bytes()).map_or_else(
            |_| {
                bytes
                    .as_bytes()
                    .iter()
                    .map(|byte| char::from(*byte))
                    .collect()
            },
            str::to_owned,
        )),
        Err(_) => value.extract(),
    }
}

/// Method, target and headers as a caller has them; headers are looked at when asked for.
pub(crate) struct Parts<'py> {
    method: PyBackedStr,
    target: Value,
    authority: Option<Value>,
    headers: Option<Bound<'py, PyAny>>,
}

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

impl<'py> Parts<'py> {
    pub(crate) fn new(
        method: PyBackedStr,
        target: &Bound<'py, PyAny>,
        headers: Option<Bound<'py, PyAny>>,
        host: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Self> {
        let wrong = |what: &str| RequestError::new_err(format!("{what} must be str or bytes"));
        let target = Value::of(target).ok_or_else(|| wrong("the target"))?;
        let host = host
            .map(|host| Value::of(host).ok_or_else(|| wrong("the host")))
            .transpose()?;
        let mut parts = Self {
            method,
            target,
            authority: None,
            headers,
        };
        parts.authority = host.or_else(|| parts.header(&http::header::HOST).next());
        Ok(parts)
    }
}

impl RequestView for Parts<'_> {
    type Value<'a>
        = Value
    where
        Self: 'a;

    fn method(&self) -> &str {
        &self.method
    }

    fn target(&self) -> &[u8] {
        self.target.as_ref()
    }

    fn authority(&self) -> Option<&[u8]> {
        self.authority.as_ref().map(AsRef::as_ref)
    }

    fn header(&self, name: &HeaderName) -> impl Iterator<Item = Value> {
        let name = name.clone();
        Headers::of(self.headers.as_ref())
            .filter_map(move |(known, value)| is_named(&known, &name).then(|| Value::of(&value))?)
    }
}

/// Whether a name, as text or as bytes, is that of a header.
fn is_named(known: &Bound<'_, PyAny>, name: &HeaderName) -> bool {
    match known.cast::<PyString>() {
        Ok(text) => text
            .to_str()
            .is_ok_and(|text| text.eq_ignore_ascii_case(name.as_str())),
        Err(_) => known.cast::<PyBytes>().is_ok_and(|known| {
            known
                .as_bytes()
                .eq_ignore_ascii_case(name.as_str().as_bytes())
        }),
    }
}

/// Pairs of a list, of another sequence or of a mapping, without converting any; an entry that is
/// no pair is passed over.
enum Headers<'h, 'py> {
    None,
    List(&'h Bound<'py, PyList>, usize),
    Mapping(pyo3::types::dict::BoundDictIterator<'py>),
    Sequence(&'h Bound<'py, PySequence>, usize),
}

impl<'h, 'py> Headers<'h, 'py> {
    fn of(headers: Option<&'h Bound<'py, PyAny>>) -> Self {
        let Some(headers) = headers else {
            return Self::None;
        };
        if let Ok(list) = headers.cast::<PyList>() {
            Self::List(list, 0)
        } else if let Ok(mapping) = headers.cast::<PyDict>() {
            Self::Mapping(mapping.iter())
        } else if let Ok(sequence) = headers.cast::<PySequence>() {
            Self::Sequence(sequence, 0)
        } else {
            Self::None
        }
    }
}

impl<'py> Iterator for Headers<'_, 'py> {
    type Item = (Bound<'py, PyAny>, Bound<'py, PyAny>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let item = match self {
                Self::None => return None,
                Self::Mapping(items) => return items.next(),
                Self::List(list, at) => {
                    *at += 1;
                    list.get_item(*at - 1).ok()?
                }
                Self::Sequence(sequence, at) => {
                    *at += 1;
                    sequence.get_item(*at - 1).ok()?
                }
            };
            match item.cast::<PyTuple>() {
                Ok(pair) if pair.len() == 2 => {
                    return Some((pair.get_item(0).ok()?, pair.get_item(1).ok()?));
                }
                _ => {
                    if let (Ok(name), Ok(value)) = (item.get_item(0), item.get_item(1)) {
                        return Some((name, value));
                    }
                }
            }
        }
    }
}
