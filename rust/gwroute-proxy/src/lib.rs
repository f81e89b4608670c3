//! A data plane that obeys decisions.
//!
//! # The life of a request
//!
//! 1. A worker accepts a connection ([`Proxy::listen`]). Where the port wants TLS, the name the
//!    client asks for chooses the listener, and that the certificate (`tls/handshake.rs`). The
//!    first bytes say whether it is HTTP/1 or HTTP/2 (`connection.rs`).
//! 2. What is malformed is answered with 400, 426, 431 or 501 and never decided (`vet.rs`).
//! 3. The request is decided by the table that is live at that moment (`service.rs`); whatever is
//!    swapped in later, it keeps the rule it was given to its end.
//! 4. Where the rule says so, another service is asked first whether any of that may be done
//!    (`ext_auth/`).
//! 5. A redirect or an own answer is written, and that is all (`answer.rs`).
//! 6. Otherwise the head is rewritten for the backend (`forward.rs`), an endpoint is chosen by its
//!    load (`upstream/set.rs`), and a connection to it is taken from the worker's pool or made.
//!    Copies go to mirrors (`mirror.rs`); a request that fails is sent again where its rule says so
//!    (`retry.rs`).
//! 7. Bodies stream both ways, each frame only when the other side has room for it
//!    (`client_body.rs`, `body.rs`).
//! 8. When the response has ended, one way or another, a [`Record`] of it is reported
//!    (`exchange.rs`).
//!
//! # Threads
//!
//! A worker is a thread with a runtime, listening sockets, upstream connections and buffers of its
//! own; nothing on the path of a request is locked. Shared are the pointer to what is live and
//! atomics: load of endpoints, counters.

mod accept;
mod access_log;
mod admin;
mod answer;
mod bind;
mod body;
mod client;
mod client_body;
mod client_io;
mod config;
mod connection;
mod copy;
mod deadline;
mod error;
mod exchange;
mod executor;
mod ext_auth;
mod forward;
mod heads;
mod hops;
mod kept;
mod linger;
mod live;
mod metrics;
mod mirror;
mod report;
mod retry;
mod server;
mod service;
mod session;
mod shared;
mod small_writes;
mod telemetry;
mod timer;
mod tls;
mod upgrade;
mod upstream;
mod vet;
mod view;
mod worker;

pub use admin::{Admin, AdminError, Event, Reload};
pub use bind::BindError;
pub use config::{AccessLog, AccessLogFormat, Config, ConfigError, Limits, Timeouts};
pub use error::{Error, ErrorKind, Side};
pub use live::{Endpoints, Live, Swapped};
pub use report::Report;
pub use server::{Proxy, ProxyError, Stats};
pub use session::{Bond, SessionKeyError, Sessions};
pub use telemetry::{
    Addresses, Head, MirrorOutcome, Observer, Outcome, Record, Silent, TryOutcome, UpstreamRecord,
};
pub use tls::{
    HandshakeError, HandshakeFault, Lapse, Secrets, TlsError, check_authorities, check_key_pair,
    lapse,
};
pub use upstream::endpoint::Endpoint;
