//! How often rules took requests, as one worker counts it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use gwroute_core::Rule;

use super::family::Family;

/// The cells of one worker by number of the rule: a request that meets another rule than the ones
/// before it reads as little memory as can be.
#[derive(Debug, Default)]
pub(super) struct Hits(Vec<Option<Hit>>);

#[derive(Debug)]
struct Hit {
    /// A number may be another rule's by now. The key is held, so that no other is in its place.
    key: Arc<str>,
    count: Arc<AtomicU64>,
}

impl Hits {
    pub(super) fn count(&mut self, family: &Family<String, AtomicU64>, worker: usize, rule: &Rule) {
        let (key, number) = (rule.key(), rule.number());
        match self.0.get(number) {
            Some(Some(hit)) if Arc::ptr_eq(&hit.key, key) => {
                hit.count.fetch_add(1, Relaxed);
            }
            _ => {
                let count = family.cell(key.to_string(), worker);
                count.fetch_add(1, Relaxed);
                if self.0.len() <= number {
                    self.0.resize_with(number + 1, || None);
                }
                let key = key.clone();
                self.0[number] = Some(Hit { key, count });
            }
        }
    }
}
