//! Upstreams and their endpoints, kept by key across swaps.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use gwroute_core::balance::least_loaded;
use gwroute_core::{RouteTable, ir};

use crate::tls::{Secrets, Security, TlsError};
use crate::upstream::endpoint::{Endpoint, Load};

/// An upstream of one table, with the set that outlives it.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) ir: Arc<ir::Upstream>,
    set: Arc<Set>,
}

/// The endpoints of one key; a pointer of its own, because they change far more often than routes
/// do.
#[derive(Debug)]
struct Set {
    protocol: ir::UpstreamProtocol,
    tls: Option<ir::UpstreamTls>,
    transport: Transport,
    endpoints: ArcSwap<Vec<Arc<Endpoint>>>,
}

/// What connections to endpoints are made of.
#[derive(Debug, Clone)]
pub(crate) enum Transport {
    Clear,
    Tls(Security),
    /// It wants TLS and cannot have it: no connection is made.
    Unusable,
}

impl Upstream {
    /// The less loaded of two endpoints picked at random, with the request counted as its load.
    pub(crate) fn pick(&self) -> Option<Load> {
        let endpoints = self.set.endpoints.load();
        let draws = match endpoints.len() {
            0 | 1 => (0.0, 0.0),
            _ => (fastrand::f64(), fastrand::f64()),
        };
        let load = |index: usize| endpoints[index].active();
        let index = least_loaded::pick(endpoints.len(), draws, load)?;
        Some(Load::on(endpoints[index].clone()))
    }

    /// The endpoint at an address, with the request counted as its load; `None` if it is not, or
    /// no more, among those that may be used.
    pub(crate) fn pick_at(&self, address: SocketAddr) -> Option<Load> {
        let endpoints = self.set.endpoints.load();
        let found = endpoints.iter().find(|known| known.address() == address)?;
        Some(Load::on(found.clone()))
    }

    /// Whether the endpoint at an address may be used.
    pub(crate) fn has(&self, address: SocketAddr) -> bool {
        let endpoints = self.set.endpoints.load();
        endpoints.iter().any(|known| known.address() == address)
    }

    /// Whether it is spoken to over TLS; no connection is made to one that wants TLS and cannot.
    pub(crate) fn is_secure(&self) -> bool {
        matches!(self.set.transport, Transport::Tls(_))
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.set.transport
    }

    /// What may be used now.
    pub(crate) fn endpoints(&self) -> Arc<Vec<Arc<Endpoint>>> {
        self.set.endpoints.load_full()
    }
}

/// All sets of a proxy by key; touched only where tables are swapped.
#[derive(Debug, Default)]
pub(crate) struct Sets(HashMap<String, Arc<Set>>);

impl Sets {
    /// The upstreams of a table by slot: what did not change is shared with the list before, and
    /// of what did, the set goes on. Endpoints that are gone are marked.
    pub(crate) fn of_table(
        &mut self,
        table: &RouteTable,
        before: &[Option<Arc<Upstream>>],
        secrets: &Secrets,
        problems: &mut Vec<TlsError>,
    ) -> Vec<Option<Arc<Upstream>>> {
        let mut upstreams = vec![None; table.upstream_slots()];
        for (id, ir) in table.upstreams() {
            let known = before.get(id.slot()).and_then(Option::as_ref);
            upstreams[id.slot()] = match known {
                Some(known) if Arc::ptr_eq(&known.ir, ir) && known.set.is_usable() => {
                    Some(known.clone())
                }
                _ => Some(Arc::new(self.upstream(ir, secrets, problems))),
            };
        }
        self.forget_all_but(table);
        upstreams
    }

    fn upstream(
        &mut self,
        ir: &Arc<ir::Upstream>,
        secrets: &Secrets,
        problems: &mut Vec<TlsError>,
    ) -> Upstream {
        let set = match self.0.get(&ir.key) {
            Some(set) if set.suits(ir) => set.clone(),
            other => {
                // Connections that were made otherwise must not be used any more.
                other.inspect(|set| set.retire());
                let set = Arc::new(Set::new(ir, secrets, problems));
                self.0.insert(ir.key.clone(), set.clone());
                set
            }
        };
        set.update(&ir.endpoints);
        Upstream {
            ir: ir.clone(),
            set,
        }
    }

    fn forget_all_but(&mut self, table: &RouteTable) {
        let keys = || table.upstreams().map(|(_, ir)| ir.key.as_str());
        if self.0.len() == keys().count() {
            return;
        }
        let keys: HashSet<&str> = keys().collect();
        self.0.retain(|key, set| {
            let stays = keys.contains(key.as_str());
            if !stays {
                set.retire();
            }
            stays
        });
    }
}

impl Set {
    fn new(ir: &ir::Upstream, secrets: &Secrets, problems: &mut Vec<TlsError>) -> Self {
        let security = ir
            .tls
            .as_ref()
            .map(|tls| Security::of(tls, ir.protocol, secrets));
        let transport = match security.transpose() {
            Ok(security) => security.map_or(Transport::Clear, Transport::Tls),
            Err(error) => {
                problems.push(error.under("upstream", &ir.key));
                Transport::Unusable
            }
        };
        Self {
            protocol: ir.protocol,
            tls: ir.tls.clone(),
            transport,
            endpoints: ArcSwap::default(),
        }
    }

