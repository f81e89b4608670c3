//! Key material, judged before it is used.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Raises unless a certificate and a key can be used together.
#[pyfunction]
pub(crate) fn check_key_pair(py: Python<'_>, certificates: &[u8], key: &[u8]) -> PyResult<()> {
    py.detach(|| gwroute_proxy::check_key_pair(certificates, key))
        .map_err(|error| PyValueError::new_err(error.to_string()))
}

/// How many certificates of authorities a text holds; raises if it cannot be used.
#[pyfunction]
pub(crate) fn check_authorities(py: Python<'_>, pem: &[u8]) -> PyResult<usize> {
    py.detach(|| gwroute_proxy::check_authorities(pem))
        .map_err(|error| PyValueError::new_err(error.to_string()))
}
