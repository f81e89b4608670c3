//! The Location of a redirect.

use std::fmt::Write;

use crate::filter::rewrite::PathEdit;
use crate::ir::{self, ListenerProtocol};

/// What of the request the Location may keep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct From<'r> {
    pub(crate) protocol: ListenerProtocol,
    /// The listener's port.
    pub(crate) port: u16,
    pub(crate) host: &'r str,
    pub(crate) path: &'r str,
    pub(crate) query: Option<&'r str>,
    /// The path prefix that matched, without a slash at its end.
    pub(crate) prefix: Option<&'r str>,
}

/// Gateway API, HTTPRequestRedirectFilter: what is not given is kept, and the port is left out
/// where it is the scheme's own.
pub(crate) fn location(redirect: &ir::Redirect, from: From<'_>) -> String {
    let scheme = redirect.scheme.as_deref().unwrap_or(match from.protocol {
        ListenerProtocol::Http => "http",
        ListenerProtocol::Https | ListenerProtocol::Tls => "https",
    });
    let edit = redirect.path.as_ref().map(PathEdit::compile);
    let path = edit
        .as_ref()
        .map_or(from.path.into(), |edit| edit.apply(from.path, from.prefix));
    let host = redirect.hostname.as_deref().unwrap_or(from.host);
    let mut out = String::with_capacity(scheme.len() + host.len() + path.len() + 16);
    // A request that names no host can only be sent elsewhere on the same one.
    if !host.is_empty() {
        let _ = write!(out, "{scheme}://{host}");
        let own = default_port(scheme);
        let port = redirect
            .port
            .or(redirect.scheme.as_ref().and(own))
            .unwrap_or(from.port);
        if own != Some(port) {
            let _ = write!(out, ":{port}");
        }
    }
    out.push_str(&path);
    if let Some(query) = from.query {
        out.push('?');
        out.push_str(query);
    }
    out
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_the_location() {
        use ListenerProtocol::{Http, Https};
        for (protocol, listener, scheme, port, location_port) in [
            (Http, 80, None, None, ""),
            (Http, 80, None, Some(8080), ":8080"),
            (Http, 80, Some("https"), None, ""),
            (Http, 80, Some("https"), Some(8443), ":8443"),
            (Http, 8080, None, None, ":8080"),
            (Http, 8080, None, Some(80), ""),
            (Http, 8080, Some("https"), None, ""),
            (Https, 443, None, None, ""),
            (Https, 443, Some("http"), None, ""),
            (Https, 443, Some("http"), Some(8080), ":8080"),
            (Https, 443, None, Some(8443), ":8443"),
        ] {
            let redirect = ir::Redirect {
                scheme: scheme.map(Into::into),
                hostname: None,
                path: None,
                port,
                status: 302,
            };
            let from = From {
                protocol,
                port: listener,
                host: "a.example",
                path: "/x",
                query: Some("y=1"),
                prefix: None,
            };
            let expected = scheme.unwrap_or(if protocol == Http { "http" } else { "https" });
            assert_eq!(
                location(&redirect, from),
                format!("{expected}://a.example{location_port}/x?y=1")
            );
        }
    }
}
