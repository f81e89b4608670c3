//! `Proxy`: the data plane and its endpoints, made, told and stopped from Python.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gwroute_proxy::{Admin, Config, Reload, Report, Secrets, Sessions};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use crate::error::{AdminFailure, ProxyError, ProxyFailure};
use crate::table::RouteTable;

/// The data plane, and the addresses that tell about it.
#[pyclass(frozen, module = "gwroute._native")]
#[derive(Debug)]
pub(crate) struct Proxy {
    config: Config,
    proxy: Arc<gwroute_proxy::Proxy>,
    report: Arc<Report>,
    admin: Mutex<Option<Arc<Admin>>>,
}

#[pymethods]
impl Proxy {
    /// Takes the configuration in JSON; binds nothing.
    #[new]
    fn new(py: Python<'_>, config: &[u8]) -> PyResult<Self> {
        let config =
            Config::from_json(config).map_err(|error| PyValueError::new_err(error.to_string()))?;
        py.detach(|| {
            let report = Report::open(&config, config.worker_count())
                .map_err(|error| ProxyError::new_err(error.to_string()))?;
            let report = Arc::new(report);
            let proxy = gwroute_proxy::Proxy::new(config.clone(), report.clone());
            Ok(Self {
                config,
                proxy: Arc::new(proxy),
                report,
                admin: Mutex::default(),
            })
        })
    }

    /// Starts the workers and binds what is not a Gateway's; the addresses by name.
    fn start(&self, py: Python<'_>) -> PyResult<BTreeMap<&'static str, String>> {
        py.detach(|| {
            let mut admin = self.lock();
            if admin.is_some() {
                return Err(ProxyError::new_err("the proxy runs already"));
            }
            let proxy = self.proxy.clone();
            let started = Admin::start(&self.config, move || proxy.live(), self.report.clone())
                .map_err(AdminFailure)?;
            self.proxy.start().map_err(ProxyFailure)?;
            let addresses = started.addresses().iter();
            let bound = addresses.map(|(name, address)| (*name, address.to_string()));
            let bound = bound.collect();
            *admin = Some(Arc::new(started));
            Ok(bound)
        })
    }

    /// Binds a port of a gateway, and accepts from then on; the address as it was bound.
    fn listen(&self, py: Python<'_>, gateway: &str, port: u16, address: &str) -> PyResult<String> {
        let bound = py.detach(|| self.proxy.listen(gateway, port, address));
        Ok(bound.map_err(ProxyFailure)?.to_string())
    }

    /// Accepts no more there; what is open ends when it is done.
    fn unlisten(&self, py: Python<'_>, gateway: &str, port: u16) {
        py.detach(|| self.proxy.unlisten(gateway, port));
    }

    /// Puts a table in place, with the key material that it names; its generation.
    fn swap(
        &self,
        py: Python<'_>,
        table: &RouteTable,
        info: &[u8],
        secrets: &[u8],
    ) -> PyResult<u64> {
        let reload =
            Reload::from_json(info).map_err(|error| PyValueError::new_err(error.to_string()))?;
        let secrets = Secrets::from_json(secrets)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        let table = table.0.clone();
        Ok(py.detach(|| {
            let swapped = self.proxy.swap(table, &secrets);
            if let Some(admin) = self.admin() {
                admin.swapped(reload.beside(&swapped.problems));
            }
            swapped.generation
        }))
    }

    /// The keys of tokens of sessions: the first seals, all of them open.
    fn set_session_keys(&self, keys: Vec<PyBackedBytes>) -> PyResult<()> {
        let sessions = Sessions::with_keys(&keys);
        let sessions = sessions.map_err(|error| PyValueError::new_err(error.to_string()))?;
        self.proxy.set_sessions(sessions);
        Ok(())
    }

    /// What `/status` answers: a JSON document.
    fn set_status(&self, py: Python<'_>, status: &[u8]) -> PyResult<()> {
        let told = py.detach(|| self.admin().map(|admin| admin.set_status(status)));
        told.transpose()
            .map(|_| ())
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// A change could not be used; what was live stays.
    fn reload_failed(&self, py: Python<'_>, error: String) {
        py.detach(|| {
            if let Some(admin) = self.admin() {
                admin.reload_failed(error);
            }
        });
    }

    /// Whether `/ready` says so.
    fn set_ready(&self, py: Python<'_>, ready: bool) {
        py.detach(|| {
            if let Some(admin) = self.admin() {
                admin.set_ready(ready);
            }
        });
    }

    /// Waits for something to be asked for at the admin address.
    fn wait_event(&self, py: Python<'_>, timeout: f64) -> Option<String> {
        let timeout = Duration::try_from_secs_f64(timeout).unwrap_or_default();
        py.detach(|| {
            let event = match self.admin() {
                Some(admin) => admin.wait_event(timeout),
                None => {
                    std::thread::sleep(timeout);
                    None
                }
            };
            event.map(|event| event.to_string())
        })
    }

    /// Accepts no more, and lets what is open finish.
    fn drain(&self, py: Python<'_>) {
        py.detach(|| self.proxy.drain());
    }

    /// Drains, waits, and ends; whether nothing was cut.
    fn stop(&self, py: Python<'_>, grace: f64) -> bool {
        let grace = Duration::try_from_secs_f64(grace).unwrap_or_default();
        py.detach(|| {
            let whole = self.proxy.stop(grace);
            self.report.flush();
            drop(self.lock().take());
            whole
        })
    }

    /// The counters of this moment, in JSON.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let json = serde_json::to_vec(&self.proxy.stats())
            .map_err(|error| ProxyError::new_err(error.to_string()))?;
        Ok(PyBytes::new(py, &json))
    }
}

impl Proxy {
    fn lock(&self) -> MutexGuard<'_, Option<Arc<Admin>>> {
        self.admin.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The endpoints, while they are served; nobody waits for whoever uses them.
    fn admin(&self) -> Option<Arc<Admin>> {
        self.lock().clone()
    }
}
