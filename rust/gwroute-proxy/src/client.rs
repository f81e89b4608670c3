//! One client connection, as the requests on it see it.

use std::cell::{Cell, OnceCell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use gwroute_core::EntryId;
use gwroute_core::ir::{ClientValidation, ListenerProtocol};
use http::HeaderValue;

use crate::deadline::Deadlines;
use crate::error::ErrorKind;
use crate::heads::Heads;
use crate::live::Live;
use crate::telemetry::{Addresses, Record};
use crate::upgrade::Tunnel;
use crate::worker::{Port, Worker};

/// One client connection.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) worker: Rc<Worker>,
    pub(crate) port: Rc<Port>,
    local: SocketAddr,
    remote: SocketAddr,
    /// The address of the client, as headers tell it.
    pub(crate) address: HeaderValue,
    /// Of the connection; in HTTP/1 also of its requests.
    pub(crate) deadlines: Rc<Deadlines>,
    pub(crate) heads: Rc<Heads>,
    /// Where the bytes of the connection go once it has been upgraded.
    pub(crate) tunnel: RefCell<Option<Tunnel>>,
    /// The deadlines of a stream whose task is about to be made.
    pub(crate) new_stream: RefCell<Option<Rc<Deadlines>>>,
    requests: Cell<usize>,
    /// Empty in clear text.
    secured: OnceCell<Secured>,
}

/// What a connection over TLS is good for.
#[derive(Debug)]
pub(crate) struct Secured {
    /// The name it was made for, if the client gave one.
    name: Option<Arc<str>>,
    /// What the client had to show.
    validation: Option<ClientValidation>,
    /// The generation for which that was last found to be enough.
    good_in: Cell<u64>,
}

/// Why a request has no place among the listeners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misplaced {
    /// Nobody listens on the port any more, or not for this kind of connection.
    Closed,
    /// The listener wants to know more about clients than this one has shown.
    Unproven,
}

impl Secured {
    pub(crate) fn new(
        name: Option<&str>,
        validation: Option<ClientValidation>,
        generation: u64,
    ) -> Self {
        Self {
            name: name.map(Arc::from),
            validation,
            good_in: Cell::new(generation),
        }
    }

    /// Whether the listener still asks for what the client has shown.
    fn is_good(&self, live: &Live, entry: EntryId) -> bool {
        if self.good_in.get() == live.generation() {
            return true;
        }
        let listener = live.table().listener_by_name(entry, self.name.as_deref());
        let tls = listener.and_then(|listener| listener.tls.as_ref());
        let good = tls.is_some_and(|tls| tls.client == self.validation);
        if good {
            self.good_in.set(live.generation());
        }
        good
    }
}

impl Client {
    pub(crate) fn new(
        worker: Rc<Worker>,
        port: Rc<Port>,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> Rc<Self> {
        worker.connection_opened();
        let deadlines = Deadlines::new(&worker.timers, worker.config.timeouts);
        // An IP address in text is a valid header value.
        let address = HeaderValue::from_str(&remote.ip().to_string());
        Rc::new(Self {
            local,
            remote,
            address: address.unwrap_or_else(|_| HeaderValue::from_static("unknown")),
            deadlines: Rc::new(deadlines),
            heads: Rc::default(),
            tunnel: RefCell::default(),
            new_stream: RefCell::default(),
            requests: Cell::new(0),
            secured: OnceCell::new(),
            worker,
            port,
        })
    }

    /// A handshake has succeeded.
    pub(crate) fn secure(&self, secured: Secured) {
        // There is one handshake on a connection.
        let _ = self.secured.set(secured);
    }

    /// `http` or `https`.
    pub(crate) fn scheme(&self) -> &'static str {
        match self.secured.get() {
            None => "http",
            Some(_) => "https",
        }
    }

    /// The name that a connection over TLS was made for, empty if it was made for none; `None` in
    /// clear text.
    pub(crate) fn server_name(&self) -> Option<&str> {
        let secured = self.secured.get()?;
        Some(secured.name.as_deref().unwrap_or_default())
    }

    /// Both ends of the connection, for the record.
    pub(crate) fn addresses(&self) -> Addresses {
        let secured = self.secured.get();
        Addresses {
            local: self.local,
            remote: self.remote,
            server_name: secured.and_then(|secured| secured.name.clone()),
        }
    }

    /// Where requests of this connection come in.
    pub(crate) fn entry(&self, live: &Live) -> Result<EntryId, Misplaced> {
        let secured = self.secured.get();
        let protocol = match secured {
            None => ListenerProtocol::Http,
            Some(_) => ListenerProtocol::Https,
        };
        let entry = self.port.entry(live, protocol).ok_or(Misplaced::Closed)?;
        match secured {
            Some(secured) if !secured.is_good(live, entry) => Err(Misplaced::Unproven),
            _ => Ok(entry),
        }
    }

    /// Whether requests are under way.
    pub(crate) fn is_busy(&self) -> bool {
        self.requests.get() > 0
    }

    /// Whether no more requests are wanted.
    pub(crate) fn is_draining(&self) -> bool {
        self.worker.draining.get() || self.port.closing.get()
    }

    pub(crate) fn request_started(&self) {
        self.requests.set(self.requests.get() + 1);
        self.worker.request_started();
    }

    pub(crate) fn request_ended(&self, record: &Record) {
        self.requests.set(self.requests.get() - 1);
        self.worker.request_ended(record);
    }

    /// The handshake came to nothing.
    pub(crate) fn handshake_failed(&self, record: Record) {
        self.worker.handshake_failed(&self.port, &record);
    }

    /// Why a request was dropped before it had an end.
    pub(crate) fn cut_by(&self, deadlines: &Deadlines) -> ErrorKind {
        match deadlines.over() {
            Some(kind) => kind,
            None if self.worker.stopping.get() => ErrorKind::Stopped,
            None => ErrorKind::ClientGone,
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.worker.connection_closed();
    }
}
