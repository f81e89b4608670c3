//! A thread that accepts and answers.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::rc::Rc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::retry::Failures;
use crate::service::{self, Connection, Shared};
use crate::socket::{Reset, Socket};
use crate::{Config, Error};

/// How long to wait when no more connections can be opened (files have run out).
const BREATHER: Duration = Duration::from_millis(20);

/// A running echo server. It stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    http: Option<SocketAddr>,
    h2c: Option<SocketAddr>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Binds the addresses and starts to answer. When this returns, clients can connect.
    ///
    /// # Errors
    /// An address cannot be bound, or no thread can be started.
    pub fn start(config: Config) -> Result<Self, Error> {
        let http = config.http.map(bind).transpose()?;
        let h2c = config.h2c.map(bind).transpose()?;
        let address = |listener: &Option<(StdListener, SocketAddr)>| {
            listener.as_ref().map(|(_, address)| *address)
        };
        let (http_address, h2c_address) = (address(&http), address(&h2c));
        let (stop, stopped) = oneshot::channel();
        let listeners: Vec<_> = http.into_iter().chain(h2c).collect();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::thread)?;
        let thread = thread::Builder::new()
            .name("gwroute-echo".to_owned())
            .spawn(move || {
                let tasks = LocalSet::new();
                tasks.block_on(&runtime, serve(config, listeners, stopped));
            })
            .map_err(Error::thread)?;
        Ok(Self {
            http: http_address,
            h2c: h2c_address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where HTTP is served.
    pub fn http(&self) -> Option<SocketAddr> {
        self.http
    }

    /// Where cleartext HTTP/2 is served.
    pub fn h2c(&self) -> Option<SocketAddr> {
        self.h2c
    }

    /// Closes the ports and cuts every connection; when this returns, it is done.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic has been reported by the thread itself; the port is closed all the same.
            let _ = thread.join();
        }
    }
}

fn bind(address: SocketAddr) -> Result<(StdListener, SocketAddr), Error> {
    let failed = |error| Error::bind(address, error);
    let listener = StdListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Answers on all listeners until the sender is dropped; its tasks end with the set they are in.
async fn serve(
    config: Config,
    listeners: Vec<(StdListener, SocketAddr)>,
    stopped: oneshot::Receiver<()>,
) {
    let failures = Failures::default();
    let shared = Rc::new(Shared { config, failures });
    for (listener, address) in listeners {
        // Fails only without a runtime around it.
        if let Ok(listener) = TcpListener::from_std(listener) {
            tokio::task::spawn_local(accept(listener, address.port(), Rc::clone(&shared)));
        }
    }
    // The sender sends nothing; that it is gone is the message.
    let _ = stopped.await;
}

async fn accept(listener: TcpListener, port: u16, shared: Rc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let reset = Reset::default();
                let shared = Rc::clone(&shared);
                let connection = Connection {
                    shared,
                    port,
                    reset,
                };
                tokio::task::spawn_local(converse(stream, connection));
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(_) => tokio::time::sleep(BREATHER).await,
        }
    }
}

/// HTTP/1 or HTTP/2, whichever the client begins with, to the connection's end.
async fn converse(stream: TcpStream, connection: Connection) {
    // Only latency depends on it.
    let _ = stream.set_nodelay(true);
    let socket = TokioIo::new(Socket::new(stream, connection.reset.clone()));
    let service = service_fn(|request| service::answer(connection.clone(), request));
    let mut http = Builder::new(OnThisThread);
    http.http1().title_case_headers(true);
    // A client that misbehaves or leaves has nobody to tell here.
    let _ = http.serve_connection_with_upgrades(socket, service).await;
}

/// Runs what HTTP/2 starts for each stream next to its connection.
#[derive(Debug, Clone, Copy)]
struct OnThisThread;

impl<F: Future<Output = ()> + 'static> Executor<F> for OnThisThread {
    fn execute(&self, task: F) {
        tokio::task::spawn_local(task);
    }
}
