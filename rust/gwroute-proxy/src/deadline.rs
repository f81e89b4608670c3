//! When a request and its response have to have moved on, and when to have ended.

use std::cell::Cell;
use std::rc::Rc;
use std::task::Context;

use crate::config::Timeouts;
use crate::error::ErrorKind;
use crate::timer::{NEVER, Timer, Timers};

/// The deadlines of one request at a time: those of a connection in HTTP/1, of a stream in HTTP/2.
#[derive(Debug)]
pub(crate) struct Deadlines {
    timers: Rc<Timers>,
    timer: Timer,
    timeouts: Timeouts,
    /// Whether the request has arrived whole.
    whole: Cell<bool>,
    /// What its rule says about the whole of it, in milliseconds.
    limit: Cell<Option<u64>>,
    /// When the response has to have ended.
    end: Cell<u64>,
    /// When the response to this try has to have ended.
    try_end: Cell<u64>,
}

impl Deadlines {
    pub(crate) fn new(timers: &Rc<Timers>, timeouts: Timeouts) -> Self {
        Self {
            timers: timers.clone(),
            timer: timers.timer(),
            timeouts,
            whole: Cell::new(false),
            limit: Cell::new(None),
            end: Cell::new(NEVER),
            try_end: Cell::new(NEVER),
        }
    }

    /// A request begins.
    pub(crate) fn begin(&self, is_whole: bool) {
        self.timers.begin();
        self.whole.set(false);
        self.limit.set(None);
        self.end.set(NEVER);
        self.try_end.set(NEVER);
        if is_whole {
            self.received()
        } else {
            self.moved()
        }
    }

    /// The request has arrived whole: from now on its time counts.
    pub(crate) fn received(&self) {
        self.whole.set(true);
        self.end.set(match self.limit.get() {
            None => self.timers.deadline(self.timeouts.request),
            Some(limit) => self.timers.exact(limit),
        });
        self.moved();
    }

    /// What the rule says about the whole of the request, which has just begun: milliseconds, and
    /// 0 for no limit.
    pub(crate) fn limit(&self, limit: u64) {
        self.limit.set(Some(limit));
        if self.whole.get() {
            self.received();
        }
    }

    /// A try begins, which may last so many milliseconds; 0 for no limit.
    pub(crate) fn begin_try(&self, limit: u64) {
        self.try_end.set(self.timers.exact(limit));
        self.moved();
    }

    /// Something came or went.
    pub(crate) fn moved(&self) {
        let idle = self.timers.deadline(self.timeouts.stream_idle);
        self.timer
            .set(idle.min(self.end.get()).min(self.try_end.get()));
    }

    /// Which deadline is over, if one is; if not, the task is woken when one is.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Option<ErrorKind> {
        self.timer.poll(cx).then(|| self.kind())
    }

    /// Which deadline is over, if one is.
    pub(crate) fn over(&self) -> Option<ErrorKind> {
        self.timer.fired().then(|| self.kind())
    }

    /// The timer of the connection, while no request has it.
    pub(crate) fn timer(&self) -> &Timer {
        &self.timer
    }

    fn kind(&self) -> ErrorKind {
        let now = self.timers.now();
        if self.end.get() <= now {
            ErrorKind::TimeoutRequest
        } else if self.try_end.get() <= now {
            ErrorKind::TimeoutTry
        } else if self.whole.get() {
            ErrorKind::TimeoutBackend
        } else {
            ErrorKind::TimeoutClient
        }
    }
}
