//! From one table to the next.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use crate::error::Error;
use crate::ir;
use crate::listener::{self, Listener};
use crate::rule::Rule;
use crate::table::RouteTable;
use crate::vhost::{Placement, VirtualHost};

/// Rules that go and rules that come; one that changed is among both.
#[derive(Default)]
struct Change {
    leave: Vec<Arc<Rule>>,
    join: Vec<Arc<Rule>>,
}

/// What a change does to each host of a listener (by its position): who goes, who comes.
type Touched<'c> = HashMap<(usize, Option<&'c str>), (Vec<Placement>, Vec<Placement>)>;

impl RouteTable {
    /// The table of the changed snapshot; this one stays as it is.
    ///
    /// Costs what changed, plus a copy of the lists of pointers to what did not.
    ///
    /// # Errors
    /// As [`RouteTable::compile`].
    pub fn patch(&self, delta: &ir::Delta) -> Result<Self, Error> {
        self.apply(delta.clone())
    }

    /// [`RouteTable::patch`] with a delta that is used up on the way.
    pub(super) fn apply(&self, delta: ir::Delta) -> Result<Self, Error> {
        if delta.schema != ir::SCHEMA {
            return Err(Error::schema(delta.schema));
        }
        let (put, delete) = (delta.put_upstreams, delta.delete_upstreams);
        let upstreams = self.upstreams.patch(&put, &delete)?;
        let mut table = Self {
            listeners: self.listeners.clone(),
            entries: self.entries.clone(),
            rules: self.rules.clone(),
            numbers: self.numbers.clone(),
            upstreams,
        };
        let change = table.change(delta.put_rules, &delta.delete_rules)?;
        if !delete.is_empty() {
            table.upstreams.check_references(table.rules.values())?;
        }
        match &delta.listeners {
            None => table.place(&change)?,
            Some(listeners) => table.place_anew(listeners, &change)?,
        }
        Ok(table)
    }

    /// New listeners keep the hosts of old ones with the same key.
    fn place_anew(&mut self, listeners: &[ir::Listener], change: &Change) -> Result<(), Error> {
        let old = std::mem::take(&mut self.listeners);
        let mut hosts: HashMap<&str, _> =
            old.iter().map(|l| (l.ir.key.as_str(), &l.hosts)).collect();
        for (i, listener) in listeners.iter().enumerate() {
            if listeners[..i].iter().any(|other| other.key == listener.key) {
                return Err(Error::duplicate("listener", &listener.key)
                    .under(format_args!("listeners[{i}]")));
            }
            let hosts = hosts
                .remove(listener.key.as_str())
                .cloned()
                .unwrap_or_default();
            self.listeners.push(Listener {
                ir: Arc::new(listener.clone()),
                hosts,
            });
        }
        self.entries = listener::entries(&self.listeners);
        self.place(change)?;
        // A rule that stayed may stand under a listener that went.
        let keys: HashSet<&str> = self.listeners.iter().map(|l| l.ir.key.as_str()).collect();
        let stays = |rule: &&Arc<Rule>| {
            rule.ir
                .hosts
                .iter()
                .any(|host| !keys.contains(host.listener.as_str()))
        };
        match self.rules.values().find(stays) {
            Some(rule) => Err(Error::unknown("listener", &rule.ir.key).under("hosts")),
            None => Ok(()),
        }
    }

    /// Carries a change of rules out, and says what it was.
    fn change(&mut self, put: Vec<ir::Rule>, delete: &[String]) -> Result<Change, Error> {
        let (rules, numbers) = (&mut self.rules, &mut self.numbers);
        let mut change = Change::default();
        for key in delete {
            let rule = rules.remove(key.as_str());
            let rule = rule.ok_or_else(|| Error::unknown("rule", key).under("delete_rules"))?;
            numbers.give_back(rule.number);
            change.leave.push(rule);
        }
        change.join.reserve(put.len());
        rules.reserve(put.len());
        // Each is gone when the next is compiled, so that both forms of all are never there at once.
        for (i, rule) in put.into_iter().enumerate() {
            let known = rules.get(rule.key.as_str()).map(|known| known.number);
            let number = known.unwrap_or_else(|| numbers.take());
            let rule = Rule::compile(&rule, number, |key| self.upstreams.id(key))
                .map_err(|e| e.under(format_args!("rules[{i}]")))?;
            let rule = Arc::new(rule);
            change
                .leave
                .extend(rules.insert(rule.key.clone(), rule.clone()));
            change.join.push(rule);
        }
        match change.twice() {
            Some(key) => Err(Error::duplicate("rule", key).under("rules")),
            None => Ok(change),
        }
    }

