//! Asking in HTTP: a request like the client's, and 200 is yes.

use std::time::Duration;

use bytes::Bytes;
use gwroute_core::{RequestView, Target, ir};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, StatusCode, Uri};
use tokio::task::spawn_local;

use super::ask::Question;
use super::changes::{self, Change};
use super::{Authorizer, Held, Verdict};
use crate::body::Source;
use crate::error::{Error, ErrorKind};
use crate::hops::Hops;
use crate::upstream::arriving::Arriving;
use crate::view::View;

/// How long, and how much, is read behind a yes to have the connection back.
const REST: (Duration, usize) = (Duration::from_secs(1), 64 * 1024);

/// Method, path, `Host`, `Authorization` and `Content-Length`, and whatever else the filter allows;
/// `None` if no such request can be made.
pub(super) fn question(
    asked: &Authorizer,
    held: &Held,
    body: &Bytes,
    protocol: ir::UpstreamProtocol,
    secure: bool,
) -> Option<Question> {
    let parts = &held.parts;
    let body = match asked.auth.forward_body() {
        0 => Bytes::new(),
        _ => body.clone(),
    };
    let view = View(parts);
    let host = view.authority()?;
    let path = path_and_query(parts, asked.auth.path())?;
    let mut head = Request::new(());
    *head.method_mut() = parts.method.clone();
    *head.headers_mut() = headers(asked, &parts.headers, body.len());
    *head.uri_mut() = match protocol {
        ir::UpstreamProtocol::Http1 => {
            let host = HeaderValue::from_bytes(host).ok()?;
            head.headers_mut().insert(header::HOST, host);
            Uri::from(path)
        }
        ir::UpstreamProtocol::H2c => absolute(Authority::try_from(host).ok()?, path, secure)?,
    };
    Some(Question { head, body })
}

/// The path as the rule matched it, for that is what the backend gets, and the query as sent.
pub(super) fn path_and_query(parts: &Parts, prefix: &str) -> Option<PathAndQuery> {
    let view = View(parts);
    let target = Target::parse(view.target(), None).ok()?;
    let (mark, query) = target.query().map_or(("", ""), |query| ("?", query));
    let path = [prefix, target.path(), mark, query].concat();
    PathAndQuery::from_maybe_shared(Bytes::from(path)).ok()
}

/// A target in HTTP/2.
pub(super) fn absolute(authority: Authority, path: PathAndQuery, secure: bool) -> Option<Uri> {
    let mut uri = http::uri::Parts::default();
    uri.scheme = Some(if secure { Scheme::HTTPS } else { Scheme::HTTP });
    uri.authority = Some(authority);
    uri.path_and_query = Some(path);
    Uri::from_parts(uri).ok()
}

fn headers(asked: &Authorizer, client: &HeaderMap, length: usize) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let allowed = asked.auth.allowed_headers().iter();
    let allowed = allowed.filter(|name| **name != header::AUTHORIZATION);
    for name in allowed.chain([&header::AUTHORIZATION]) {
        if !changes::is_protected(name) && !headers.contains_key(name) {
            for value in client.get_all(name) {
                headers.append(name, value.clone());
            }
        }
    }
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers
}

/// 200 is yes, and what the answer says then goes to the backend; any other answer goes to the
/// client.
pub(super) fn verdict(
    asked: &Authorizer,
    mut response: Response<Arriving>,
) -> Result<Verdict, Error> {
    match response.status() {
        StatusCode::OK => {}
        StatusCode::SWITCHING_PROTOCOLS => return Err(Error::new(ErrorKind::Protocol)),
        _ => return Ok(Verdict::Answer(response)),
    }
    let headers = std::mem::take(response.headers_mut());
    read_rest(Source::Endpoint(response.into_body()));
    Ok(Verdict::Pass(copied(
        headers,
        asked.auth.allowed_response_headers(),
    )))
}

/// Nobody waits for the rest of the answer.
fn read_rest(source: Source) {
    if source.is_end_stream() {
        return source.release();
    }
    spawn_local(async move {
        // A connection that does not come back is closed.
        let _ = tokio::time::timeout(REST.0, source.collect(REST.1)).await;
    });
}

/// The headers of an answer that the backend gets, each in place of the client's. Those that
/// speak of the answer's own body are copied only where they are named.
fn copied(mut headers: HeaderMap, allowed: &[HeaderName]) -> Vec<Change> {
    let mut hops = Hops::default();
    headers
        .iter()
        .for_each(|(name, value)| hops.meet(name, value));
    hops.remove_from(&mut headers);
    let is_copied = |name: &HeaderName| {
        !changes::is_protected(name)
            && match allowed {
                [] => !name.as_str().starts_with("content-"),
                names => names.contains(name),
            }
    };
    let names = headers.keys().filter(|name| is_copied(name));
    let changes = names.flat_map(|name| {
        let values = headers.get_all(name).iter();
        let lines = values.map(|value| Change::Append(name.clone(), value.clone()));
        [Change::Remove(name.clone())].into_iter().chain(lines)
    });
    changes.collect()
}
