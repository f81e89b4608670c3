//! Choosing among many: pure functions over slices; draws and loads are arguments.

pub mod least_loaded;
pub(crate) mod weighted;
