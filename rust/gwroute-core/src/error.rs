//! What a snapshot may not contain, with the path to it.

use std::fmt;

/// A snapshot, or a delta, that cannot be compiled.
///
/// `Display` names the place in the document (`rules[3].matches[0].path`) and what is wrong
/// there. Resolution never produces such a snapshot; a hand-made one may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    path: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Json(String),
    Schema(u32),
    Regex { pattern: String, message: String },
    Unknown { what: &'static str, name: String },
    Duplicate { what: &'static str, name: String },
    Invalid { what: &'static str, value: String },
    Missing { what: &'static str },
}

impl Error {
    pub(crate) fn json(error: &serde_json::Error) -> Self {
        Self {
            path: String::new(),
            kind: Kind::Json(error.to_string()),
        }
    }

    pub(crate) fn schema(found: u32) -> Self {
        Self {
            path: "schema".into(),
            kind: Kind::Schema(found),
        }
    }

    pub(crate) fn regex(pattern: &str, error: &regex::Error) -> Self {
        let message = match error {
            regex::Error::CompiledTooBig(limit) => {
                format!("compiles to more than {limit} bytes")
            }
            // The library draws the pattern over several lines; the last one says why.
            other => other
                .to_string()
                .lines()
                .last()
                .unwrap_or_default()
                .trim()
                .to_owned(),
        };
        Self {
            path: String::new(),
            kind: Kind::Regex {
                pattern: pattern.to_owned(),
                message,
            },
        }
    }

    pub(crate) fn unknown(what: &'static str, name: &str) -> Self {
        Self {
            path: String::new(),
            kind: Kind::Unknown {
                what,
                name: name.to_owned(),
            },
        }
    }

    pub(crate) fn duplicate(what: &'static str, name: &str) -> Self {
        Self {
            path: String::new(),
            kind: Kind::Duplicate {
                what,
                name: name.to_owned(),
            },
        }
    }

    pub(crate) fn invalid(what: &'static str, value: &str) -> Self {
        Self {
            path: String::new(),
            kind: Kind::Invalid {
                what,
                value: value.to_owned(),
            },
        }
    }

    pub(crate) fn missing(what: &'static str) -> Self {
        Self {
            path: String::new(),
            kind: Kind::Missing { what },
        }
    }

    /// The same error, one level further up in the document.
    pub(crate) fn under(mut self, parent: impl fmt::Display) -> Self {
        self.path = if self.path.is_empty() {
            parent.to_string()
        } else if self.path.starts_with('[') {
            format!("{parent}{}", self.path)
        } else {
            format!("{parent}.{}", self.path)
        };
        self
    }

    /// Where in the document: `rules[3].matches[0].path`; empty if the document as a whole is
    /// not readable.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether a regular expression is what does not compile.
    pub fn is_regex(&self) -> bool {
        matches!(self.kind, Kind::Regex { .. })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        match &self.kind {
            Kind::Json(message) => write!(f, "not a snapshot: {message}"),
            Kind::Schema(found) => {
                write!(
                    f,
                    "schema {found} is not {}, which this build reads",
                    crate::ir::SCHEMA
                )
            }
            Kind::Regex { pattern, message } => {
                write!(
                    f,
                    "regular expression `{pattern}` does not compile: {message}"
                )
            }
            Kind::Unknown { what, name } => write!(f, "no {what} `{name}` in the snapshot"),
            Kind::Duplicate { what, name } => write!(f, "two {what}s with the key `{name}`"),
            Kind::Invalid { what, value } => write!(f, "`{value}` is no valid {what}"),
            Kind::Missing { what } => write!(f, "at least one {what} is needed"),
        }
    }
}

impl std::error::Error for Error {}
