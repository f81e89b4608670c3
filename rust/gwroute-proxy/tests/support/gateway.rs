//! A gateway on loopback.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gwroute_proxy::{Config, MirrorOutcome, Observer, Outcome, Proxy, Record, TryOutcome};
use serde_json::{Value, json};

use super::eventually;
use super::snapshot::Snapshot;

/// A gateway on loopback; it ends when it goes.
pub(crate) struct Gateway {
    pub(crate) proxy: Arc<Proxy>,
    pub(crate) address: SocketAddr,
    pub(crate) log: Arc<Log>,
}

/// What a gateway has reported.
#[derive(Debug, Default)]
pub(crate) struct Log {
    records: Mutex<Vec<Line>>,
    pub(crate) connections: Mutex<(usize, usize)>,
    pub(crate) started: Mutex<usize>,
    pub(crate) upstreams: Mutex<(usize, usize)>,
    pub(crate) tries: Mutex<Vec<TryOutcome>>,
    pub(crate) mirrored: Mutex<Vec<(String, MirrorOutcome)>>,
}

/// A finished request, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) method: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) status: u16,
    pub(crate) reason: Option<&'static str>,
    pub(crate) flag: &'static str,
    pub(crate) received: u64,
    pub(crate) sent: u64,
    pub(crate) tries: Option<u32>,
    pub(crate) rule: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) server_name: Option<String>,
    pub(crate) detail: Option<String>,
}

impl Observer for Log {
    fn wants_heads(&self) -> bool {
        true
    }

    fn connection_opened(&self, _worker: usize) {
        self.connections.lock().unwrap().0 += 1;
    }

    fn connection_closed(&self, _worker: usize) {
        self.connections.lock().unwrap().1 += 1;
    }

    fn request_started(&self, _worker: usize) {
        *self.started.lock().unwrap() += 1;
    }

    fn request_ended(&self, _worker: usize, record: &Record) {
        let head = record.head.as_ref();
        self.records.lock().unwrap().push(Line {
            method: record.method.as_ref().map(ToString::to_string),
            path: head.map(|head| head.path.clone()),
            status: record.status,
            reason: record.outcome.reason(),
            flag: record.outcome.flag(),
            received: record.bytes_received,
            sent: record.bytes_sent,
            tries: record.upstream.as_ref().map(|upstream| upstream.tries),
            rule: record.rule.as_ref().map(|rule| rule.as_ir().key.clone()),
            request_id: head
                .and_then(|head| head.request_id.as_ref())
                .map(|id| id.to_str().unwrap().to_owned()),
            server_name: record.client.server_name.as_deref().map(str::to_owned),
            detail: match &record.outcome {
                Outcome::Failed(error) => error.detail.clone(),
                _ => None,
            },
        });
    }

    fn upstream_opened(&self, _: usize, _: &gwroute_core::ir::Upstream, _: Duration) {
        self.upstreams.lock().unwrap().0 += 1;
    }

    fn upstream_closed(&self, _: usize, _: &gwroute_core::ir::Upstream) {
        self.upstreams.lock().unwrap().1 += 1;
    }

    fn upstream_tried(&self, _: usize, _: &gwroute_core::ir::Upstream, outcome: TryOutcome) {
        self.tries.lock().unwrap().push(outcome);
    }

    fn mirrored(&self, _: usize, upstream: &gwroute_core::ir::Upstream, outcome: MirrorOutcome) {
        let mut mirrored = self.mirrored.lock().unwrap();
        mirrored.push((upstream.key.clone(), outcome));
    }
}

impl Gateway {
    /// With one worker and the defaults.
    pub(crate) fn start(snapshot: Snapshot) -> Self {
        Self::with(json!({}), snapshot)
    }

    pub(crate) fn with(mut config: Value, snapshot: Snapshot) -> Self {
        if config.get("workers").is_none() {
            config["workers"] = json!(1);
        }
        let config = Config::from_json(config.to_string().as_bytes()).unwrap();
        let log = Arc::new(Log::default());
        let proxy = Proxy::new(config, log.clone());
        let (table, secrets) = snapshot.compile();
        proxy.swap(Arc::new(table), &secrets);
        proxy.start().unwrap();
        let address = proxy.listen("infra/public", 80, "127.0.0.1:0").unwrap();
        Self {
            proxy: Arc::new(proxy),
            address,
            log,
        }
    }

    pub(crate) fn swap(&self, snapshot: Snapshot) {
        let problems = self.swap_in(snapshot);
        assert!(problems.is_empty(), "{problems:?}");
    }

    /// With key material that cannot be used; what is wrong with it.
    pub(crate) fn swap_in(&self, snapshot: Snapshot) -> Vec<String> {
        let (table, secrets) = snapshot.compile();
        let swapped = self.proxy.swap(Arc::new(table), &secrets);
        swapped.problems.iter().map(ToString::to_string).collect()
    }

    /// Another port of the same gateway.
    pub(crate) fn listen(&self, port: u16) -> SocketAddr {
        self.proxy
            .listen("infra/public", port, "127.0.0.1:0")
            .unwrap()
    }

    /// The record of the only request there was, once it has ended.
    pub(crate) fn line(&self) -> Line {
        let lines = self.lines(1);
        lines.into_iter().next().unwrap()
    }

    /// The records of all requests, once there are that many.
    pub(crate) fn lines(&self, count: usize) -> Vec<Line> {
        let read = || self.log.records.lock().unwrap().clone();
        eventually("records are there", || read().len() >= count);
        let lines = read();
        assert_eq!(lines.len(), count, "{lines:#?}");
        lines
    }
}
