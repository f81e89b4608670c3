//! From an accepted connection to one that speaks HTTP: TLS where the port wants it.

use std::cell::OnceCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use gwroute_core::ir::{self, ListenerProtocol};
use http::Version;
use rustls::ServerConfig;
use rustls::server::Acceptor;
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use crate::client::{Client, Secured};
use crate::connection;
use crate::live::Live;
use crate::telemetry::{Outcome, Record};
use crate::tls::socket::Socket;
use crate::tls::{HandshakeError, HandshakeFault};

/// Serves a connection that was just accepted.
pub(crate) async fn serve(stream: TcpStream, client: Rc<Client>) {
    match client.worker.with_live(|live| client.port.protocol(live)) {
        // On the heap: connections in clear text need not be as large as this one.
        Some(ListenerProtocol::Https) => Box::pin(secure(stream, client)).await,
        // What is not terminated here has nowhere to go.
        Some(ListenerProtocol::Tls) => {}
        Some(ListenerProtocol::Http) | None => connection::serve(stream, client).await,
    }
}

async fn secure(stream: TcpStream, client: Rc<Client>) {
    let (limit, began) = (client.worker.config.timeouts.tls_handshake, Instant::now());
    let asked = Asked::default();
    let shaken = connection::in_time(&client, limit, shake(stream, &client, &asked)).await;
    let error = match shaken {
        Some(Ok(stream)) => return connection::serve(stream, client).await,
        Some(Err(error)) => error,
        // Who has to hurry because the port closes has done nothing wrong.
        None if client.is_draining() => None,
        None => Some(HandshakeFault::Timeout.into()),
    };
    if let Some(error) = error {
        client.handshake_failed(asked.record(&client, began, error));
    }
}

/// What a client has asked for, as far as it came.
#[derive(Default)]
struct Asked {
    name: OnceCell<Arc<str>>,
    listener: OnceCell<Arc<ir::Listener>>,
}

impl Asked {
    fn record(mut self, client: &Client, began: Instant, error: HandshakeError) -> Record {
        let mut addresses = client.addresses();
        addresses.server_name = self.name.take();
        Record {
            started: client.worker.time_of(began),
            duration: began.elapsed(),
            method: None,
            version: Version::HTTP_11,
            status: 0,
            outcome: Outcome::Handshake(error),
            bytes_received: 0,
            bytes_sent: 0,
            head: None,
            listener: self.listener.take(),
            rule: None,
            match_index: None,
            backend: None,
            upstream: None,
            client: addresses,
        }
    }
}

/// An error if the connection is to be closed, without a reason if there was no handshake: whoever
/// looks only whether the port is open goes again without a word.
async fn shake(
    stream: TcpStream,
    client: &Client,
    asked: &Asked,
) -> Result<TlsStream<Socket>, Option<HandshakeError>> {
    if !matches!(stream.peek(&mut [0]).await, Ok(1..)) {
        return Err(None);
    }
    let told = |error: io::Error| Some(HandshakeError::from(error));
    let hello = LazyConfigAcceptor::new(Acceptor::default(), Socket(stream));
    let hello = hello.await.map_err(told)?;
    let name: Option<Arc<str>> = hello.client_hello().server_name().map(Arc::from);
    if let Some(name) = &name {
        // Each is set once, here and below.
        let _ = asked.name.set(name.clone());
    }
    let chosen = |live: &Live| choose(live, client, name.as_deref(), asked);
    let chosen = client.worker.with_live(chosen);
    let (config, secured) = chosen.map_err(|fault| Some(fault.into()))?;
    let stream = hello.into_stream(config).await.map_err(told)?;
    client.secure(secured);
    Ok(stream)
}

/// The configuration of the listener that takes the name, and what the connection is good for.
fn choose(
    live: &Live,
    client: &Client,
    name: Option<&str>,
    asked: &Asked,
) -> Result<(Arc<ServerConfig>, Secured), HandshakeFault> {
    let entry = client.port.entry(live, ListenerProtocol::Https);
    let listener = entry.and_then(|entry| live.table().listener_by_name(entry, name));
    let listener = listener.ok_or(HandshakeFault::NoListener)?;
    let _ = asked.listener.set(listener.clone());
    let config = live.server_config(&listener.key);
    let config = config.ok_or(HandshakeFault::NoCertificate)?.clone();
    let tls = listener.tls.as_ref().ok_or(HandshakeFault::NoCertificate)?;
    let secured = Secured::new(name, tls.client.clone(), live.generation());
    Ok((config, secured))
}
