//! One JSON object a line. Keys stand in this order and are always there; what is missing is null.

use std::fmt::Display;
use std::io::Write;

use http::{HeaderValue, Method};

use super::{protocol, push_number, push_route_name};
use crate::error::Side;
use crate::telemetry::{Head, Outcome, Record, UpstreamRecord};

/// Appends the object, without an end of line.
pub(super) fn render(record: &Record, line: &mut Vec<u8>) {
    let mut object = Object(line);
    let head = record.head.as_deref();
    request_line(record, head, &mut object);
    response(record, &mut object);
    headers(head, &mut object);
    connections(record, &mut object);
    route(record, &mut object);
    object.end();
}

fn request_line(record: &Record, head: Option<&Head>, object: &mut Object<'_>) {
    let started = humantime::format_rfc3339_millis(record.started);
    object.0.push(b'{');
    object.shown("start_time", Some(started));
    object.text("method", record.method.as_ref().map(Method::as_str));
    object.text("x-envoy-origin-path", head.map(|head| head.path.as_str()));
    object.plain("protocol", protocol(record));
}

fn response(record: &Record, object: &mut Object<'_>) {
    let service_time = |upstream: &UpstreamRecord| upstream.service_time;
    let service_time = record.upstream.as_ref().and_then(service_time);
    object.number("response_code", Some(record.status.into()));
    object.plain("response_flags", Some(record.outcome.flag()));
    object.plain("response_code_details", Some(details(record)));
    object.text("connection_termination_details", termination(record));
    object.text("upstream_transport_failure_reason", failure(record));
    object.number("bytes_received", Some(record.bytes_received));
    object.number("bytes_sent", Some(record.bytes_sent));
    object.number("duration", Some(millis(record.duration)));
    object.number("x-envoy-upstream-service-time", service_time.map(millis));
}

fn headers(head: Option<&Head>, object: &mut Object<'_>) {
    let value = |choose: fn(&Head) -> &Option<HeaderValue>| head.and_then(|h| choose(h).as_ref());
    object.header("x-forwarded-for", value(|head| &head.forwarded_for));
    object.header("user-agent", value(|head| &head.user_agent));
    object.header("x-request-id", value(|head| &head.request_id));
    object.header(":authority", value(|head| &head.authority));
}

fn connections(record: &Record, object: &mut Object<'_>) {
    let upstream = record.upstream.as_ref();
    let host = upstream.map(|upstream| upstream.endpoint.address());
    let cluster = upstream.map(|upstream| upstream.upstream.key.as_str());
    let local = upstream.and_then(|upstream| upstream.local);
    object.shown("upstream_host", host);
    object.text("upstream_cluster", cluster);
    object.shown("upstream_local_address", local);
    object.shown("downstream_local_address", Some(record.client.local));
    object.shown("downstream_remote_address", Some(record.client.remote));
    object.text(
        "requested_server_name",
        record.client.server_name.as_deref(),
    );
}

fn route(record: &Record, object: &mut Object<'_>) {
    let listener = record.listener.as_deref();
    let route = record.rule.as_deref().map(|rule| &rule.as_ir().route);
    let backend = record.rule.as_ref().zip(record.backend);
    let backend = backend.and_then(|(rule, index)| rule.backends().get(index));
    let upstream = record.upstream.as_ref();
    object.name("route_name");
    match route {
        Some(route) => object.quoted(|line| push_route_name(route, record.match_index, line)),
        None => object.null(),
    }
    object.text("gateway", listener.map(|listener| &*listener.gateway));
    object.text("listener", listener.map(|listener| &*listener.key));
    object.name("route");
    match route {
        Some(route) => object.quoted(|line| {
            line.extend_from_slice(route.namespace.as_bytes());
            line.push(b'/');
            line.extend_from_slice(route.name.as_bytes());
        }),
        None => object.null(),
    }
    let rule_name = route.and_then(|route| route.rule_name.as_deref());
    object.number("rule", route.map(|route| route.rule.into()));
    object.text("rule_name", rule_name);
    object.number("match", record.match_index.map(|index| index as u64));
    object.text("backend", backend.map(|backend| backend.name()));
    let node_pool = listener.and_then(|listener| listener.node_pool.as_deref());
    object.text("node_pool", node_pool);
    object.number("tries", upstream.map(|upstream| upstream.tries.into()));
    object.plain("reason", record.outcome.reason());
}

