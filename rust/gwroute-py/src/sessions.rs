//! `Sessions`: tokens of clients that stay at one endpoint, for a data plane written in Python.

use std::net::{IpAddr, SocketAddr};

use gwroute_proxy::Bond;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::decision::{Forward, text};

/// Seals and opens tokens.
#[pyclass(frozen, module = "gwroute._native")]
#[derive(Debug)]
pub(crate) struct Sessions(pub(crate) gwroute_proxy::Sessions);

#[pymethods]
impl Sessions {
    /// Takes keys: the first seals, all of them open.
    #[new]
    #[pyo3(signature = (keys = Vec::new()))]
    fn new(keys: Vec<PyBackedBytes>) -> PyResult<Self> {
        let sessions = gwroute_proxy::Sessions::with_keys(&keys);
        let sessions = sessions.map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(Self(sessions))
    }

    /// The header of a response that binds its client to an endpoint.
    fn bind(
        &self,
        forward: &Forward,
        endpoint: (String, u16),
    ) -> PyResult<Option<(String, String)>> {
        let endpoint = socket_address(&endpoint)?;
        let (rule, backend, secure) = forward.bindable();
        let bond = Bond { backend, endpoint };
        let header = self.0.header(rule, &bond, secure);
        let header = header.map(|(name, value)| Ok((name.to_string(), text(&value)?)));
        header.transpose()
    }
}

fn socket_address((address, port): &(String, u16)) -> PyResult<SocketAddr> {
    let ip: Result<IpAddr, _> = address.parse();
    let ip = ip.map_err(|_| PyValueError::new_err(format!("{address:?} is no IP address")))?;
    Ok(SocketAddr::new(ip, *port))
}
