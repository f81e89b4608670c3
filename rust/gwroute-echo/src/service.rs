//! From a request to its answer.

use std::convert::Infallible;
use std::fmt;
use std::future::Ready;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version, request};
use http_body_util::combinators::WithTrailers;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Body as _, Incoming};

use crate::retry::Failures;
use crate::socket::Reset;
use crate::tls::Handshake;
use crate::{Config, document, duration, grpc, websocket};

/// All answers are short and known whole.
pub(crate) type Body = Either<Full<Bytes>, WithTrailers<Full<Bytes>, Trailers>>;

type Trailers = Ready<Option<Result<HeaderMap, Infallible>>>;

const SET_HEADER: &str = "x-echo-set-header";

/// What the requests of one server share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) failures: Failures,
    /// Targets of requests, if they are kept.
    pub(crate) targets: Arc<Mutex<Vec<String>>>,
}

/// What the requests of one connection share.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) shared: Rc<Shared>,
    pub(crate) port: u16,
    pub(crate) reset: Reset,
    /// Whether the port is for HTTP/2 alone.
    pub(crate) h2c_only: bool,
    /// What the TLS handshake came to; None in clear text.
    pub(crate) tls: Option<Rc<Handshake>>,
}

/// The connection is to end without an answer: the only error there is.
#[derive(Debug)]
pub(crate) struct EndWithoutAnswer;

impl fmt::Display for EndWithoutAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection ends without an answer")
    }
}

impl std::error::Error for EndWithoutAnswer {}

/// Answers one request.
///
/// # Errors
/// [`EndWithoutAnswer`], which a request under `/retry/` can ask for.
pub(crate) async fn answer(
    connection: Connection,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, EndWithoutAnswer> {
    let upgrade = (request.uri().path() == "/ws").then(|| hyper::upgrade::on(&mut request));
    let (parts, body) = request.into_parts();
    drain(body).await;
    connection.shared.record(&parts);
    if connection.h2c_only && parts.version != Version::HTTP_2 {
        return Ok(complaint(
            StatusCode::BAD_REQUEST,
            "this port speaks HTTP/2 alone",
        ));
    }
    if connection.shared.config.grpc && grpc::is_call(&parts.headers) {
        return Ok(grpc::answer(&parts, &connection.shared.config));
    }
    let mut response = match (upgrade, parts.uri.path()) {
        (Some(upgrade), _) => match websocket::accept(&parts.headers) {
            Some(response) => {
                tokio::task::spawn_local(websocket::echo(upgrade));
                response
            }
            None => complaint(StatusCode::BAD_REQUEST, "not a WebSocket handshake"),
        },
        (None, "/health") => Response::new(whole("OK")),
        (None, path) => match path.strip_prefix("/status/") {
            Some(code) => status(code),
            None => echo(&connection, &parts).await?,
        },
    };
    set_headers(&parts.headers, response.headers_mut());
    Ok(response)
}

impl Shared {
    fn record(&self, request: &request::Parts) {
        if self.config.record {
            let target = request.uri.path_and_query();
            let target = target.map(ToString::to_string).unwrap_or_default();
            let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
            targets.push(target);
        }
    }
}

pub(crate) fn whole(bytes: impl Into<Bytes>) -> Body {
    Body::Left(Full::new(bytes.into()))
}

/// Reads a body to its end, so that the connection can be used again.
async fn drain(mut body: Incoming) {
    if body.is_end_stream() {
        return;
    }
    while let Some(Ok(_)) = body.frame().await {}
}

fn status(code: &str) -> Response<Body> {
    let code = (code.len() == 3)
        .then(|| code.parse::<u16>().ok())
        .flatten();
    let status = code.and_then(|code| StatusCode::from_u16(code).ok());
    // An informational status is not the end of an answer.
    let status = status.filter(|status| !status.is_informational());
    let mut response = Response::new(whole(Bytes::new()));
    *response.status_mut() = status.unwrap_or(StatusCode::BAD_REQUEST);
    response
}

/// The document; before it, what the query asks for.
async fn echo(
    connection: &Connection,
    parts: &request::Parts,
) -> Result<Response<Body>, EndWithoutAnswer> {
    let query = Query(parts.uri.query().unwrap_or_default());
    if let Some(delay) = query.value("delay").filter(|delay| !delay.is_empty()) {
        match duration::parse(&delay) {
            Some(delay) => tokio::time::sleep(delay).await,
            None => {
                let message = format!("time: invalid duration {delay:?}");
                return Ok(complaint(StatusCode::INTERNAL_SERVER_ERROR, &message));
            }
        }
    }
    if parts.uri.path().starts_with("/retry/")
        && let Some(failure) = retry(connection, &query).await?
    {
        return Ok(failure);
    }
    let json = document::render(
        parts,
        &connection.shared.config,
        connection.port,
        connection.tls.as_deref(),
    );
    Ok(json_response(StatusCode::OK, json))
}

/// The failure that is due; None if the request is to succeed.
async fn retry(
    connection: &Connection,
    query: &Query<'_>,
) -> Result<Option<Response<Body>>, EndWithoutAnswer> {
    let count = query.value("succeedAfter").map(|count| count.parse());
    let (Some(id), Some(Ok(count))) = (query.value("uuid"), count) else {
        let message = "uuid and succeedAfter, a number, are needed";
        return Ok(Some(complaint(StatusCode::BAD_REQUEST, message)));
    };
    if !connection.shared.failures.due(&id, count) {
        return Ok(None);
    }
    if let Some(delay) = query
        .value("delayRetry")
        .as_deref()
        .and_then(duration::parse)
    {
        tokio::time::sleep(delay).await;
    }
    match query.value("responseCode") {
        Some(code) => Ok(Some(status(&code))),
        None => {
            connection.reset.ask();
            Err(EndWithoutAnswer)
        }
    }
}

/// The parameters of a query.
struct Query<'a>(&'a str);

impl Query<'_> {
    /// The first value of that name.
    fn value(&self, name: &str) -> Option<String> {
        let mut pairs = form_urlencoded::parse(self.0.as_bytes());
        let (_, value) = pairs.find(|(key, _)| key == name)?;
        Some(value.into_owned())
    }
}

fn complaint(status: StatusCode, message: &str) -> Response<Body> {
    let json = serde_json::json!({ "message": message });
    json_response(status, json.to_string().into_bytes())
}

fn json_response(status: StatusCode, json: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(whole(json));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

/// Puts the headers on that the request asks for. What is no header, and what would break the
/// framing, is left out.
fn set_headers(asked: &HeaderMap, answer: &mut HeaderMap) {
    for line in asked.get_all(SET_HEADER) {
        for pair in line.as_bytes().split(|b| *b == b',') {
            let colon = pair.iter().position(|b| *b == b':').unwrap_or(pair.len());
            let (name, value) = pair.split_at(colon);
            let name = HeaderName::from_bytes(name.trim_ascii());
            let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value))
                && name != header::CONTENT_LENGTH
                && name != header::TRANSFER_ENCODING
            {
                answer.append(name, value);
            }
        }
    }
}
