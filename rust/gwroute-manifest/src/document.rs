//! One stretch of text into objects: events in, JSON out, places noted on the way.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput, Tag};

use crate::limits::{MAX_COPIED, MAX_DEPTH, MAX_OBJECT, megabytes};
use crate::mapping::Entry;
use crate::problem::{Problem, ProblemKind, narrow};
use crate::room::Room;
use crate::rules::Rules;
use crate::scalar::{self, Scalar};
use crate::{Origin, json};

/// An object as it was found.
#[derive(Debug)]
pub(crate) struct Found {
    /// Where in [`Reader::json`] it stands.
    pub(crate) json: Range<usize>,
    pub(crate) head: Head,
    pub(crate) origin: Origin,
}

/// What an object says it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) api_version: Option<String>,
    pub(crate) kind: Option<String>,
}

impl Head {
    fn is_list(&self) -> bool {
        self.kind
            .as_deref()
            .is_some_and(|kind| kind.ends_with("List"))
    }
}

/// How to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Nulls are dropped and lists of objects taken apart.
    Objects,
    /// Lists of objects are taken apart, and objects kept as they were written.
    AllWritten,
    /// One object is kept as it was written.
    Written,
}

/// Reads one stretch of text.
pub(crate) struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    mode: Mode,
    /// JSON of what is being read.
    pub(crate) out: String,
    /// Entries of the mappings that are open.
    pub(crate) entries: Vec<Entry>,
    anchors: HashMap<usize, Box<str>>,
    copied: usize,
    /// Where the object at hand begins in `out`.
    object: usize,
    rules: Rules,
    /// JSON of what was found.
    pub(crate) json: String,
    pub(crate) found: Vec<Found>,
    pub(crate) problems: Vec<Problem>,
}

impl<'t> Reader<'t> {
    pub(crate) fn new(text: &'t str, mode: Mode) -> Self {
        Self {
            parser: crate::parser(text),
            mode,
            out: String::new(),
            entries: Vec::new(),
            anchors: HashMap::new(),
            copied: 0,
            object: 0,
            rules: Rules::default(),
            json: String::new(),
            found: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Reads everything; the first error ends it, and what was found before stays.
    pub(crate) fn read(&mut self) {
        while let Some(event) = self.parser.next() {
            let read = match event {
                Ok((Event::DocumentStart(..), _)) => self.document(),
                Ok(_) => Ok(()),
                Err(error) => Err(error.into()),
            };
            if let Err(problem) = read {
                self.problems.push(problem);
                return;
            }
        }
    }

    fn document(&mut self) -> Result<(), Problem> {
        self.anchors.clear();
        self.copied = 0;
        match self.next()? {
            (Event::MappingStart(_, anchor, _), span) => self.object(anchor, span, 0),
            (Event::Scalar(text, ScalarStyle::Plain, _, None), _) if text.is_empty() => Ok(()),
            (Event::Scalar(text, ScalarStyle::Plain, _, None), _) if &*text == "~" => Ok(()),
            (event, span) => Err(not_an_object(&event, span.start)),
        }
    }

    /// An object: a document, or an item of a list.
    fn object(&mut self, anchor: usize, span: Span, depth: usize) -> Result<(), Problem> {
        let (found, json, start) = (self.found.len(), self.json.len(), self.out.len());
        let rules = std::mem::take(&mut self.rules);
        let outer = std::mem::replace(&mut self.object, start);
        let mut head = Head::default();
        let end = self.mapping(Room::Root, depth, span.start, Some(&mut head))?;
        self.keep_anchor(anchor, start, span.start)?;
        self.object = outer;
        let rules = std::mem::replace(&mut self.rules, rules);
        if head.is_list() && self.mode != Mode::Written {
            self.out.truncate(start);
            return Ok(());
        }
        self.found.truncate(found);
        self.json.truncate(json);
        self.json.push_str(&self.out[start..]);
        self.out.truncate(start);
        let origin = Origin::new(span.start, end, rules.into_lines(), &self.json[json..]);
        self.found.push(Found {
            json: json..self.json.len(),
            head,
            origin,
        });
        Ok(())
    }

    /// Appends a value. Says whether it was null.
    pub(crate) fn value(
        &mut self,
        event: Event<'t>,
        span: Span,
        room: Room,
        depth: usize,
    ) -> Result<bool, Problem> {
        let start = self.out.len();
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let null = self.scalar(text, style, tag.as_deref(), span.start)?;
                self.keep_anchor(anchor, start, span.start)?;
                return Ok(null);
            }
            Event::Alias(anchor) => return self.alias(anchor, span.start),
            Event::SequenceStart(_, anchor, _) => {
                self.sequence(room, depth, span.start)?;
                self.keep_anchor(anchor, start, span.start)?;
            }
            Event::MappingStart(_, anchor, _) => {
                self.mapping(room, depth, span.start, None)?;
                self.keep_anchor(anchor, start, span.start)?;
            }
            Event::UnresolvedAlias(name) => return Err(unknown_alias(&name, span.start)),
            _ => return Err(unexpected(span.start)),
        }
        Ok(false)
    }

    fn scalar(
        &mut self,
        text: Cow<'t, str>,
        style: ScalarStyle,
        tag: Option<&Tag>,
        at: Marker,
    ) -> Result<bool, Problem> {
        let not_yaml = |message: &str| Problem::new(ProblemKind::NotYaml, at, message);
        let scalar = scalar::resolve(text, style == ScalarStyle::Plain, tag);
        let scalar = scalar.map_err(|message| not_yaml(&message))?;
        json::scalar(&mut self.out, &scalar).map_err(not_yaml)?;
        Ok(scalar == Scalar::Null)
    }

