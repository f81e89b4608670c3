//! A proxy: its workers, what they listen on, and what they are told.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use gwroute_core::RouteTable;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::bind::{self, BindError};
use crate::config::Config;
use crate::live::{Live, LivePointer, Swapped};
use crate::session::Sessions;
use crate::shared::{Gauges, Shared};
use crate::telemetry::Observer;
use crate::tls::Secrets;
use crate::worker::{self, Command};

/// A data plane.
///
/// Made idle; [`Proxy::start`] starts its workers. All methods may be called from any thread.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    workers: Mutex<Workers>,
}

#[derive(Debug, Default)]
struct Workers {
    /// Kept until the threads start.
    idle: Vec<UnboundedReceiver<Command>>,
    commands: Vec<UnboundedSender<Command>>,
    threads: Vec<JoinHandle<io::Result<()>>>,
}

/// Why a proxy cannot start or go on.
#[derive(Debug)]
pub enum ProxyError {
    /// An address cannot be bound.
    Bind(BindError),
    /// A thread cannot be made.
    Thread(io::Error),
    /// It has been stopped.
    Stopped,
}

/// What is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Stats {
    /// Of the table that is live; 0 before the first.
    pub generation: u64,
    /// Threads that serve.
    pub workers: usize,
    /// Client connections that are open.
    pub connections: usize,
    /// Requests that are not answered whole.
    pub active_requests: usize,
    /// Requests that were, since the start.
    pub requests: usize,
}

impl Proxy {
    /// A proxy with an empty table, which answers every request with 404.
    pub fn new(config: Config, observer: Arc<dyn Observer>) -> Self {
        let count = config.worker_count();
        let (commands, idle) = (0..count).map(|_| unbounded_channel()).unzip();
        Self {
            shared: Arc::new(Shared {
                config: Arc::new(config),
                live: LivePointer::new(RouteTable::default()),
                observer,
                sessions: ArcSwapOption::new(Sessions::fresh().ok().map(Arc::new)),
                connections: AtomicUsize::new(0),
                gauges: (0..count).map(|_| Gauges::default()).collect(),
            }),
            workers: Mutex::new(Workers {
                idle,
                commands,
                threads: Vec::new(),
            }),
        }
    }

    /// Starts the workers; a second call does nothing.
    ///
    /// # Errors
    /// [`ProxyError::Thread`] if the system gives no thread.
    pub fn start(&self) -> Result<(), ProxyError> {
        let mut workers = self.workers();
        for (index, commands) in std::mem::take(&mut workers.idle).into_iter().enumerate() {
            let shared = self.shared.clone();
            let thread = std::thread::Builder::new().name(format!("gwroute-{index}"));
            let thread = thread.spawn(move || worker::run(index, shared, commands));
            workers.threads.push(thread.map_err(ProxyError::Thread)?);
        }
        Ok(())
    }

    /// Accepts connections for a port of a gateway on an address (`127.0.0.1:8080`, `[::1]:0`,
    /// `:80` for all), and returns the address that was bound.
    ///
    /// # Errors
    /// [`ProxyError::Bind`], which names the address; [`ProxyError::Stopped`].
    pub fn listen(
        &self,
        gateway: &str,
        port: u16,
        address: &str,
    ) -> Result<SocketAddr, ProxyError> {
        let workers = self.workers();
        let sockets = bind::sockets(address, workers.commands.len());
        let (bound, sockets) = sockets.map_err(ProxyError::Bind)?;
        let gateway: Arc<str> = gateway.into();
        for (commands, socket) in workers.commands.iter().zip(sockets) {
            let listen = Command::Listen(gateway.clone(), port, socket);
            commands.send(listen).map_err(|_| ProxyError::Stopped)?;
        }
        Ok(bound)
    }

    /// Accepts no more connections for that port of that gateway; those there are finish what is
    /// under way.
    pub fn unlisten(&self, gateway: &str, port: u16) {
        let gateway: Arc<str> = gateway.into();
        self.tell(|| Command::Unlisten(gateway.clone(), port));
    }

    /// Puts a table in place, with the key material that it names. Requests under way keep what
    /// they were given by the one before, and so do connections.
    pub fn swap(&self, table: Arc<RouteTable>, secrets: &Secrets) -> Swapped {
        let swapped = self.shared.live.swap(table, secrets);
        self.tell(|| Command::Swapped);
        swapped
    }

    /// How tokens of sessions are sealed and opened from now on, instead of with a fresh key.
    pub fn set_sessions(&self, sessions: Sessions) {
        self.shared.sessions.store(Some(Arc::new(sessions)));
    }

    /// What is live.
    pub fn live(&self) -> Arc<Live> {
        self.shared.live.load()
    }

    /// What is under way.
    pub fn stats(&self) -> Stats {
        Stats {
            generation: self.shared.live.generation(),
            workers: self.shared.gauges.len(),
            connections: self.shared.sum(|gauges| &gauges.connections),
            active_requests: self.shared.sum(|gauges| &gauges.requests),
            requests: self.shared.sum(|gauges| &gauges.served),
        }
    }

    /// Accepts no more connections, and lets those there are finish what is under way.
    pub fn drain(&self) {
        let (drained, _) = mpsc::channel();
        self.tell(|| Command::Drain(drained.clone()));
    }

    /// Drains, waits for at most `grace`, and ends. Returns whether nothing was cut.
    pub fn stop(&self, grace: Duration) -> bool {
        let until = Instant::now() + grace;
        let (drained, all_drained) = mpsc::channel();
        self.tell(|| Command::Drain(drained.clone()));
        drop(drained);
        let threads = std::mem::take(&mut self.workers().threads);
        for _ in &threads {
            let left = until.saturating_duration_since(Instant::now());
            if all_drained.recv_timeout(left).is_err() {
                break;
            }
        }
        let whole = self.shared.sum(|gauges| &gauges.requests) == 0;
        self.tell(|| Command::Stop);
        for thread in threads {
            // A worker that panicked has nothing left to end.
            let _ = thread.join();
        }
        whole
    }

    fn tell(&self, command: impl Fn() -> Command) {
        for commands in &self.workers().commands {
            // A worker that has ended needs to be told nothing.
            let _ = commands.send(command());
        }
    }

    fn workers(&self) -> std::sync::MutexGuard<'_, Workers> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop(Duration::ZERO);
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(error) => error.fmt(f),
            Self::Thread(error) => write!(f, "cannot start a worker: {error}"),
            Self::Stopped => f.write_str("the proxy has been stopped"),
        }
    }
}

impl std::error::Error for ProxyError {}
