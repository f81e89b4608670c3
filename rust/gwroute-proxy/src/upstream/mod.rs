//! Where requests go: endpoints, what is kept about them, and connections to them.

pub(crate) mod endpoint;
pub(crate) mod set;
