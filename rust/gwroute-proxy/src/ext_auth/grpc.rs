//! Asking in gRPC: Envoy's `Check`.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use gwroute_core::RequestView;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::uri::{Authority, PathAndQuery};
use http::{Method, Request, Response, StatusCode, Version};
use prost::Message;

use super::ask::Question;
use super::changes::{self, Change};
use super::http::{absolute, path_and_query};
use super::message::{self, AttributeContext, CheckRequest, CheckResponse, HeaderValueOption};
use super::{Authorizer, Held, Verdict};
use crate::answer::Own;
use crate::body::Source;
use crate::error::{Error, ErrorKind};
use crate::forward;
use crate::upstream::arriving::Arriving;
use crate::view::View;

const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";
const GRPC_STATUS: &str = "grpc-status";
/// No answer is longer.
const LONGEST: usize = 1024 * 1024;
/// Before each message: a flag, 0 for plain, and the length.
const PREFIX: usize = 5;

/// A call of `Check`; `None` if the request cannot be put into it.
pub(super) fn question(
    asked: &Authorizer,
    held: &Held,
    body: &Bytes,
    endpoint: SocketAddr,
    secure: bool,
) -> Option<Question> {
    let check = CheckRequest {
        attributes: Some(attributes(asked, held, body)?),
    };
    let authority = Authority::try_from(endpoint.to_string()).ok()?;
    let path = PathAndQuery::from_static(CHECK);
    let mut head = Request::new(());
    *head.method_mut() = Method::POST;
    *head.uri_mut() = absolute(authority, path, secure)?;
    let headers = head.headers_mut();
    let kind = HeaderValue::from_static("application/grpc");
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::TE, HeaderValue::from_static("trailers"));
    Some(Question {
        head,
        body: framed(&check)?,
    })
}

fn framed(check: &CheckRequest) -> Option<Bytes> {
    let length = check.encoded_len();
    let mut framed = BytesMut::with_capacity(PREFIX + length);
    framed.put_u8(0);
    framed.put_u32(u32::try_from(length).ok()?);
    check.encode(&mut framed).ok()?;
    Some(framed.freeze())
}

fn attributes(asked: &Authorizer, held: &Held, body: &Bytes) -> Option<AttributeContext> {
    let addresses = held.exchange.client.addresses();
    Some(AttributeContext {
        source: Some(peer(addresses.remote)),
        destination: Some(peer(addresses.local)),
        request: Some(message::Request {
            http: Some(http_request(asked, held, body)?),
        }),
    })
}

fn peer(address: SocketAddr) -> message::Peer {
    let socket_address = Some(message::SocketAddress {
        address: address.ip().to_string(),
        port_value: address.port().into(),
    });
    let address = Some(message::Address { socket_address });
    message::Peer { address }
}

fn http_request(asked: &Authorizer, held: &Held, body: &Bytes) -> Option<message::HttpRequest> {
    let parts = &held.parts;
    let path = path_and_query(parts, "")?.to_string();
    let host = View(parts).authority().map(text).unwrap_or_default();
    let scheme = held.exchange.client.scheme().to_owned();
    let method = parts.method.to_string();
    let mut headers = headers(asked.auth.allowed_headers(), &parts.headers);
    // Envoy has these among the headers.
    for (name, value) in [
        (":authority", &host),
        (":method", &method),
        (":path", &path),
        (":scheme", &scheme),
    ] {
        headers.insert(name.to_owned(), value.clone());
    }
    let (body, raw_body) = match asked.auth.forward_body() {
        0 => Default::default(),
        _ => plain_or_raw(body),
    };
    let id = parts.headers.get(forward::REQUEST_ID);
    Some(message::HttpRequest {
        id: id.map(|id| text(id.as_bytes())).unwrap_or_default(),
        method,
        headers,
        path,
        host,
        scheme,
        size: length(&parts.headers).unwrap_or(-1),
        protocol: match held.exchange.version {
            Version::HTTP_2 => "HTTP/2".to_owned(),
            _ => "HTTP/1.1".to_owned(),
        },
        body,
        raw_body,
    })
}

/// Text goes into one field, anything else into another.
fn plain_or_raw(body: &[u8]) -> (String, Vec<u8>) {
    match std::str::from_utf8(body) {
        Ok(plain) => (plain.to_owned(), Vec::new()),
        Err(_) => (String::new(), body.to_vec()),
    }
}

fn length(headers: &HeaderMap) -> Option<i64> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

