//! Closing a connection so that the client gets what was written.

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::client::Client;

/// How long a client may go on sending.
const LONGEST: Duration = Duration::from_secs(1);

/// Says that nothing more will be written, and reads on for a while: closing a socket with unread
/// bytes in it resets the connection, and the client may lose the response (RFC 9112 9.6).
pub(crate) async fn close<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, client: &Rc<Client>) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let timer = client.deadlines.timer();
    timer.set(client.worker.timers.deadline(LONGEST));
    let mut rest = pin!(async {
        let mut buffer = vec![0; 4096];
        while let Ok(1..) = stream.read(&mut buffer).await {}
    });
    poll_fn(|cx| {
        let over = rest.as_mut().poll(cx).is_ready();
        if over || timer.poll(cx) || client.worker.draining.get() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}
