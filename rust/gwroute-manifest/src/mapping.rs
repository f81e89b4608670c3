//! The entries of one mapping: keys that come twice, nulls, and what `<<` merges in.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;

use granit_parser::{Event, Marker, Span};
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::document::{Head, Reader};
use crate::json;
use crate::limits::MAX_PROBLEMS;
use crate::problem::{Problem, ProblemKind};

/// Mappings with more keys than this look for double ones in a set.
const FEW: usize = 16;

/// A mapping that is being read.
pub(crate) struct Open {
    /// Where it begins in the JSON.
    start: usize,
    /// Its first entry.
    first: usize,
    /// Whether its JSON is not simply its entries one after the other.
    rewrite: bool,
    /// Its keys, once there are many.
    seen: HashSet<Box<str>>,
}

/// A key and, once it was read, its value: where they stand in the JSON.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    key: Range<usize>,
    value: Range<usize>,
    /// The key is `<<`.
    merge: bool,
    /// The value is null, and nulls are dropped.
    dropped: bool,
    at: Marker,
}

impl Entry {
    /// The key without its quotes.
    pub(crate) fn text(&self) -> Range<usize> {
        self.key.start + 1..self.key.end - 1
    }
}

impl<'t> Reader<'t> {
    pub(crate) fn open_mapping(&mut self) -> Open {
        let start = self.out.len();
        self.out.push('{');
        Open {
            start,
            first: self.entries.len(),
            rewrite: false,
            seen: HashSet::new(),
        }
    }

    pub(crate) fn open_entry(
        &mut self,
        mapping: &Open,
        event: Event<'t>,
        span: &Span,
    ) -> Result<Entry, Problem> {
        if self.out.len() > mapping.start + 1 {
            self.out.push(',');
        }
        let start = self.out.len();
        let merge = self.key(event, span.start)?;
        let key = start..self.out.len();
        self.out.push(':');
        let value = self.out.len()..self.out.len();
        Ok(Entry {
            key,
            value,
            merge,
            dropped: false,
            at: span.start,
        })
    }

    pub(crate) fn close_entry(
        &mut self,
        mapping: &mut Open,
        mut entry: Entry,
        drop: bool,
    ) -> Result<(), Problem> {
        entry.value.end = self.out.len();
        entry.dropped = drop;
        if entry.merge {
            self.check_merge(&entry)?;
        } else if self.is_double(mapping, &entry) {
            self.note_double(mapping, &entry);
        }
        mapping.rewrite |= entry.merge || entry.dropped;
        self.entries.push(entry);
        Ok(())
    }

    /// Whether the key was there before.
    fn is_double(&self, mapping: &mut Open, entry: &Entry) -> bool {
        let key = &self.out[entry.key.clone()];
        let before = &self.entries[mapping.first..];
        if before.len() < FEW {
            return before
                .iter()
                .any(|other| self.out[other.key.clone()] == *key);
        }
        if mapping.seen.is_empty() {
            let keys = before
                .iter()
                .map(|other| self.out[other.key.clone()].into());
            mapping.seen.extend(keys);
        }
        !mapping.seen.insert(key.into())
    }

    fn note_double(&mut self, mapping: &mut Open, entry: &Entry) {
        mapping.rewrite = true;
        if self.problems.len() < MAX_PROBLEMS {
            let message = format!(
                "key {} is written twice; the last one counts",
                &self.out[entry.key.clone()]
            );
            let problem = Problem::new(ProblemKind::DuplicateKey, entry.at, message);
            self.problems.push(problem.help("remove one of them"));
        }
    }

    fn check_merge(&self, entry: &Entry) -> Result<(), Problem> {
        match merged(&self.out[entry.value.clone()]) {
            Some(_) => Ok(()),
            None => Err(Problem::new(
                ProblemKind::NotYaml,
                entry.at,
                "<< merges a mapping or a list of mappings",
            )),
        }
    }

    /// What the mapping says it is.
    pub(crate) fn head(&self, mapping: &Open) -> Head {
        let text = |key: &str| -> Option<String> {
            let entry = self.entries[mapping.first..]
                .iter()
                .rfind(|entry| self.out[entry.text()] == *key)?;
            serde_json::from_str(&self.out[entry.value.clone()]).ok()
        };
        Head {
            api_version: text("apiVersion"),
            kind: text("kind"),
        }
    }

    pub(crate) fn close_mapping(&mut self, mapping: &Open) {
        if mapping.rewrite {
            let entries = self.entries.split_off(mapping.first);
            let text = rewritten(&self.out, &entries);
            self.out.truncate(mapping.start + 1);
            self.out.push_str(&text);
        }
        self.entries.truncate(mapping.first);
        self.out.push('}');
    }
}

/// The entries that count, each in the place of its key, a merge over what stood before it: the
/// order in which go-yaml does it.
fn rewritten(out: &str, entries: &[Entry]) -> String {
    let mut kept: Vec<(String, &str)> = Vec::with_capacity(entries.len());
    let mut index: HashMap<String, usize> = HashMap::new();
    let mut set = |key: String, value| match index.get(&key) {
        Some(&at) => kept[at].1 = value,
        None => {
            index.insert(key.clone(), kept.len());
            kept.push((key, value));
        }
    };
    for entry in entries {
        let value = &out[entry.value.clone()];
        if entry.merge {
            for (key, value) in merged(value).unwrap_or_default() {
                set(key, value);
            }
        } else if entry.dropped {
            set(out[entry.key.clone()].to_owned(), "");
        } else {
            set(out[entry.key.clone()].to_owned(), value);
        }
    }
    let kept = kept.iter().filter(|(_, value)| !value.is_empty());
    let kept: Vec<String> = kept.map(|(key, value)| format!("{key}:{value}")).collect();
    kept.join(",")
}

/// The entries of a mapping, or of all mappings of a list, the first of them strongest.
fn merged(json: &str) -> Option<Vec<(String, &str)>> {
    if json.starts_with('{') {
        return serde_json::from_str(json)
            .ok()
            .map(|Entries(entries)| entries);
    }
    let lists: Vec<Entries<'_>> = serde_json::from_str(json).ok()?;
    Some(
        lists
            .into_iter()
            .rev()
            .flat_map(|Entries(entries)| entries)
            .collect(),
    )
}

/// Keys with their quotes, values as they stand.
struct Entries<'a>(Vec<(String, &'a str)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
            let mut quoted = String::new();
            json::text(&mut quoted, &key);
            entries.push((quoted, value.get()));
        }
        Ok(Entries(entries))
    }
}
