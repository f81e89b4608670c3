//! Listening and answering, on one thread for all three addresses.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::LocalSet;

use super::api::{self, Site};
use super::error::AdminError;
use super::state::State;
use crate::config::Config;

/// Connections of one address; more wait.
const CONNECTIONS: usize = 64;

/// For the head of a request to arrive, and for a connection to be idle.
const HEAD: Duration = Duration::from_secs(30);

/// For a connection as a whole, so that one that takes no answers ends.
const WHOLE: Duration = Duration::from_secs(600);

/// When no more connections can be opened (files have run out).
const REST: Duration = Duration::from_millis(100);

/// The thread and its addresses; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Server {
    addresses: BTreeMap<&'static str, SocketAddr>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(config: &Config, state: &Arc<State>) -> Result<Self, AdminError> {
        let wanted = [
            (Site::Admin, config.admin.as_deref()),
            (Site::Stats, config.stats.as_deref()),
            (Site::Ready, config.ready.as_deref()),
        ];
        let mut addresses = BTreeMap::new();
        let mut listeners = Vec::new();
        for (site, address) in wanted {
            let Some(address) = address else { continue };
            let (listener, bound) = bind(site, address, state.token.is_some())?;
            addresses.insert(site.name(), bound);
            listeners.push((site, listener));
        }
        let (stop, stopped) = oneshot::channel();
        let thread = run(listeners, Arc::clone(state), stopped).map_err(AdminError::thread)?;
        Ok(Self {
            addresses,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    pub(super) fn addresses(&self) -> &BTreeMap<&'static str, SocketAddr> {
        &self.addresses
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic has been reported by the thread itself.
            let _ = thread.join();
        }
    }
}

fn bind(
    site: Site,
    address: &str,
    has_token: bool,
) -> Result<(StdListener, SocketAddr), AdminError> {
    let name = site.name();
    let wanted = match address.strip_prefix(':') {
        Some(port) => port
            .parse()
            .ok()
            .map(|port| (Ipv4Addr::UNSPECIFIED, port).into()),
        None => address.parse::<SocketAddr>().ok(),
    };
    let wanted = wanted.ok_or_else(|| AdminError::no_address(name, address))?;
    if matches!(site, Site::Admin) && !has_token && !wanted.ip().is_loopback() {
        return Err(AdminError::needs_token(name, address));
    }
    let failed = |error| AdminError::bind(name, address, error);
    let listener = StdListener::bind(wanted).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

fn run(
    listeners: Vec<(Site, StdListener)>,
    state: Arc<State>,
    stopped: oneshot::Receiver<()>,
) -> std::io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let serve = async move {
        for (site, listener) in listeners {
            // Fails only without a runtime around it.
            if let Ok(listener) = TcpListener::from_std(listener) {
                tokio::task::spawn_local(accept(site, listener, Arc::clone(&state)));
            }
        }
        // The sender sends nothing; that it is gone is the message.
        let _ = stopped.await;
    };
    thread::Builder::new()
        .name("gwroute-admin".to_owned())
        .spawn(move || LocalSet::new().block_on(&runtime, serve))
}

async fn accept(site: Site, listener: TcpListener, state: Arc<State>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        // The semaphore is never closed.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let state = Arc::clone(&state);
                tokio::task::spawn_local(async move {
                    // What a client did wrong it has been told.
                    let _ = tokio::time::timeout(WHOLE, converse(site, stream, state)).await;
                    drop(place);
                });
            }
            Err(_) => tokio::time::sleep(REST).await,
        }
    }
}

async fn converse(site: Site, stream: TcpStream, state: Arc<State>) -> hyper::Result<()> {
    let service = service_fn(move |request| {
        let state = Arc::clone(&state);
        async move { Ok::<_, std::convert::Infallible>(api::answer(site, &state, request)) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .await
}
