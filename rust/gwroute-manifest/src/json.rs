//! Writing JSON.

use std::fmt::Write as _;

use crate::scalar::Scalar;

/// Appends a scalar.
///
/// # Errors
/// Infinity and NaN have no form in JSON.
pub(crate) fn scalar(out: &mut String, scalar: &Scalar<'_>) -> Result<(), &'static str> {
    match scalar {
        Scalar::Null => out.push_str("null"),
        Scalar::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Scalar::Int(value) => write(out, format_args!("{value}")),
        Scalar::UInt(value) => write(out, format_args!("{value}")),
        Scalar::Float(value) if !value.is_finite() => {
            return Err("infinite numbers and .nan cannot be stored by an API server");
        }
        Scalar::Float(value) => float(out, *value),
        Scalar::Text(value) => text(out, value),
    }
    Ok(())
}

/// Appends a number as Go writes it: whole ones without a point, so that an integer field takes
/// `1.0`.
fn float(out: &mut String, value: f64) {
    if value == 0.0 || (1e-6..1e21).contains(&value.abs()) {
        write(out, format_args!("{}", value + 0.0));
    } else {
        write(out, format_args!("{value:e}"));
    }
}

/// Appends text in quotes.
pub(crate) fn text(out: &mut String, value: &str) {
    if value
        .bytes()
        .any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\')
    {
        return escaped(out, value);
    }
    out.push('"');
    out.push_str(value);
    out.push('"');
}

fn escaped(out: &mut String, value: &str) {
    out.push('"');
    for char in value.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\x1f' => write(out, format_args!("\\u{:04x}", u32::from(char))),
            _ => out.push(char),
        }
    }
    out.push('"');
}

/// Writing into a `String` does not fail.
fn write(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(arguments);
}
