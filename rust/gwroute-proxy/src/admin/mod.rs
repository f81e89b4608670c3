//! The proxy's own endpoints: admin, metrics, readiness. They live on a thread of their own and
//! take nothing from the workers but the pointer to what is live.
//!
//! | address | path | answer |
//! |---|---|---|
//! | admin | `GET /routes[?host=]` | listeners, hosts, rules in order of precedence, hits |
//! | | `GET /explain?method=&url=&header=` | why a request goes where it goes, now |
//! | | `GET /snapshot` | the configuration, as compiled |
//! | | `GET /status` | the conditions that came with it |
//! | | `GET /upstreams` | endpoints with their load, and what removed others |
//! | | `GET /generation` | number, time, last error |
//! | | `POST /log-level?level=` `/drain` `/reload` | handed to whoever waits for events |
//! | stats | `GET /metrics` | Prometheus's text, or OpenMetrics if asked for |
//! | ready | `GET /ready` `/live` | 200, or 503 while not ready |
//!
//! The admin address is a loopback one unless there is a token to be shown with each request, and
//! requests that a browser may have been tricked into are refused.

mod answer;
mod api;
mod error;
mod explain;
mod guard;
mod routes;
mod server;
mod state;
mod upstreams;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded};
use serde::Deserialize;
use serde_json::value::RawValue;

pub use error::AdminError;

use crate::Live;
use crate::config::Config;
use crate::report::Report;
use crate::tls::TlsError;
use server::Server;
use state::State;

/// Events that wait at most; what is asked for meanwhile gets 503.
const EVENTS: usize = 16;

/// The endpoints, while they are served. They end when this is dropped.
#[derive(Debug)]
pub struct Admin {
    state: Arc<State>,
    events: Receiver<Event>,
    server: Server,
}

/// What was asked for through the admin address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Read all sources again.
    Reload,
    /// Finish what is under way, and end.
    Drain,
    /// Log from this level on: `error`, `warning`, `info` or `debug`.
    LogLevel(&'static str),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reload => f.write_str("reload"),
            Self::Drain => f.write_str("drain"),
            Self::LogLevel(level) => write!(f, "log-level {level}"),
        }
    }
}

/// What is known about a configuration beside the table.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reload {
    /// The conditions, for `/status`; default: as before.
    pub status: Option<Box<RawValue>>,
    /// What could not be read, so that its last good state is served.
    pub error: Option<String>,
    /// How long it took to make.
    pub reload_seconds: f64,
}

impl Reload {
    /// Reads it from JSON.
    ///
    /// # Errors
    /// It is no such document.
    pub fn from_json(json: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json)
    }

    /// With what of it gets no connections, behind what could not be read.
    #[must_use]
    pub fn beside(mut self, problems: &[TlsError]) -> Self {
        let error = self.error.take().into_iter();
        let all: Vec<String> = error
            .chain(problems.iter().map(ToString::to_string))
            .collect();
        self.error = (!all.is_empty()).then(|| all.join("; "));
        self
    }
}

impl Admin {
    /// Binds the addresses of the configuration and serves.
    ///
    /// `live` gives what is live at the moment.
    ///
    /// # Errors
    /// An address that is none, cannot be bound, or needs a token.
    pub fn start(
        config: &Config,
        live: impl Fn() -> Arc<Live> + Send + Sync + 'static,
        report: Arc<Report>,
    ) -> Result<Self, AdminError> {
        let (send, events) = bounded(EVENTS);
        let token = config.admin_token.clone();
        let state = Arc::new(State::new(Box::new(live), report, token, send));
        let server = Server::start(config, &state)?;
        Ok(Self {
            state,
            events,
            server,
        })
    }

    /// The addresses that were bound: `admin`, `stats`, `ready`.
    pub fn addresses(&self) -> &BTreeMap<&'static str, SocketAddr> {
        self.server.addresses()
    }

    /// A configuration was put in place.
    pub fn swapped(&self, reload: Reload) {
        self.state.known.swapped(reload);
    }

    /// The conditions of what is live, for `/status`; working them out may take longer than it
    /// should take to put a change in place.
    ///
    /// # Errors
    /// They are no JSON document.
    pub fn set_status(&self, status: &[u8]) -> Result<(), serde_json::Error> {
        self.state.known.set_status(serde_json::from_slice(status)?);
        Ok(())
    }

    /// A configuration could not be made; the one before stays.
    pub fn reload_failed(&self, error: String) {
        self.state.known.reload_failed(error);
    }

    /// Whether `/ready` says so. Not ready at first.
    pub fn set_ready(&self, is_ready: bool) {
        self.state.set_ready(is_ready);
    }

    /// Waits for something to be asked for.
    pub fn wait_event(&self, timeout: Duration) -> Option<Event> {
        self.events.recv_timeout(timeout).ok()
    }
}

#[cfg(test)]
mod tests;
