//! The lines of a route's rules and matches, which decisions name.

use crate::room::Room;

/// For each rule: its line, the number of its matches, and their lines.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    lines: Vec<u32>,
    /// Where the number of matches of the rule at hand stands.
    count: usize,
}

impl Rules {
    /// A list begins; what an earlier one at the same place said does not count.
    pub(crate) fn enter(&mut self, room: Room) {
        match room {
            Room::Rules => self.lines.clear(),
            Room::Matches => self.set_matches(0),
            _ => {}
        }
    }

    /// An element of a list begins.
    pub(crate) fn note(&mut self, room: Room, line: u32) {
        match room {
            Room::Rules => {
                self.lines.extend([line, 0]);
                self.count = self.lines.len() - 1;
            }
            Room::Matches => {
                self.lines.push(line);
                self.set_matches(self.lines.len() - self.count - 1);
            }
            _ => {}
        }
    }

    fn set_matches(&mut self, count: usize) {
        self.lines.truncate(self.count + 1 + count);
        self.lines[self.count] = crate::problem::narrow(count);
    }

    pub(crate) fn into_lines(self) -> Box<[u32]> {
        self.lines.into_boxed_slice()
    }
}

/// Lines of one rule and of its matches.
pub type RuleLines<'a> = (u32, &'a [u32]);

/// Moves lines that [`Rules::into_lines`] packed further down.
pub(crate) fn move_down(lines: &mut [u32], by: u32) {
    let mut rest = lines;
    while let [line, count, after @ ..] = rest {
        *line += by;
        let matches = (*count as usize).min(after.len());
        let (matches, after) = after.split_at_mut(matches);
        matches.iter_mut().for_each(|line| *line += by);
        rest = after;
    }
}

/// What [`Rules::into_lines`] packed.
pub(crate) fn unpack(mut lines: &[u32]) -> Vec<RuleLines<'_>> {
    let mut rules = Vec::new();
    while let [line, count, rest @ ..] = lines {
        let (matches, rest) = rest.split_at((*count as usize).min(rest.len()));
        rules.push((*line, matches));
        lines = rest;
    }
    rules
}
