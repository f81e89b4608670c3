//! What is wrong with a manifest, and where.

use granit_parser::{ErrorKind, Marker, ScanError};

use crate::limits::MAX_DEPTH;

/// Which kind of problem it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// The text is not UTF-8, not YAML, or YAML that has no meaning as JSON.
    NotYaml,
    /// A document is a list or a scalar.
    NotMapping,
    /// A key stands twice in one mapping; the last one counts.
    DuplicateKey,
    /// Nested deeper, or larger, than any object an API server takes.
    TooLarge,
}

/// One problem. Except after [`ProblemKind::DuplicateKey`] the document is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which kind of problem it is.
    pub kind: ProblemKind,
    /// What is wrong.
    pub message: String,
    /// What to do, if that can be said.
    pub help: Option<&'static str>,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
}

impl Problem {
    pub(crate) fn new(kind: ProblemKind, at: Marker, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            help: None,
            line: narrow(at.line()),
            column: narrow(at.col() + 1),
        }
    }

    pub(crate) fn too_deep(at: Marker) -> Self {
        let message = format!("nested more than {MAX_DEPTH} deep");
        Self::new(ProblemKind::TooLarge, at, message)
            .help("no object is: see whether a bracket or the indentation is wrong")
    }

    pub(crate) fn help(mut self, help: &'static str) -> Self {
        self.help = Some(help);
        self
    }

    /// The same problem in a text that begins `lines` lines further down.
    pub(crate) fn below(mut self, lines: u32) -> Self {
        self.line = self.line.saturating_add(lines);
        self
    }
}

impl From<ScanError> for Problem {
    fn from(error: ScanError) -> Self {
        if let ErrorKind::RecursionLimitExceeded = error.kind() {
            return Self::too_deep(*error.marker());
        }
        Self {
            help: way_out(error.kind()),
            ..Self::new(ProblemKind::NotYaml, *error.marker(), error.info())
        }
    }
}

/// What most likely mends it.
fn way_out(kind: &ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation => "indent with spaces, not with tabs",
        ErrorKind::MappingValueNotAllowed => {
            "text with \": \" in it needs quotes; or a line break is missing"
        }
        ErrorKind::UnclosedQuotedScalar => "close the quotes",
        ErrorKind::UnclosedFlowCollection { .. } => "close the bracket",
        ErrorKind::InvalidIndentation
        | ErrorKind::InvalidSimpleKey
        | ErrorKind::SimpleKeyExpected
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry => "indent the line like the one it belongs to",
        ErrorKind::UnexpectedCharacter { .. } | ErrorKind::MissingAnchorOrAliasName => {
            "text that begins with this character needs quotes"
        }
        ErrorKind::CommentNotSeparated => "put a blank before the #",
        ErrorKind::UnknownQuotedScalarEscape => "in double quotes a backslash is written twice",
        _ => return None,
    })
}

/// Lines, columns and offsets fit: texts are limited to [`crate::MAX_TEXT`].
pub(crate) fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
