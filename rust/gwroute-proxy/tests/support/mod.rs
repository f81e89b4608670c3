//! A gateway, backends and clients on loopback, for the tests of this crate.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

pub(crate) mod backend;
pub(crate) mod client;
pub(crate) mod gateway;
pub(crate) mod h2;
pub(crate) mod snapshot;
pub(crate) mod tls;

use std::time::{Duration, Instant};

/// How long anything may take in a test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Waits until something is so.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "still not so: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
