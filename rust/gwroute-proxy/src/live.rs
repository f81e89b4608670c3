//! What is live: one pointer, stored once for each change.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use gwroute_core::RouteTable;

use crate::tls::{Secrets, ServerConfigs, TlsError};
use crate::upstream::set::{Sets, Upstream};

/// A table and the upstreams that belong to it. Never changes; a request holds one from its start
/// to its end.
#[derive(Debug)]
pub struct Live {
    table: Arc<RouteTable>,
    /// By slot of the table.
    upstreams: Vec<Option<Arc<Upstream>>>,
    servers: ServerConfigs,
    generation: u64,
}

/// What came of putting a table in place.
#[derive(Debug)]
pub struct Swapped {
    /// Of the table.
    pub generation: u64,
    /// Which listeners and upstreams get no connections, because their key material is missing or
    /// cannot be used. All others serve.
    pub problems: Vec<TlsError>,
}

impl Live {
    /// The table.
    pub fn table(&self) -> &Arc<RouteTable> {
        &self.table
    }

    /// How many tables there were before, plus one; 0 before the first.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn upstream(&self, slot: usize) -> Option<&Arc<Upstream>> {
        self.upstreams.get(slot)?.as_ref()
    }

    /// What a listener does in a handshake; `None` if it must not serve.
    pub(crate) fn server_config(&self, listener: &str) -> Option<&Arc<rustls::ServerConfig>> {
        self.servers.get(listener)
    }

    /// Each upstream with the endpoints that may be used now, in no particular order.
    pub fn upstreams(&self) -> impl Iterator<Item = (&gwroute_core::ir::Upstream, Endpoints)> {
        let upstreams = self.upstreams.iter().flatten();
        upstreams.map(|upstream| (&*upstream.ir, upstream.endpoints()))
    }
}

/// The endpoints of one upstream at one moment.
pub type Endpoints = Arc<Vec<Arc<crate::Endpoint>>>;

/// The pointer to what is live.
#[derive(Debug)]
pub(crate) struct LivePointer {
    live: ArcSwap<Live>,
    /// The generation of what is in `live`, so that a worker notices a change by one plain load.
    generation: AtomicU64,
    /// Held while a table is put in place, never on the path of a request.
    sets: Mutex<Sets>,
}

impl LivePointer {
    /// With a table to begin with; it has no endpoints yet, so the empty one is best.
    pub(crate) fn new(table: RouteTable) -> Self {
        let live = Live {
            table: Arc::new(table),
            upstreams: Vec::new(),
            servers: ServerConfigs::default(),
            generation: 0,
        };
        Self {
            live: ArcSwap::from_pointee(live),
            generation: AtomicU64::new(0),
            sets: Mutex::default(),
        }
    }

    /// Puts a table in place, with the key material that it names.
    pub(crate) fn swap(&self, table: Arc<RouteTable>, secrets: &Secrets) -> Swapped {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.live.load();
        let generation = before.generation + 1;
        let mut problems = Vec::new();
        let upstreams = sets.of_table(&table, &before.upstreams, secrets, &mut problems);
        let servers = before.servers.of(table.listeners(), secrets, &mut problems);
        self.live.store(Arc::new(Live {
            table,
            upstreams,
            servers,
            generation,
        }));
        self.generation.store(generation, Ordering::Release);
        Swapped {
            generation,
            problems,
        }
    }

    pub(crate) fn load(&self) -> Arc<Live> {
        self.live.load_full()
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }
}