    fn place(&mut self, change: &Change) -> Result<(), Error> {
        for ((listener, pattern), (leave, join)) in change.touched(&self.listeners)? {
            let hosts = &mut self.listeners[listener].hosts;
            let edited = match hosts.get_mut(pattern) {
                Some(host) => host.edited(&leave, &join),
                None => VirtualHost::default().edited(&leave, &join),
            };
            if edited.is_empty() {
                hosts.remove(pattern);
            } else {
                hosts.insert(pattern, Arc::new(edited));
            }
        }
        Ok(())
    }
}

impl Change {
    /// The key that two of the rules that come have.
    fn twice(&self) -> Option<&str> {
        let mut seen = HashSet::with_capacity(self.join.len());
        let mut keys = self.join.iter().map(|rule| &*rule.key);
        keys.find(|key| !seen.insert(*key))
    }

    fn touched(&self, listeners: &[Listener]) -> Result<Touched<'_>, Error> {
        let keys = listeners.iter().map(|listener| listener.ir.key.as_str());
        let positions: HashMap<&str, usize> = keys.zip(0..).collect();
        let mut touched = Touched::default();
        for rule in &self.leave {
            for host in &rule.ir.hosts {
                // With a listener that goes, all under it goes.
                if let Some(listener) = positions.get(&*host.listener) {
                    let at = touched
                        .entry((*listener, host.host.as_deref()))
                        .or_default();
                    at.0.push(placement(rule, host));
                }
            }
        }
        for rule in &self.join {
            for host in &rule.ir.hosts {
                let listener = positions.get(&*host.listener).ok_or_else(|| {
                    Error::unknown("listener", &host.listener)
                        .under(format_args!("rules[`{}`].hosts", rule.key))
                })?;
                let at = touched
                    .entry((*listener, host.host.as_deref()))
                    .or_default();
                at.1.push(placement(rule, host));
            }
        }
        Ok(touched)
    }
}

fn placement(rule: &Arc<Rule>, host: &ir::VirtualHost) -> Placement {
    Placement {
        rule: rule.clone(),
        hostname: host.hostname.as_deref().map(Arc::from),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn patched(table: &RouteTable, put: &[&str], delete: &[&str]) -> RouteTable {
        let rules = put.iter().map(|key| {
            serde_json::json!({
                "key": key, "route": {"kind": "HTTPRoute", "namespace": "a", "name": key, "rule": 0},
                "hosts": [], "filters": [], "backends": [],
                "matches": [{"path": null, "method": null, "headers": [], "query_params": [],
                             "line": null}],
            })
        });
        let rules: Vec<_> = rules.collect();
        let delta = serde_json::json!({
            "schema": 1, "listeners": null, "put_rules": rules, "delete_rules": delete,
            "put_upstreams": [], "delete_upstreams": [],
        });
        table.patch_json(delta.to_string().as_bytes()).unwrap()
    }

    fn numbers(table: &RouteTable) -> Vec<(&str, usize)> {
        let rules = table.rules();
        let mut numbers: Vec<_> = rules.map(|rule| (&**rule.key(), rule.number())).collect();
        numbers.sort_unstable();
        numbers
    }

    #[test]
    fn a_rule_keeps_its_number_and_leaves_it_to_the_next() {
        let table = patched(&RouteTable::default(), &["a", "b", "c"], &[]);
        assert_eq!(numbers(&table), [("a", 0), ("b", 1), ("c", 2)]);
        let table = patched(&table, &["a"], &["b"]);
        assert_eq!(numbers(&table), [("a", 0), ("c", 2)]);
        let table = patched(&table, &["d", "e"], &[]);
        assert_eq!(numbers(&table), [("a", 0), ("c", 2), ("d", 1), ("e", 3)]);
    }
}
