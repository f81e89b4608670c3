//! Timers for things that nearly always end in time: setting one is a store, and a single task of
//! the worker looks through all of them at its ticks.
//!
//! Weighed: a timer of the runtime for each request. Entering it into the runtime's wheel and
//! taking it out again costs more than the decision about the request.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use slab::Slab;
use tokio::sync::Notify;

/// How exact timers are while there is something to do.
const TICK: Duration = Duration::from_millis(50);
/// How often the ticker looks while nothing is due soon.
const SLOW_TICK: Duration = Duration::from_secs(1);
/// Ticks without anything new after which the ticker slows down.
const QUIET_TICKS: u32 = 20;

/// All timers of a worker.
#[derive(Debug)]
pub(crate) struct Timers {
    slots: RefCell<Slab<Slot>>,
    epoch: Instant,
    /// Milliseconds since `epoch` at the last tick.
    now: Cell<u64>,
    used: Cell<bool>,
    slow: Cell<bool>,
    wake: Notify,
}

#[derive(Debug)]
struct Slot {
    /// In milliseconds since the epoch.
    deadline: u64,
    waker: Option<Waker>,
    fired: bool,
}

pub(crate) const NEVER: u64 = u64::MAX;

/// One timer; it can be set again and again.
#[derive(Debug)]
pub(crate) struct Timer {
    timers: Rc<Timers>,
    key: usize,
}

impl Timers {
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self {
            slots: RefCell::default(),
            epoch: Instant::now(),
            now: Cell::new(0),
            used: Cell::new(false),
            slow: Cell::new(false),
            wake: Notify::new(),
        })
    }

    /// A timer that is not set.
    pub(crate) fn timer(self: &Rc<Self>) -> Timer {
        let key = self.slots.borrow_mut().insert(Slot {
            deadline: NEVER,
            waker: None,
            fired: false,
        });
        Timer {
            timers: self.clone(),
            key,
        }
    }

    /// Milliseconds, as of the last tick.
    pub(crate) fn now(&self) -> u64 {
        self.now.get()
    }

    /// When something will be due; a duration of 0 is never.
    pub(crate) fn deadline(&self, after: Duration) -> u64 {
        if after.is_zero() {
            return NEVER;
        }
        let after = u64::try_from(after.as_millis()).unwrap_or(NEVER);
        self.now.get().saturating_add(after)
    }

    /// When so many milliseconds will be over, counted from this very moment and not from the last
    /// tick; 0 is never.
    pub(crate) fn exact(&self, after: u64) -> u64 {
        match after {
            0 => NEVER,
            _ => millis(self.epoch.elapsed()).saturating_add(after),
        }
    }

    /// Says that something begins whose timers have to be exact.
    pub(crate) fn begin(&self) {
        self.used.set(true);
        if self.slow.get() {
            self.slow.set(false);
            self.tick();
            self.wake.notify_one();
        }
    }

    /// Wakes everything, for news that concern all of it.
    pub(crate) fn wake_all(&self) {
        for (_, slot) in &mut *self.slots.borrow_mut() {
            if let Some(waker) = slot.waker.take() {
                waker.wake();
            }
        }
    }

    /// Runs as long as the worker does.
    pub(crate) async fn run(&self) {
        let mut quiet = 0;
        loop {
            if self.slow.get() {
                let _ = tokio::time::timeout(SLOW_TICK, self.wake.notified()).await;
            } else {
                tokio::time::sleep(TICK).await;
            }
            self.tick();
            let next = self.fire();
            quiet = if self.used.take() { 0 } else { quiet + 1 };
            let near = next.saturating_sub(self.now()) < 2 * millis(SLOW_TICK);
            self.slow.set(quiet > QUIET_TICKS && !near);
        }
    }

    fn tick(&self) {
        self.now.set(millis(self.epoch.elapsed()));
    }

    /// Fires what is due, and returns when the next one will be.
    fn fire(&self) -> u64 {
        let now = self.now();
        let mut next = NEVER;
        for (_, slot) in &mut *self.slots.borrow_mut() {
            if slot.deadline > now {
                next = next.min(slot.deadline);
            } else if !slot.fired {
                slot.fired = true;
                if let Some(waker) = slot.waker.take() {
                    waker.wake();
                }
            }
        }
        next
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(NEVER)
}

impl Timer {
    /// Sets it anew, whatever it was.
    pub(crate) fn set(&self, deadline: u64) {
        if let Some(slot) = self.timers.slots.borrow_mut().get_mut(self.key) {
            slot.deadline = deadline;
            slot.fired = false;
        }
    }

    /// Sets it to never fire.
    pub(crate) fn clear(&self) {
        self.set(NEVER);
    }

    /// Whether it has fired since it was set.
    pub(crate) fn fired(&self) -> bool {
        let slots = self.timers.slots.borrow();
        slots.get(self.key).is_some_and(|slot| slot.fired)
    }

    /// The same, and if not, the task is woken when it does.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> bool {
        let mut slots = self.timers.slots.borrow_mut();
        let Some(slot) = slots.get_mut(self.key) else {
            return false;
        };
        if !slot.fired {
            match &mut slot.waker {
                Some(waker) => waker.clone_from(cx.waker()),
                none => *none = Some(cx.waker().clone()),
            }
        }
        slot.fired
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.timers.slots.borrow_mut().try_remove(self.key);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::future::poll_fn;
    use std::task::Poll;

    use super::*;

    /// With time that stands still but for sleeps, so that nothing here really waits.
    fn run(test: impl AsyncFn(Rc<Timers>)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let timers = Timers::new();
            let ticker = timers.clone();
            tokio::task::spawn_local(async move { ticker.run().await });
            test(timers).await;
        });
    }

    async fn fires(timer: &Timer) {
        poll_fn(|cx| match timer.poll(cx) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }

    #[test]
    fn it_fires_once_it_is_due_and_not_before() {
        run(async |timers| {
            let (first, never) = (timers.timer(), timers.timer());
            timers.begin();
            let due = timers.deadline(Duration::from_millis(60));
            first.set(due);
            fires(&first).await;
            assert!(timers.now() >= due);
            assert!(!never.fired());
            first.clear();
            assert!(!first.fired());
        });
    }

    #[test]
    fn a_duration_of_zero_is_never() {
        let timers = Timers::new();
        assert_eq!(timers.deadline(Duration::ZERO), NEVER);
    }

    #[test]
    fn what_is_dropped_leaves_no_slot() {
        let timers = Timers::new();
        drop(timers.timer());
        assert!(timers.slots.borrow().is_empty());
    }
}
