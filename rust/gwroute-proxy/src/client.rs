//! One client connection, as the requests on it see it.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

use http::HeaderValue;

use crate::deadline::Deadlines;
use crate::error::ErrorKind;
use crate::heads::Heads;
use crate::telemetry::{Addresses, Record};
use crate::upgrade::Tunnel;
use crate::worker::{Port, Worker};

/// One client connection.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) worker: Rc<Worker>,
    pub(crate) port: Rc<Port>,
    pub(crate) addresses: Addresses,
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
            addresses: Addresses {
                local,
                remote,
                server_name: None,
            },
            address: address.unwrap_or_else(|_| HeaderValue::from_static("unknown")),
            deadlines: Rc::new(deadlines),
            heads: Rc::default(),
            tunnel: RefCell::default(),
            new_stream: RefCell::default(),
            requests: Cell::new(0),
            worker,
            port,
        })
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
