//! The answer: what was seen, as JSON.

use std::borrow::Cow;

use http::{HeaderMap, Version, header, request};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::ser::PrettyFormatter;

use crate::Config;
use crate::tls::Handshake;

/// What one request looked like from here. The order of the fields is that of the keys.
#[derive(Debug, Serialize)]
struct Seen<'a> {
    path: &'a str,
    host: &'a str,
    method: &'a str,
    proto: &'static str,
    headers: Headers<'a>,
    #[serde(rename = "httpPort", skip_serializing_if = "Option::is_none")]
    http_port: Option<String>,
    namespace: &'a str,
    ingress: &'a str,
    service: &'a str,
    pod: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<&'a Handshake>,
}

/// The document for a request that came in on this port.
pub(crate) fn render(
    request: &request::Parts,
    config: &Config,
    port: u16,
    tls: Option<&Handshake>,
) -> Vec<u8> {
    let target = request.uri.to_string();
    let authority = request.uri.authority().map(http::uri::Authority::as_str);
    let is_http2 = request.version == Version::HTTP_2;
    let host = request.headers.get(header::HOST);
    let host = host.map(|host| String::from_utf8_lossy(host.as_bytes()));
    let seen = Seen {
        // HTTP/2 takes the target apart; its scheme and authority were no part of the path.
        path: match request.uri.path_and_query() {
            Some(path) if is_http2 => path.as_str(),
            _ => &target,
        },
        host: authority.or(host.as_deref()).unwrap_or_default(),
        method: request.method.as_str(),
        proto: proto(request.version),
        headers: Headers(&request.headers),
        http_port: config.http_port.then(|| port.to_string()),
        namespace: &config.namespace,
        ingress: &config.ingress,
        service: &config.service,
        pod: &config.pod,
        tls,
    };
    let mut json = Vec::with_capacity(1024);
    let format = PrettyFormatter::with_indent(b" ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut json, format);
    seen.serialize(&mut serializer)
        .expect("strings and lists of strings, written to memory");
    json
}

fn proto(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2.0",
        _ => "HTTP/1.1",
    }
}

/// Header lines by canonical name, sorted.
#[derive(Debug)]
struct Headers<'a>(&'a HeaderMap);

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // What Go's server takes off before its handlers see it.
        const HIDDEN: [header::HeaderName; 3] =
            [header::HOST, header::TRANSFER_ENCODING, header::TRAILER];
        let mut names: Vec<_> = self
            .0
            .keys()
            .filter(|name| !HIDDEN.contains(name))
            .map(|name| (canonical(name.as_str()), name))
            .collect();
        names.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        let mut map = serializer.serialize_map(Some(names.len()))?;
        for (canonical, name) in names {
            map.serialize_entry(&canonical, &Values(self.0, name))?;
        }
        map.end()
    }
}

/// The lines of one name, in the order they came in.
struct Values<'a>(&'a HeaderMap, &'a header::HeaderName);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let lines = self.0.get_all(self.1).iter();
        serializer.collect_seq(lines.map(|line| -> Cow<'_, str> {
            // As Go's JSON does with what is not UTF-8.
            String::from_utf8_lossy(line.as_bytes())
        }))
    }
}

/// `x-request-id` as `X-Request-Id`.
fn canonical(name: &str) -> String {
    let mut upper = true;
    name.chars()
        .map(|c| {
            let shown = if upper { c.to_ascii_uppercase() } else { c };
            upper = c == '-';
            shown
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn parts(build: impl FnOnce(request::Builder) -> request::Builder) -> request::Parts {
        build(http::Request::builder())
            .body(())
            .unwrap()
            .into_parts()
            .0
    }

    fn config() -> Config {
        Config {
            namespace: "default".to_owned(),
            pod: "backend-1".to_owned(),
            ..Config::default()
        }
    }

    #[test]
    fn the_document_is_the_originals_byte_for_byte() {
        let request = parts(|request| {
            request
                .uri("/get?a=1&b=2")
                .header("host", "www.example.com:8080")
                .header("x-request-id", "7")
                .header("accept", "*/*")
                .header("accept", "a, b")
                .header("transfer-encoding", "chunked")
                .header("trailer", "x")
        });
        let expected = concat!(
            "{\n \"path\": \"/get?a=1&b=2\",\n \"host\": \"www.example.com:8080\",\n",
            " \"method\": \"GET\",\n \"proto\": \"HTTP/1.1\",\n \"headers\": {\n",
            "  \"Accept\": [\n   \"*/*\",\n   \"a, b\"\n  ],\n",
            "  \"X-Request-Id\": [\n   \"7\"\n  ]\n },\n",
            " \"namespace\": \"default\",\n \"ingress\": \"\",\n \"service\": \"\",\n",
            " \"pod\": \"backend-1\"\n}"
        );
        let found = render(&request, &config(), 80, None);
        assert_eq!(String::from_utf8(found).unwrap(), expected);
    }

    #[test]
    fn the_port_follows_the_headers_if_asked_for() {
        let config = Config {
            http_port: true,
            ..config()
        };
        let found = render(&parts(|request| request.uri("/")), &config, 3000, None);
        let found = String::from_utf8(found).unwrap();
        assert!(
            found.contains("\"headers\": {},\n \"httpPort\": \"3000\",\n \"namespace\""),
            "{found}"
        );
    }

    #[test]
    fn the_authority_of_http2_is_the_host_and_no_part_of_the_path() {
        let request = parts(|request| {
            request
                .uri("http://shop.example.com:81/a?b")
                .version(Version::HTTP_2)
        });
        let found: serde_json::Value =
            serde_json::from_slice(&render(&request, &config(), 80, None)).unwrap();
        assert_eq!(found["path"], "/a?b");
        assert_eq!(found["host"], "shop.example.com:81");
        assert_eq!(found["proto"], "HTTP/2.0");
    }

    #[test]
    fn a_value_that_is_not_utf8_is_shown_all_the_same() {
        let value = http::HeaderValue::from_bytes(b"a\xffb").unwrap();
        let request = parts(|request| request.uri("/").header("x", value));
        let found: serde_json::Value =
            serde_json::from_slice(&render(&request, &config(), 80, None)).unwrap();
        assert_eq!(found["headers"]["X"][0], "a\u{fffd}b");
    }
}
