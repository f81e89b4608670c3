//! Every Rust error to one exception of `gwroute.errors`, in one file.

use pyo3::PyErr;
use pyo3::import_exception;

import_exception!(gwroute.errors, SnapshotError);
import_exception!(gwroute.errors, RegexError);
import_exception!(gwroute.errors, RequestError);
import_exception!(gwroute.errors, ProxyError);
import_exception!(gwroute.errors, BindError);

/// An error of the core on its way to Python.
pub(crate) struct CoreError(pub(crate) gwroute_core::Error);

impl From<CoreError> for PyErr {
    fn from(CoreError(error): CoreError) -> Self {
        let arguments = (error.to_string(), error.path().to_owned());
        if error.is_regex() {
            RegexError::new_err(arguments)
        } else {
            SnapshotError::new_err(arguments)
        }
    }
}

/// An echo server that does not start, on its way to Python.
pub(crate) struct EchoError(pub(crate) gwroute_echo::Error);

impl From<EchoError> for PyErr {
    fn from(EchoError(error): EchoError) -> Self {
        match error.address() {
            Some(_) => BindError::new_err(error.to_string()),
            None => ProxyError::new_err(error.to_string()),
        }
    }
}

/// A data plane that cannot start or go on, on its way to Python.
pub(crate) struct ProxyFailure(pub(crate) gwroute_proxy::ProxyError);

impl From<ProxyFailure> for PyErr {
    fn from(ProxyFailure(error): ProxyFailure) -> Self {
        match error {
            gwroute_proxy::ProxyError::Bind(error) => BindError::new_err(error.to_string()),
            other => ProxyError::new_err(other.to_string()),
        }
    }
}

/// Endpoints of the proxy's own that cannot be served, on their way to Python.
pub(crate) struct AdminFailure(pub(crate) gwroute_proxy::AdminError);

impl From<AdminFailure> for PyErr {
    fn from(AdminFailure(error): AdminFailure) -> Self {
        BindError::new_err(error.to_string())
    }
}