    fn is_usable(&self) -> bool {
        !matches!(self.transport, Transport::Unusable)
    }

    /// Whether its connections are what the upstream wants.
    fn suits(&self, ir: &ir::Upstream) -> bool {
        self.is_usable() && self.protocol == ir.protocol && self.tls == ir.tls
    }

    /// No table has it any more. Requests that were decided by the one before still find its
    /// endpoints; their connections are not kept.
    fn retire(&self) {
        self.endpoints.load().iter().for_each(|gone| gone.remove());
    }

    fn update(&self, irs: &[ir::Endpoint]) {
        let before = self.endpoints.load_full();
        let mut known: HashMap<SocketAddr, &Arc<Endpoint>> = before
            .iter()
            .map(|endpoint| (endpoint.address(), endpoint))
            .collect();
        let endpoints = irs.iter().filter_map(|ir| {
            let new = Endpoint::new(ir)?;
            Some(match known.remove(&new.address()) {
                None => Arc::new(new),
                Some(known) if known.as_ir() == ir => known.clone(),
                Some(known) => Arc::new(known.described_by(ir)),
            })
        });
        self.endpoints.store(Arc::new(endpoints.collect()));
        known.into_values().for_each(|gone| gone.remove());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn table(upstreams: &[(&str, &[u16])]) -> RouteTable {
        let endpoint = |port: &u16| ir::Endpoint {
            address: "127.0.0.1".to_owned(),
            port: *port,
            node: None,
            node_pool: None,
            zone: None,
            pod: None,
        };
        let upstream = |(key, ports): &(&str, &[u16])| ir::Upstream {
            key: (*key).to_owned(),
            service: (*key).to_owned(),
            tls: None,
            protocol: ir::UpstreamProtocol::Http1,
            endpoints: ports.iter().map(endpoint).collect(),
            assumed: false,
            removed: Vec::new(),
            scope: None,
        };
        RouteTable::compile(&ir::Snapshot {
            schema: ir::SCHEMA,
            listeners: Vec::new(),
            rules: Vec::new(),
            upstreams: upstreams.iter().map(upstream).collect(),
        })
        .unwrap()
    }

    fn of(
        sets: &mut Sets,
        table: &RouteTable,
        before: &[Option<Arc<Upstream>>],
    ) -> Vec<Option<Arc<Upstream>>> {
        let mut problems = Vec::new();
        let upstreams = sets.of_table(table, before, &Secrets::default(), &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        upstreams
    }

    fn ports(upstream: &Upstream) -> Vec<u16> {
        let endpoints = upstream.endpoints();
        endpoints.iter().map(|e| e.address().port()).collect()
    }

    #[test]
    fn an_endpoint_that_stays_keeps_its_load_and_one_that_goes_is_marked() {
        let mut sets = Sets::default();
        let before = of(&mut sets, &table(&[("a", &[1, 2]), ("b", &[3])]), &[]);
        let a = before[0].as_ref().unwrap();
        let first = a.endpoints()[0].clone();
        let second = a.endpoints()[1].clone();
        let load = Load::on(first.clone());
        let after = of(&mut sets, &table(&[("a", &[1, 4])]), &before);
        let a = after[0].as_ref().unwrap();
        assert_eq!(ports(a), [1, 4]);
        assert_eq!(a.endpoints()[0].active(), 1);
        drop(load);
        assert_eq!(first.active(), 0);
        assert!(second.is_removed() && !first.is_removed());
        assert!(before[1].as_ref().unwrap().endpoints()[0].is_removed());
    }

    #[test]
    fn requests_go_to_the_less_loaded_endpoint() {
        let upstreams = of(&mut Sets::default(), &table(&[("a", &[1, 2])]), &[]);
        let upstream = upstreams[0].as_ref().unwrap();
        let loads: Vec<Load> = (0..10).map(|_| upstream.pick().unwrap()).collect();
        let at = |port| {
            loads
                .iter()
                .filter(|load| load.endpoint().address().port() == port)
                .count()
        };
        assert_eq!((at(1), at(2)), (5, 5));
    }

    #[test]
    fn what_was_decided_before_its_upstream_went_still_finds_an_endpoint() {
        let mut sets = Sets::default();
        let before = of(&mut sets, &table(&[("a", &[1])]), &[]);
        of(&mut sets, &table(&[("b", &[2])]), &before);
        let old = before[0].as_ref().unwrap();
        let load = old.pick().unwrap();
        assert!(load.endpoint().is_removed());
    }

    #[test]
    fn without_endpoints_there_is_nothing_to_pick() {
        let upstreams = of(&mut Sets::default(), &table(&[("a", &[])]), &[]);
        assert!(upstreams[0].as_ref().unwrap().pick().is_none());
    }
}
