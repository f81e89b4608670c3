//! What one worker counts in.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Upper bounds of the buckets in microseconds; one more bucket holds what is above. From what a
/// proxy takes on its own to its default timeout.
const BOUNDS: [u64; 15] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 15_000_000,
];

/// What every request touches. Workers' cells are kept apart, so that no two cores write to one
/// cache line (two, as processors fetch them in pairs).
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct WorkerCell {
    /// Client connections that are open.
    pub(super) connections: AtomicI64,
    /// Requests under way.
    pub(super) requests: AtomicI64,
    /// Responses of backends, whole.
    pub(super) answered: AtomicU64,
}

/// A histogram of durations.
#[derive(Debug, Default)]
pub(super) struct Durations {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    nanos: AtomicU64,
}

impl Durations {
    pub(super) fn observe(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        // What is cut off belongs above a bound that it reaches exactly.
        let micros = micros.saturating_add(u64::from(nanos % 1000 != 0));
        let bucket = BOUNDS.iter().position(|bound| micros <= *bound);
        self.buckets[bucket.unwrap_or(BOUNDS.len())].fetch_add(1, Relaxed);
        self.nanos.fetch_add(nanos, Relaxed);
    }
}

/// Several workers' durations as one histogram.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Histogram {
    /// Seconds.
    pub(super) sum: f64,
    pub(super) count: u64,
    /// Upper bound in seconds, and how many are above the bound before and not above this one.
    pub(super) buckets: Vec<(f64, u64)>,
}

impl Histogram {
    #[expect(clippy::cast_precision_loss)]
    pub(super) fn of<'c>(cells: impl Iterator<Item = &'c Durations>) -> Self {
        let mut counts = [0; BOUNDS.len() + 1];
        let mut nanos = 0;
        for cell in cells {
            for (count, bucket) in counts.iter_mut().zip(&cell.buckets) {
                *count += bucket.load(Relaxed);
            }
            nanos += cell.nanos.load(Relaxed);
        }
        let bounds = BOUNDS.iter().map(|micros| *micros as f64 / 1e6);
        Self {
            sum: nanos as f64 / 1e9,
            count: counts.iter().sum(),
            buckets: bounds.chain([f64::INFINITY]).zip(counts).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_counted_below_the_bound_it_does_not_exceed() {
        let (one, other) = (Durations::default(), Durations::default());
        for nanos in [0, 250_000, 250_001, 15_000_000_000] {
            one.observe(Duration::from_nanos(nanos));
        }
        other.observe(Duration::from_secs(16));
        let histogram = Histogram::of([&one, &other].into_iter());
        assert_eq!(histogram.count, 5);
        assert!((histogram.sum - 31.000_500_001).abs() < 1e-9);
        let found: Vec<_> = histogram.buckets.iter().filter(|(_, n)| *n > 0).collect();
        let expected = [(0.000_25, 2), (0.000_5, 1), (15.0, 1), (f64::INFINITY, 1)];
        assert_eq!(found, expected.iter().collect::<Vec<_>>());
    }
}
