//! How often each id has failed so far.

use std::cell::RefCell;
use std::collections::HashMap;

/// Ids remembered at once; a client may name any number of them.
const REMEMBERED: usize = 4096;

/// How often each id has failed so far.
#[derive(Debug, Default)]
pub(crate) struct Failures(RefCell<HashMap<String, u32>>);

impl Failures {
    /// Whether a request of this id has to fail, so that `count` of them do.
    ///
    /// Once 4,096 ids are known, a new one makes all of them start anew.
    pub(crate) fn due(&self, id: &str, count: u32) -> bool {
        let mut failures = self.0.borrow_mut();
        if failures.len() >= REMEMBERED && !failures.contains_key(id) {
            failures.clear();
        }
        let failed = failures.entry(id.to_owned()).or_default();
        let due = *failed < count;
        *failed = failed.saturating_add(1);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_id_fails_as_often_as_asked_and_then_no_more() {
        let failures = Failures::default();
        let found: Vec<_> = (0..4).map(|_| failures.due("a", 2)).collect();
        assert_eq!(found, [true, true, false, false]);
        assert!(failures.due("b", 1));
        assert!(!failures.due("c", 0));
    }

    #[test]
    fn what_is_remembered_has_an_end() {
        let failures = Failures::default();
        for id in 0..3 * REMEMBERED {
            failures.due(&id.to_string(), 1);
        }
        assert!(failures.0.borrow().len() <= REMEMBERED);
    }
}
