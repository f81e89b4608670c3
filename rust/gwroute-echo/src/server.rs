//! A thread that accepts and answers.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::Builder;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::LocalSet;
use tokio_rustls::TlsAcceptor;

use crate::retry::Failures;
use crate::service::{self, Connection, Shared};
use crate::socket::{Reset, Socket};
use crate::tls::{self, Handshake};
use crate::{Config, Error};

/// How long to wait when no more connections can be opened (files have run out).
const BREATHER: Duration = Duration::from_millis(20);

/// A running echo server. It stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    http: Option<SocketAddr>,
    h2c: Option<SocketAddr>,
    https: Option<SocketAddr>,
    targets: Arc<Mutex<Vec<String>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Binds the addresses and starts to answer. When this returns, clients can connect.
    ///
    /// # Errors
    /// An address cannot be bound, a certificate cannot be used, or no thread can be started.
    pub fn start(config: Config) -> Result<Self, Error> {
        let tls = config
            .https
            .map(|_| tls::server_config(&config))
            .transpose()?;
        let http = Port::bind(config.http, false, None)?;
        let h2c = Port::bind(config.h2c, true, None)?;
        let https = Port::bind(config.https, false, tls)?;
        let address = |port: &Option<Port>| port.as_ref().map(|port| port.address);
        let (http_address, h2c_address) = (address(&http), address(&h2c));
        let https_address = address(&https);
        let targets = Arc::default();
        let shared_targets = Arc::clone(&targets);
        let (stop, stopped) = oneshot::channel();
        let ports: Vec<_> = [http, h2c, https].into_iter().flatten().collect();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::thread)?;
        let thread = thread::Builder::new()
            .name("gwroute-echo".to_owned())
            .spawn(move || {
                let tasks = LocalSet::new();
                tasks.block_on(&runtime, serve(config, shared_targets, ports, stopped));
            })
            .map_err(Error::thread)?;
        Ok(Self {
            http: http_address,
            h2c: h2c_address,
            https: https_address,
            targets,
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

    /// Where HTTP over TLS is served.
    pub fn https(&self) -> Option<SocketAddr> {
        self.https
    }

    /// Path and query of all requests so far, if they are kept.
    pub fn targets(&self) -> Vec<String> {
        let targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        targets.clone()
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

/// A port and what is spoken on it.
struct Port {
    listener: StdListener,
    address: SocketAddr,
    h2c_only: bool,
    tls: Option<Arc<ServerConfig>>,
}

impl Port {
    fn bind(
        address: Option<SocketAddr>,
        h2c_only: bool,
        tls: Option<Arc<ServerConfig>>,
    ) -> Result<Option<Self>, Error> {
        let Some(address) = address else {
            return Ok(None);
        };
        let failed = |error| Error::bind(address, error);
        let listener = StdListener::bind(address).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Some(Self {
            listener,
            address,
            h2c_only,
            tls,
        }))
    }
}

/// Answers on all listeners until the sender is dropped; its tasks end with the set they are in.
async fn serve(
    config: Config,
    targets: Arc<Mutex<Vec<String>>>,
    ports: Vec<Port>,
    stopped: oneshot::Receiver<()>,
) {
    let failures = Failures::default();
    let shared = Rc::new(Shared {
        config,
        failures,
        targets,
    });
    for port in ports {
        let connection = Connection {
            shared: Rc::clone(&shared),
            port: port.address.port(),
            reset: Reset::default(),
            h2c_only: port.h2c_only,
            tls: None,
        };
        // Fails only without a runtime around it.
        if let Ok(listener) = TcpListener::from_std(port.listener) {
            tokio::task::spawn_local(accept(listener, port.tls, connection));
        }
    }
    // The sender sends nothing; that it is gone is the message.
    let _ = stopped.await;
}

/// Every connection begins as this one is.
async fn accept(listener: TcpListener, tls: Option<Arc<ServerConfig>>, first: Connection) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let connection = Connection {
                    reset: Reset::default(),
                    ..first.clone()
                };
                tokio::task::spawn_local(greet(stream, tls.clone(), connection));
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(_) => tokio::time::sleep(BREATHER).await,
        }
    }
}

/// The handshake, where there is one.
async fn greet(stream: TcpStream, tls: Option<Arc<ServerConfig>>, mut connection: Connection) {
    // Only latency depends on it.
    let _ = stream.set_nodelay(true);
    let socket = Socket::new(stream, connection.reset.clone());
    let Some(tls) = tls else {
        return converse(socket, connection).await;
    };
    // A client that fails at it knows why.
    if let Ok(stream) = TlsAcceptor::from(tls).accept(socket).await {
        connection.tls = Some(Rc::new(Handshake::of(stream.get_ref().1)));
        converse(stream, connection).await;
    }
}

/// HTTP/1 or HTTP/2, whichever the client begins with, to the connection's end.
async fn converse<S>(stream: S, connection: Connection)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let socket = TokioIo::new(stream);
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
