//! Requests as Python has them, as the core looks at them.

use gwroute_core::RequestView;
use http::HeaderName;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyBytes, PyDict};

use crate::error::RequestError;
use crate::lines::{Lines, Value};

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
        let lines = self.headers.iter();
        lines
            .filter(|(known, _)| known.eq_ignore_ascii_case(name.as_str()))
            .map(|(_, value)| value.as_bytes())
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

/// Method, target and headers as a caller has them.
pub(crate) struct Parts<'py> {
    method: PyBackedStr,
    target: Value,
    authority: Option<Value>,
    headers: Lines<'py>,
}

impl<'py> Parts<'py> {
    pub(crate) fn new(
        method: PyBackedStr,
        target: &Bound<'py, PyAny>,
        headers: Option<&Bound<'py, PyAny>>,
        host: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Self> {
        let wrong = |what: &str| RequestError::new_err(format!("{what} must be str or bytes"));
        let target = Value::of(target).ok_or_else(|| wrong("the target"))?;
        let host = host
            .map(|host| Value::of(host).ok_or_else(|| wrong("the host")))
            .transpose()?;
        let headers = Lines::of(headers);
        let authority = host.or_else(|| headers.first(&http::header::HOST));
        Ok(Self {
            method,
            target,
            authority,
            headers,
        })
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
        self.headers.values(name)
    }
}
