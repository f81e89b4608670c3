//! A backend that answers with what it saw: the echo application of the Gateway API's
//! conformance suite, re-made.
//!
//! ```
//! use gwroute_echo::{Config, Server};
//!
//! let config = Config {
//!     namespace: "default".to_owned(),
//!     pod: "backend-7d9f-x2x".to_owned(),
//!     http: Some("127.0.0.1:0".parse()?),
//!     ..Config::default()
//! };
//! let server = Server::start(config)?;
//! println!("GET http://{}/anything", server.http().expect("it was asked for"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it answers
//!
//! 1. Any path: 200 and a JSON document with an indent of one space and the keys `path`, `host`,
//!    `method`, `proto`, `headers`, `namespace`, `ingress`, `service`, `pod`, in this order.
//!    `httpPort` follows `headers` if it is asked for (newer builds of the original have it).
//! 2. `headers` maps names in canonical form (`X-Request-Id`), sorted, to lists of values: one
//!    element a header line. `Host` and what belongs to the framing (`Transfer-Encoding`,
//!    `Trailer`) are not among them.
//! 3. `/status/<code>`: that code, without a body. `/health`: `OK`. `/ws`: echoes WebSocket
//!    messages.
//! 4. `/retry/…?uuid=<id>&succeedAfter=<n>[&responseCode=<code>]`: fails n times for that id,
//!    with the code or by resetting the connection, then answers as any path.
//! 5. `?delay=<duration>` (Go's spelling, `1.5s`, `300ms`) waits before it answers.
//! 6. The request header `X-Echo-Set-Header: name:value, name2:value2` puts those headers on the
//!    response.
//!
//! The request's body is read to its end before the answer, and not shown.
//!
//! # How it runs
//!
//! A [`Server`] is one thread with its own runtime, so dozens of them in one process cost
//! little; each stops on its own, and with it every connection that it holds. Every port speaks
//! HTTP/1.1, and HTTP/2 to clients with prior knowledge.
//!
//! Over TLS the document ends with `tls`: version, certificates of the client, server name,
//! protocol and cipher suite. Calls of gRPC are answered by the original's echo service if asked
//! for. The port for HTTP/2 in clear text answers 400 to anything else.
//!
//! What is not here: TCP and UDP.

mod config;
mod document;
mod duration;
mod error;
mod grpc;
mod retry;
mod server;
mod service;
mod socket;
mod tls;
mod websocket;

pub use config::Config;
pub use error::Error;
pub use server::Server;