    fn alias(&mut self, anchor: usize, at: Marker) -> Result<bool, Problem> {
        let Some(value) = self.anchors.get(&anchor) else {
            let message = "an alias inside of what it stands for";
            return Err(Problem::new(ProblemKind::NotYaml, at, message));
        };
        self.copied += value.len();
        self.out.push_str(value);
        let null = &**value == "null";
        self.check_copied(at)?;
        Ok(null)
    }

    fn keep_anchor(&mut self, anchor: usize, start: usize, at: Marker) -> Result<(), Problem> {
        if anchor != 0 {
            let value: Box<str> = self.out[start..].into();
            self.copied += value.len();
            self.anchors.insert(anchor, value);
            self.check_copied(at)?;
        }
        Ok(())
    }

    fn check_copied(&self, at: Marker) -> Result<(), Problem> {
        if self.copied <= MAX_COPIED {
            return Ok(());
        }
        let message = format!("aliases make more than {} of it", megabytes(MAX_COPIED));
        Err(Problem::new(ProblemKind::TooLarge, at, message))
    }

    fn sequence(&mut self, room: Room, depth: usize, at: Marker) -> Result<(), Problem> {
        check_depth(depth, at)?;
        self.rules.enter(room);
        self.out.push('[');
        let first = self.out.len();
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::SequenceEnd => break,
                Event::MappingStart(_, anchor, _) if room == Room::Items => {
                    self.object(anchor, span, depth + 1)?;
                }
                event => {
                    self.rules.note(room, narrow(span.start.line()));
                    if self.out.len() > first {
                        self.out.push(',');
                    }
                    self.value(event, span, room.element(), depth + 1)?;
                    self.check_size(span.start)?;
                }
            }
        }
        self.out.push(']');
        Ok(())
    }

    /// The mapping whose start was read; returns where it ends, and what it says it is.
    fn mapping(
        &mut self,
        room: Room,
        depth: usize,
        at: Marker,
        head: Option<&mut Head>,
    ) -> Result<Marker, Problem> {
        check_depth(depth, at)?;
        let mut mapping = self.open_mapping();
        let end = loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                break span.end;
            }
            let key = self.open_entry(&mapping, event, &span)?;
            let child = room.child(&self.out[key.text()], self.mode);
            let (event, span) = self.next()?;
            let null = self.value(event, span, child, depth + 1)?;
            self.check_size(span.start)?;
            let drop = null && self.mode == Mode::Objects && room != Room::AsWritten;
            self.close_entry(&mut mapping, key, drop)?;
        };
        if let Some(head) = head {
            *head = self.head(&mapping);
        }
        self.close_mapping(&mapping);
        Ok(end)
    }

    /// Appends a key as text. Says whether it is `<<`.
    pub(crate) fn key(&mut self, event: Event<'t>, at: Marker) -> Result<bool, Problem> {
        let start = self.out.len();
        let null = match event {
            Event::Scalar(text, ScalarStyle::Plain, 0, None) if &*text == "<<" => {
                self.out.push_str("\"<<\"");
                return Ok(true);
            }
            Event::Scalar(text, style, anchor, tag) => {
                let null = self.scalar(text, style, tag.as_deref(), at)?;
                self.keep_anchor(anchor, start, at)?;
                null
            }
            Event::Alias(anchor) => self.alias(anchor, at)?,
            Event::UnresolvedAlias(name) => return Err(unknown_alias(&name, at)),
            _ => self.out[start..].is_empty(),
        };
        match self.out.as_bytes().get(start) {
            Some(b'"') => Ok(false),
            Some(b'{' | b'[') | None => Err(bad_key("a list or a mapping", at)),
            Some(_) if null => Err(bad_key("null", at)),
            Some(_) => {
                self.out.insert(start, '"');
                self.out.push('"');
                Ok(false)
            }
        }
    }

    fn check_size(&self, at: Marker) -> Result<(), Problem> {
        if self.out.len() - self.object <= MAX_OBJECT {
            return Ok(());
        }
        let message = format!("an object larger than {}", megabytes(MAX_OBJECT));
        Err(Problem::new(ProblemKind::TooLarge, at, message)
            .help("no API server would take it: divide it"))
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Problem> {
        match self.parser.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(error.into()),
            None => Err(unexpected(Marker::new(0, 1, 0))),
        }
    }
}

fn check_depth(depth: usize, at: Marker) -> Result<(), Problem> {
    if depth < MAX_DEPTH {
        Ok(())
    } else {
        Err(Problem::too_deep(at))
    }
}

fn not_an_object(event: &Event<'_>, at: Marker) -> Problem {
    let found = match event {
        Event::SequenceStart(..) => "a list",
        Event::Alias(_) => "an alias",
        _ => "text",
    };
    Problem::new(
        ProblemKind::NotMapping,
        at,
        format!("the document is {found}, not an object"),
    )
    .help("an object begins with apiVersion and kind; a list of them is kind: List with items")
}

fn unknown_alias(name: &str, at: Marker) -> Problem {
    let message = format!("*{name} refers to no &{name} before it in this document");
    let problem = Problem::new(ProblemKind::NotYaml, at, message);
    match name.strip_prefix('.') {
        Some(_) => problem.help("text that begins with * needs quotes: \"*.example.com\""),
        None => problem.help("text that begins with * needs quotes"),
    }
}

fn bad_key(what: &str, at: Marker) -> Problem {
    Problem::new(ProblemKind::NotYaml, at, format!("a key is {what}"))
        .help("keys are text: put it in quotes")
}

fn unexpected(at: Marker) -> Problem {
    Problem::new(ProblemKind::NotYaml, at, "the text ends in the middle")
}
