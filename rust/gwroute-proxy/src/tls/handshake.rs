//! From an accepted connection to one that speaks HTTP: TLS where the port wants it.

use std::rc::Rc;
use std::sync::Arc;

use gwroute_core::ir::ListenerProtocol;
use rustls::ServerConfig;
use rustls::server::Acceptor;
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use crate::client::{Client, Secured};
use crate::connection;
use crate::live::Live;
use crate::tls::socket::Socket;

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
    let limit = client.worker.config.timeouts.tls_handshake;
    let shaken = connection::in_time(&client, limit, shake(stream, &client)).await;
    if let Some(stream) = shaken.flatten() {
        connection::serve(stream, client).await;
    }
}

/// `None` if the connection is to be closed: nobody serves that name, or the handshake failed.
async fn shake(stream: TcpStream, client: &Client) -> Option<TlsStream<Socket>> {
    let hello = LazyConfigAcceptor::new(Acceptor::default(), Socket(stream));
    let hello = hello.await.ok()?;
    let name: Option<Arc<str>> = hello.client_hello().server_name().map(Arc::from);
    let chosen = |live: &Live| choose(live, client, name.as_deref());
    let (config, secured) = client.worker.with_live(chosen)?;
    let stream = hello.into_stream(config).await.ok()?;
    client.secure(secured);
    Some(stream)
}

/// The configuration of the listener that takes the name, and what the connection is good for.
fn choose(
    live: &Live,
    client: &Client,
    name: Option<&str>,
) -> Option<(Arc<ServerConfig>, Secured)> {
    let entry = client.port.entry(live, ListenerProtocol::Https)?;
    let listener = live.table().listener_by_name(entry, name)?;
    let config = live.server_config(&listener.key)?.clone();
    let validation = listener.tls.as_ref()?.client.clone();
    Some((config, Secured::new(name, validation, live.generation())))
}
