//! The less loaded of two picks ("the power of two random choices", Mitzenmacher 2001): nearly as
//! even as looking at all, and it costs two looks.

/// The index of the chosen one among `count`, by two draws in [0, 1) and the load of each index.
///
/// `None` if there is nothing to choose from.
///
/// ```
/// let loads = [3, 0, 7];
/// let chosen = gwroute_core::balance::least_loaded::pick(3, (0.1, 0.1), |i| loads[i]);
/// assert_eq!(chosen, Some(1));
/// ```
pub fn pick(count: usize, draws: (f64, f64), load: impl Fn(usize) -> usize) -> Option<usize> {
    match count {
        0 => None,
        1 => Some(0),
        _ => {
            let first = scaled(draws.0, count);
            // The second is another one: the others, counted from behind the first.
            let second = (first + 1 + scaled(draws.1, count - 1)) % count;
            Some(if load(second) < load(first) {
                second
            } else {
                first
            })
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)]
fn scaled(draw: f64, count: usize) -> usize {
    ((draw * count as f64) as usize).min(count - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_picks_differ_and_the_less_loaded_one_wins() {
        for count in 2..6 {
            for a in 0..count {
                for b in 0..count - 1 {
                    let draws = (
                        a as f64 / count as f64 + 1e-9,
                        b as f64 / (count - 1) as f64 + 1e-9,
                    );
                    let heavy = pick(count, draws, |_| 1);
                    let light = pick(count, draws, |i| usize::from(Some(i) == heavy));
                    assert_ne!(heavy, light);
                }
            }
        }
        assert_eq!(pick(0, (0.0, 0.0), |_| 0), None);
        assert_eq!(pick(1, (0.9, 0.9), |_| 0), Some(0));
        assert_eq!(pick(2, (1.0, 1.0), |_| 0), Some(1));
    }
}
