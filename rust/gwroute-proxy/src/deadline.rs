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
    /// When the response has to have ended.
    end: Cell<u64>,
}

impl Deadlines {
    pub(crate) fn new(timers: &Rc<Timers>, timeouts: Timeouts) -> Self {
        Self {
            timers: timers.clone(),
            timer: timers.timer(),
            timeouts,
            end: Cell::new(NEVER),
        }
    }

    /// A request begins.
    pub(crate) fn begin(&self, is_whole: bool) {
        self.timers.begin();
        self.end.set(NEVER);
        if is_whole {
            self.received()
        } else {
            self.moved()
        }
    }

    /// The request has arrived whole: from now on its time counts.
    pub(crate) fn received(&self) {
        self.end.set(self.timers.deadline(self.timeouts.request));
        self.moved();
    }

    /// Something came or went.
    pub(crate) fn moved(&self) {
        let idle = self.timers.deadline(self.timeouts.stream_idle);
        self.timer.set(idle.min(self.end.get()));
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
        match self.end.get() {
            NEVER => ErrorKind::TimeoutClient,
            end if end <= self.timers.now() => ErrorKind::TimeoutRequest,
            _ => ErrorKind::TimeoutBackend,
        }
    }
}
