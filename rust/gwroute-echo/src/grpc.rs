//! The gRPC service of the original, `gateway_api_conformance.echo_basic.grpcecho.GrpcEcho`.

use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Response, header, request};
use http_body_util::{BodyExt, Full};
use prost::Message;

use crate::Config;
use crate::service::Body;

const SERVICE: &str = "/gateway_api_conformance.echo_basic.grpcecho.GrpcEcho/";
const STATUS: &str = "grpc-status";
const UNIMPLEMENTED: &str = "12";

#[derive(Message)]
struct EchoResponse {
    #[prost(message, optional, tag = "1")]
    assertions: Option<Assertions>,
}

#[derive(Message)]
struct Assertions {
    #[prost(string, tag = "1")]
    fully_qualified_method: String,
    #[prost(message, repeated, tag = "2")]
    headers: Vec<Header>,
    #[prost(string, tag = "3")]
    authority: String,
    #[prost(message, optional, tag = "4")]
    context: Option<Context>,
}

#[derive(Message)]
struct Header {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Message)]
struct Context {
    #[prost(string, tag = "1")]
    namespace: String,
    #[prost(string, tag = "2")]
    ingress: String,
    #[prost(string, tag = "3")]
    service_name: String,
    #[prost(string, tag = "4")]
    pod: String,
}

/// Whether a request is a gRPC call.
pub(crate) fn is_call(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// Answers a call: `Echo` and `EchoTwo` with what was seen, all others with UNIMPLEMENTED.
pub(crate) fn answer(call: &request::Parts, config: &Config) -> Response<Body> {
    let method = call.uri.path().strip_prefix(SERVICE);
    let mut response = match method {
        Some("Echo" | "EchoTwo") => {
            let mut trailers = HeaderMap::new();
            trailers.insert(STATUS, HeaderValue::from_static("0"));
            let message = Full::new(framed(&seen(call, config)));
            let trailers = std::future::ready(Some(Ok(trailers)));
            Response::new(Body::Right(message.with_trailers(trailers)))
        }
        _ => {
            let mut response = Response::new(Body::Left(Full::default()));
            let status = HeaderValue::from_static(UNIMPLEMENTED);
            response.headers_mut().insert(STATUS, status);
            response
        }
    };
    let kind = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn seen(call: &request::Parts, config: &Config) -> EchoResponse {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = call.headers.iter().map(|(name, value)| Header {
        key: name.to_string(),
        value: text(value),
    });
    let authority = call.uri.authority().map(ToString::to_string);
    let context = Context {
        namespace: config.namespace.clone(),
        ingress: config.ingress.clone(),
        service_name: config.service.clone(),
        pod: config.pod.clone(),
    };
    EchoResponse {
        assertions: Some(Assertions {
            fully_qualified_method: call.uri.path().to_owned(),
            headers: headers.collect(),
            authority: authority.unwrap_or_default(),
            context: Some(context),
        }),
    }
}

/// A message as gRPC frames it: not compressed, its length, itself.
fn framed(message: &EchoResponse) -> Bytes {
    let length = message.encoded_len();
    let mut out = BytesMut::with_capacity(length + 5);
    out.put_u8(0);
    out.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    // The buffer grows; that is all that could fail.
    let _ = message.encode(&mut out);
    out.freeze()
}
