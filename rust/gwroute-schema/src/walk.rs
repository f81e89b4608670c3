//! A shaped object against its schema.

use crate::check::{Check, Fault, Place};
use crate::node::{List, Map, Node};
use crate::part::{Kind, Part};
use crate::rule::{Scope, Verdict};
use crate::violation::{At, Channels, Class, Violation};

/// One object is said no more of than this.
const MOST: usize = 100;

/// A walk through one object.
pub(crate) struct Walk {
    scope: Scope,
    found: Vec<Violation>,
}

impl Walk {
    /// Everything that is wrong with an object.
    pub(crate) fn violations(part: &Part, node: &Node, channels: Channels) -> Vec<Violation> {
        let scope = Scope::new();
        let found = Vec::new();
        let mut walk = Self { scope, found };
        walk.part(part, node, &At::ROOT, channels);
        walk.found
    }

    /// Checks a value and all in it.
    ///
    /// Returns the channels for which it is sound enough to evaluate rules over it.
    fn part(&mut self, part: &Part, node: &Node, at: &At<'_>, channels: Channels) -> Channels {
        if !part.kind.fits(node) {
            let message = format!("must be of type {}, is {}", part.kind.name(), node.kind());
            self.report(Class::Type, at, message, channels);
            return Channels::NONE;
        }
        let mut sound = match node {
            Node::Map(map) => self.fields(part, map, at, channels),
            Node::List(list) => self.items(part, list, at, channels),
            _ => channels,
        };
        for (of, check) in &part.checks {
            sound = sound.without(self.check(check, node, at, channels.and(*of)));
        }
        self.rules(part, node, at, sound);
        sound
    }

    fn fields(&mut self, part: &Part, map: &Map, at: &At<'_>, channels: Channels) -> Channels {
        let mut unsound = Channels::NONE;
        for (name, node) in map.entries() {
            let (part, at) = match (part.properties.get(name), &part.additional) {
                (Some(part), _) => (part, at.field(name)),
                (None, Some(part)) => (&**part, at.key(name)),
                (None, None) => continue,
            };
            let here = channels.and(part.channels);
            let missing = channels.without(here);
            if !missing.is_empty() {
                let message = "is a field that the standard channel drops".into();
                self.report(Class::Experimental, &at, message, missing);
            }
            unsound = unsound.or(here.without(self.part(part, node, &at, here)));
        }
        channels.without(unsound)
    }

    fn items(&mut self, part: &Part, list: &List, at: &At<'_>, channels: Channels) -> Channels {
        let Some(part) = &part.items else {
            return channels;
        };
        let mut sound = channels;
        for (index, node) in list.items().iter().enumerate() {
            sound = sound.and(self.part(part, node, &at.index(index), channels));
        }
        sound
    }

    /// Returns the channels whose rules are not to be evaluated because of what was found.
    fn check(&mut self, check: &Check, node: &Node, at: &At<'_>, channels: Channels) -> Channels {
        if channels.is_empty() {
            return Channels::NONE;
        }
        let class = check.class();
        let mut blocked = Channels::NONE;
        check.run(node, &mut |Fault { place, message }| {
            if class.blocks_rules() {
                blocked = channels;
            }
            match place {
                Place::Here => self.report(class, at, message, channels),
                Place::Field(name) => self.report(class, &at.field(name), message, channels),
                Place::Index(index) => self.report(class, &at.index(index), message, channels),
            }
        });
        blocked
    }

    fn rules(&mut self, part: &Part, node: &Node, at: &At<'_>, channels: Channels) {
        if part.rules.is_empty() || channels.is_empty() {
            return;
        }
        self.scope.point_to(node);
        for (of, rule) in &part.rules {
            let channels = channels.and(*of);
            if channels.is_empty() {
                continue;
            }
            let message = match rule.verdict(&self.scope) {
                Verdict::Holds | Verdict::Transition => continue,
                Verdict::Fails => rule.message.to_string(),
                Verdict::Error(error) => format!("{} ({error})", rule.message),
            };
            self.report(Class::Rule, at, message, channels);
            if let Some(last) = self.found.last_mut() {
                last.rule = Some(rule.text.clone());
            }
        }
    }

    fn report(&mut self, class: Class, at: &At<'_>, message: String, channels: Channels) {
        if self.found.len() < MOST {
            self.found.push(Violation {
                path: at.to_string(),
                class,
                message,
                rule: None,
                channels,
            });
        }
    }
}

impl Part {
    /// Whether a value fulfils a schema without rules.
    pub(crate) fn accepts(&self, node: &Node) -> bool {
        let fulfils = |check: &Check| {
            let mut faults = 0;
            check.run(node, &mut |_| faults += 1);
            faults == 0
        };
        self.kind.fits(node)
            && self.checks.iter().all(|(_, check)| fulfils(check))
            && match node {
                Node::Map(map) => map.entries().all(|(name, node)| {
                    self.properties
                        .get(name)
                        .is_none_or(|part| part.accepts(node))
                }),
                _ => true,
            }
    }
}

impl Kind {
    fn fits(self, node: &Node) -> bool {
        match self {
            Self::Any => true,
            Self::Object => matches!(node, Node::Map(_)),
            Self::Array => matches!(node, Node::List(_)),
            Self::String => matches!(node, Node::Text(_)),
            Self::Integer => matches!(node, Node::Int(_)),
            Self::Number => matches!(node, Node::Int(_) | Node::Double(_)),
            Self::Boolean => matches!(node, Node::Bool(_)),
        }
    }
}
