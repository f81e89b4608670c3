//! The upstreams of a table, by number and by key.

use std::net::SocketAddr;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::error::Error;
use crate::ir;
use crate::rule::{Rule, UpstreamId};

/// A number stays with its key until the upstream goes; then it may be given again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Upstreams {
    slots: Vec<Option<Arc<ir::Upstream>>>,
    ids: HashMap<Arc<str>, UpstreamId, foldhash::fast::RandomState>,
    free: Vec<UpstreamId>,
}

impl Upstreams {
    pub(crate) fn patch(&self, put: &[ir::Upstream], delete: &[String]) -> Result<Self, Error> {
        let mut patched = self.clone();
        for key in delete {
            let id = patched.ids.remove(key.as_str());
            let id = id.ok_or_else(|| Error::unknown("upstream", key).under("delete_upstreams"))?;
            patched.slots[id.slot()] = None;
            patched.free.push(id);
        }
        for upstream in put {
            let id = patched.id(&upstream.key).or_else(|| patched.free.pop());
            let id = id.unwrap_or_else(|| patched.push());
            patched.ids.insert(upstream.key.as_str().into(), id);
            patched.slots[id.slot()] = Some(Arc::new(upstream.clone()));
        }
        Ok(patched)
    }

    fn push(&mut self) -> UpstreamId {
        self.slots.push(None);
        // A slot for each of four billion Services would not fit into memory.
        UpstreamId(u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX))
    }

    /// After a deletion: no rule may be left that refers to what is gone.
    pub(crate) fn check_references<'r>(
        &self,
        rules: impl Iterator<Item = &'r Arc<Rule>>,
    ) -> Result<(), Error> {
        for rule in rules {
            for (key, id) in rule.references() {
                if self.id(key) != Some(id) {
                    return Err(Error::unknown("upstream", key)
                        .under(format_args!("rules[`{}`]", rule.key)));
                }
            }
        }
        Ok(())
    }

    pub(crate) fn id(&self, key: &str) -> Option<UpstreamId> {
        self.ids.get(key).copied()
    }

    pub(crate) fn has_endpoints(&self, id: UpstreamId) -> bool {
        let upstream = self.slots.get(id.slot()).and_then(Option::as_ref);
        upstream.is_some_and(|upstream| upstream.assumed || !upstream.endpoints.is_empty())
    }

    pub(crate) fn has_endpoint(&self, id: UpstreamId, at: SocketAddr) -> bool {
        let upstream = self.slots.get(id.slot()).and_then(Option::as_ref);
        upstream.is_some_and(|upstream| {
            let mut endpoints = upstream.endpoints.iter();
            let is_there = |known: &ir::Endpoint| {
                known.port == at.port() && known.address.parse() == Ok(at.ip())
            };
            upstream.assumed || endpoints.any(is_there)
        })
    }

    pub(crate) fn get(&self, id: UpstreamId) -> &Arc<ir::Upstream> {
        match &self.slots[id.slot()] {
            Some(upstream) => upstream,
            None => panic!("upstream {} is not of this table", id.slot()),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (UpstreamId, &Arc<ir::Upstream>)> {
        (0..)
            .map(UpstreamId)
            .zip(&self.slots)
            .filter_map(|(id, upstream)| Some((id, upstream.as_ref()?)))
    }

    pub(crate) fn slots(&self) -> usize {
        self.slots.len()
    }
}
