//! One address that serves, and what is known about it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};

use gwroute_core::ir;

/// One address of an upstream.
#[derive(Debug)]
pub struct Endpoint {
    ir: ir::Endpoint,
    address: SocketAddr,
    state: Arc<State>,
}

/// What stays with an address as long as its upstream has it, whatever else is said about it.
#[derive(Debug)]
pub(crate) struct State {
    /// Never given twice in a process; workers keep their connections by it.
    pub(crate) id: u64,
    active: AtomicUsize,
    removed: AtomicBool,
}

impl Endpoint {
    /// `None` if the address is not an IP address.
    pub(crate) fn new(ir: &ir::Endpoint) -> Option<Self> {
        static IDS: AtomicU64 = AtomicU64::new(0);
        let address = SocketAddr::new(ir.address.parse().ok()?, ir.port);
        let state = State {
            id: IDS.fetch_add(1, Relaxed),
            active: AtomicUsize::new(0),
            removed: AtomicBool::new(false),
        };
        Some(Self {
            ir: ir.clone(),
            address,
            state: Arc::new(state),
        })
    }

    /// The same address with other things said about it.
    pub(crate) fn described_by(&self, ir: &ir::Endpoint) -> Self {
        Self {
            ir: ir.clone(),
            address: self.address,
            state: self.state.clone(),
        }
    }

    /// Node, pool, zone and pod, as the snapshot has them.
    pub fn as_ir(&self) -> &ir::Endpoint {
        &self.ir
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Requests it has been sent and not yet answered whole, by all workers.
    pub fn active(&self) -> usize {
        self.state.active.load(Relaxed)
    }

    pub(crate) fn id(&self) -> u64 {
        self.state.id
    }

    pub(crate) fn is_removed(&self) -> bool {
        self.state.removed.load(Relaxed)
    }

    /// It is in no list any more: connections to it close as soon as they are idle.
    pub(crate) fn remove(&self) {
        self.state.removed.store(true, Relaxed);
    }
}

/// Counts as one request at an endpoint for as long as it lives.
#[derive(Debug)]
pub(crate) struct Load(Arc<Endpoint>);

impl Load {
    pub(crate) fn on(endpoint: Arc<Endpoint>) -> Self {
        endpoint.state.active.fetch_add(1, Relaxed);
        Self(endpoint)
    }

    pub(crate) fn endpoint(&self) -> &Arc<Endpoint> {
        &self.0
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.0.state.active.fetch_sub(1, Relaxed);
    }
}
