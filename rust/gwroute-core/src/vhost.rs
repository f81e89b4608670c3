//! One host's rules: exact, prefix and regex tables; picks the best rank.
//!
//! Rules are divided as a glob set divides patterns: by what they need. A path is looked up in a
//! table of exact paths, then tried against expressions, then its prefixes are looked up from the
//! longest on; each step yields the candidates that share one path condition, in order of rank,
//! so that the first that holds is the answer. Where many share one path they are divided again,
//! by the value of one header or query parameter.
//!
//! A virtual host never changes. [`VirtualHost::edited`] makes another that shares all tables of
//! candidates that the edit does not touch.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;

use crate::candidates::{Candidate, Candidates};
use crate::matcher::Failed;
use crate::path::PathPattern;
use crate::rank::{HostRank, PathRank, Rank};
use crate::rule::Rule;
use crate::view::RequestView;

type Table = HashMap<Arc<str>, Arc<Candidates>, foldhash::fast::RandomState>;

/// A request as the tables see it.
#[derive(Debug)]
pub(crate) struct Query<'r, V> {
    pub(crate) request: &'r V,
    pub(crate) path: &'r str,
    pub(crate) query: Option<&'r str>,
}

/// The rules that stand under one host of one listener.
#[derive(Debug, Clone, Default)]
pub(crate) struct VirtualHost {
    /// By the hostname as routes have it, the most specific first: under a listener for
    /// `a.example.com`, a route for that name comes before one for `*.example.com`.
    tiers: Vec<(HostRank, Arc<Tier>)>,
}

/// The rules whose routes name the host in an equally specific way.
#[derive(Debug, Clone, Default)]
struct Tier {
    exact: Table,
    expressions: Vec<Expression>,
    prefix: Table,
    /// How many prefixes have that many segments.
    depths: Vec<usize>,
}

#[derive(Debug, Clone)]
struct Expression {
    rank: PathRank,
    pattern: PathPattern,
    candidates: Arc<Candidates>,
}

/// A rule that comes or goes, with the hostname under which its route has it here.
#[derive(Debug, Clone)]
pub(crate) struct Placement {
    pub(crate) rule: Arc<Rule>,
    pub(crate) hostname: Option<Arc<str>>,
}

/// The path condition that a group of candidates shares.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Slot {
    Exact(Arc<str>),
    Prefix(Arc<str>),
    Regex(Arc<str>),
}

#[derive(Default)]
struct Edit {
    leave: HashSet<Arc<str>>,
    join: Vec<Candidate>,
}

impl VirtualHost {
    /// The best-ranked match that takes the request.
    pub(crate) fn find<V: RequestView>(&self, request: &Query<'_, V>) -> Option<&Candidate> {
        self.tiers.iter().find_map(|(_, tier)| tier.find(request))
    }

    /// All candidates in order of rank, with the first condition that each fails.
    pub(crate) fn judge<'t, V: RequestView>(
        &'t self,
        request: &Query<'_, V>,
    ) -> Vec<(&'t Candidate, Option<Failed<'t>>)> {
        let mut all: Vec<_> = self
            .candidates()
            .map(|candidate| (candidate, candidate.failed(request)))
            .collect();
        all.sort_by(|(a, _), (b, _)| a.rank.cmp(&b.rank));
        all
    }

    /// All candidates, in no order.
    pub(crate) fn candidates(&self) -> impl Iterator<Item = &Candidate> {
        self.tiers
            .iter()
            .flat_map(|(_, tier)| tier.groups())
            .flat_map(|group| group.iter())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tiers.is_empty()
    }

    /// The same host with some rules gone and others come.
    pub(crate) fn edited(&self, leave: &[Placement], join: &[Placement]) -> Self {
        let mut edits: HashMap<HostRank, HashMap<Slot, Edit>> = HashMap::new();
        for placement in leave {
            let tier = edits.entry(placement.host_rank()).or_default();
            for found in &placement.rule.matches {
                tier.entry(Slot::of(&found.path))
                    .or_default()
                    .leave
                    .insert(placement.rule.key.clone());
            }
        }
        for placement in join {
            let tier = edits.entry(placement.host_rank()).or_default();
            for index in 0..placement.rule.matches.len() {
                let slot = Slot::of(&placement.rule.matches[index].path);
                tier.entry(slot)
                    .or_default()
                    .join
                    .push(placement.candidate(index));
            }
        }
        let mut tiers = self.tiers.clone();
        for (rank, slots) in edits {
            let at = tiers.binary_search_by_key(&rank, |(rank, _)| *rank);
            let mut tier = at.map_or_else(|_| Tier::default(), |at| Tier::clone(&tiers[at].1));
            tier.edit(slots);
            match (at, tier.is_empty()) {
                (Ok(at), true) => drop(tiers.remove(at)),
                (Ok(at), false) => tiers[at].1 = Arc::new(tier),
                (Err(_), true) => {}
                (Err(at), false) => tiers.insert(at, (rank, Arc::new(tier))),
            }
        }
        Self { tiers }
    }
}

impl Placement {
    fn host_rank(&self) -> HostRank {
        HostRank::of(self.hostname.as_deref())
    }

    fn candidate(&self, index: usize) -> Candidate {
        let Self { rule, hostname } = self;
        let rank = Rank::of(
            &rule.ir,
            index,
            hostname.as_deref(),
            rule.route.clone(),
            rule.key.clone(),
        );
        Candidate::new(rank, rule.clone(), index)
    }
}

