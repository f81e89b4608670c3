//! [`RouteTable`]: a snapshot, compiled. It never changes; a patch makes another table that
//! shares whatever the patch does not touch.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use crate::decision::{self, Decision, Matched, Reason, Redirect, RedirectCause, Respond};
use crate::error::Error;
use crate::explain::{self, Explanation};
use crate::host;
use crate::ir;
use crate::listener::{self, Entry, EntryId, Listener};
use crate::rule::{Rule, UpstreamId};
use crate::target::Target;
use crate::upstreams::Upstreams;
use crate::vhost::{Placement, Query, VirtualHost};
use crate::view::RequestView;

/// A snapshot, compiled; by default the empty one, where nothing is found.
#[derive(Debug, Clone, Default)]
pub struct RouteTable {
    pub(crate) listeners: Vec<Listener>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) rules: HashMap<Arc<str>, Arc<Rule>, foldhash::fast::RandomState>,
    pub(crate) upstreams: Upstreams,
}

/// A host pattern and its matches (a rule, and the index of the match in it) in order of rank.
pub type HostMatches<'t> = (Option<String>, Vec<(&'t ir::Rule, usize)>);

/// Where a request goes before its rule is carried out.
pub(crate) enum Found<'t, 'r> {
    /// Answered without a rule.
    Decided(Decision<'t, 'r>),
    /// A listener answers; what takes the request there, if anything.
    At {
        listener: &'t Listener,
        matched: Option<Matched<'t>>,
        target: Target<'r>,
    },
}

impl RouteTable {
    /// Compiles a snapshot.
    ///
    /// # Errors
    /// [`Error`], with the place in the document: another schema, a key that is there twice or
    /// missing, a name, value or expression that cannot be compiled.
    pub fn compile(snapshot: &ir::Snapshot) -> Result<Self, Error> {
        Self::default().patch(&ir::Delta {
            schema: snapshot.schema,
            listeners: Some(snapshot.listeners.clone()),
            put_rules: snapshot.rules.clone(),
            delete_rules: Vec::new(),
            put_upstreams: snapshot.upstreams.clone(),
            delete_upstreams: Vec::new(),
        })
    }

    /// Reads and compiles a snapshot in JSON.
    ///
    /// # Errors
    /// As [`RouteTable::compile`], and for a document that is no snapshot.
    pub fn from_json(snapshot: &[u8]) -> Result<Self, Error> {
        Self::compile(&serde_json::from_slice(snapshot).map_err(|e| Error::json(&e))?)
    }

    /// Reads and applies a delta in JSON.
    ///
    /// # Errors
    /// As [`RouteTable::patch`], and for a document that is no delta.
    pub fn patch_json(&self, delta: &[u8]) -> Result<Self, Error> {
        self.patch(&serde_json::from_slice(delta).map_err(|e| Error::json(&e))?)
    }

    /// The table of the changed snapshot; this one stays as it is.
    ///
    /// Costs what changed, plus a copy of the lists of pointers to what did not.
    ///
    /// # Errors
    /// As [`RouteTable::compile`].
    pub fn patch(&self, delta: &ir::Delta) -> Result<Self, Error> {
        if delta.schema != ir::SCHEMA {
            return Err(Error::schema(delta.schema));
        }
        let upstreams = self
            .upstreams
            .patch(&delta.put_upstreams, &delta.delete_upstreams)?;
        let mut rules = self.rules.clone();
        let mut leave = Vec::new();
        for key in &delta.delete_rules {
            let rule = rules
                .remove(key.as_str())
                .ok_or_else(|| Error::unknown("rule", key).under("delete_rules"))?;
            leave.push(rule);
        }
        let mut join = Vec::with_capacity(delta.put_rules.len());
        rules.reserve(delta.put_rules.len());
        for (i, rule) in delta.put_rules.iter().enumerate() {
            let rule = Rule::compile(rule, |key| upstreams.id(key))
                .map_err(|e| e.under(format_args!("rules[{i}]")))?;
            let rule = Arc::new(rule);
            leave.extend(rules.insert(rule.key.clone(), rule.clone()));
            join.push(rule);
        }
        if join
            .iter()
            .map(|rule| &rule.key)
            .collect::<HashSet<_>>()
            .len()
            < join.len()
        {
            return Err(twice(&join).under("rules"));
        }
        if !delta.delete_upstreams.is_empty() {
            upstreams.check_references(rules.values())?;
        }
        let mut table = Self {
            listeners: self.listeners.clone(),
            entries: self.entries.clone(),
            rules,
            upstreams,
        };
        match &delta.listeners {
            None => table.place(&leave, &join)?,
            Some(listeners) => table.place_anew(listeners, &leave, &join)?,
        }
        Ok(table)
    }

