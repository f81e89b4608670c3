//! [`RouteTable`]: a snapshot, compiled. It never changes; a patch makes another table that
//! shares whatever the patch does not touch.

mod decide;
mod numbers;
mod patch;

use std::net::SocketAddr;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::error::Error;
use crate::host;
use crate::ir;
use crate::listener::{Entry, EntryId, Listener};
use crate::rule::{Rule, UpstreamId};
use crate::upstreams::Upstreams;
use crate::vhost::VirtualHost;

pub(crate) use decide::Found;
use numbers::Numbers;

type Rules = HashMap<Arc<str>, Arc<Rule>, foldhash::fast::RandomState>;

/// A snapshot, compiled; by default the empty one, where nothing is found.
#[derive(Debug, Clone, Default)]
pub struct RouteTable {
    pub(crate) listeners: Vec<Listener>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) rules: Rules,
    /// Of the rules.
    numbers: Numbers,
    pub(crate) upstreams: Upstreams,
}

/// A host pattern and its matches (a rule, and the index of the match in it) in order of rank.
pub type HostMatches<'t> = (Option<String>, Vec<(&'t ir::Rule, usize)>);

impl RouteTable {
    /// Compiles a snapshot.
    ///
    /// # Errors
    /// [`Error`], with the place in the document: another schema, a key that is there twice or
    /// missing, a name, value or expression that cannot be compiled.
    pub fn compile(snapshot: &ir::Snapshot) -> Result<Self, Error> {
        Self::default().apply(whole(snapshot.clone()))
    }

    /// Reads and compiles a snapshot in JSON.
    ///
    /// # Errors
    /// As [`RouteTable::compile`], and for a document that is no snapshot.
    pub fn from_json(snapshot: &[u8]) -> Result<Self, Error> {
        let snapshot = serde_json::from_slice(snapshot).map_err(|e| Error::json(&e))?;
        Self::default().apply(whole(snapshot))
    }

    /// Reads and applies a delta in JSON.
    ///
    /// # Errors
    /// As [`RouteTable::patch`], and for a document that is no delta.
    pub fn patch_json(&self, delta: &[u8]) -> Result<Self, Error> {
        self.apply(serde_json::from_slice(delta).map_err(|e| Error::json(&e))?)
    }

    /// What has to be bound: one entry for each port of each gateway, in order of precedence.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Where requests on that port come in; without a gateway, the first that has the port.
    pub fn entry(&self, gateway: Option<&str>, port: u16) -> Option<EntryId> {
        let fits = |entry: &&Entry| {
            entry.port() == port && gateway.is_none_or(|gateway| **entry.gateway() == *gateway)
        };
        self.entries.iter().find(fits).map(Entry::id)
    }

    /// The listener that takes TLS connections made for that name: the most specific one; without
    /// a name, the one that has no hostname.
    pub fn listener_by_name(&self, at: EntryId, name: Option<&str>) -> Option<&Arc<ir::Listener>> {
        let entry = self.entries.get(at.0)?;
        let position = entry.listener(&host::lower_case(name.unwrap_or_default()))?;
        Some(&self.listeners[position].ir)
    }

    /// An upstream by its number.
    ///
    /// # Panics
    /// If the number is another table's.
    pub fn upstream(&self, id: UpstreamId) -> &Arc<ir::Upstream> {
        self.upstreams.get(id)
    }

    /// Whether an upstream has an endpoint there, or may have: nobody knows where those are that are
    /// assumed.
    pub fn has_endpoint(&self, id: UpstreamId, at: SocketAddr) -> bool {
        self.upstreams.has_endpoint(id, at)
    }

    /// All upstreams with their numbers.
    pub fn upstreams(&self) -> impl Iterator<Item = (UpstreamId, &Arc<ir::Upstream>)> {
        self.upstreams.iter()
    }

    /// One more than the largest number an upstream has: the length of a list kept beside.
    pub fn upstream_slots(&self) -> usize {
        self.upstreams.slots()
    }

    /// All listeners, in order of precedence.
    pub fn listeners(&self) -> impl Iterator<Item = &ir::Listener> {
        self.listeners.iter().map(|listener| &*listener.ir)
    }

    /// All rules, in no particular order.
    pub fn rules(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.rules.values()
    }

    /// How many rules there are.
    pub fn rule_count(&self) -> usize {
        self.rules.len()
    }

    /// A rule by its key in the snapshot.
    pub fn rule(&self, key: &str) -> Option<&Arc<Rule>> {
        self.rules.get(key)
    }

