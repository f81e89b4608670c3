//! `Echo`: a backend that answers with what it saw.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use gwroute_echo::{Config, Server};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::error::{EchoError, ProxyError};

/// An echo server: made, started, stopped.
#[pyclass(frozen, module = "gwroute._native")]
#[derive(Debug)]
pub(crate) struct Echo {
    config: Config,
    server: Mutex<Option<Server>>,
}

#[pymethods]
impl Echo {
    /// Takes the configuration in JSON.
    #[new]
    fn new(config: &[u8]) -> PyResult<Self> {
        let config = serde_json::from_slice(config)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        let server = Mutex::default();
        Ok(Self { config, server })
    }

    /// Binds, and answers from then on; the addresses by name.
    fn start(&self, py: Python<'_>) -> PyResult<BTreeMap<&'static str, String>> {
        py.detach(|| {
            let mut running = self.server.lock().unwrap_or_else(PoisonError::into_inner);
            if running.is_some() {
                return Err(ProxyError::new_err("the echo server runs already"));
            }
            let server = Server::start(self.config.clone()).map_err(EchoError)?;
            let named = [
                ("http", server.http()),
                ("h2c", server.h2c()),
                ("https", server.https()),
            ];
            let bound = named
                .into_iter()
                .filter_map(|(name, address)| Some((name, address?.to_string())))
                .collect();
            *running = Some(server);
            Ok(bound)
        })
    }

    /// Path and query of all requests so far, if they are kept.
    fn targets(&self) -> Vec<String> {
        let running = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_ref().map(Server::targets).unwrap_or_default()
    }

    /// Closes the ports and cuts every connection; nothing if it does not run.
    fn stop(&self, py: Python<'_>) {
        py.detach(|| {
            let mut running = self.server.lock().unwrap_or_else(PoisonError::into_inner);
            drop(running.take());
        });
    }
}
