//! What the endpoints answer from.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crossbeam_channel::Sender;
use serde_json::value::RawValue;

use super::{Event, Reload};
use crate::Live;
use crate::metrics::{Exposition, Facts, Metrics};
use crate::report::Report;

pub(super) type LiveNow = Box<dyn Fn() -> Arc<Live> + Send + Sync>;

/// What all three addresses share.
#[derive(Debug)]
pub(super) struct State {
    pub(super) known: Arc<Known>,
    pub(super) exposition: Exposition,
    /// What callers of the admin address have to show.
    pub(super) token: Option<String>,
    is_ready: AtomicBool,
    events: Sender<Event>,
}

impl State {
    pub(super) fn new(
        live: LiveNow,
        report: Arc<Report>,
        token: Option<String>,
        events: Sender<Event>,
    ) -> Self {
        let metrics = Arc::clone(report.metrics());
        let applied = Mutex::new(Applied {
            reload: Reload::default(),
            at: SystemTime::now(),
        });
        let known = Arc::new(Known {
            live,
            report,
            applied,
        });
        let facts = Arc::clone(&known) as Arc<dyn Facts>;
        Self {
            known,
            exposition: Exposition::new(metrics, facts),
            token,
            is_ready: AtomicBool::new(false),
            events,
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.is_ready.load(Ordering::Relaxed)
    }

    pub(super) fn set_ready(&self, is_ready: bool) {
        self.is_ready.store(is_ready, Ordering::Relaxed);
    }

    /// Hands an event on; false if too many wait.
    pub(super) fn ask(&self, event: Event) -> bool {
        self.events.try_send(event).is_ok()
    }
}

/// What is known of the configuration.
pub(super) struct Known {
    live: LiveNow,
    report: Arc<Report>,
    applied: Mutex<Applied>,
}

/// The last change.
#[derive(Debug)]
pub(super) struct Applied {
    pub(super) reload: Reload,
    /// When what is live was put in place.
    pub(super) at: SystemTime,
}

impl Known {
    pub(super) fn live(&self) -> Arc<Live> {
        (self.live)()
    }

    pub(super) fn metrics(&self) -> &Metrics {
        self.report.metrics()
    }

    pub(super) fn applied(&self) -> MutexGuard<'_, Applied> {
        self.applied.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Without a status of its own, a change keeps the last one until its own is known.
    pub(super) fn swapped(&self, mut reload: Reload) {
        self.metrics().forget_all_but(self.live().table());
        let mut applied = self.applied();
        reload.status = reload.status.or_else(|| applied.reload.status.take());
        *applied = Applied {
            reload,
            at: SystemTime::now(),
        };
    }

    pub(super) fn set_status(&self, status: Box<RawValue>) {
        self.applied().reload.status = Some(status);
    }

    pub(super) fn reload_failed(&self, error: String) {
        self.applied().reload.error = Some(error);
    }
}

impl Facts for Known {
    fn live(&self) -> Arc<Live> {
        self.live()
    }

    fn reload(&self) -> (SystemTime, Duration, bool) {
        let applied = self.applied();
        let took = Duration::try_from_secs_f64(applied.reload.reload_seconds);
        let is_successful = applied.reload.error.is_none();
        (applied.at, took.unwrap_or_default(), is_successful)
    }

    fn dropped(&self) -> u64 {
        self.report.dropped_lines()
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known")
            .field("report", &self.report)
            .field("applied", &self.applied)
            .finish_non_exhaustive()
    }
}
