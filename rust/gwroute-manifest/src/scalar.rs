//! What an untyped scalar means: what `kubectl` makes of it.
//!
//! That is YAML 1.1 as go-yaml v2 reads it, by way of `sigs.k8s.io/yaml`: `yes` and `on` are true,
//! `010` is eight, `0o10` too, `1_000` is a thousand; `12:30` and `2024-05-01` are text.

use std::borrow::Cow;

use granit_parser::Tag;

/// A scalar with its type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar<'a> {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    Text(Cow<'a, str>),
}

impl Scalar<'_> {
    fn tag(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::UInt(_) => "int",
            Self::Float(_) => "float",
            Self::Text(_) => "str",
        }
    }
}

/// The meaning of a scalar.
///
/// # Errors
/// Says what a tag such as `!!int` asked for and the text is not.
pub(crate) fn resolve<'a>(
    text: Cow<'a, str>,
    plain: bool,
    tag: Option<&Tag>,
) -> Result<Scalar<'a>, String> {
    let Some(tag) = tag else {
        return Ok(if plain {
            untagged(text)
        } else {
            Scalar::Text(text)
        });
    };
    if tag.handle() != "tag:yaml.org,2002:" {
        return Ok(Scalar::Text(text));
    }
    match tag.suffix() {
        "binary" => Err("!!binary is not read: write the text itself".into()),
        wanted @ ("null" | "bool" | "int" | "float") => tagged(text, wanted),
        _ => Ok(Scalar::Text(text)),
    }
}

fn tagged<'a>(text: Cow<'a, str>, wanted: &str) -> Result<Scalar<'a>, String> {
    match untagged(text) {
        Scalar::Int(number) if wanted == "float" => Ok(Scalar::Float(number as f64)),
        Scalar::UInt(number) if wanted == "float" => Ok(Scalar::Float(number as f64)),
        found if found.tag() == wanted => Ok(found),
        found => Err(format!("!!{wanted} before what is a !!{}", found.tag())),
    }
}

fn untagged(text: Cow<'_, str>) -> Scalar<'_> {
    let found = match text.as_bytes().first() {
        None => Some(Scalar::Null),
        Some(b'~' | b'n' | b'N' | b'y' | b'Y' | b't' | b'T' | b'f' | b'F' | b'o' | b'O') => {
            word(&text)
        }
        Some(b'.') => special(&text).or_else(|| dotted(&text)),
        Some(b'+' | b'-') => special(&text).or_else(|| number(&text)),
        Some(b'0'..=b'9') => number(&text),
        _ => None,
    };
    found.unwrap_or(Scalar::Text(text))
}

fn word(text: &str) -> Option<Scalar<'static>> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        _ => return None,
    })
}

fn special(text: &str) -> Option<Scalar<'static>> {
    Some(Scalar::Float(match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => f64::INFINITY,
        "-.inf" | "-.Inf" | "-.INF" => f64::NEG_INFINITY,
        ".nan" | ".NaN" | ".NAN" => f64::NAN,
        _ => return None,
    }))
}

fn dotted(text: &str) -> Option<Scalar<'static>> {
    is_float(text).then(|| float(text)).flatten()
}

fn number(text: &str) -> Option<Scalar<'static>> {
    let text = if text.contains('_') {
        Cow::Owned(text.replace('_', ""))
    } else {
        Cow::Borrowed(text)
    };
    integer(&text).or_else(|| dotted(&text))
}

