//! A data plane that obeys decisions.
//!
//! # The life of a request
//!
//! 1. A worker accepts a connection, and its first bytes say whether it is
//!    HTTP/1 or HTTP/2.
//! 2. What is malformed is answered with 400, 426 or 431 and never decided.
//! 3. The request is decided by the table that is live at that moment; it holds on to it to its
//!    end.
//! 4. A redirect or an own answer is written and that is all.
//! 5. Otherwise the headers are rewritten for the backend, an endpoint is chosen by load, and a
//!    connection to it is taken from the worker's pool or made.
//! 6. Bodies stream both ways, each frame only when the other side has room for it.
//! 7. When the response has ended, one way or another, a [`Record`] of it is reported.
//!
//! # Threads
//!
//! A worker is a thread with a runtime, listening sockets, upstream connections and buffers of its
//! own; nothing on the path of a request is locked. Shared are the pointer to what is live and
//! atomics: load of endpoints, counters.

// Until the data path is in place, what it will use is not used yet.
#![expect(dead_code)]

mod access_log;
mod admin;
mod config;
mod error;
mod live;
mod metrics;
mod report;
mod telemetry;
mod upstream;

pub use admin::{Admin, AdminError, Event, Reload};
pub use config::{AccessLog, AccessLogFormat, Config, ConfigError, Limits, Timeouts};
pub use error::{Error, ErrorKind, Side};
pub use live::{Endpoints, Live};
pub use report::Report;
pub use telemetry::{
    Addresses, Head, Observer, Outcome, Record, Silent, TryOutcome, UpstreamRecord,
};
pub use upstream::endpoint::Endpoint;
