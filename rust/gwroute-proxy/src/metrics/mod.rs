//! Counters of what the workers report, and how they are shown to Prometheus.
//!
//! Each worker counts in cells of its own, which it finds through maps of its own thread; a scrape
//! adds the workers' cells up. A lock is taken only where a worker meets a key for the first time,
//! and by the scrape.
//!
//! How many series there are depends on listeners and Services and not on routes, unless that is
//! asked for; methods that are not HTTP's own count as one.

mod cell;
mod encode;
mod exposition;
mod family;
mod hits;
mod key;

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use gwroute_core::{RouteTable, ir};

use crate::telemetry::{MirrorOutcome, Observer, Outcome, Record, TryOutcome};
use cell::{Durations, WorkerCell};
use family::{Family, Front};
use hits::Hits;
use key::{HandshakeKey, HandshakeQuery, RequestKey, RequestQuery, ResponseKey, TryKey, TryQuery};

pub(crate) use exposition::{Exposition, Facts, Format};

/// All counters of one proxy.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// Tells this proxy's counters from another's, for the maps of a thread.
    id: u64,
    per_route: bool,
    /// One a worker.
    workers: Box<[WorkerCell]>,
    requests: Family<RequestKey, Durations>,
    responses: Family<ResponseKey, AtomicU64>,
    handshakes: Family<HandshakeKey, AtomicU64>,
    tries: Family<TryKey, AtomicU64>,
    mirrors: Family<TryKey, AtomicU64>,
    /// By service.
    connects: Family<String, Durations>,
    /// By service.
    connections: Family<String, AtomicI64>,
    /// By key of the rule.
    hits: Family<String, AtomicU64>,
    /// Raised when counters are forgotten: the threads' maps are stale then.
    epoch: AtomicU64,
}

/// The maps of one thread.
#[derive(Default)]
struct Fronts {
    metrics: u64,
    epoch: u64,
    requests: Front<RequestKey, Durations>,
    responses: Front<ResponseKey, AtomicU64>,
    handshakes: Front<HandshakeKey, AtomicU64>,
    tries: Front<TryKey, AtomicU64>,
    mirrors: Front<TryKey, AtomicU64>,
    connects: Front<String, Durations>,
    connections: Front<String, AtomicI64>,
    hits: Hits,
}

thread_local! {
    static FRONTS: RefCell<Fronts> = RefCell::default();
}

impl Metrics {
    /// For so many workers; `per_route` tells the routes of requests apart.
    pub(crate) fn new(workers: usize, per_route: bool) -> Self {
        static IDS: AtomicU64 = AtomicU64::new(1);
        Self {
            id: IDS.fetch_add(1, Relaxed),
            per_route,
            workers: (0..workers).map(|_| WorkerCell::default()).collect(),
            requests: Family::default(),
            responses: Family::default(),
            handshakes: Family::default(),
            tries: Family::default(),
            mirrors: Family::default(),
            connects: Family::default(),
            connections: Family::default(),
            hits: Family::default(),
            epoch: AtomicU64::new(0),
        }
    }

    /// How often the rule took a request.
    pub(crate) fn hits(&self, rule: &str) -> u64 {
        self.hits.sum(rule, |cell| cell.load(Relaxed))
    }

    /// Forgets what is counted for rules and Services that are gone, once that is most of it.
    pub(crate) fn forget_all_but(&self, table: &RouteTable) {
        let slack = |known: usize| 2 * known + 1024;
        let (rules, upstreams) = (table.rule_count(), table.upstream_slots());
        if self.hits.len() <= slack(rules) && self.connections.len() <= slack(upstreams) {
            return;
        }
        let services: HashSet<&str> = table
            .upstreams()
            .map(|(_, upstream)| upstream.service.as_str())
            .collect();
        let is_known = |rule: &str| rule.is_empty() || table.rule(rule).is_some();
        self.hits.retain(|rule, _| is_known(rule));
        self.requests.retain(|key, _| is_known(&key.rule));
        for family in [&self.tries, &self.mirrors] {
            family.retain(|key, _| services.contains(&*key.service));
        }
        self.connects
            .retain(|service, _| services.contains(&**service));
        // A connection may outlive the configuration that it was made for.
        self.connections.retain(|service, cells| {
            services.contains(&**service) || cells.map(|cell| cell.load(Relaxed)).sum::<i64>() != 0
        });
        self.epoch.fetch_add(1, Relaxed);
    }

