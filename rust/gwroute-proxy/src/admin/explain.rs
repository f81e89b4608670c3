//! `/explain`: why a request goes where it goes, from the table that is live.

use std::borrow::Cow;

use gwroute_core::{EntryId, PlainRequest, RouteTable};
use http::{StatusCode, request};

use super::answer::{self, Answer};
use super::api::{parameter, parameters};
use super::state::State;

/// Parameters: `url`, `method` (GET), `header` (`Name: value`, repeatable), `draw` (0 up to 1,
/// drawn at random), `sni`, `port`, `gateway`. The listener is the one on `port`, else on the port
/// that the URL names or implies, else the only one there is. With `format=text` the answer is for
/// people.
pub(super) fn explain(state: &State, request: &request::Parts) -> Answer {
    let live = state.known.live();
    match explanation(live.table(), request) {
        Ok(explanation) if parameter(request, "format").as_deref() == Some("text") => {
            answer::text(StatusCode::OK, explanation.to_string())
        }
        Ok(explanation) => answer::json(StatusCode::OK, &explanation),
        Err(because) => answer::error(StatusCode::BAD_REQUEST, because),
    }
}

fn explanation(
    table: &RouteTable,
    request: &request::Parts,
) -> Result<gwroute_core::Explanation, String> {
    let url = parameter(request, "url").ok_or("url is needed")?;
    let (scheme, authority, target) = split(&url)?;
    let headers = parameters(request, "header")
        .map(|line| header(&line))
        .collect::<Result<Vec<_>, _>>()?;
    // As with curl, a Host header says more than the URL.
    let named = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("host"));
    let named = named.map(|(_, host)| host.clone());
    let draw = match parameter(request, "draw") {
        None => fastrand::f64(),
        Some(text) => text
            .parse()
            .ok()
            .filter(|draw| (0.0..1.0).contains(draw))
            .ok_or("draw has to be a number from 0 up to 1")?,
    };
    let entry = entry(table, request, scheme, authority)?;
    let plain = PlainRequest {
        method: parameter(request, "method").unwrap_or_else(|| "GET".to_owned()),
        target: target.into_owned(),
        authority: named.or_else(|| authority.map(str::to_owned)),
        headers,
    };
    let sni = parameter(request, "sni");
    Ok(table.explain(entry, sni.as_deref(), &plain, draw))
}

type Url<'a> = (Option<&'a str>, Option<&'a str>, Cow<'a, str>);

/// Scheme, authority and target of a URL, or of a target alone.
fn split(url: &str) -> Result<Url<'_>, String> {
    if url.starts_with('/') || url == "*" {
        return Ok((None, None, url.into()));
    }
    let (scheme, rest) = url
        .split_once("://")
        .filter(|(scheme, _)| matches!(*scheme, "http" | "https"))
        .ok_or_else(|| format!("url has to begin with http://, https:// or /, not {url:?}"))?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    let target = match target.starts_with('/') {
        true => target.into(),
        false => format!("/{target}").into(),
    };
    Ok((Some(scheme), Some(authority), target))
}

fn header(line: &str) -> Result<(String, String), String> {
    let (name, value) = line
        .split_once(':')
        .ok_or_else(|| format!("header {line:?}: write Name: value"))?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn entry(
    table: &RouteTable,
    request: &request::Parts,
    scheme: Option<&str>,
    authority: Option<&str>,
) -> Result<EntryId, String> {
    let gateway = parameter(request, "gateway");
    let gateway = gateway.as_deref();
    let known = || {
        let entries = table.entries().iter();
        let names = entries.map(|entry| format!("{}:{}", entry.gateway(), entry.port()));
        names.collect::<Vec<_>>().join(", ")
    };
    if let Some(port) = parameter(request, "port") {
        let found = port
            .parse()
            .ok()
            .and_then(|port| table.entry(gateway, port));
        return found.ok_or_else(|| format!("no listener on port {port}; there are {}", known()));
    }
    let named = authority.and_then(|authority| authority.parse::<http::uri::Authority>().ok());
    let named = named.and_then(|authority| authority.port_u16());
    let implied = scheme.map(|scheme| if scheme == "https" { 443 } else { 80 });
    let fits = |entry: &&gwroute_core::Entry| gateway.is_none_or(|name| **entry.gateway() == *name);
    let mut fitting = table.entries().iter().filter(fits);
    named
        .or(implied)
        .and_then(|port| table.entry(gateway, port))
        .or_else(|| match (fitting.next(), fitting.next()) {
            // The port that a URL names may be where the listener's is mapped to.
            (Some(only), None) => Some(only.id()),
            _ => None,
        })
        .ok_or_else(|| format!("say which port, and which gateway; there are {}", known()))
}