impl Slot {
    fn of(path: &PathPattern) -> Self {
        match path {
            PathPattern::Exact(value) => Self::Exact(value.clone()),
            PathPattern::Prefix(prefix) => Self::Prefix(prefix.clone()),
            PathPattern::Regex { pattern, .. } => Self::Regex(pattern.clone()),
        }
    }
}

impl Tier {
    fn find<V: RequestView>(&self, request: &Query<'_, V>) -> Option<&Candidate> {
        if !self.exact.is_empty()
            && let Some(found) = self
                .exact
                .get(request.path)
                .and_then(|group| group.find(request))
        {
            return Some(found);
        }
        self.find_expression(request)
            .or_else(|| self.find_prefix(request))
    }

    /// The best rank among all expressions that take the path: those of one length are ordered
    /// by their other conditions.
    fn find_expression<V: RequestView>(&self, request: &Query<'_, V>) -> Option<&Candidate> {
        let mut best: Option<&Candidate> = None;
        for expression in &self.expressions {
            if best.is_some_and(|best| best.rank.path < expression.rank) {
                break;
            }
            if expression.pattern.takes(request.path)
                && let Some(found) = expression.candidates.find(request)
                && best.is_none_or(|best| found.rank < best.rank)
            {
                best = Some(found);
            }
        }
        best
    }

    /// From the longest prefix on. Only depths that some prefix has are looked up, so a path of a
    /// thousand segments costs no more than the deepest prefix.
    fn find_prefix<V: RequestView>(&self, request: &Query<'_, V>) -> Option<&Candidate> {
        let path = request.path;
        let deepest = self.depths.len().checked_sub(1)?;
        if path.starts_with('/') {
            let mut ends: SmallVec<[usize; 16]> = SmallVec::new();
            let mut from = 1;
            while ends.len() < deepest && from <= path.len() {
                let rest = &path.as_bytes()[from..];
                let end = from + memchr::memchr(b'/', rest).unwrap_or(rest.len());
                ends.push(end);
                from = end + 1;
            }
            for (depth, end) in ends.iter().enumerate().rev() {
                if self.depths[depth + 1] > 0
                    && let Some(found) = self
                        .prefix
                        .get(&path[..*end])
                        .and_then(|group| group.find(request))
                {
                    return Some(found);
                }
            }
        }
        if self.depths[0] > 0 {
            self.prefix.get("")?.find(request)
        } else {
            None
        }
    }

    fn groups(&self) -> impl Iterator<Item = &Arc<Candidates>> {
        let expressions = self
            .expressions
            .iter()
            .map(|expression| &expression.candidates);
        self.exact
            .values()
            .chain(expressions)
            .chain(self.prefix.values())
    }

    fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.expressions.is_empty() && self.prefix.is_empty()
    }

    fn edit(&mut self, slots: HashMap<Slot, Edit>) {
        let reserve = slots.len();
        self.exact
            .reserve(if self.is_empty() { reserve } else { 0 });
        for (slot, edit) in slots {
            match slot {
                Slot::Exact(path) => edit_table(&mut self.exact, path, edit),
                Slot::Prefix(prefix) => {
                    let depth = memchr::memchr_iter(b'/', prefix.as_bytes()).count();
                    let before = self.prefix.len();
                    edit_table(&mut self.prefix, prefix, edit);
                    self.count_depth(depth, before);
                }
                Slot::Regex(pattern) => self.edit_expression(&pattern, edit),
            }
        }
        self.expressions.sort_by_key(|expression| expression.rank);
    }

    fn count_depth(&mut self, depth: usize, before: usize) {
        if self.depths.len() <= depth {
            self.depths.resize(depth + 1, 0);
        }
        self.depths[depth] = self.depths[depth] + self.prefix.len() - before;
        while self.depths.last() == Some(&0) {
            self.depths.pop();
        }
    }

    fn edit_expression(&mut self, pattern: &Arc<str>, edit: Edit) {
        let at = self.expressions.iter().position(
            |expression| matches!(&expression.pattern, PathPattern::Regex { pattern: known, .. } if known == pattern),
        );
        let old = at.map(|at| self.expressions.remove(at).candidates);
        let Some(candidates) = edit.apply(old.as_deref()) else {
            return;
        };
        let Some(first) = candidates.iter().next() else {
            return;
        };
        self.expressions.push(Expression {
            rank: first.rank.path,
            pattern: first.matched().path.clone(),
            candidates: Arc::new(candidates),
        });
    }
}

fn edit_table(table: &mut Table, key: Arc<str>, edit: Edit) {
    match edit.apply(table.get(&key).map(|group| &**group)) {
        Some(candidates) => {
            table.insert(key, Arc::new(candidates));
        }
        None => {
            table.remove(&key);
        }
    }
}

impl Edit {
    /// `None` if nobody is left.
    fn apply(self, old: Option<&Candidates>) -> Option<Candidates> {
        let stay = old
            .into_iter()
            .flat_map(Candidates::iter)
            .filter(|candidate| !self.leave.contains(&candidate.rule.key));
        let all: Vec<Candidate> = stay.cloned().chain(self.join).collect();
        (!all.is_empty()).then(|| Candidates::new(all))
    }
}