/// An integer as Go writes them: `0x`, `0o`, `0b` and a leading `0` for octal.
fn integer(text: &str) -> Option<Scalar<'static>> {
    let negative = text.starts_with('-');
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (digits, radix) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&digits[2..], 16),
        [b'0', b'o' | b'O', ..] => (&digits[2..], 8),
        [b'0', b'b' | b'B', ..] => (&digits[2..], 2),
        [b'0', _, ..] => (&digits[1..], 8),
        _ => (digits, 10),
    };
    if !digits.starts_with(|first: char| first.is_digit(radix)) {
        return None;
    }
    let size = u64::from_str_radix(digits, radix).ok()?;
    match i64::try_from(size) {
        Ok(number) => Some(Scalar::Int(if negative { -number } else { number })),
        Err(_) if negative => (size == i64::MIN.unsigned_abs()).then_some(Scalar::Int(i64::MIN)),
        Err(_) => Some(Scalar::UInt(size)),
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let digits = |bytes: &[u8]| {
        bytes
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text).as_bytes();
    let whole = digits(rest);
    rest = &rest[whole..];
    if let [b'.', after @ ..] = rest {
        let fraction = digits(after);
        if whole + fraction == 0 {
            return false;
        }
        rest = &after[fraction..];
    } else if whole == 0 {
        return false;
    }
    if let [b'e' | b'E', after @ ..] = rest {
        let exponent = after.strip_prefix(b"+").or(after.strip_prefix(b"-"));
        let exponent = exponent.unwrap_or(after);
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}

/// What is too large for a float is text.
fn float(text: &str) -> Option<Scalar<'static>> {
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some(Scalar::Float(number))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::json;

    /// In JSON, as `sigs.k8s.io/yaml` 1.6.0 writes it.
    fn read(text: &str) -> String {
        let mut out = String::new();
        let scalar = resolve(text.into(), true, None).unwrap();
        json::scalar(&mut out, &scalar).unwrap();
        out
    }

    #[test]
    fn words_are_what_kubectl_makes_of_them() {
        for text in [
            "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE",
        ] {
            assert_eq!(read(text), "true", "{text}");
        }
        for text in [
            "n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE",
        ] {
            assert_eq!(read(text), "false", "{text}");
        }
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(read(text), "null", "{text}");
        }
        for text in [
            "yEs", "tRUE", "nUll", "nan", "NaN", "inf", "Infinity", "=", "v1", "-.nan",
        ] {
            assert_eq!(read(text), format!("\"{text}\""));
        }
    }

    #[test]
    fn numbers_are_what_kubectl_makes_of_them() {
        let table = [
            ("0", "0"),
            ("-1", "-1"),
            ("+1", "1"),
            ("007", "7"),
            ("08", "8"),
            ("010", "8"),
            ("0o10", "8"),
            ("0O10", "8"),
            ("-0o7", "-7"),
            ("0755", "493"),
            ("-0755", "-493"),
            ("0x1F", "31"),
            ("-0x1F", "-31"),
            ("0b101", "5"),
            ("-0b1", "-1"),
            ("1_000", "1000"),
            ("1__0", "10"),
            ("0x_1F", "31"),
            ("0_7", "7"),
            ("00", "0"),
            ("-0", "0"),
            ("9223372036854775807", "9223372036854775807"),
            ("9223372036854775808", "9223372036854775808"),
            ("18446744073709551615", "18446744073709551615"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("1.0", "1"),
            ("1.", "1"),
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("+1.5", "1.5"),
            ("1e3", "1000"),
            ("1E+3", "1000"),
            ("1e-3", "0.001"),
            ("1.e3", "1000"),
            ("1_0.5", "10.5"),
            ("685.230_15e+03", "685230.15"),
            ("0.000001", "0.000001"),
            ("1e20", "100000000000000000000"),
            ("1e21", "1e21"),
            ("1e-7", "1e-7"),
            ("99999999999999999999999999", "1e26"),
        ];
        for (text, wanted) in table {
            assert_eq!(read(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_looks_like_a_number_and_is_none_is_text() {
        for text in [
            "0b2",
            "0x",
            "0o",
            "0o8",
            "0b",
            "1:30",
            "190:20:30",
            "190:20:30.15",
            "1e",
            ".e3",
            ".",
            "..",
            "+",
            "1e400",
            "2001-01-01",
            "2024-05-01T12:00:00Z",
            "10.0.0.1",
            "1.2.3",
            "100m",
            "5Gi",
            "1,000",
            "0x1p3",
            "1p3",
            "_1",
            "<<",
            "0x1FFFFFFFFFFFFFFFF",
            "+-1",
        ] {
            assert_eq!(read(text), format!("\"{text}\""));
        }
    }
}
