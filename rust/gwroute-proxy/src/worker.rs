//! One thread that serves: what it has of its own, and what it does when told.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::TcpListener as StdListener;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant, SystemTime};

use gwroute_core::EntryId;
use gwroute_core::ir::{self, ListenerProtocol};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{LocalSet, spawn_local};

use crate::accept;
use crate::config::Config;
use crate::live::Live;
use crate::shared::{Gauges, Shared};
use crate::telemetry::{MirrorOutcome, Observer, Record, TryOutcome};
use crate::timer::Timers;
use crate::upstream::conn_pool::Pools;

/// How often idle connections to endpoints are looked at.
const SWEEP: Duration = Duration::from_secs(1);

/// What a worker is told.
#[derive(Debug)]
pub(crate) enum Command {
    /// Accept connections for that port of that gateway.
    Listen(Arc<str>, u16, StdListener),
    /// Stop accepting them, and let those there are drain.
    Unlisten(Arc<str>, u16),
    /// The table has changed: look for endpoints that are gone.
    Swapped,
    /// Stop accepting, let all connections drain, and say when none is left.
    Drain(Sender<()>),
    /// End at once.
    Stop,
}

/// What the connections of a worker have in common.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) index: usize,
    pub(crate) shared: Arc<Shared>,
    pub(crate) config: Arc<Config>,
    pub(crate) wants_heads: bool,
    pub(crate) timers: Rc<Timers>,
    pub(crate) pools: Pools,
    /// Copies of requests under way.
    pub(crate) mirrors: Cell<usize>,
    pub(crate) draining: Cell<bool>,
    pub(crate) stopping: Cell<bool>,
    live: RefCell<Arc<Live>>,
    ports: RefCell<Vec<Rc<Port>>>,
    drained: RefCell<Option<Sender<()>>>,
    /// The time of day at an instant not long ago.
    clock: Cell<(SystemTime, Instant)>,
}

/// A port of a gateway, as one worker serves it.
#[derive(Debug)]
pub(crate) struct Port {
    gateway: Arc<str>,
    port: u16,
    /// No new connections, and no new requests on old ones.
    pub(crate) closing: Cell<bool>,
    pub(crate) close: tokio::sync::Notify,
    /// Its entry in the table of that generation.
    entry: Cell<Option<(u64, Option<Found>)>>,
}

/// Where requests come in, and what is spoken there.
type Found = (EntryId, ListenerProtocol);

/// Runs a worker on this thread until it is told to stop.
pub(crate) fn run(
    index: usize,
    shared: Arc<Shared>,
    commands: UnboundedReceiver<Command>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let tasks = LocalSet::new();
    tasks.block_on(&runtime, async {
        let worker = Worker::new(index, shared);
        spawn_local(worker.clone().keep_time());
        spawn_local(worker.clone().sweep());
        worker.obey(commands).await;
    });
    // Connections end before the runtime that they need.
    drop(tasks);
    Ok(())
}

impl Worker {
    fn new(index: usize, shared: Arc<Shared>) -> Rc<Self> {
        let config = shared.config.clone();
        Rc::new(Self {
            index,
            wants_heads: shared.observer.wants_heads(),
            timers: Timers::new(),
            pools: Pools::default(),
            mirrors: Cell::new(0),
            draining: Cell::new(false),
            stopping: Cell::new(false),
            live: RefCell::new(shared.live.load()),
            ports: RefCell::default(),
            drained: RefCell::default(),
            clock: Cell::new((SystemTime::now(), Instant::now())),
            config,
            shared,
        })
    }

    async fn keep_time(self: Rc<Self>) {
        self.timers.run().await;
    }

    async fn sweep(self: Rc<Self>) {
        loop {
            tokio::time::sleep(SWEEP).await;
            self.pools.sweep();
            self.clock.set((SystemTime::now(), Instant::now()));
        }
    }

    /// The time of day at an instant of the last seconds, without asking the system for it.
    pub(crate) fn time_of(&self, instant: Instant) -> SystemTime {
        let (time, then) = self.clock.get();
        match instant.checked_duration_since(then) {
            Some(later) => time + later,
            None => time - then.duration_since(instant),
        }
    }

