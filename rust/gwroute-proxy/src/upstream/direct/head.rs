//! Heads: of a request, written; of a response, read.

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::uri::PathAndQuery;
use http::{Request, Response, StatusCode, Version};
use httparse::{ParserConfig, Status};
use hyper::ext::ReasonPhrase;

use super::framing::{Framing, Signs};
use crate::error::{Error, ErrorKind};
use crate::heads;

/// As many fields as the HTTP library takes.
pub(super) const MOST_FIELDS: usize = 100;
/// As long a head as the HTTP library takes.
const LONGEST: usize = (8 + 4 * MOST_FIELDS) * 1024;
/// A head up to this long is looked at whenever more of it has come.
const SHORT: usize = 4 * 1024;

/// A response as far as it has been read, and what its head says about the rest.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) response: Response<()>,
    pub(super) framing: Framing,
    /// Whether the connection is as good as before when the body has ended.
    pub(super) keeps: bool,
}

/// A request that names its target by path and query alone.
pub(super) fn write<B>(request: &Request<B>, out: &mut Vec<u8>) {
    out.extend_from_slice(request.method().as_str().as_bytes());
    out.push(b' ');
    let target = request.uri().path_and_query();
    let target = target.map_or("/", PathAndQuery::as_str);
    // Of an absolute target the path may be missing before a query.
    if !target.starts_with(['/', '*']) {
        out.push(b'/');
    }
    out.extend_from_slice(target.as_bytes());
    out.extend_from_slice(b" HTTP/1.1\r\n");
    for (name, value) in request.headers() {
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
}

/// Whether what was read is worth another look, the first `seen` bytes of it having been no whole
/// head: one that is long and comes byte by byte would be parsed as often as it has bytes.
pub(super) fn may_be_whole(read: &[u8], seen: usize) -> bool {
    let new = &read[seen.saturating_sub(3).min(read.len())..];
    read.len() <= SHORT || read.len() > LONGEST || heads::end_of_head(new).is_some()
}

/// Takes the head of a response from what was read, and interim ones before it; `None` if it is
/// not whole. `headers` are those of the request, whose place the response's take.
///
/// # Errors
/// [`ErrorKind::Protocol`] for what is no response, or none that ends in one way only.
pub(super) fn take(
    read: &mut Bytes,
    is_head: bool,
    headers: &mut HeaderMap,
) -> Result<Option<Answer>, Error> {
    while !read.is_empty() {
        let mut fields = [const { MaybeUninit::uninit() }; MOST_FIELDS];
        let mut parsed = httparse::Response::new(&mut []);
        let config = ParserConfig::default();
        let len = config.parse_response_with_uninit_headers(&mut parsed, read, &mut fields);
        let len = match len.map_err(|error| Error::because(ErrorKind::Protocol, &error))? {
            Status::Complete(len) if len <= LONGEST => len,
            Status::Partial if read.len() <= LONGEST => return Ok(None),
            _ => return Err(malformed("head too large")),
        };
        let status = StatusCode::from_u16(parsed.code.unwrap_or_default());
        let status = status.map_err(|error| Error::because(ErrorKind::Protocol, &error))?;
        if status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS {
            *read = read.slice(len..);
            continue;
        }
        let answer = answer(&parsed, status, read, is_head, headers)?;
        *read = read.slice(len..);
        return Ok(Some(answer));
    }
    Ok(None)
}

fn answer(
    parsed: &httparse::Response<'_, '_>,
    status: StatusCode,
    read: &Bytes,
    is_head: bool,
    headers: &mut HeaderMap,
) -> Result<Answer, Error> {
    let version = match parsed.version {
        Some(1) => Version::HTTP_11,
        _ => Version::HTTP_10,
    };
    let mut signs = Signs::new(version, status, is_head);
    headers.clear();
    for field in parsed.headers.iter() {
        let (name, value) = pair(field, read)?;
        signs.look_at(&name, &value);
        headers.append(name, value);
    }
    let framing = signs.framing()?;
    signs.mend(headers);
    let mut response = Response::new(());
    *response.status_mut() = status;
    *response.version_mut() = version;
    let reason = parsed
        .reason
        .filter(|r| status.canonical_reason() != Some(r));
    if let Some(Ok(reason)) = reason.map(|reason| ReasonPhrase::try_from(reason.as_bytes())) {
        response.extensions_mut().insert(reason);
    }
    Ok(Answer {
        keeps: signs.keeps(&framing),
        response,
        framing,
    })
}

/// A header whose value shares the memory of what was read.
pub(super) fn pair(
    field: &httparse::Header<'_>,
    read: &Bytes,
) -> Result<(HeaderName, HeaderValue), Error> {
    let name = HeaderName::from_bytes(field.name.as_bytes());
    let name = name.map_err(|error| Error::because(ErrorKind::Protocol, &error))?;
    let value = HeaderValue::from_maybe_shared(read.slice_ref(field.value));
    let value = value.map_err(|error| Error::because(ErrorKind::Protocol, &error))?;
    Ok((name, value))
}

pub(super) fn malformed(what: &str) -> Error {
    Error {
        kind: ErrorKind::Protocol,
        detail: Some(what.to_owned()),
    }
}
