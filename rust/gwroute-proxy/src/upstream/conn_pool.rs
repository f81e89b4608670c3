//! A worker's connections to endpoints: those that are idle wait here for the next request.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gwroute_core::ir::{self, UpstreamProtocol};
use hashbrown::HashMap;
use tokio::sync::Notify;

use crate::error::Error;
use crate::telemetry::{Observer, TryOutcome};
use crate::timer::Timers;
use crate::upstream::Transfer;
use crate::upstream::connect;
use crate::upstream::direct::{self, Direct};
use crate::upstream::endpoint::Endpoint;
use crate::upstream::http1::{Http1, Link};
use crate::upstream::http2::{Http2, Streams};
use crate::upstream::set::{Transport, Upstream};
use crate::upstream::stream::Stream;
use crate::worker::Worker;

/// All pools of a worker, by endpoint.
#[derive(Debug, Default)]
pub(crate) struct Pools(RefCell<HashMap<u64, Rc<Pool>, foldhash::fast::RandomState>>);

/// The connections of a worker to one endpoint.
pub(crate) struct Pool {
    worker: usize,
    observer: Arc<dyn Observer>,
    timers: Rc<Timers>,
    upstream: Arc<ir::Upstream>,
    transport: Transport,
    pub(crate) endpoint: Arc<Endpoint>,
    connect_timeout: Duration,
    idle_timeout: Duration,
    most_idle: usize,
    /// HTTP/1; the one used last is used next.
    #[expect(clippy::vec_box, reason = "links move in and out, and are large")]
    idle: RefCell<Vec<Box<direct::Link>>>,
    /// The same, of those that have taken a request with a body.
    #[expect(clippy::vec_box, reason = "links move in and out, and are large")]
    idle_http1: RefCell<Vec<Box<Link>>>,
    /// HTTP/2.
    streams: RefCell<Vec<Streams>>,
    connecting: Cell<bool>,
    connected: Notify,
}

/// A connection that is to take a request.
#[derive(Debug)]
pub(crate) enum Connection {
    Direct { connection: Direct, reused: bool },
    Http1 { connection: Http1, reused: bool },
    Http2 { connection: Http2, reused: bool },
}

/// Counts as an open connection for as long as it lives.
pub(crate) struct Open {
    worker: usize,
    observer: Arc<dyn Observer>,
    upstream: Arc<ir::Upstream>,
}

impl Pools {
    pub(crate) fn of(
        &self,
        worker: &Worker,
        upstream: &Upstream,
        endpoint: &Arc<Endpoint>,
    ) -> Rc<Pool> {
        let mut pools = self.0.borrow_mut();
        let pool = pools.entry(endpoint.id());
        let pool = pool.or_insert_with(|| Rc::new(Pool::new(worker, upstream, endpoint)));
        pool.clone()
    }

    /// Lets go of connections that are dead, or have been idle for too long, or lead to endpoints
    /// that are gone.
    pub(crate) fn sweep(&self) {
        self.0.borrow_mut().retain(|_, pool| {
            pool.sweep();
            !pool.endpoint.is_removed()
        });
    }
}

impl Pool {
    fn new(worker: &Worker, upstream: &Upstream, endpoint: &Arc<Endpoint>) -> Self {
        let config = &worker.config;
        Self {
            worker: worker.index,
            observer: worker.shared.observer.clone(),
            timers: worker.timers.clone(),
            upstream: upstream.ir.clone(),
            transport: upstream.transport().clone(),
            endpoint: endpoint.clone(),
            connect_timeout: config.timeouts.connect,
            idle_timeout: config.timeouts.backend_idle,
            most_idle: config.limits.idle_connections,
            idle: RefCell::default(),
            idle_http1: RefCell::default(),
            streams: RefCell::default(),
            connecting: Cell::new(false),
            connected: Notify::new(),
        }
    }

    /// A connection for one request: one that is there, unless it has to be `fresh`, or a new one;
    /// one that the request uses `directly`, if it can.
    pub(crate) async fn connection(
        self: &Rc<Self>,
        fresh: bool,
        directly: bool,
    ) -> Result<Connection, Error> {
        match self.upstream.protocol {
            UpstreamProtocol::Http1 if directly => self.direct(fresh).await,
            UpstreamProtocol::Http1 => self.http1(fresh).await,
            UpstreamProtocol::H2c => self.stream(fresh).await,
        }
    }

    async fn direct(self: &Rc<Self>, fresh: bool) -> Result<Connection, Error> {
        if !fresh {
            if let Some(link) = self.idle.borrow_mut().pop() {
                let (connection, reused) = (Direct::new(link, self.clone()), true);
                return Ok(Connection::Direct { connection, reused });
            }
            if let Some(link) = self.take_http1() {
                let (connection, reused) = (Http1::new(link, self.clone()), true);
                return Ok(Connection::Http1 { connection, reused });
            }
        }
        let (stream, open) = self.connect().await?;
        let link = direct::Link::new(stream, open);
        let (connection, reused) = (Direct::new(link, self.clone()), false);
        Ok(Connection::Direct { connection, reused })
    }

    async fn http1(self: &Rc<Self>, fresh: bool) -> Result<Connection, Error> {
        let known = if fresh { None } else { self.take_http1() };
        if let Some(link) = known {
            let (connection, reused) = (Http1::new(link, self.clone()), true);
            return Ok(Connection::Http1 { connection, reused });
        }
        let idle = if fresh {
            None
        } else {
            self.idle.borrow_mut().pop()
        };
        let reused = idle.is_some();
        let (stream, open) = match idle {
            Some(link) => link.into_stream(),
            None => self.connect().await?,
        };
        let link = Link::handshake(stream, open).await?;
        let connection = Http1::new(link, self.clone());
        Ok(Connection::Http1 { connection, reused })
    }

