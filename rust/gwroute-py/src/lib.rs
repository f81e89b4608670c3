//! The extension module `gwroute._native`: the module's declaration and nothing else.

mod decision;
mod echo;
mod error;
mod explanation;
mod keys;
mod lines;
mod manifest;
mod proxy;
mod request;
mod route;
mod schema;
mod sessions;
mod table;
mod terms;

/// What Rust does for the package: tables, decisions, the proxy, reading and checking manifests.
#[pyo3::pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::decision::{Forward, Redirect, Respond};
    #[pymodule_export]
    use crate::echo::Echo;
    #[pymodule_export]
    use crate::explanation::Explanation;
    #[pymodule_export]
    use crate::keys::{certificate_lapse, check_authorities, check_key_pair};
    #[pymodule_export]
    use crate::manifest::{Origin, read_manifests};
    #[pymodule_export]
    use crate::proxy::Proxy;
    #[pymodule_export]
    use crate::request::Request;
    #[pymodule_export]
    use crate::route::Route;
    #[pymodule_export]
    use crate::schema::Schema;
    #[pymodule_export]
    use crate::sessions::Sessions;
    #[pymodule_export]
    use crate::table::{RouteTable, check_regex};
    #[pymodule_export]
    use crate::terms::{Destination, ExternalAuth, Mirror, Retry, Session, Timeouts, UpstreamTLS};
}
