//! Key material, judged before it is used.

use gwroute_proxy::Lapse;
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

/// Whether a certificate is good only from some time on, or was until then; `None` if it is good at
/// the time asked for. Raises for what is no PEM.
#[pyfunction]
pub(crate) fn certificate_lapse(certificates: &[u8], at: u64) -> PyResult<Option<(bool, u64)>> {
    let found = gwroute_proxy::lapse(certificates, at)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(found.map(|lapse| match lapse {
        Lapse::NotYet(from) => (false, from),
        Lapse::Over(since) => (true, since),
    }))
}
