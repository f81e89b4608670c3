//! From an address in text to listening sockets, one for each worker.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};

use socket2::{Domain, Protocol, Socket, Type};

/// Connections that may wait to be accepted, on each socket.
const BACKLOG: i32 = 4096;

/// An address that cannot be bound.
#[derive(Debug)]
pub struct BindError {
    /// As given.
    pub address: String,
    /// Why.
    pub cause: io::Error,
}

/// `count` sockets on one address, between which the system divides connections; and the address.
pub(crate) fn sockets(
    address: &str,
    count: usize,
) -> Result<(SocketAddr, Vec<TcpListener>), BindError> {
    try_sockets(address, count).map_err(|cause| BindError {
        address: address.to_owned(),
        cause,
    })
}

fn try_sockets(address: &str, count: usize) -> io::Result<(SocketAddr, Vec<TcpListener>)> {
    let mut at = resolve(address)?;
    if at.port() != 0 {
        // Sockets that share an address would share it with those of another process as well,
        // and nobody would hear of it. This one shares with none.
        bind(at, false)?;
    }
    let mut sockets = Vec::with_capacity(count);
    for _ in 0..count {
        let socket = bind(at, true)?;
        socket.listen(BACKLOG)?;
        let listener = TcpListener::from(socket);
        at = listener.local_addr()?;
        sockets.push(listener);
    }
    Ok((at, sockets))
}

fn resolve(address: &str) -> io::Result<SocketAddr> {
    if let Some(port) = address.strip_prefix(':') {
        let port = port.parse();
        let port = port.map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "not a port"))?;
        return Ok(all_addresses(port));
    }
    let none = || io::Error::new(io::ErrorKind::InvalidInput, "no such address");
    address.to_socket_addrs()?.next().ok_or_else(none)
}

/// Both families, where there are both.
fn all_addresses(port: u16) -> SocketAddr {
    let six = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
    match bind(six, true) {
        Ok(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)),
        Err(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)),
    }
}

fn bind(address: SocketAddr, shared: bool) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() && address.ip().is_unspecified() {
        socket.set_only_v6(false)?;
    }
    // Connections of a process that has ended may linger; they do not hold the port.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shared)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot bind {}: {}", self.address, self.cause)
    }
}

impl std::error::Error for BindError {}
