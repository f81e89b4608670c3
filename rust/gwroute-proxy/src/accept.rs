//! From a listening socket to connections.

use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Poll;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_local;

use crate::client::Client;
use crate::tls;
use crate::worker::{Port, Worker};

/// How long accepting rests when the process can take no more sockets.
const REST: Duration = Duration::from_millis(100);

/// Accepts until the port closes, and then what is still waiting in the socket's queue.
pub(crate) async fn run(worker: Rc<Worker>, port: Rc<Port>, socket: StdListener) {
    // The socket was made for this runtime, non-blocking.
    let Ok(listener) = TcpListener::from_std(socket) else {
        return;
    };
    loop {
        tokio::select! {
            biased;
            () = port.close.notified() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, remote)) => begin(&worker, &port, stream, remote),
                Err(error) if is_exhausted(&error) => tokio::time::sleep(REST).await,
                // The client was gone before it was accepted.
                Err(_) => {}
            },
        }
    }
    poll_fn(|cx| {
        while let Poll::Ready(Ok((stream, remote))) = listener.poll_accept(cx) {
            begin(&worker, &port, stream, remote);
        }
        Poll::Ready(())
    })
    .await;
}

fn begin(worker: &Rc<Worker>, port: &Rc<Port>, stream: TcpStream, remote: SocketAddr) {
    if worker.shared.connections.load(Relaxed) >= worker.config.limits.connections {
        return;
    }
    // Without it a response of two writes can wait for the client's delayed acknowledgement.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let Ok(local) = stream.local_addr() else {
        return;
    };
    let client = Client::new(worker.clone(), port.clone(), plain(local), plain(remote));
    spawn_local(tls::serve(stream, client));
}

/// A socket for both families shows IPv4 addresses in IPv6's clothes.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Whether the process or the system has run out of descriptors or memory: trying again at once
/// would spin.
fn is_exhausted(error: &io::Error) -> bool {
    !matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
            | io::ErrorKind::TimedOut
    )
}
