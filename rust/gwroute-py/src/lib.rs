//! The extension module `gwroute._native`: the module's declaration and nothing else.

/// What Rust does for the package: tables, decisions, the proxy, reading manifests.
#[pyo3::pymodule(gil_used = false)]
mod _native {}
