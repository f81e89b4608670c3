//! Tasks that HTTP/2 needs, on the worker's own thread.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use hyper::rt::Executor;
use tokio::task::spawn_local;

use crate::client::Client;

/// For connections to endpoints.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LocalExecutor;

impl<F: Future<Output = ()> + 'static> Executor<F> for LocalExecutor {
    fn execute(&self, future: F) {
        spawn_local(future);
    }
}

/// For streams of clients. A stream whose response is over its deadline is reset even if it waits
/// for a client that opens no window, when nothing asks the response itself.
#[derive(Debug, Clone)]
pub(crate) struct StreamExecutor(Rc<Client>);

impl StreamExecutor {
    pub(crate) fn new(client: Rc<Client>) -> Self {
        Self(client)
    }
}

impl<F: Future<Output = ()> + 'static> Executor<F> for StreamExecutor {
    fn execute(&self, future: F) {
        // The service was called just before, for this very stream.
        let deadlines = self.0.new_stream.take();
        spawn_local(async move {
            let mut future = pin!(future);
            poll_fn(|cx| {
                if future.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(());
                }
                match &deadlines {
                    Some(deadlines) if deadlines.poll(cx).is_some() => Poll::Ready(()),
                    _ => Poll::Pending,
                }
            })
            .await;
        });
    }
}