    /// The hosts under a listener, each with its matches in order of precedence.
    pub fn hosts(&self, listener: &str) -> Vec<HostMatches<'_>> {
        let mut hosts: Vec<_> = self
            .hosts_under(listener)
            .map(|(pattern, host)| (pattern, in_order(host)))
            .collect();
        hosts.sort_by(|(a, _), (b, _)| (a.is_none(), a).cmp(&(b.is_none(), b)));
        hosts
    }

    /// Those of [`RouteTable::hosts`] that take the host, in the order in which they are tried.
    pub fn hosts_that_take(&self, listener: &str, host: &str) -> Vec<HostMatches<'_>> {
        let host = host::lower_case(host);
        let known = self.listeners.iter().find(|known| known.ir.key == listener);
        let tried: Vec<_> = known
            .into_iter()
            .flat_map(|listener| listener.hosts.lookup(&host))
            .map(Arc::as_ptr)
            .collect();
        let place = |host| tried.iter().position(|tried| *tried == Arc::as_ptr(host));
        let mut hosts: Vec<_> = self
            .hosts_under(listener)
            .filter_map(|(pattern, host)| Some((place(host)?, (pattern, in_order(host)))))
            .collect();
        hosts.sort_by_key(|(place, _)| *place);
        hosts.into_iter().map(|(_, host)| host).collect()
    }

    fn hosts_under(
        &self,
        listener: &str,
    ) -> impl Iterator<Item = (Option<String>, &Arc<VirtualHost>)> {
        let known = self.listeners.iter().find(|known| known.ir.key == listener);
        known.into_iter().flat_map(|listener| listener.hosts.iter())
    }

    /// The snapshot this table stands for; rules and upstreams in order of their keys.
    pub fn snapshot(&self) -> ir::Snapshot {
        let mut rules: Vec<_> = self.rules.values().map(|rule| rule.ir.clone()).collect();
        rules.sort_by(|a, b| a.key.cmp(&b.key));
        let mut upstreams: Vec<_> = self
            .upstreams
            .iter()
            .map(|(_, upstream)| ir::Upstream::clone(upstream))
            .collect();
        upstreams.sort_by(|a, b| a.key.cmp(&b.key));
        let listeners = self.listeners().cloned().collect();
        ir::Snapshot {
            schema: ir::SCHEMA,
            listeners,
            rules,
            upstreams,
        }
    }
}

/// What makes a snapshot of nothing.
fn whole(snapshot: ir::Snapshot) -> ir::Delta {
    ir::Delta {
        schema: snapshot.schema,
        listeners: Some(snapshot.listeners),
        put_rules: snapshot.rules,
        put_upstreams: snapshot.upstreams,
        ..ir::Delta::default()
    }
}

fn in_order(host: &VirtualHost) -> Vec<(&ir::Rule, usize)> {
    let mut candidates: Vec<_> = host.candidates().collect();
    candidates.sort_by(|a, b| a.rank.cmp(&b.rank));
    let candidates = candidates.into_iter();
    candidates
        .map(|candidate| (&candidate.rule.ir, candidate.index))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_hosts_that_take_a_host_come_in_the_order_in_which_they_are_tried() {
        let rule = |name: &str, host: &str| {
            format!(
                r#"{{"key": "{name}", "route": {{"kind": "HTTPRoute", "namespace": "a",
                "name": "{name}", "rule": 0}}, "hosts": [{{"listener": "l", "host": {host},
                "hostname": {host}}}], "matches": [{{"path": null, "method": null,
                "headers": [], "query_params": [], "line": null}}], "filters": [],
                "backends": []}}"#
            )
        };
        let rules = [
            rule("any", "null"),
            rule("wide", r#""*.example.com""#),
            rule("exact", r#""a.b.example.com""#),
            rule("narrow", r#""*.b.example.com""#),
        ];
        let table = RouteTable::from_json(
            format!(
                r#"{{"schema": 1, "listeners": [{{"key": "l", "gateway": "a/g", "name": "l",
                "port": 80, "protocol": "HTTP", "hostname": null, "node_pool": null}}],
                "rules": [{}], "upstreams": []}}"#,
                rules.join(",")
            )
            .as_bytes(),
        )
        .unwrap();
        let names = |host| -> Vec<_> {
            let hosts = table.hosts_that_take("l", host).into_iter();
            hosts.map(|(_, matches)| &*matches[0].0.key).collect()
        };
        assert_eq!(names("A.b.example.com"), ["exact", "narrow", "wide", "any"]);
        assert_eq!(names("c.example.com"), ["wide", "any"]);
        assert_eq!(names("example.com"), ["any"]);
        assert!(table.hosts_that_take("other", "a").is_empty());
        assert_eq!(table.rule("wide").unwrap().as_ir().key, "wide");
        assert!(table.rule("none").is_none());
    }
}
