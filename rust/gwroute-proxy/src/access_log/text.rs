//! One line for people: Envoy's own default format, and behind it the route and the reason.

use std::fmt::Display;
use std::io::Write;

use http::{HeaderValue, Method};

use super::json::millis;
use super::{protocol, push_number, push_route_name};
use crate::telemetry::Record;

/// Appends the line, without its end.
pub(super) fn render(record: &Record, line: &mut Vec<u8>) {
    let head = record.head.as_deref();
    let upstream = record.upstream.as_ref();
    let service_time = upstream.and_then(|upstream| upstream.service_time);
    show(
        format_args!("[{}] \"", humantime::format_rfc3339_millis(record.started)),
        line,
    );
    let method = record.method.as_ref().map_or("-", Method::as_str);
    escape(method.as_bytes(), line);
    line.push(b' ');
    escape(head.map_or("-", |head| &head.path).as_bytes(), line);
    let (protocol, status) = (protocol(record).unwrap_or("-"), record.status);
    let flag = record.outcome.flag();
    show(format_args!(" {protocol}\" {status} {flag}"), line);
    for number in [
        Some(record.bytes_received),
        Some(record.bytes_sent),
        Some(millis(record.duration)),
        service_time.map(millis),
    ] {
        line.push(b' ');
        match number {
            Some(number) => push_number(number, line),
            None => line.push(b'-'),
        }
    }
    quoted(head.and_then(|head| head.forwarded_for.as_ref()), line);
    quoted(head.and_then(|head| head.user_agent.as_ref()), line);
    quoted(head.and_then(|head| head.request_id.as_ref()), line);
    quoted(head.and_then(|head| head.authority.as_ref()), line);
    match upstream {
        Some(upstream) => show(format_args!(" \"{}\" ", upstream.endpoint.address()), line),
        None => line.extend_from_slice(b" \"-\" "),
    }
    match &record.rule {
        Some(rule) => push_route_name(&rule.as_ir().route, record.match_index, line),
        None => line.push(b'-'),
    }
    line.push(b' ');
    line.extend_from_slice(record.outcome.reason().unwrap_or("-").as_bytes());
}

fn show(value: impl Display, line: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = write!(line, "{value}");
}

fn quoted(value: Option<&HeaderValue>, line: &mut Vec<u8>) {
    line.extend_from_slice(b" \"");
    escape(value.map_or(b"-", HeaderValue::as_bytes), line);
    line.push(b'"');
}

/// As nginx does: what could end the quotes or the line, and what is not ASCII, becomes `\xHH`.
fn escape(bytes: &[u8], line: &mut Vec<u8>) {
    for &byte in bytes {
        if matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\' {
            line.push(byte);
        } else {
            show(format_args!("\\x{byte:02X}"), line);
        }
    }
}