    fn take_http1(&self) -> Option<Box<Link>> {
        let mut idle = self.idle_http1.borrow_mut();
        while let Some(link) = idle.pop() {
            if link.is_ready() {
                return Some(link);
            }
        }
        None
    }

    async fn connect(&self) -> Result<(Stream, Open), Error> {
        let started = Instant::now();
        let address = self.endpoint.address();
        let stream = connect::to(address, &self.transport, self.connect_timeout).await?;
        let (observer, upstream) = (self.observer.clone(), self.upstream.clone());
        observer.upstream_opened(self.worker, &upstream, started.elapsed());
        let open = Open {
            worker: self.worker,
            observer,
            upstream,
        };
        Ok((stream, open))
    }

    /// A stream on a connection that has room for it. While one connection is made, others wait
    /// for it instead of making their own.
    async fn stream(&self, fresh: bool) -> Result<Connection, Error> {
        let mut fresh = fresh;
        loop {
            let known = if fresh { None } else { self.open_stream() };
            if let Some(connection) = known {
                let reused = true;
                return Ok(Connection::Http2 { connection, reused });
            }
            if self.connecting.get() {
                self.connected.notified().await;
                fresh = false;
                continue;
            }
            let _connecting = Connecting::new(self);
            let (stream, open) = self.connect().await?;
            let streams = Streams::handshake(stream, open, self.timers.now()).await?;
            let connection = streams.open();
            self.streams.borrow_mut().push(streams);
            let reused = false;
            return Ok(Connection::Http2 { connection, reused });
        }
    }

    fn open_stream(&self) -> Option<Http2> {
        let mut streams = self.streams.borrow_mut();
        streams.retain(|streams| !streams.is_closed());
        let free = streams.iter().find(|streams| streams.has_room())?;
        free.touch(self.timers.now());
        Some(free.open())
    }

    /// Takes back a connection whose response has ended.
    pub(crate) fn put(&self, mut link: Box<direct::Link>) {
        if self.has_room() {
            link.idle_since = self.timers.now();
            self.idle.borrow_mut().push(link);
        }
    }

    /// The same, if it is still good.
    pub(crate) fn put_http1(&self, mut link: Box<Link>) {
        if link.is_ready() && self.has_room() {
            link.idle_since = self.timers.now();
            self.idle_http1.borrow_mut().push(link);
        }
    }

    fn has_room(&self) -> bool {
        let idle = self.idle.borrow().len() + self.idle_http1.borrow().len();
        !self.endpoint.is_removed() && idle < self.most_idle
    }

    fn sweep(&self) {
        let gone = self.endpoint.is_removed();
        let now = self.timers.now();
        let limit = u64::try_from(self.idle_timeout.as_millis()).unwrap_or(u64::MAX);
        let stays = |since: u64| !gone && (limit == 0 || now.saturating_sub(since) < limit);
        let mut idle = self.idle.borrow_mut();
        idle.retain_mut(|link| stays(link.idle_since) && link.is_alive());
        let mut idle = self.idle_http1.borrow_mut();
        idle.retain(|link| stays(link.idle_since) && link.is_ready());
        let mut streams = self.streams.borrow_mut();
        streams.retain(|streams| {
            !streams.is_closed() && (streams.is_busy() || stays(streams.idle_since()))
        });
        // Streams that are under way go on; the connection closes behind the last.
        if gone {
            streams.clear();
        }
    }

    pub(crate) fn tried(&self, outcome: TryOutcome) {
        self.observer
            .upstream_tried(self.worker, &self.upstream, outcome);
    }
}

/// Says that a connection is being made, and tells those who wait when that is over.
struct Connecting<'a>(&'a Pool);

impl<'a> Connecting<'a> {
    fn new(pool: &'a Pool) -> Self {
        pool.connecting.set(true);
        Self(pool)
    }
}

impl Drop for Connecting<'_> {
    fn drop(&mut self) {
        self.0.connecting.set(false);
        self.0.connected.notify_waiters();
    }
}

impl Connection {
    /// Whether it has taken requests before; then it may have died since.
    pub(crate) fn is_reused(&self) -> bool {
        match self {
            Self::Direct { reused, .. }
            | Self::Http1 { reused, .. }
            | Self::Http2 { reused, .. } => *reused,
        }
    }

    /// The own end.
    pub(crate) fn local(&self) -> Option<SocketAddr> {
        match self {
            Self::Direct { connection, .. } => connection.local(),
            Self::Http1 { connection, .. } => connection.local(),
            Self::Http2 { connection, .. } => connection.local(),
        }
    }

    /// Sends the request of a transfer, and adds the response to it. `again` leaves a request there
    /// that came to nothing and may be sent twice.
    pub(crate) async fn send(self, transfer: &mut Transfer, again: bool) -> Result<(), Error> {
        match self {
            Self::Direct { connection, .. } => connection.send(transfer, again).await,
            Self::Http1 { connection, .. } => connection.send(transfer, again).await,
            Self::Http2 { connection, .. } => connection.send(transfer, again).await,
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.observer.upstream_closed(self.worker, &self.upstream);
    }
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Open({})", self.upstream.key)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("upstream", &self.upstream.key)
            .field("endpoint", &self.endpoint.address())
            .field("idle", &self.idle.borrow().len())
            .field("idle_http1", &self.idle_http1.borrow().len())
            .field("streams", &self.streams.borrow().len())
            .finish_non_exhaustive()
    }
}
