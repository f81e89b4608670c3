//! Connections to endpoints, made.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::error::{Error, ErrorKind};

/// Connects to an endpoint in time; a timeout of 0 is none.
pub(crate) async fn tcp(address: SocketAddr, timeout: Duration) -> Result<TcpStream, Error> {
    let connect = TcpStream::connect(address);
    let connected = if timeout.is_zero() {
        connect.await
    } else {
        let in_time = tokio::time::timeout(timeout, connect).await;
        in_time.map_err(|_| Error::new(ErrorKind::TimeoutConnect))?
    };
    let stream = connected.map_err(|error| Error::because(ErrorKind::Connect, &error))?;
    // A request of two writes must not wait for the endpoint's delayed acknowledgement.
    stream
        .set_nodelay(true)
        .map_err(|error| Error::because(ErrorKind::Connect, &error))?;
    Ok(stream)
}
