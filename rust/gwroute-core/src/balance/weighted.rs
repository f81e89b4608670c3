//! One draw among weights: a share is the weight by the sum of weights.

/// The index whose share of [0, 1) holds the draw; `None` if all weights are 0.
///
/// The slice holds running sums of the weights, so that a weight of 0 is an empty share.
pub(crate) fn pick(cumulative: &[u64], draw: f64) -> Option<usize> {
    let total = *cumulative.last()?;
    if total == 0 {
        return None;
    }
    let point = scaled(draw, total);
    // Rules have a few backends: a scan beats a search.
    cumulative.iter().position(|sum| point < *sum)
}

/// The draw as one of `total` equal steps. A draw outside [0, 1) counts as the nearest in it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)]
fn scaled(draw: f64, total: u64) -> u64 {
    ((draw * total as f64) as u64).min(total - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_set_of_draws_gives_exact_shares() {
        let weights = [8_u64, 0, 2, 5];
        let mut sum = 0;
        let cumulative: Vec<u64> = weights
            .iter()
            .map(|w| {
                sum += w;
                sum
            })
            .collect();
        let mut hits = [0; 4];
        for step in 0..15 {
            hits[pick(&cumulative, (f64::from(step) + 0.5) / 15.0).unwrap_or(9)] += 1;
        }
        assert_eq!(hits, weights);
        assert_eq!(pick(&cumulative, 1.0), Some(3));
        assert_eq!(pick(&cumulative, -1.0), Some(0));
        assert_eq!(pick(&cumulative, f64::NAN), Some(0));
        assert_eq!(pick(&[0, 0], 0.5), None);
        assert_eq!(pick(&[], 0.5), None);
    }
}