/// All headers, or those that the filter allows; the lines of one name are joined.
fn headers(allowed: &[HeaderName], client: &HeaderMap) -> BTreeMap<String, String> {
    let is_shown = |name: &HeaderName| allowed.is_empty() || allowed.contains(name);
    let shown = client.keys().filter(|name| is_shown(name));
    let joined = shown.map(|name| {
        let lines = client.get_all(name).iter();
        let lines: Vec<String> = lines.map(|value| text(value.as_bytes())).collect();
        (name.as_str().to_owned(), lines.join(","))
    });
    joined.collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What an answer says. What is no answer to the call is an error.
pub(super) async fn verdict(response: Response<Arriving>) -> Result<Verdict, Error> {
    let (head, body) = response.into_parts();
    if head.status != StatusCode::OK {
        return Err(malformed(&format!("HTTP status {}", head.status)));
    }
    let (message, trailers) = Source::Endpoint(body).collect(LONGEST).await?;
    let status = trailers.as_ref().unwrap_or(&head.headers).get(GRPC_STATUS);
    let status = status.map(HeaderValue::as_bytes);
    if status != Some(b"0") {
        let status = status.map_or_else(|| "none".to_owned(), text);
        return Err(malformed(&format!("grpc-status {status}")));
    }
    let answer = unframed(message).and_then(|message| CheckResponse::decode(message).ok());
    answer
        .map(judged)
        .ok_or_else(|| malformed("no CheckResponse"))
}

fn malformed(what: &str) -> Error {
    let mut error = Error::new(ErrorKind::Protocol);
    error.detail = Some(what.to_owned());
    error
}

/// The message of a body that holds one, and nothing else.
fn unframed(mut body: Bytes) -> Option<Bytes> {
    if body.len() < PREFIX || body.get_u8() != 0 {
        return None;
    }
    let length = usize::try_from(body.get_u32()).ok()?;
    (length == body.len()).then_some(body)
}

/// As Envoy reads it: status 0, which is also what a missing one means, is yes.
fn judged(answer: CheckResponse) -> Verdict {
    let code = answer.status.map_or(0, |status| status.code);
    if code == 0 && answer.denied_response.is_none() {
        let changes = answer.ok_response.map(wanted).unwrap_or_default();
        return Verdict::Pass(changes);
    }
    let denied = answer.denied_response.unwrap_or_default();
    let status = denied.status.and_then(|status| final_status(status.code));
    let status = status.unwrap_or(StatusCode::FORBIDDEN);
    let headers = denied.headers.into_iter().filter_map(pair);
    let mut kept = HeaderMap::new();
    for (name, value, append, _) in headers {
        let change = match append {
            Some(true) => Change::Append(name, value),
            _ => Change::Set(name, value),
        };
        change.apply(&mut kept);
    }
    Verdict::Refuse(Own::denied(status, kept, Bytes::from(denied.body)))
}

fn final_status(code: i32) -> Option<StatusCode> {
    let code = u16::try_from(code).ok().filter(|code| *code >= 200)?;
    StatusCode::from_u16(code).ok()
}

fn wanted(ok: message::OkHttpResponse) -> Vec<Change> {
    let headers = ok.headers.into_iter().filter_map(pair);
    // `HeaderAppendAction`; the default replaces here, as it does in Envoy.
    let changes = headers.map(|(name, value, append, action)| match (append, action) {
        (Some(true), _) => Change::Append(name, value),
        (None, 1) => Change::Add(name, value),
        (None, 3) => Change::Replace(name, value),
        _ => Change::Set(name, value),
    });
    let removed = ok.headers_to_remove.iter();
    let removed = removed.filter_map(|name| HeaderName::from_bytes(name.as_bytes()).ok());
    let removed = removed.filter(|name| !changes::is_protected(name));
    changes.chain(removed.map(Change::Remove)).collect()
}

/// What is no header, or none that may be set, is left out.
fn pair(option: HeaderValueOption) -> Option<(HeaderName, HeaderValue, Option<bool>, i32)> {
    let header = option.header?;
    let value = match header.raw_value.as_slice() {
        [] => header.value.as_bytes(),
        raw => raw,
    };
    let name = HeaderName::from_bytes(header.key.as_bytes()).ok()?;
    if changes::is_protected(&name) {
        return None;
    }
    Some((
        name,
        HeaderValue::from_bytes(value).ok()?,
        option.append.map(|append| append.value),
        option.append_action,
    ))
}
