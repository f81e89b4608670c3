//! What a schema asks of one value, apart from its rules.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use regex::Regex;
use serde_json::Value;
use smallvec::{SmallVec, smallvec};

use crate::node::Node;
use crate::part::Part;
use crate::violation::Class;

/// One keyword of a schema. It says nothing of values of another type than it is about.
#[derive(Debug)]
pub(crate) enum Check {
    Required(Box<[Box<str>]>),
    /// Strings or integers.
    Enum(Box<[Value]>),
    Pattern(Arc<Regex>),
    Format(Format),
    MinLength(usize),
    MaxLength(usize),
    Minimum(f64),
    Maximum(f64),
    MinItems(usize),
    MaxItems(usize),
    MaxProperties(usize),
    /// No two equal items.
    Set,
    /// No two items with equal values of these fields.
    Keys(Box<[Box<str>]>),
    OneOf(Box<[Part]>),
    AnyOf(Box<[Part]>),
    Not(Box<Part>),
}

/// Formats that are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Int32,
    Int64,
    Ipv4,
    Ipv6,
}

/// A part of a value that fails a check: which, and why.
pub(crate) struct Fault<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) message: String,
}

/// Where in the checked value.
pub(crate) enum Place<'a> {
    Here,
    Field(&'a str),
    Index(usize),
}

impl Check {
    pub(crate) fn class(&self) -> Class {
        match self {
            Self::Required(_) => Class::Required,
            Self::Enum(_) => Class::Enum,
            Self::Pattern(_) | Self::Format(Format::Ipv4 | Format::Ipv6) => Class::Pattern,
            Self::MinLength(_) | Self::MaxLength(_) => Class::Length,
            Self::Minimum(_) | Self::Maximum(_) | Self::Format(_) => Class::Range,
            Self::MinItems(_) | Self::MaxItems(_) | Self::MaxProperties(_) => Class::Size,
            Self::Set | Self::Keys(_) => Class::Duplicate,
            Self::OneOf(_) | Self::AnyOf(_) | Self::Not(_) => Class::Combination,
        }
    }

    /// Calls `report` for everything about `node` that fails this check.
    pub(crate) fn run<'a>(&'a self, node: &Node, report: &mut dyn FnMut(Fault<'a>)) {
        match (self, node) {
            (Self::Required(names), Node::Map(map)) => {
                for name in names.iter().filter(|name| map.find(name).is_none()) {
                    let place = Place::Field(name);
                    let message = "is required".into();
                    report(Fault { place, message });
                }
            }
            (Self::Set | Self::Keys(_), Node::List(list)) => {
                for (index, first) in self.duplicates(list.items()) {
                    let place = Place::Index(index);
                    let message = format!("is the same as entry {first}{}", self.by());
                    report(Fault { place, message });
                }
            }
            _ => {
                if let Some(message) = self.fault(node) {
                    let place = Place::Here;
                    report(Fault { place, message });
                }
            }
        }
    }

    /// What is wrong with the value itself.
    fn fault(&self, node: &Node) -> Option<String> {
        match (self, node) {
            (Self::MinItems(min), Node::List(list)) => {
                let size = list.items().len();
                (size < *min).then(|| format!("must have at least {min} entries, has {size}"))
            }
            (Self::MaxItems(max), Node::List(list)) => {
                let size = list.items().len();
                (size > *max).then(|| format!("must have at most {max} entries, has {size}"))
            }
            (Self::MaxProperties(max), Node::Map(map)) => {
                let size = map.len();
                (size > *max).then(|| format!("must have at most {max} entries, has {size}"))
            }
            (Self::Enum(values), node) => (!values.iter().any(|value| node.is(value)))
                .then(|| format!("must be one of {}, is {}", listed(values), node.shown())),
            (Self::OneOf(parts), node) => {
                let accepting = parts.iter().filter(|part| part.accepts(node)).count();
                (accepting != 1).then(|| "has values that do not go together".into())
            }
            (Self::AnyOf(parts), node) => (!parts.iter().any(|part| part.accepts(node)))
                .then(|| "has values that do not go together".into()),
            (Self::Not(part), node) => part
                .accepts(node)
                .then(|| "has a value that is not allowed".into()),
            (check, Node::Text(text)) => check.text_fault(text.inner()),
            (check, node) => check.number_fault(node.number()?),
        }
    }

    fn text_fault(&self, text: &str) -> Option<String> {
        match self {
            Self::Pattern(pattern) => (!pattern.is_match(text))
                .then(|| format!("must match {}, is {}", pattern.as_str(), quoted(text))),
            Self::Format(Format::Ipv4) => text
                .parse::<Ipv4Addr>()
                .is_err()
                .then(|| format!("must be an IPv4 address, is {}", quoted(text))),
            Self::Format(Format::Ipv6) => text
                .parse::<Ipv6Addr>()
                .is_err()
                .then(|| format!("must be an IPv6 address, is {}", quoted(text))),
            Self::MinLength(min) => {
                let length = text.chars().count();
                (length < *min)
                    .then(|| format!("must have at least {min} characters, has {length}"))
            }
            Self::MaxLength(max) => {
                let length = text.chars().count();
                (length > *max).then(|| format!("must have at most {max} characters, has {length}"))
            }
            _ => None,
        }
    }

    fn number_fault(&self, number: f64) -> Option<String> {
        match self {
            Self::Minimum(min) => {
                (number < *min).then(|| format!("must be at least {min}, is {number}"))
            }
            Self::Maximum(max) => {
                (number > *max).then(|| format!("must be at most {max}, is {number}"))
            }
            Self::Format(Format::Int32) => (number != f64::from(number as i32))
                .then(|| format!("must fit into 32 bits, is {number}")),
            _ => None,
        }
    }

    /// Items that were there before, each with the index of the first one like it.
    fn duplicates(&self, items: &[Node]) -> Vec<(usize, usize)> {
        if items.len() < 2 {
            return Vec::new();
        }
        let mut seen = HashMap::with_capacity(items.len());
        let mut found = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match seen.entry(self.identity(item)) {
                Entry::Occupied(first) => found.push((index, *first.get())),
                Entry::Vacant(free) => {
                    free.insert(index);
                }
            }
        }
        found
    }

    /// What makes an item itself; nearly always one string.
    fn identity<'n>(&self, item: &'n Node) -> Cow<'n, str> {
        let values: SmallVec<[Option<&Node>; 2]> = match (self, item) {
            (Self::Keys(keys), Node::Map(map)) => keys.iter().map(|key| map.find(key)).collect(),
            _ => smallvec![Some(item)],
        };
        match values[..] {
            [Some(Node::Text(text))] => Cow::Borrowed(text.inner()),
            _ => Cow::Owned(format!("{values:?}")),
        }
    }

    fn by(&self) -> String {
        match self {
            Self::Keys(keys) => format!(" by {}", keys.join(" and ")),
            _ => String::new(),
        }
    }
}

fn listed(values: &[Value]) -> String {
    let named = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    values.iter().map(named).collect::<Vec<_>>().join(", ")
}

impl Node {
    fn is(&self, value: &Value) -> bool {
        match self {
            Self::Text(text) => value.as_str() == Some(text.inner()),
            Self::Int(number) => value.as_i64() == Some(*number.inner()),
            _ => false,
        }
    }

    /// A user's value in a message.
    fn shown(&self) -> String {
        match self {
            Self::Text(text) => quoted(text.inner()),
            Self::Int(number) => number.inner().to_string(),
            other => other.kind().into(),
        }
    }
}

/// A user's string in a message: quoted, and not longer than a line.
fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", &text[..end]),
    }
}
