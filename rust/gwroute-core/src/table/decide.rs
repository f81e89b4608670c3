//! From a request to what becomes of it.

use crate::decision::{self, Decision, Matched, Reason, Redirect, Respond};
use crate::explain::{self, Explanation};
use crate::host;
use crate::listener::{EntryId, Listener};
use crate::rule::Rule;
use crate::table::RouteTable;
use crate::target::Target;
use crate::vhost::Query;
use crate::view::RequestView;

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
        self.decide_with(at, sni, request, |rule| rule.draw(draw))
    }

    /// Decides one request as [`RouteTable::decide`] does, and leaves the choice among backends
    /// to the caller, who may know that the client is bound to one: `choose` gives its index.
    pub fn decide_with<'t, 'r, V: RequestView>(
        &'t self,
        at: EntryId,
        sni: Option<&str>,
        request: &'r V,
        choose: impl FnOnce(&Rule) -> Option<usize>,
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
            } => decision::carry_out(matched, target, request, choose, |id| {
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

    /// Where a request goes, its rule not yet carried out.
    pub(crate) fn find<'t, 'r, V: RequestView>(
        &'t self,
        at: EntryId,
        sni: Option<&str>,
        request: &'r V,
    ) -> Found<'t, 'r> {
        let target = match Target::parse(request.target(), request.authority()) {
            Ok(target) if !target.redirect => target,
            Ok(target) => return Found::Decided(Decision::Redirect(Redirect::clean_path(target))),
            Err(bad) => return Found::Decided(Decision::Respond(Respond::bad_request(bad))),
        };
        let listener = match self.listener(at, sni, target.host()) {
            Ok(listener) => listener,
            Err((status, reason)) => {
                let answer = Respond::without_rule(status, reason, None);
                return Found::Decided(Decision::Respond(answer));
            }
        };
        let query = Query {
            request,
            path: target.path(),
            query: target.query,
        };
        let hosts = &listener.hosts;
        let found = hosts
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
}
