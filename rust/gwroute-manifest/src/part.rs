//! What was read, as it is handed out.

use std::ops::Range;

use crate::document::{Head, Reader};
use crate::split::Chunk;
use crate::{Origin, Problem};

/// What a stretch of a text held.
#[derive(Debug, Default)]
pub struct Part {
    /// Which of the texts.
    pub source: usize,
    /// The objects in JSON, one after the other.
    pub json: String,
    /// The objects, in the order of the text.
    pub documents: Vec<Document>,
    /// What was wrong, in the order of the text.
    pub problems: Vec<Problem>,
}

/// One object.
#[derive(Debug)]
pub struct Document {
    /// Where in [`Part::json`] it stands.
    pub json: Range<usize>,
    /// `apiVersion`; None if there is none, or it is no text.
    pub api_version: Option<String>,
    /// `kind`; None if there is none, or it is no text.
    pub kind: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

impl Part {
    pub(crate) fn new(source: usize) -> Self {
        Self {
            source,
            ..Self::default()
        }
    }

    pub(crate) fn take(&mut self, reader: Reader<'_>, chunk: &Chunk) {
        let before = self.json.len();
        self.json.push_str(&reader.json);
        for found in reader.found {
            let Head { api_version, kind } = found.head;
            self.documents.push(Document {
                json: found.json.start + before..found.json.end + before,
                api_version,
                kind,
                origin: found.origin.moved(chunk.range.start, chunk.above),
            });
        }
        let problems = reader.problems.into_iter();
        self.problems
            .extend(problems.map(|problem| problem.below(chunk.above)));
    }
}
