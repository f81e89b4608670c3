//! Where in an object a value stands, as far as reading treats places differently.

use crate::document::Mode;

/// A place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// The object itself.
    Root,
    Spec,
    /// `spec.rules`
    Rules,
    Rule,
    /// `spec.rules[].matches`
    Matches,
    /// `items` of a list of objects.
    Items,
    /// A patch: in it, null means that a field is to be removed.
    AsWritten,
    Other,
}

impl Room {
    /// The place of the value of a key.
    pub(crate) fn child(self, key: &str, mode: Mode) -> Self {
        match (self, key) {
            (Self::AsWritten, _) | (_, "patch") => Self::AsWritten,
            (Self::Root, "spec") => Self::Spec,
            (Self::Root, "items") if mode != Mode::Written => Self::Items,
            (Self::Spec, "rules") => Self::Rules,
            (Self::Rule, "matches") => Self::Matches,
            _ => Self::Other,
        }
    }

    /// The place of an element of a list.
    pub(crate) fn element(self) -> Self {
        match self {
            Self::AsWritten => Self::AsWritten,
            Self::Rules => Self::Rule,
            _ => Self::Other,
        }
    }
}
