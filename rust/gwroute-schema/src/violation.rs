//! What is wrong with an object, and where.

use std::fmt;
use std::sync::Arc;

/// Release channels of an API, as a set: whose schema says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channels(u8);

impl Channels {
    /// The standard channel alone.
    pub const STANDARD: Self = Self(1);
    /// The experimental channel alone.
    pub const EXPERIMENTAL: Self = Self(2);
    /// Both channels.
    pub const BOTH: Self = Self(3);
    pub(crate) const NONE: Self = Self(0);

    /// The channels in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The channels of this set that the other does not have.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the set has no channel.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// The kind of a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A required field is missing.
    Required,
    /// A value of another type.
    Type,
    /// None of the values allowed.
    Enum,
    /// A string that does not match its pattern or format.
    Pattern,
    /// A string that is too long or too short.
    Length,
    /// A number that is too large or too small.
    Range,
    /// A list or mapping with too many or too few entries.
    Size,
    /// Two entries of a list that must differ.
    Duplicate,
    /// Values that do not go together, by the schema's structure.
    Combination,
    /// A rule does not hold.
    Rule,
    /// A field of the experimental channel, which the standard one drops. No refusal.
    Experimental,
}

impl Class {
    /// The name of the class, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Type => "type",
            Self::Enum => "enum",
            Self::Pattern => "pattern",
            Self::Length => "length",
            Self::Range => "range",
            Self::Size => "size",
            Self::Duplicate => "duplicate",
            Self::Combination => "combination",
            Self::Rule => "rule",
            Self::Experimental => "experimental",
        }
    }

    /// Whether an API server evaluates no rule over a value with such a violation.
    pub(crate) const fn blocks_rules(self) -> bool {
        matches!(
            self,
            Self::Required | Self::Type | Self::Enum | Self::Length | Self::Size
        )
    }
}

/// One thing that is wrong with an object.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The field: `spec.rules[1].matches[0].path.value`; empty for the object as a whole.
    pub path: String,
    /// What sort of violation it is.
    pub class: Class,
    /// What the value must be, or the message of the rule.
    pub message: String,
    /// The rule that does not hold, in CEL.
    pub rule: Option<Arc<str>>,
    /// The channels whose schema is violated.
    pub channels: Channels,
}

/// A place in an object while it is walked; written out only if there is something to say.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    parent: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Field(&'a str),
    Key(&'a str),
    Index(usize),
}

impl<'a> At<'a> {
    pub(crate) const ROOT: Self = Self {
        parent: None,
        step: Step::Root,
    };

    pub(crate) fn field(&'a self, name: &'a str) -> Self {
        self.then(Step::Field(name))
    }

    /// An entry of a mapping whose keys are the user's.
    pub(crate) fn key(&'a self, key: &'a str) -> Self {
        self.then(Step::Key(key))
    }

    pub(crate) fn index(&'a self, index: usize) -> Self {
        self.then(Step::Index(index))
    }

    fn then(&'a self, step: Step<'a>) -> Self {
        let parent = Some(self);
        Self { parent, step }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Field(name) if self.parent.is_some_and(|at| matches!(at.step, Step::Root)) => {
                f.write_str(name)
            }
            Step::Field(name) => write!(f, ".{name}"),
            Step::Key(key) => write!(f, "[{key}]"),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}
