//! Wakes between a connection and the request on it, both of which one task polls.
//!
//! A response and the connection it comes over wake each other through their wakers, for they do
//! not know that the same task polls them by turns. Each such wake would schedule the task once
//! more, to find nothing to do; and the connection would still hold the waker of the task that had
//! it before. So a connection has one waker of its own for as long as it lives: while it is being
//! polled, a wake only says to go round once more, and otherwise it goes to the task of the moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use atomic_waker::AtomicWaker;

/// Rounds after which other tasks have their turn.
const ROUNDS: usize = 16;

/// Nobody polls.
const OUTSIDE: u8 = 0;
/// Somebody polls, and nothing has happened since the last round.
const INSIDE: u8 = 1;
/// Somebody polls, and has to go round once more.
const WOKEN: u8 = 2;

/// The waker of one connection.
#[derive(Debug)]
pub(crate) struct Relay {
    state: Arc<State>,
    waker: Waker,
}

#[derive(Debug, Default)]
struct State {
    at: AtomicU8,
    task: AtomicWaker,
}

impl Wake for State {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let go_round = self
            .at
            .compare_exchange(INSIDE, WOKEN, Ordering::AcqRel, Ordering::Acquire);
        if go_round == Err(OUTSIDE) {
            self.task.wake();
        }
    }
}

impl Relay {
    pub(crate) fn new() -> Self {
        let state: Arc<State> = Arc::default();
        Self {
            waker: Waker::from(state.clone()),
            state,
        }
    }

    /// Polls by turns as long as one turn gives the next something to do.
    pub(crate) fn rounds<T>(
        &self,
        cx: &mut Context<'_>,
        mut round: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let mut inside = Context::from_waker(&self.waker);
        for _ in 0..ROUNDS {
            self.state.at.store(INSIDE, Ordering::Release);
            let polled = round(&mut inside);
            if polled.is_ready() {
                self.state.at.store(OUTSIDE, Ordering::Release);
                return polled;
            }
            // Before anybody may use it.
            self.state.task.register(cx.waker());
            if self.state.at.swap(OUTSIDE, Ordering::AcqRel) != WOKEN {
                return polled;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Nobody is to be woken any more.
    pub(crate) fn forget_task(&self) {
        self.state.task.take();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn count() -> (Arc<Count>, Waker) {
        let count: Arc<Count> = Arc::default();
        (count.clone(), Waker::from(count))
    }

    #[test]
    fn a_wake_from_inside_goes_round_and_wakes_nobody() {
        let (count, waker) = count();
        let mut rounds = 0;
        let polled = Relay::new().rounds(&mut Context::from_waker(&waker), |cx| {
            rounds += 1;
            if rounds < 3 {
                cx.waker().wake_by_ref();
            }
            Poll::<()>::Pending
        });
        assert!(polled.is_pending());
        assert_eq!((rounds, count.0.load(Ordering::SeqCst)), (3, 0));
    }

    #[test]
    fn a_wake_from_outside_goes_to_the_last_task() {
        let relay = Relay::new();
        let (first, first_waker) = count();
        let (second, second_waker) = count();
        let mut kept = None;
        for waker in [&first_waker, &second_waker] {
            let _ = relay.rounds(&mut Context::from_waker(waker), |cx| {
                kept = Some(cx.waker().clone());
                Poll::<()>::Pending
            });
        }
        let kept = kept.unwrap_or_else(|| Waker::noop().clone());
        kept.wake_by_ref();
        relay.forget_task();
        kept.wake();
        let counts = [first, second].map(|count| count.0.load(Ordering::SeqCst));
        assert_eq!(counts, [0, 1]);
    }

    #[test]
    fn who_never_stops_is_made_to() {
        let (count, waker) = count();
        let polled = Relay::new().rounds(&mut Context::from_waker(&waker), |cx| {
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        assert!(polled.is_pending());
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
    }
}
