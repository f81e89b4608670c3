//! Where an object was written, and where each of its fields was.
//!
//! Only the object's place in its text is kept. A field's place is found by reading the object
//! once more, up to that field.

use std::hash::{DefaultHasher, Hash, Hasher};

use granit_parser::{Event, Marker, Parser, Span, StrInput, StructureStyle};

use crate::document::{Mode, Reader};
use crate::path::{Step, steps};
use crate::problem::narrow;
use crate::rules::{self, RuleLines};
use crate::split::split;

/// A line and a column, from 1, the column in characters.
pub type Position = (u32, u32);

/// Where an object was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Offset of its first byte in the text.
    pub start: u32,
    /// Offset behind its last byte.
    pub end: u32,
    /// Line of its first byte, from 1.
    pub line: u32,
    /// Column of its first byte, from 1, in characters.
    pub column: u32,
    rules: Box<[u32]>,
    /// Of the object in JSON, to which text outside of the object may contribute.
    digest: u64,
}

impl Origin {
    pub(crate) fn new(start: Marker, end: Marker, rules: Box<[u32]>, json: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        json.hash(&mut hasher);
        Self {
            start: narrow(start.byte_offset().unwrap_or_default()),
            end: narrow(end.byte_offset().unwrap_or_default()),
            line: narrow(start.line()),
            column: narrow(start.col() + 1),
            rules,
            digest: hasher.finish(),
        }
    }

    /// Whether the same object stands at the same place in two texts, down to each field's place.
    pub fn is_same(&self, text: &str, other: &Self, other_text: &str) -> bool {
        (self.line, self.column, self.digest, &self.rules)
            == (other.line, other.column, other.digest, &other.rules)
            && without_trailer(self.own(text)) == without_trailer(other.own(other_text))
    }

    /// The same in the whole text, of which it was found in a part.
    pub(crate) fn moved(mut self, bytes: usize, lines: u32) -> Self {
        self.start += narrow(bytes);
        self.end += narrow(bytes);
        self.line += lines;
        rules::move_down(&mut self.rules, lines);
        self
    }

    /// For each of `spec.rules`: its line, and the lines of its `matches`.
    ///
    /// What stands behind an alias has no line of its own and is not told.
    pub fn rule_lines(&self) -> Vec<RuleLines<'_>> {
        rules::unpack(&self.rules)
    }

    /// Where a field stands: its value, or its name if `key` is set.
    ///
    /// `path` is written `spec.rules[1].matches[0].path.value`; a name that holds dots may stand in
    /// brackets. If there is no such field, the place of the nearest part of it that there is.
    pub fn position(&self, text: &str, path: &str, key: bool) -> Position {
        let own = self.alone(text);
        let mut finder = Finder {
            parser: crate::parser(&own),
            text: &own,
            key,
            found: (1, self.column),
        };
        finder.start(path);
        (finder.found.0 + self.line - 1, finder.found.1)
    }

    /// The object as it was written, in JSON, nulls and all.
    pub fn document(&self, text: &str) -> String {
        let own = self.alone(text);
        let mut reader = Reader::new(&own, Mode::Written);
        reader.read();
        match reader.found.as_slice() {
            [found] => reader.json[found.json.clone()].to_owned(),
            _ => self
                .document_in_context(text)
                .unwrap_or_else(|| "{}".into()),
        }
    }

    /// For an object that uses anchors from outside of it.
    fn document_in_context(&self, text: &str) -> Option<String> {
        let at = self.start as usize;
        let chunk = split(text)
            .into_iter()
            .find(|chunk| chunk.range.contains(&at))?;
        let mut reader = Reader::new(&text[chunk.range.clone()], Mode::AllWritten);
        reader.read();
        let found = reader
            .found
            .iter()
            .find(|found| found.origin.start as usize + chunk.range.start == at)?;
        Some(reader.json[found.json.clone()].to_owned())
    }

    /// The object's own text, at the column at which it stands.
    fn alone(&self, text: &str) -> String {
        " ".repeat(self.column as usize - 1) + self.own(text)
    }

    fn own<'t>(&self, text: &'t str) -> &'t str {
        let own = text.get(self.start as usize..self.end as usize);
        own.unwrap_or_default()
    }
}

