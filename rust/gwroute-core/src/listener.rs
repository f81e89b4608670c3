//! By gateway and port, then by host or SNI: the most specific listener, and only that one.

use std::sync::Arc;

use crate::host::HostMap;
use crate::ir::{self, ListenerProtocol};
use crate::vhost::VirtualHost;

/// Number of an entry in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EntryId(pub(crate) usize);

/// A port of one gateway: what has to be bound, and where requests come in.
#[derive(Debug, Clone)]
pub struct Entry {
    id: EntryId,
    gateway: Arc<str>,
    port: u16,
    protocol: ListenerProtocol,
    /// Positions among the table's listeners.
    listeners: HostMap<usize>,
}

impl Entry {
    /// For `decide`.
    pub fn id(&self) -> EntryId {
        self.id
    }

    /// `namespace/name` of the Gateway.
    pub fn gateway(&self) -> &Arc<str> {
        &self.gateway
    }

    /// The port of the Gateway API object.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What is spoken on the port.
    pub fn protocol(&self) -> ListenerProtocol {
        self.protocol
    }

    /// The most specific listener that takes the name.
    pub(crate) fn listener(&self, name: &str) -> Option<usize> {
        self.listeners.lookup(name).next().copied()
    }
}

/// One listener with the hosts under it.
#[derive(Debug, Clone)]
pub(crate) struct Listener {
    pub(crate) ir: Arc<ir::Listener>,
    pub(crate) hosts: HostMap<Arc<VirtualHost>>,
}

/// Entries in order of their first listener. Of two listeners with one host the first answers.
pub(crate) fn entries(listeners: &[Listener]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for (position, listener) in listeners.iter().enumerate() {
        let ir::Listener {
            gateway,
            port,
            protocol,
            hostname,
            ..
        } = &*listener.ir;
        let at = entries
            .iter()
            .position(|entry| *entry.gateway == **gateway && entry.port == *port);
        let at = at.unwrap_or_else(|| {
            entries.push(Entry {
                id: EntryId(entries.len()),
                gateway: gateway.as_str().into(),
                port: *port,
                protocol: *protocol,
                listeners: HostMap::default(),
            });
            entries.len() - 1
        });
        let known = &mut entries[at].listeners;
        if known.get_mut(hostname.as_deref()).is_none() {
            known.insert(hostname.as_deref(), position);
        }
    }
    entries
}
