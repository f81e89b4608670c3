//! A text into the stretches that can be read apart from each other.
//!
//! A line that begins with `---` ends whatever came before, in YAML as in `kubectl`. So an error in
//! one document leaves the others whole, and documents can be read on several threads.

use std::ops::Range;

use granit_parser::Marker;

use crate::problem::{Problem, ProblemKind, narrow};
use crate::{MAX_TEXT, limits::megabytes};

/// A part of a text that begins at the start of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) range: Range<usize>,
    /// Lines before it.
    pub(crate) above: u32,
}

/// The text of a file, without a byte order mark.
///
/// # Errors
/// It is too large, or not UTF-8.
pub fn decode(bytes: &[u8]) -> Result<&str, Problem> {
    let start = Marker::new(0, 1, 0);
    if bytes.len() > MAX_TEXT {
        let message = format!("larger than {}", megabytes(MAX_TEXT));
        return Err(Problem::new(ProblemKind::TooLarge, start, message)
            .help("put the objects into several files"));
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(
            Problem::new(ProblemKind::NotYaml, start, "the text is UTF-16")
                .help("save it as UTF-8"),
        );
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let good = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
        let column = good.rsplit('\n').next().unwrap_or_default().chars().count();
        let at = Marker::new(0, 1 + line_breaks(good) as usize, column);
        let message = format!("byte 0x{:02x} is not UTF-8", bytes[error.valid_up_to()]);
        Problem::new(ProblemKind::NotYaml, at, message).help("save the file as UTF-8")
    })
}

/// The stretches of a text that hold something, in order.
pub(crate) fn split(text: &str) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let (mut start, mut above, mut from) = (0, 0, 0);
    loop {
        let end = next_marker(text, from).unwrap_or(text.len());
        let part = &text[start..end];
        match content(part) {
            Content::Directives if end < text.len() => {
                from = end + 3;
                continue;
            }
            Content::Nothing => {}
            _ => chunks.push(Chunk {
                range: start..end,
                above,
            }),
        }
        if end == text.len() {
            return chunks;
        }
        above += line_breaks(part);
        (start, from) = (end, end + 3);
    }
}

/// Where the next line that begins with `---` starts.
fn next_marker(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_marker = |at: usize| {
        bytes[at..].starts_with(b"---")
            && matches!(bytes.get(at + 3), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
    };
    if from == 0 && is_marker(0) {
        return Some(0);
    }
    memchr::memmem::find_iter(&bytes[from..], b"\n---")
        .map(|found| from + found + 1)
        .find(|&at| is_marker(at))
}

enum Content {
    Nothing,
    /// `%YAML` and `%TAG` belong to the document that follows.
    Directives,
    Document,
}

fn content(part: &str) -> Content {
    let mut found = Content::Nothing;
    for line in part.lines().map(str::trim_end) {
        match line.strip_prefix("---").unwrap_or(line).trim_start() {
            "" => {}
            rest if rest.starts_with('#') => {}
            _ if line.starts_with('%') => found = Content::Directives,
            _ => return Content::Document,
        }
    }
    found
}

/// Line breaks as YAML counts them: LF, CR LF, or CR alone.
fn line_breaks(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let feeds = memchr::memchr_iter(b'\n', bytes).count();
    let lone = memchr::memchr_iter(b'\r', bytes)
        .filter(|at| bytes.get(at + 1) != Some(&b'\n'))
        .count();
    narrow(feeds + lone)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn parts(text: &str) -> Vec<(&str, u32)> {
        let chunks = split(text);
        chunks
            .into_iter()
            .map(|chunk| (&text[chunk.range], chunk.above))
            .collect()
    }

    #[test]
    fn documents_are_divided_at_their_markers() {
        assert_eq!(
            parts("a: 1\n---\nb: 2\n"),
            [("a: 1\n", 0), ("---\nb: 2\n", 1)]
        );
        assert_eq!(
            parts("---\na: 1\n--- \nb: 2"),
            [("---\na: 1\n", 0), ("--- \nb: 2", 2)]
        );
        assert_eq!(
            parts("a: |\n  ---\n  x\n ---\n"),
            [("a: |\n  ---\n  x\n ---\n", 0)]
        );
        assert_eq!(parts("---a: 1\n----\n"), [("---a: 1\n----\n", 0)]);
        assert_eq!(
            parts("a: 1\r\n---\r\nb: 2\r\n"),
            [("a: 1\r\n", 0), ("---\r\nb: 2\r\n", 1)]
        );
    }

    #[test]
    fn what_holds_nothing_is_left_out() {
        assert_eq!(parts(""), []);
        assert_eq!(parts("---\n---\n# only a comment\n---\n\n"), []);
        assert_eq!(parts("# about\n---\na: 1\n"), [("---\na: 1\n", 1)]);
    }

    #[test]
    fn directives_stay_with_their_document() {
        assert_eq!(
            parts("%YAML 1.1\n---\na: 1\n"),
            [("%YAML 1.1\n---\na: 1\n", 0)]
        );
        assert_eq!(
            parts("a: 1\n...\n%TAG ! x\n---\nb: 2\n").len(),
            2,
            "a directive after an ended document goes with that document's stretch"
        );
    }

    #[test]
    fn lone_carriage_returns_are_lines() {
        assert_eq!(parts("a: 1\rb: 2\n---\nc: 3\n")[1].1, 2);
    }

    #[test]
    fn a_byte_that_is_not_utf8_has_a_place() {
        let problem = decode(b"a: 1\nb: \xe9\n").unwrap_err();
        assert_eq!((problem.line, problem.column), (2, 4));
        assert_eq!(problem.message, "byte 0xe9 is not UTF-8");
        assert_eq!(decode(b"\xef\xbb\xbfa: 1"), Ok("a: 1"));
        assert_eq!(
            decode(b"\xff\xfea\0").unwrap_err().message,
            "the text is UTF-16"
        );
    }
}
