//! The counters as text, for Prometheus.

use std::collections::{BTreeMap, HashSet};
use std::fmt::{self, Debug};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use gwroute_core::ir;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::Metrics;
use super::cell::Histogram;
use super::encode::{gauge, put_counter, put_gauge, put_histogram};
use super::key::{RequestKey, ResponseKey, TryKey};
use crate::Live;

/// What is known elsewhere and shown with the counters; asked at each scrape.
pub(crate) trait Facts: Debug + Send + Sync + 'static {
    /// What is live.
    fn live(&self) -> Arc<Live>;
    /// When it was put in place, how long its making took, and whether nothing failed since.
    fn reload(&self) -> (SystemTime, Duration, bool);
    /// Lines that the access log did not take.
    fn dropped(&self) -> u64;
}

/// The form of a scrape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Prometheus's own text, 0.0.4.
    Prometheus,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

impl Format {
    /// What the value of an `Accept` header asks for.
    pub(crate) fn accepted(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") {
            Self::OpenMetrics
        } else {
            Self::Prometheus
        }
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Counters and facts, ready to be scraped.
#[derive(Debug)]
pub(crate) struct Exposition(Registry);

impl Exposition {
    pub(crate) fn new(metrics: Arc<Metrics>, facts: Arc<dyn Facts>) -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Scrape {
            metrics,
            facts,
            routes: Mutex::default(),
        }));
        Self(registry)
    }

    /// All series as they are now.
    pub(crate) fn render(&self, format: Format) -> String {
        let mut text = String::new();
        // Fails only if writing to the string does.
        let _ = text::encode(&mut text, &self.0);
        match format {
            Format::OpenMetrics => text,
            Format::Prometheus => as_prometheus(&text),
        }
    }
}

/// OpenMetrics names a counter without `_total`, which is on its samples only; Prometheus's text
/// has one name for both, and no mark at the end.
fn as_prometheus(text: &str) -> String {
    let counters: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
        .collect();
    let mut lines = String::with_capacity(text.len() + 1024);
    for line in text.lines().filter(|line| *line != "# EOF") {
        let described = line
            .strip_prefix("# HELP ")
            .or(line.strip_prefix("# TYPE "));
        let name = described.and_then(|described| described.split(' ').next());
        match name.filter(|name| counters.contains(name)) {
            Some(name) => lines.push_str(&line.replacen(name, &format!("{name}_total"), 1)),
            None => lines.push_str(line),
        }
        lines.push('\n');
    }
    lines
}

#[derive(Debug)]
struct Scrape {
    metrics: Arc<Metrics>,
    facts: Arc<dyn Facts>,
    /// A generation and how many routes it has, which is counted once.
    routes: Mutex<(u64, usize)>,
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.requests(&mut encoder)?;
        self.responses(&mut encoder)?;
        self.handshakes(&mut encoder)?;
        self.connections(&mut encoder)?;
        self.upstreams(&mut encoder)?;
        self.tries(&mut encoder)?;
        self.endpoints(&mut encoder)?;
        self.configuration(&mut encoder)
    }
}

impl Scrape {
    fn requests(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let all = self.metrics.requests.collect(|cells| Histogram::of(cells));
        let mut family = encoder.encode_descriptor(
            "http_server_request_duration_seconds",
            "From the head of a request to the end of its response.",
            None,
            MetricType::Histogram,
        )?;
        for (key, histogram) in &all {
            let RequestKey {
                gateway,
                listener,
                rule,
                method,
                status_class,
            } = key;
            let mut labels = vec![
                ("gateway", gateway.as_str()),
                ("listener", listener),
                ("method", method),
                ("status_class", status_class),
            ];
            labels.extend((!rule.is_empty()).then_some(("route", rule.as_str())));
            put_histogram(&mut family, &labels, histogram)?;
        }
        Ok(())
    }

    fn responses(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let answered = self.metrics.workers.iter();
        let answered: u64 = answered.map(|worker| worker.answered.load(Relaxed)).sum();
        let mut all = vec![(ResponseKey::WHOLE, answered)];
        all.extend(
            self.metrics
                .responses
                .collect(|cells| cells.map(|count| count.load(Relaxed)).sum()),
        );
        let mut family = encoder.encode_descriptor(
            "gwroute_responses",
            "Responses by who gave them, and why if it was the gateway.",
            None,
            MetricType::Counter,
        )?;
        for (ResponseKey { source, reason }, count) in all {
            let labels = [("source", source), ("reason", reason)];
            put_counter(&mut family, &labels, count)?;
        }
        Ok(())
    }

    fn handshakes(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let handshakes = &self.metrics.handshakes;
        let all = handshakes.collect(|cells| cells.map(|n| n.load(Relaxed)).sum::<u64>());
        let mut family = encoder.encode_descriptor(
            "gwroute_tls_handshake_failures",
            "TLS handshakes with clients that came to nothing, and why.",
            None,
            MetricType::Counter,
        )?;
        for (key, count) in &all {
            let port = key.port.to_string();
            let labels = [
                ("gateway", key.gateway.as_str()),
                ("port", &port),
                ("listener", &key.listener),
                ("reason", key.reason),
            ];
            put_counter(&mut family, &labels, *count)?;
        }
        Ok(())
    }

