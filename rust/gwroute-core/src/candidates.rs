//! Matches that share one path condition, in order of rank, and the index that keeps a thousand
//! of them as cheap as one.

use std::sync::Arc;

use hashbrown::HashMap;
use http::HeaderName;

use crate::matcher::{self, Failed, ValuePattern};
use crate::rank::Rank;
use crate::rule::{Match, Rule};
use crate::vhost::Query;
use crate::view::RequestView;

/// Up to so many are compared one by one; measured to be where the index begins to pay.
const SCANNED: usize = 8;

/// One match of one rule, where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) rank: Rank,
    pub(crate) rule: Arc<Rule>,
    pub(crate) index: usize,
    /// Whether there are conditions besides the path.
    has_predicates: bool,
}

impl Candidate {
    pub(crate) fn new(rank: Rank, rule: Arc<Rule>, index: usize) -> Self {
        Self {
            has_predicates: !rule.matches[index].predicates.is_empty(),
            rank,
            rule,
            index,
        }
    }

    pub(crate) fn matched(&self) -> &Match {
        &self.rule.matches[self.index]
    }

    /// The first condition that the request does not meet, the path included.
    pub(crate) fn failed<V: RequestView>(&self, request: &Query<'_, V>) -> Option<Failed<'_>> {
        if !self.matched().path.takes(request.path) {
            return Some(Failed::Path);
        }
        self.failed_predicate(request, None)
    }

    fn failed_predicate<V: RequestView>(
        &self,
        request: &Query<'_, V>,
        held: Option<usize>,
    ) -> Option<Failed<'_>> {
        // Without a look at the rule.
        if !self.has_predicates {
            return None;
        }
        self.matched()
            .predicates
            .failed(request.request, request.path, request.query, held)
    }
}

/// Candidates in order of rank.
#[derive(Debug)]
pub(crate) struct Candidates {
    all: Box<[Candidate]>,
    index: Option<Box<Index>>,
}

/// Candidates, divided by one condition that must hold for each.
#[derive(Debug, Default)]
struct Index {
    headers: Vec<(HeaderName, ByValue)>,
    query_params: Vec<(Box<str>, ByValue)>,
    /// Those with no exact condition to divide them by.
    others: Vec<Member>,
}

#[derive(Debug, Clone, Copy)]
struct Member {
    /// In `Candidates::all`.
    position: u32,
    /// Index of the header condition by which the candidate was found, and which thus holds.
    header: Option<u32>,
}

type ByValue = HashMap<Box<[u8]>, Vec<Member>, foldhash::fast::RandomState>;

impl Candidates {
    pub(crate) fn new(mut all: Vec<Candidate>) -> Self {
        all.sort_by(|a, b| a.rank.cmp(&b.rank));
        let index = (all.len() > SCANNED).then(|| Box::new(Index::new(&all)));
        let all = all.into_boxed_slice();
        Self { all, index }
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Candidate> {
        self.all.iter()
    }

    /// The first whose conditions hold; the path is known to fit.
    pub(crate) fn find<V: RequestView>(&self, request: &Query<'_, V>) -> Option<&Candidate> {
        match &self.index {
            None => self
                .all
                .iter()
                .find(|candidate| candidate.failed_predicate(request, None).is_none()),
            Some(index) => index.find(&self.all, request),
        }
    }
}

impl Index {
    fn new(all: &[Candidate]) -> Self {
        let popularity = Popularity::of(all);
        let mut index = Self::default();
        for (position, candidate) in (0..).zip(all) {
            let (group, header) = index.group_for(candidate, &popularity);
            group.push(Member { position, header });
            // Nothing behind a match without conditions is ever reached.
            if !candidate.has_predicates {
                break;
            }
        }
        index
    }

    /// The group of the rarest exact condition, so that groups stay small, and the index of that
    /// condition if it is one on a header.
    fn group_for(
        &mut self,
        candidate: &Candidate,
        popularity: &Popularity<'_>,
    ) -> (&mut Vec<Member>, Option<u32>) {
        let predicates = &candidate.matched().predicates;
        let headers = (0..).zip(&predicates.headers).filter_map(|(i, header)| {
            let ValuePattern::Exact(value) = &header.pattern else {
                return None;
            };
            let count = popularity.headers[&(&header.name, &**value)];
            Some((count, i, &header.name, value))
        });
        let query_params = predicates.query_params.iter().filter_map(|param| {
            let ValuePattern::Exact(value) = &param.pattern else {
                return None;
            };
            Some((
                popularity.query_params[&(&*param.name, &**value)],
                param,
                value,
            ))
        });
        let header = headers.min_by_key(|(count, ..)| *count);
        let query_param = query_params.min_by_key(|(count, ..)| *count);
        match (header, query_param) {
            (Some((rare, ..)), Some((rarer, param, value))) if rarer < rare => {
                (group(&mut self.query_params, &param.name, value), None)
            }
            (None, Some((_, param, value))) => {
                (group(&mut self.query_params, &param.name, value), None)
            }
            (Some((_, i, name, value)), _) => (group(&mut self.headers, name, value), Some(i)),
            (None, None) => (&mut self.others, None),
        }
    }

    fn find<'c, V: RequestView>(
        &self,
        all: &'c [Candidate],
        request: &Query<'_, V>,
    ) -> Option<&'c Candidate> {
        let mut best = u32::MAX;
        let holds = |entry: &&Member| {
            let held = entry.header.map(|i| i as usize);
            let candidate = &all[entry.position as usize];
            candidate.failed_predicate(request, held).is_none()
        };
        let mut look = |group: &[Member]| {
            let mut better = group.iter().take_while(|entry| entry.position < best);
            if let Some(found) = better.find(holds) {
                best = found.position;
            }
        };
        for (name, by_value) in &self.headers {
            if let Some(group) =
                matcher::header_value(request.request, name).and_then(|value| by_value.get(&*value))
            {
                look(group);
            }
        }
        for (name, by_value) in &self.query_params {
            if let Some(group) =
                matcher::query_value(request.query, name).and_then(|value| by_value.get(&*value))
            {
                look(group);
            }
        }
        look(&self.others);
        all.get(best as usize)
    }
}

/// How many candidates share an exact condition.
#[derive(Default)]
struct Popularity<'c> {
    headers: HashMap<(&'c HeaderName, &'c str), usize>,
    query_params: HashMap<(&'c str, &'c str), usize>,
}

impl<'c> Popularity<'c> {
    fn of(all: &'c [Candidate]) -> Self {
        let mut popularity = Self::default();
        for candidate in all {
            let predicates = &candidate.matched().predicates;
            for header in &predicates.headers {
                if let ValuePattern::Exact(value) = &header.pattern {
                    *popularity.headers.entry((&header.name, value)).or_default() += 1;
                }
            }
            for param in &predicates.query_params {
                if let ValuePattern::Exact(value) = &param.pattern {
                    *popularity
                        .query_params
                        .entry((&param.name, value))
                        .or_default() += 1;
                }
            }
        }
        popularity
    }
}

fn group<'i, N: Clone + PartialEq>(
    names: &'i mut Vec<(N, ByValue)>,
    name: &N,
    value: &str,
) -> &'i mut Vec<Member> {
    let at = names
        .iter()
        .position(|(known, _)| known == name)
        .unwrap_or_else(|| {
            names.push((name.clone(), ByValue::default()));
            names.len() - 1
        });
    names[at].1.entry(value.as_bytes().into()).or_default()
}
