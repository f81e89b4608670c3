//! A request that a match would take, as a line for a shell.

use std::fmt::Write;

use crate::candidates::Candidate;
use crate::explain::example;
use crate::ir::{self, ListenerProtocol};
use crate::matcher::{self, Predicates};
use crate::path::PathPattern;

/// A request to `host` like the one for `path`, with what the match wants otherwise; `None` where
/// no simple request meets all conditions.
pub(super) fn suggestion(
    listener: &ir::Listener,
    host: &str,
    candidate: &Candidate,
    path: &str,
) -> Option<String> {
    let matched = candidate.matched();
    let predicates = &matched.predicates;
    let path = path_like(path, &matched.path, predicates.grpc_method.as_deref())?;
    let mut line = "curl".to_owned();
    if let Some(method) = predicates.method.as_deref().filter(|it| *it != "GET") {
        let _ = write!(line, " -X {method}");
    }
    for header in &predicates.headers {
        let value = example::of_value(&header.pattern)?;
        let _ = write!(line, " -H {}", quoted(&format!("{}: {value}", header.name)));
    }
    let origin = origin(listener, host);
    let url = format!("{origin}{path}{}", query(predicates)?);
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b":/.-_~%".contains(&b);
    let url = if url.bytes().all(is_plain) {
        url
    } else {
        quoted(&url)
    };
    Some(format!("{line} {url}"))
}

fn path_like(path: &str, wanted: &PathPattern, grpc_method: Option<&str>) -> Option<String> {
    let fits = |path: &str| {
        wanted.takes(path) && grpc_method.is_none_or(|it| matcher::grpc_method(path) == Some(it))
    };
    if path.starts_with('/') && fits(path) {
        return Some(path.to_owned());
    }
    let of_method = grpc_method.map(|method| format!("/any.Service/{method}"));
    let found = of_method.filter(|path| fits(path));
    found.or_else(|| example::of_path(wanted).filter(|path| fits(path)))
}

fn origin(listener: &ir::Listener, host: &str) -> String {
    let (scheme, own) = match listener.protocol {
        ListenerProtocol::Http => ("http", 80),
        ListenerProtocol::Https | ListenerProtocol::Tls => ("https", 443),
    };
    if listener.port == own {
        format!("{scheme}://{host}")
    } else {
        format!("{scheme}://{host}:{}", listener.port)
    }
}

fn query(predicates: &Predicates) -> Option<String> {
    let mut query = String::new();
    for param in &predicates.query_params {
        query.push(if query.is_empty() { '?' } else { '&' });
        escape(&param.name, &mut query);
        query.push('=');
        escape(&example::of_value(&param.pattern)?, &mut query);
    }
    Some(query)
}

fn escape(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:,".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
