//! Durations in Go's spelling, as `?delay=` takes them.

use std::time::Duration;

const UNITS: [(&str, f64); 8] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("μs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
];

/// Reads `300ms`, `1.5h`, `2h45m`; also a bare `0`. A negative one is none at all.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, behind) = rest.split_at(digits);
        let letters = behind.find(|c: char| c.is_ascii_digit() || c == '.');
        let (name, next) = behind.split_at(letters.unwrap_or(behind.len()));
        let unit = UNITS.iter().find(|unit| unit.0 == name)?.1;
        seconds += number.parse::<f64>().ok()? * unit;
        rest = next;
    }
    Duration::try_from_secs_f64(if negative { 0.0 } else { seconds }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_reads_is_read() {
        let read = [
            ("0", 0),
            ("+0", 0),
            ("1s", 1_000_000),
            ("300ms", 300_000),
            ("1.5s", 1_500_000),
            (".5s", 500_000),
            ("2h45m", 9_900_000_000),
            ("1m0.5s", 60_500_000),
            ("7us", 7),
            ("7µs", 7),
            ("-1s", 0),
        ];
        for (text, micros) in read {
            let found = parse(text).map(|found| found.as_micros());
            assert_eq!(found, Some(micros), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "", "-", "1", "s", "1 s", "1d", "1.2.3s", ".s", "1e400h", "1s2", "NaNs",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&format!("{}h", "9".repeat(300))), None);
    }
}