    fn count_connections(&self, worker: usize, upstream: &ir::Upstream, change: i64) {
        let service = &*upstream.service;
        self.with_fronts(|fronts| {
            fronts
                .connections
                .with(&self.connections, worker, service, |open| {
                    open.fetch_add(change, Relaxed);
                });
        });
    }

    fn worker(&self, worker: usize) -> &WorkerCell {
        &self.workers[worker % self.workers.len()]
    }

    /// With the maps of this thread, emptied if they are stale or another proxy's.
    fn with_fronts(&self, use_them: impl FnOnce(&mut Fronts)) {
        FRONTS.with_borrow_mut(|fronts| {
            let epoch = self.epoch.load(Relaxed);
            if (fronts.metrics, fronts.epoch) != (self.id, epoch) {
                *fronts = Fronts {
                    metrics: self.id,
                    epoch,
                    ..Fronts::default()
                };
            }
            use_them(fronts);
        });
    }
}

impl Observer for Metrics {
    fn connection_opened(&self, worker: usize) {
        self.worker(worker).connections.fetch_add(1, Relaxed);
    }

    fn connection_closed(&self, worker: usize) {
        self.worker(worker).connections.fetch_sub(1, Relaxed);
    }

    fn handshake_failed(&self, worker: usize, gateway: &str, port: u16, record: &Record) {
        let query = HandshakeQuery::new(gateway, port, record);
        self.with_fronts(|fronts| {
            fronts
                .handshakes
                .with(&self.handshakes, worker, &query, |count| {
                    count.fetch_add(1, Relaxed);
                });
        });
    }

    fn request_started(&self, worker: usize) {
        self.worker(worker).requests.fetch_add(1, Relaxed);
    }

    fn request_ended(&self, worker: usize, record: &Record) {
        let own = self.worker(worker);
        own.requests.fetch_sub(1, Relaxed);
        let rule = record.rule.as_deref();
        let route = rule.filter(|_| self.per_route).map(|rule| &**rule.key());
        let request = RequestQuery::new(record, route);
        let count = |cell: &AtomicU64| {
            cell.fetch_add(1, Relaxed);
        };
        self.with_fronts(|fronts| {
            fronts
                .requests
                .with(&self.requests, worker, &request, |durations| {
                    durations.observe(record.duration);
                });
            if let Some(rule) = rule {
                fronts.hits.count(&self.hits, worker, rule);
            }
            if record.outcome == Outcome::Backend {
                own.answered.fetch_add(1, Relaxed);
            } else {
                let key = ResponseKey::new(record);
                fronts.responses.with(&self.responses, worker, &key, count);
            }
        });
    }

    fn upstream_opened(&self, worker: usize, upstream: &ir::Upstream, took: Duration) {
        self.count_connections(worker, upstream, 1);
        self.with_fronts(|fronts| {
            fronts
                .connects
                .with(&self.connects, worker, &*upstream.service, |durations| {
                    durations.observe(took);
                });
        });
    }

    fn upstream_closed(&self, worker: usize, upstream: &ir::Upstream) {
        self.count_connections(worker, upstream, -1);
    }

    fn upstream_tried(&self, worker: usize, upstream: &ir::Upstream, outcome: TryOutcome) {
        let query = TryQuery::new(&upstream.service, outcome);
        self.with_fronts(|fronts| {
            fronts.tries.with(&self.tries, worker, &query, |count| {
                count.fetch_add(1, Relaxed);
            });
        });
    }

    fn mirrored(&self, worker: usize, upstream: &ir::Upstream, outcome: MirrorOutcome) {
        let query = TryQuery::mirrored(&upstream.service, outcome);
        self.with_fronts(|fronts| {
            fronts.mirrors.with(&self.mirrors, worker, &query, |count| {
                count.fetch_add(1, Relaxed);
            });
        });
    }
}

#[cfg(test)]
mod tests;