/// The text of an object without the blank lines and comments between it and what follows.
fn without_trailer(own: &str) -> &str {
    let mut own = own.trim_end();
    while let Some((before, line)) = own.rsplit_once('\n') {
        if !line.trim_start().starts_with('#') {
            break;
        }
        own = before.trim_end();
    }
    own
}

/// Goes down a path.
struct Finder<'t> {
    parser: Parser<'t, StrInput<'t>>,
    text: &'t str,
    key: bool,
    found: Position,
}

impl<'t> Finder<'t> {
    fn start(&mut self, path: &str) -> Option<()> {
        loop {
            let (event, span) = self.next()?;
            if let Event::MappingStart(..) = event {
                self.found = place(&span);
                return self.mapping(path);
            }
        }
    }

    fn value(&mut self, event: &Event<'t>, path: &str) -> Option<()> {
        match event {
            Event::MappingStart(..) if !path.is_empty() => self.mapping(path),
            Event::SequenceStart(..) if !path.is_empty() => self.sequence(path),
            _ => self.skip(event),
        }
    }

    fn mapping(&mut self, path: &str) -> Option<()> {
        let ways = steps(path);
        loop {
            let (event, span) = self.next()?;
            let name = match &event {
                Event::MappingEnd => return Some(()),
                Event::Scalar(text, ..) => text.to_string(),
                _ => String::new(),
            };
            self.skip(&event)?;
            let (event, value) = self.next()?;
            match ways.iter().find(|way| way.name == name) {
                Some(Step { rest, .. }) => {
                    let key = self.key && rest.is_empty();
                    self.found = if key {
                        place(&span)
                    } else {
                        self.place_of_value(&event, &value)
                    };
                    self.value(&event, rest)?;
                }
                None => self.skip(&event)?,
            }
        }
    }

    fn sequence(&mut self, path: &str) -> Option<()> {
        let ways = steps(path);
        for index in 0.. {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                break;
            }
            match ways.iter().find(|way| way.name.parse() == Ok(index)) {
                Some(Step { rest, .. }) => {
                    self.found = place(&span);
                    self.value(&event, rest)?;
                }
                None => self.skip(&event)?,
            }
        }
        Some(())
    }

    /// Where the value of a key begins. The parser puts a list whose dashes are not indented behind
    /// its first dash.
    fn place_of_value(&self, event: &Event<'t>, span: &Span) -> Position {
        let (line, column) = place(span);
        let Event::SequenceStart(StructureStyle::Block, ..) = event else {
            return (line, column);
        };
        let end = span.start.byte_offset().unwrap_or_default();
        let before = self.text.get(..end).unwrap_or_default();
        let Some(above) = before.trim_end().strip_suffix('-') else {
            return (line, column);
        };
        let breaks = before[above.len()..].matches('\n').count();
        let start = above.rsplit('\n').next().unwrap_or_default();
        (line - narrow(breaks), narrow(start.chars().count() + 1))
    }

    /// Passes over what the event begins.
    fn skip(&mut self, event: &Event<'t>) -> Option<()> {
        let mut open = depth(event);
        while open > 0 {
            open += depth(&self.next()?.0);
        }
        Some(())
    }

    fn next(&mut self) -> Option<(Event<'t>, Span)> {
        self.parser.next()?.ok()
    }
}

fn depth(event: &Event<'_>) -> i32 {
    match event {
        Event::MappingStart(..) | Event::SequenceStart(..) => 1,
        Event::MappingEnd | Event::SequenceEnd => -1,
        _ => 0,
    }
}

fn place(span: &Span) -> Position {
    (narrow(span.start.line()), narrow(span.start.col() + 1))
}