    async fn obey(self: &Rc<Self>, mut commands: UnboundedReceiver<Command>) {
        while let Some(command) = commands.recv().await {
            match command {
                Command::Listen(gateway, port, socket) => self.listen(gateway, port, socket),
                Command::Unlisten(gateway, port) => {
                    self.close_ports(|at| at.gateway == gateway && at.port == port);
                }
                Command::Swapped => self.pools.sweep(),
                Command::Drain(drained) => self.drain(drained),
                Command::Stop => break,
            }
        }
        self.stopping.set(true);
    }

    fn listen(self: &Rc<Self>, gateway: Arc<str>, port: u16, socket: StdListener) {
        let port = Rc::new(Port {
            gateway,
            port,
            closing: Cell::new(false),
            close: tokio::sync::Notify::new(),
            entry: Cell::new(None),
        });
        self.ports.borrow_mut().push(port.clone());
        spawn_local(accept::run(self.clone(), port, socket));
    }

    fn close_ports(&self, which: impl Fn(&Port) -> bool) {
        self.ports.borrow_mut().retain(|port| {
            let closes = which(port);
            if closes {
                port.closing.set(true);
                port.close.notify_one();
            }
            !closes
        });
        // Connections look whether their port is closing.
        self.timers.wake_all();
    }

    fn drain(&self, drained: Sender<()>) {
        self.draining.set(true);
        *self.drained.borrow_mut() = Some(drained);
        self.close_ports(|_| true);
        self.say_if_drained();
    }

    fn say_if_drained(&self) {
        if self.draining.get()
            && self.gauges().connections.get() == 0
            && let Some(drained) = self.drained.take()
        {
            // Nobody may be waiting any more.
            let _ = drained.send(());
        }
    }

    /// Does something with what is live now, which is loaded anew only when it has changed.
    pub(crate) fn with_live<T>(&self, f: impl FnOnce(&Live) -> T) -> T {
        let mut live = self.live.borrow_mut();
        if live.generation() != self.shared.live.generation() {
            *live = self.shared.live.load();
        }
        f(&live)
    }

    pub(crate) fn observer(&self) -> &dyn Observer {
        &*self.shared.observer
    }

    fn gauges(&self) -> &Gauges {
        &self.shared.gauges[self.index]
    }

    pub(crate) fn connection_opened(&self) {
        self.timers.begin();
        self.shared.connections.fetch_add(1, Relaxed);
        self.gauges().connections.up();
        self.observer().connection_opened(self.index);
    }

    pub(crate) fn connection_closed(&self) {
        self.shared.connections.fetch_sub(1, Relaxed);
        self.gauges().connections.down();
        self.observer().connection_closed(self.index);
        self.say_if_drained();
    }

    pub(crate) fn handshake_failed(&self, port: &Port, record: &Record) {
        self.observer()
            .handshake_failed(self.index, &port.gateway, port.port, record);
    }

    pub(crate) fn request_started(&self) {
        self.gauges().requests.up();
        self.observer().request_started(self.index);
    }

    pub(crate) fn upstream_tried(&self, upstream: &ir::Upstream, outcome: TryOutcome) {
        self.observer()
            .upstream_tried(self.index, upstream, outcome);
    }

    pub(crate) fn mirrored(&self, upstream: &ir::Upstream, outcome: MirrorOutcome) {
        self.observer().mirrored(self.index, upstream, outcome);
    }

    pub(crate) fn request_ended(&self, record: &Record) {
        self.gauges().requests.down();
        self.gauges().served.up();
        self.observer().request_ended(self.index, record);
    }
}

impl Port {
    /// What is spoken on new connections; `None` if the table has no such port any more.
    pub(crate) fn protocol(&self, live: &Live) -> Option<ListenerProtocol> {
        self.find(live).map(|(_, protocol)| protocol)
    }

    /// Where requests come in on connections of that kind; `None` if the table has no such port
    /// any more, or speaks otherwise there.
    pub(crate) fn entry(&self, live: &Live, protocol: ListenerProtocol) -> Option<EntryId> {
        let (entry, spoken) = self.find(live)?;
        (spoken == protocol).then_some(entry)
    }

    fn find(&self, live: &Live) -> Option<Found> {
        match self.entry.get() {
            Some((generation, entry)) if generation == live.generation() => entry,
            _ => {
                let entry =
                    live.table().entries().iter().find(|entry| {
                        **entry.gateway() == *self.gateway && entry.port() == self.port
                    });
                let entry = entry.map(|entry| (entry.id(), entry.protocol()));
                self.entry.set(Some((live.generation(), entry)));
                entry
            }
        }
    }
}