    fn connections(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let workers = &self.metrics.workers;
        let requests = workers.iter().map(|worker| worker.requests.load(Relaxed));
        let connections = workers
            .iter()
            .map(|worker| worker.connections.load(Relaxed));
        let active = "http_server_active_requests";
        gauge(
            encoder,
            active,
            "Requests under way.",
            requests.sum::<i64>(),
        )?;
        let help = "Client connections that are open.";
        gauge(
            encoder,
            "gwroute_connections",
            help,
            connections.sum::<i64>(),
        )?;
        let dropped = self.facts.dropped();
        encoder
            .encode_descriptor(
                "gwroute_access_log_dropped",
                "Lines of the access log that were dropped, its reader being too slow.",
                None,
                MetricType::Counter,
            )?
            .encode_counter::<NoLabelSet, _, u64>(&dropped, None)
    }

    fn upstreams(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let metrics = &self.metrics;
        let open = metrics
            .connections
            .collect(|cells| cells.map(|n| n.load(Relaxed)).sum::<i64>());
        let connects = metrics.connects.collect(|cells| Histogram::of(cells));
        let mut family = encoder.encode_descriptor(
            "gwroute_upstream_connections",
            "Connections to endpoints that are open.",
            None,
            MetricType::Gauge,
        )?;
        for (service, count) in &open {
            put_gauge(&mut family, &[("service", service.as_str())], *count)?;
        }
        let mut family = encoder.encode_descriptor(
            "gwroute_upstream_connect_seconds",
            "How long it took to connect to endpoints.",
            None,
            MetricType::Histogram,
        )?;
        for (service, histogram) in &connects {
            put_histogram(&mut family, &[("service", service.as_str())], histogram)?;
        }
        Ok(())
    }

    fn tries(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let tries = "How often requests were sent to endpoints, and what came of it.";
        let mirrors = "Copies of requests for other backends, and what came of them.";
        for (name, help, counts) in [
            ("gwroute_upstream_tries", tries, &self.metrics.tries),
            ("gwroute_mirrored_requests", mirrors, &self.metrics.mirrors),
        ] {
            let counts = counts.collect(|cells| cells.map(|n| n.load(Relaxed)).sum::<u64>());
            let counter = MetricType::Counter;
            let mut family = encoder.encode_descriptor(name, help, None, counter)?;
            for (TryKey { service, outcome }, count) in &counts {
                let labels = [("service", service.as_str()), ("outcome", outcome)];
                put_counter(&mut family, &labels, *count)?;
            }
        }
        Ok(())
    }

    fn endpoints(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let live = self.facts.live();
        let counts = count_endpoints(&live);
        let mut family = encoder.encode_descriptor(
            "gwroute_upstream_endpoints",
            "Endpoints by state: ready, or what removed them.",
            None,
            MetricType::Gauge,
        )?;
        for ((service, state, node_pool), count) in &counts {
            let labels = [
                ("service", service.as_str()),
                ("state", state),
                ("node_pool", node_pool),
            ];
            put_gauge(&mut family, &labels, *count)?;
        }
        Ok(())
    }

    fn routes(&self, live: &Live) -> usize {
        let mut known = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        if known.0 != live.generation() {
            let routes = live.table().rules().map(|rule| {
                let route = &rule.as_ir().route;
                (&route.kind, &route.namespace, &route.name)
            });
            *known = (live.generation(), routes.collect::<HashSet<_>>().len());
        }
        known.1
    }

    #[expect(clippy::cast_precision_loss)]
    fn configuration(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let live = self.facts.live();
        let table = live.table();
        let (at, took, is_successful) = self.facts.reload();
        let age = at.elapsed().unwrap_or_default();
        for (name, help, value) in [
            (
                "gwroute_config_generation",
                "How many configurations have been put in place.",
                live.generation() as f64,
            ),
            (
                "gwroute_config_last_reload_successful",
                "Whether the last attempt to change the configuration succeeded.",
                f64::from(u8::from(is_successful)),
            ),
            (
                "gwroute_config_last_reload_seconds",
                "How long it took to make the configuration that is in place.",
                took.as_secs_f64(),
            ),
            (
                "gwroute_config_age_seconds",
                "Since the configuration was put in place.",
                age.as_secs_f64(),
            ),
            (
                "gwroute_routes",
                "Routes in the configuration.",
                self.routes(&live) as f64,
            ),
            (
                "gwroute_rules",
                "Rules of routes in the configuration.",
                table.rule_count() as f64,
            ),
        ] {
            gauge(encoder, name, help, value)?;
        }
        let mut family = encoder.encode_descriptor(
            "gwroute_build_info",
            "Always 1.",
            None,
            MetricType::Gauge,
        )?;
        put_gauge(&mut family, &[("version", env!("CARGO_PKG_VERSION"))], 1)
    }
}

/// Endpoints by service, state and node pool. Where several upstreams see one Service (from several
/// node pools, say), each of them counts what it sees.
type EndpointCounts = BTreeMap<(String, &'static str, String), i64>;

fn count_endpoints(live: &Live) -> EndpointCounts {
    let mut counts = EndpointCounts::new();
    for (upstream, endpoints) in live.upstreams() {
        for endpoint in endpoints.iter() {
            let pool = endpoint.as_ir().node_pool.clone().unwrap_or_default();
            let key = (upstream.service.clone(), "ready", pool);
            *counts.entry(key).or_default() += 1;
        }
        for removed in &upstream.removed {
            let key = (upstream.service.clone(), state(removed.by), String::new());
            *counts.entry(key).or_default() += 1;
        }
    }
    counts
}

fn state(removed: ir::RemovedBy) -> &'static str {
    match removed {
        ir::RemovedBy::Topology => "topology",
        ir::RemovedBy::InternalTrafficPolicy => "internal_traffic_policy",
        ir::RemovedBy::Readiness => "readiness",
        ir::RemovedBy::Preference => "preference",
    }
}
