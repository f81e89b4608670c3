//! What the workers of a proxy share: a pointer and atomics.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use arc_swap::ArcSwapOption;

use crate::config::Config;
use crate::live::LivePointer;
use crate::session::Sessions;
use crate::telemetry::Observer;

/// What the workers of a proxy share.
pub(crate) struct Shared {
    pub(crate) config: Arc<Config>,
    pub(crate) live: LivePointer,
    pub(crate) observer: Arc<dyn Observer>,
    /// `None` on a system that has no randomness to give: then there are no sessions.
    pub(crate) sessions: ArcSwapOption<Sessions>,
    /// Client connections of all workers, for their limit.
    pub(crate) connections: AtomicUsize,
    /// By worker.
    pub(crate) gauges: Box<[Gauges]>,
}

/// What one worker has under way. Each has cache lines of its own: it is written for every request.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Gauges {
    pub(crate) connections: Gauge,
    pub(crate) requests: Gauge,
    pub(crate) served: Gauge,
}

/// A number that one thread changes and any may read.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicUsize);

impl Gauge {
    pub(crate) fn get(&self) -> usize {
        self.0.load(Relaxed)
    }

    pub(crate) fn up(&self) {
        self.0.store(self.get().wrapping_add(1), Relaxed);
    }

    pub(crate) fn down(&self) {
        self.0.store(self.get().wrapping_sub(1), Relaxed);
    }
}

impl Shared {
    /// The sum of one gauge over all workers.
    pub(crate) fn sum(&self, gauge: impl Fn(&Gauges) -> &Gauge) -> usize {
        self.gauges.iter().map(|gauges| gauge(gauges).get()).sum()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("config", &self.config)
            .field("live", &self.live)
            .finish_non_exhaustive()
    }
}