/// Where an answer came from, or what kept it from coming, in Envoy's words.
pub(super) fn details(record: &Record) -> &'static str {
    use crate::ErrorKind::{
        BadRequest, BodyTooLarge, ClientGone, Connect, ExternalAuth, HeadTooLarge, Protocol, Reset,
        Stopped, TimeoutBackend, TimeoutClient, TimeoutConnect, TimeoutHead, TimeoutRequest,
        TimeoutTry, Tls, TransferCoding, Upgrade, Version,
    };
    let upstream = record.upstream.as_ref();
    let had_begun = upstream.is_some_and(|upstream| upstream.service_time.is_some());
    match &record.outcome {
        Outcome::Backend => "via_upstream",
        Outcome::Handshake(_) => "tls_handshake_failed",
        Outcome::Decided("no_route") => "route_not_found",
        Outcome::Decided("no_endpoint") => "no_healthy_upstream",
        Outcome::Decided("bad_request") => "invalid_request_target",
        Outcome::Decided("external_auth_denied") => "ext_authz_denied",
        Outcome::Decided(_) => "direct_response",
        Outcome::Failed(error) => match error.kind {
            BadRequest => "http.codec_error",
            HeadTooLarge => "http.headers_too_large",
            Version => "low_version",
            Upgrade => "upgrade_failed",
            TransferCoding => "http.transfer_coding",
            BodyTooLarge => "request_payload_too_large",
            TimeoutHead => "request_header_timeout",
            TimeoutClient | TimeoutBackend => "stream_idle_timeout",
            ClientGone => "downstream_remote_disconnect",
            Connect | Tls => "upstream_reset_before_response_started{remote_connection_failure}",
            TimeoutConnect => "upstream_reset_before_response_started{connection_timeout}",
            Reset if had_begun => "upstream_reset_after_response_started{connection_termination}",
            Reset => "upstream_reset_before_response_started{connection_termination}",
            Protocol if had_begun => "upstream_reset_after_response_started{protocol_error}",
            Protocol => "upstream_reset_before_response_started{protocol_error}",
            TimeoutTry => "upstream_per_try_timeout",
            ExternalAuth => "ext_authz_error",
            TimeoutRequest => "response_timeout",
            Stopped => "downstream_local_disconnect",
        },
    }
}

/// What the protocol had to say about a handshake that came to nothing.
fn termination(record: &Record) -> Option<&str> {
    match &record.outcome {
        Outcome::Handshake(error) => error.detail.as_deref(),
        _ => None,
    }
}

/// What the operating system or the protocol had to say about the endpoint.
fn failure(record: &Record) -> Option<&str> {
    match &record.outcome {
        Outcome::Failed(error) if error.kind.side() == Side::Backend => error.detail.as_deref(),
        _ => None,
    }
}

pub(super) fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Appends members to an object that begins with the first.
struct Object<'a>(&'a mut Vec<u8>);

impl Object<'_> {
    fn name(&mut self, name: &'static str) {
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    fn end_member(&mut self) {
        self.0.push(b',');
    }

    fn null(&mut self) {
        self.0.extend_from_slice(b"null");
        self.end_member();
    }

    /// What `write` appends, which needs no escapes, in quotes.
    fn quoted(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.0.push(b'"');
        write(self.0);
        self.0.push(b'"');
        self.end_member();
    }

    /// A text of our own: it needs no escapes.
    fn plain(&mut self, name: &'static str, value: Option<&str>) {
        self.name(name);
        match value {
            Some(value) => self.quoted(|line| line.extend_from_slice(value.as_bytes())),
            None => self.null(),
        }
    }

    /// A text of somebody else's.
    fn text(&mut self, name: &'static str, value: Option<&str>) {
        self.name(name);
        match value {
            Some(value) => {
                // Writing a text to memory cannot fail.
                let _ = serde_json::to_writer(&mut *self.0, value);
                self.end_member();
            }
            None => self.null(),
        }
    }

    /// A header value; what is not UTF-8 in it is replaced.
    fn header(&mut self, name: &'static str, value: Option<&HeaderValue>) {
        let value = value.map(|value| String::from_utf8_lossy(value.as_bytes()));
        self.text(name, value.as_deref());
    }

    /// A time or an address: it needs no escapes.
    fn shown(&mut self, name: &'static str, value: Option<impl Display>) {
        self.name(name);
        match value {
            // Writing to memory cannot fail.
            Some(value) => self.quoted(|line| drop(write!(line, "{value}"))),
            None => self.null(),
        }
    }

    fn number(&mut self, name: &'static str, value: Option<u64>) {
        self.name(name);
        match value {
            Some(value) => {
                push_number(value, self.0);
                self.end_member();
            }
            None => self.null(),
        }
    }

    /// Puts the closing brace in place of the last comma.
    fn end(&mut self) {
        self.0.pop();
        self.0.push(b'}');
    }
}
