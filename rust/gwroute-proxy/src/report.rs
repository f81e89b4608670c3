//! What a proxy tells about its requests: the access log and the metrics, as one observer.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use gwroute_core::ir;

use crate::access_log::AccessLog;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::telemetry::{MirrorOutcome, Observer, Record, TryOutcome};

/// The access log and the metrics of one proxy: the observer to start it with.
#[derive(Debug)]
pub struct Report {
    log: Option<AccessLog>,
    metrics: Arc<Metrics>,
}

impl Report {
    /// Opens the log that the configuration names, for so many workers.
    ///
    /// # Errors
    /// The log's file cannot be opened, or no thread started; the message names the file.
    pub fn open(config: &Config, workers: usize) -> io::Result<Self> {
        Ok(Self {
            log: AccessLog::open(&config.access_log)?,
            metrics: Arc::new(Metrics::new(workers, config.metrics_per_route)),
        })
    }

    /// Waits, not for long, until the lines of requests that have ended are written. A program
    /// that ends may otherwise take the last ones along.
    pub fn flush(&self) {
        if let Some(log) = &self.log {
            log.flush();
        }
    }

    /// Lines that the access log had no room for.
    pub fn dropped_lines(&self) -> u64 {
        self.log.as_ref().map_or(0, AccessLog::dropped)
    }

    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }
}

impl Observer for Report {
    fn wants_heads(&self) -> bool {
        self.log.is_some()
    }

    fn connection_opened(&self, worker: usize) {
        self.metrics.connection_opened(worker);
    }

    fn connection_closed(&self, worker: usize) {
        self.metrics.connection_closed(worker);
    }

    fn handshake_failed(&self, worker: usize, gateway: &str, port: u16, record: &Record) {
        self.metrics.handshake_failed(worker, gateway, port, record);
        if let Some(log) = &self.log {
            log.write(record);
        }
    }

    fn request_started(&self, worker: usize) {
        self.metrics.request_started(worker);
    }

    fn request_ended(&self, worker: usize, record: &Record) {
        self.metrics.request_ended(worker, record);
        if let Some(log) = &self.log {
            log.write(record);
        }
    }

    fn upstream_opened(&self, worker: usize, upstream: &ir::Upstream, took: Duration) {
        self.metrics.upstream_opened(worker, upstream, took);
    }

    fn upstream_closed(&self, worker: usize, upstream: &ir::Upstream) {
        self.metrics.upstream_closed(worker, upstream);
    }

    fn upstream_tried(&self, worker: usize, upstream: &ir::Upstream, outcome: TryOutcome) {
        self.metrics.upstream_tried(worker, upstream, outcome);
    }

    fn mirrored(&self, worker: usize, upstream: &ir::Upstream, outcome: MirrorOutcome) {
        self.metrics.mirrored(worker, upstream, outcome);
    }
}