    /// New listeners keep the hosts of old ones with the same key.
    fn place_anew(
        &mut self,
        listeners: &[ir::Listener],
        leave: &[Arc<Rule>],
        join: &[Arc<Rule>],
    ) -> Result<(), Error> {
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
        self.place(leave, join)?;
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

    fn place(&mut self, leave: &[Arc<Rule>], join: &[Arc<Rule>]) -> Result<(), Error> {
        let positions: HashMap<String, usize> = self
            .listeners
            .iter()
            .enumerate()
            .map(|(i, l)| (l.ir.key.clone(), i))
            .collect();
        type Moves = (Vec<Placement>, Vec<Placement>);
        let mut touched: HashMap<(usize, Option<&str>), Moves> = HashMap::new();
        for rule in leave {
            for host in &rule.ir.hosts {
                if let Some(listener) = positions.get(&host.listener) {
                    touched
                        .entry((*listener, host.host.as_deref()))
                        .or_default()
                        .0
                        .push(placement(rule, host));
                }
            }
        }
        for rule in join {
            for host in &rule.ir.hosts {
                let listener = positions.get(&host.listener).ok_or_else(|| {
                    Error::unknown("listener", &host.listener)
                        .under(format_args!("rules[`{}`].hosts", rule.key))
                })?;
                touched
                    .entry((*listener, host.host.as_deref()))
                    .or_default()
                    .1
                    .push(placement(rule, host));
            }
        }
        for ((listener, pattern), (leave, join)) in touched {
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

    /// Decides one request.
    ///
    /// `at` is where it came in ([`RouteTable::entry`]), `sni` the name the TLS connection was
    /// made for, `draw` a number in [0, 1) that chooses among weighted backends.
    pub fn decide<'t, 'r, V: RequestView>(
        &'t self,
        at: EntryId,
        sni: Option<&str>,
        request: &'r V,
        draw: f64,
    ) -> Decision<'t, 'r> {
        match self.find(at, sni, request) {
            Found::Decided(decision) => decision,
            Found::At {
                listener,
                matched: None,
                ..
            } => Decision::Respond(Respond::without_rule(
                404,
                Reason::NoRoute,
                Some(&listener.ir),
            )),
            Found::At {
                matched: Some(matched),
                target,
                ..
            } => decision::carry_out(matched, target, request, draw, |id| {
                self.upstreams.has_endpoints(id)
            }),
        }
    }

    /// Decides one request as [`RouteTable::decide`] does, and says why.
    pub fn explain<V: RequestView>(
        &self,
        at: EntryId,
        sni: Option<&str>,
        request: &V,
        draw: f64,
    ) -> Explanation {
        explain::explain(self, at, sni, request, draw)
    }

    pub(crate) fn find<'t, 'r, V: RequestView>(
        &'t self,
        at: EntryId,
        sni: Option<&str>,
        request: &'r V,
    ) -> Found<'t, 'r> {
        let target = match Target::parse(request.target(), request.authority()) {
            Ok(target) if !target.redirect => target,
            Ok(target) => {
                return Found::Decided(Decision::Redirect(Redirect {
                    cause: RedirectCause::CleanPath,
                    target,
                }));
            }
            Err(bad) => {
                let answer = Respond::without_rule(400, Reason::BadRequest, None);
                return Found::Decided(Decision::Respond(Respond {
                    detail: Some(bad.as_str()),
                    ..answer
                }));
            }
        };
        let listener = match self.listener(at, sni, target.host()) {
            Ok(listener) => listener,
            Err((status, reason)) => {
                return Found::Decided(Decision::Respond(Respond::without_rule(
                    status, reason, None,
                )));
            }
        };
        let query = Query {
            request,
            path: target.path(),
            query: target.query,
        };
        let found = listener
            .hosts
            .lookup(target.host())
            .find_map(|host| host.find(&query));
        let matched = found.map(|candidate| Matched {
            listener: &listener.ir,
            rule: &candidate.rule,
            index: candidate.index,
        });
        Found::At {
            listener,
            matched,
            target,
        }
    }

    /// The most specific listener that takes the host. On a TLS connection it has to be the one
    /// that took the connection's name (Gateway API: "if another Listener has a more specific
    /// match, the Gateway SHOULD return a 421").
    pub(crate) fn listener(
        &self,
        at: EntryId,
        sni: Option<&str>,
        host: &str,
    ) -> Result<&Listener, (u16, Reason)> {
        let entry = self.entries.get(at.0).ok_or((404, Reason::NoRoute))?;
        let listener = entry.listener(host).ok_or((404, Reason::NoRoute))?;
        match sni {
            Some(sni) if entry.listener(&host::lower_case(sni)) != Some(listener) => {
                Err((421, Reason::Misdirected))
            }
            _ => Ok(&self.listeners[listener]),
        }
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

fn in_order(host: &VirtualHost) -> Vec<(&ir::Rule, usize)> {
    let mut candidates: Vec<_> = host.candidates().collect();
    candidates.sort_by(|a, b| a.rank.cmp(&b.rank));
    let candidates = candidates.into_iter();
    candidates
        .map(|candidate| (&candidate.rule.ir, candidate.index))
        .collect()
}

fn placement(rule: &Arc<Rule>, host: &ir::VirtualHost) -> Placement {
    Placement {
        rule: rule.clone(),
        hostname: host.hostname.as_deref().map(Arc::from),
    }
}

fn twice(rules: &[Arc<Rule>]) -> Error {
    let mut seen = HashSet::new();
    let key = rules
        .iter()
        .find(|rule| !seen.insert(&rule.key))
        .map_or("", |rule| &rule.key);
    Error::duplicate("rule", key)
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
