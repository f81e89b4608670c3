//! What a proxy is started with; plain values with documented defaults.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// What a proxy is started with. Read from JSON; an unknown key is refused, a missing one has the
/// default named here.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Threads that serve; default: one for each core.
    pub workers: Option<usize>,
    /// Where finished requests are written; default: JSON on standard output.
    pub access_log: AccessLog,
    /// Address of the admin endpoint; default `127.0.0.1:15000`, `null` for none.
    pub admin: Option<String>,
    /// What a caller of the admin endpoint has to send as `authorization: Bearer`; default: none.
    pub admin_token: Option<String>,
    /// Address of the metrics; default `:15020`, `null` for none.
    pub stats: Option<String>,
    /// Address of readiness and liveness; default `:15021`, `null` for none.
    pub ready: Option<String>,
    /// Whether metrics of requests tell routes apart; default: no.
    pub metrics_per_route: bool,
    /// How long a stopping proxy waits for what is under way, in seconds; default 30.
    #[serde(rename = "drain_seconds", deserialize_with = "seconds")]
    pub drain: Duration,
    /// `error`, `warning`, `info` or `debug`; default `info`.
    pub log_level: String,
    /// What one client may take.
    pub limits: Limits,
    /// How long things may last.
    pub timeouts: Timeouts,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            workers: None,
            access_log: AccessLog::default(),
            admin: Some("127.0.0.1:15000".to_owned()),
            admin_token: None,
            stats: Some(":15020".to_owned()),
            ready: Some(":15021".to_owned()),
            metrics_per_route: false,
            drain: Duration::from_secs(30),
            log_level: "info".to_owned(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
        }
    }
}

impl Config {
    /// Reads a configuration in JSON.
    ///
    /// # Errors
    /// [`ConfigError`], which names the key.
    pub fn from_json(config: &[u8]) -> Result<Self, ConfigError> {
        serde_json::from_slice(config).map_err(|error| ConfigError(error.to_string()))
    }

    /// How many workers there will be.
    pub fn worker_count(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let wanted = self.workers.filter(|count| *count > 0);
        wanted.unwrap_or_else(cores)
    }
}

/// Where finished requests are written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessLog {
    /// Default: JSON.
    pub format: AccessLogFormat,
    /// A file that is appended to; default: standard output.
    pub path: Option<String>,
}

/// How a finished request is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessLogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// One line for people.
    Text,
    /// Not at all.
    Off,
}

/// What one client may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of a request's head: request line, names and values; default 60 KiB. More gets 431.
    pub header_bytes: usize,
    /// Header fields of a request; default 100. More get 431.
    pub header_fields: usize,
    /// Parallel streams on one HTTP/2 connection; default 100.
    pub streams: u32,
    /// Client connections of the whole process; default 50,000. More are closed.
    pub connections: usize,
    /// Idle connections that a worker keeps to one endpoint; default 256.
    pub idle_connections: usize,
    /// Bytes of a request's body that are kept for another try; default 64 KiB. A longer one is
    /// sent once.
    pub retry_body_bytes: usize,
    /// Copies of requests that a worker has under way; default 1,000. More are not sent.
    pub mirrors: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes: 60 * 1024,
            header_fields: 100,
            streams: 100,
            connections: 50_000,
            idle_connections: 256,
            retry_body_bytes: 64 * 1024,
            mirrors: 1_000,
        }
    }
}

/// How long things may last, in seconds; 0 stands for no limit. Kept to a twentieth of a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// From the end of a request to the end of its response; default 15 s, then 504.
    #[serde(deserialize_with = "seconds")]
    pub request: Duration,
    /// Making a connection to an endpoint; default 10 s, then 503.
    #[serde(deserialize_with = "seconds")]
    pub connect: Duration,
    /// Asking another service whether a request may pass; default 10 s, then 503.
    #[serde(deserialize_with = "seconds")]
    pub external_auth: Duration,
    /// Nothing moves on a request or its response; default 5 min, then 408, 504 or a cut.
    #[serde(deserialize_with = "seconds")]
    pub stream_idle: Duration,
    /// From the first byte of a request head to its last; default 60 s, then 408.
    #[serde(deserialize_with = "seconds")]
    pub request_headers: Duration,
    /// A TLS handshake with a client; default 10 s, then the connection is closed.
    #[serde(deserialize_with = "seconds")]
    pub tls_handshake: Duration,
    /// A client connection without a request; default 1 h.
    #[serde(deserialize_with = "seconds")]
    pub client_idle: Duration,
    /// A connection to an endpoint without a request; default 1 h.
    #[serde(deserialize_with = "seconds")]
    pub backend_idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(15),
            connect: Duration::from_secs(10),
            external_auth: Duration::from_secs(10),
            stream_idle: Duration::from_secs(5 * 60),
            request_headers: Duration::from_secs(60),
            tls_handshake: Duration::from_secs(10),
            client_idle: Duration::from_secs(60 * 60),
            backend_idle: Duration::from_secs(60 * 60),
        }
    }
}

/// A configuration that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "configuration of the proxy: {}", self.0)
    }
}

impl std::error::Error for ConfigError {}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    Duration::try_from_secs_f64(seconds).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_missing_has_its_default() {
        assert_eq!(Config::from_json(b"{}").unwrap(), Config::default());
        let config = br#"{"admin": null, "drain_seconds": 0.5, "timeouts": {"request": 1.5},
            "access_log": {"format": "off"}}"#;
        let config = Config::from_json(config).unwrap();
        assert_eq!(config.admin, None);
        assert_eq!(config.drain, Duration::from_millis(500));
        assert_eq!(config.timeouts.request, Duration::from_millis(1500));
        assert_eq!(config.timeouts.connect, Duration::from_secs(10));
        assert_eq!(config.access_log.format, AccessLogFormat::Off);
    }

    #[test]
    fn unknown_keys_and_impossible_times_are_refused() {
        for config in [
            r#"{"worker": 1}"#,
            r#"{"limits": {"header": 1}}"#,
            r#"{"drain_seconds": -1}"#,
            r#"{"access_log": {"format": "xml"}}"#,
        ] {
            let error = Config::from_json(config.as_bytes()).unwrap_err();
            assert!(
                error
                    .to_string()
                    .starts_with("configuration of the proxy: "),
                "{error}"
            );
        }
    }
}
