//! Connections to endpoints, made.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::error::{Error, ErrorKind};
use crate::tls::Security;
use crate::upstream::set::Transport;
use crate::upstream::stream::Stream;

/// Connects to an endpoint in time, handshake included; a timeout of 0 is none.
pub(crate) async fn to(
    address: SocketAddr,
    transport: &Transport,
    timeout: Duration,
) -> Result<Stream, Error> {
    let connect = connect(address, transport);
    if timeout.is_zero() {
        return connect.await;
    }
    let in_time = tokio::time::timeout(timeout, connect).await;
    in_time.map_err(|_| Error::new(ErrorKind::TimeoutConnect))?
}

async fn connect(address: SocketAddr, transport: &Transport) -> Result<Stream, Error> {
    match transport {
        Transport::Clear => tcp(address).await.map(Stream::Clear),
        Transport::Tls(security) => tls(tcp(address).await?, security).await,
        Transport::Unusable => Err(Error::new(ErrorKind::Tls)),
    }
}

async fn tcp(address: SocketAddr) -> Result<TcpStream, Error> {
    let failed = |error: io::Error| Error::because(ErrorKind::Connect, &error);
    let stream = TcpStream::connect(address).await.map_err(failed)?;
    // A request of two writes must not wait for the endpoint's delayed acknowledgement.
    stream.set_nodelay(true).map_err(failed)?;
    Ok(stream)
}

async fn tls(stream: TcpStream, security: &Security) -> Result<Stream, Error> {
    let connector = TlsConnector::from(security.config.clone());
    let shaken = Box::pin(connector.connect(security.name.clone(), stream)).await;
    let stream = shaken.map_err(|error| Error::because(ErrorKind::Tls, &error))?;
    Ok(Stream::Tls(Box::new(stream)))
}
