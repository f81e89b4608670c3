//! A text that a regular expression takes, for the request that a miss suggests.

use regex::bytes::Regex;
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::matcher::ValuePattern;
use crate::path::PathPattern;
use crate::target::Target;

/// An example longer than this shows nothing.
const LONGEST: usize = 256;

/// A value that the condition takes; `None` if no simple one does.
pub(super) fn of_value(pattern: &ValuePattern) -> Option<String> {
    match pattern {
        ValuePattern::Exact(value) => Some(value.to_string()),
        ValuePattern::Regex(regex) => of_expression(regex),
    }
}

/// A path that the condition takes and that a request can bring; `None` if no simple one does.
pub(super) fn of_path(pattern: &PathPattern) -> Option<String> {
    match pattern {
        PathPattern::Prefix(prefix) if prefix.is_empty() => Some("/".to_owned()),
        PathPattern::Exact(path) | PathPattern::Prefix(path) => Some(path.to_string()),
        PathPattern::Regex { regex, .. } => {
            let path = of_expression(regex).filter(|path| pattern.takes(path))?;
            let asked = Target::parse(path.as_bytes(), None).ok()?;
            (asked.path() == path && asked.query().is_none()).then_some(path)
        }
    }
}

/// Whatever the shortest way through the expression spells, if it is taken: what an expression
/// says about its surroundings (`\b`) is left to chance.
fn of_expression(regex: &Regex) -> Option<String> {
    let mut example = String::new();
    spell(&regex_syntax::parse(regex.as_str()).ok()?, &mut example)?;
    let is_plain = example.bytes().all(|b| (b' '..0x7f).contains(&b));
    (is_plain && regex.is_match(example.as_bytes())).then_some(example)
}

fn spell(part: &Hir, out: &mut String) -> Option<()> {
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => out.push(member(class)?),
        HirKind::Repetition(repeated) => {
            for _ in 0..repeated.min {
                spell(&repeated.sub, out)?;
            }
        }
        HirKind::Capture(group) => spell(&group.sub, out)?,
        HirKind::Concat(parts) => {
            for part in parts {
                spell(part, out)?;
            }
        }
        HirKind::Alternation(ways) => spell(ways.first()?, out)?,
    }
    (out.len() <= LONGEST).then_some(())
}

/// A letter or digit if the class has one, else what it begins with.
fn member(class: &Class) -> Option<char> {
    let has = |c: char| match class {
        Class::Unicode(class) => class.iter().any(|r| (r.start()..=r.end()).contains(&c)),
        Class::Bytes(class) => class
            .iter()
            .any(|r| (char::from(r.start())..=char::from(r.end())).contains(&c)),
    };
    let liked = ('a'..='z')
        .chain('1'..='9')
        .chain('A'..='Z')
        .find(|c| has(*c));
    liked.or_else(|| (' '..='~').find(|c| has(*c)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::ir;
    use crate::matcher::compile_regex;

    #[test]
    fn an_example_is_taken_by_its_expression() {
        for (pattern, example) in [
            (r"v\d+", Some("v1")),
            (r"[A-Z]{3}-[0-9]*", Some("AAA-")),
            (r"(?i)prod|test", Some("prod")),
            (r"^a(b|c)?$", Some("a")),
            (r".*", Some("")),
            (r"\bx\b", Some("x")),
            (r"a\bb", None),
            (r"\p{Greek}", None),
            (r"[[:punct:]]", Some("!")),
            (r"x{300}", None),
            (r"(x{200}){200}", None),
        ] {
            let regex = compile_regex(pattern).unwrap();
            let found = of_expression(&regex);
            assert_eq!(found.as_deref(), example, "{pattern}");
        }
    }

    #[test]
    fn a_path_is_one_that_a_request_can_bring() {
        for (pattern, example) in [
            (r"/api/v[0-9]+/.*", Some("/api/v1/")),
            (r"/[^/]+/x", Some("/a/x")),
            (r".*/admin", Some("/admin")),
            (r"/a b", None),
            (r"/a//b", None),
            (r"/a\?b", None),
            (r"api", None),
        ] {
            let pattern = ir::PathMatch::RegularExpression(pattern.to_owned());
            let compiled = PathPattern::compile(Some(&pattern)).unwrap();
            assert_eq!(of_path(&compiled).as_deref(), example, "{pattern:?}");
        }
    }
}
