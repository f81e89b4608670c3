//! Copies of requests for other backends, whose answers nobody waits for (Gateway API,
//! HTTPRequestMirrorFilter).
//!
//! A copy is a task of its own and never holds the original up: it reads along with its body, and
//! one that stays too far behind, or is one too many, is given up. It has the client's path and
//! host and none of the edits of the route. A WebSocket is not copied: one side of it means nothing.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use gwroute_core::Forward;
use http::Request;
use http::request::Parts;
use tokio::task::spawn_local;

use crate::body::{RequestBody, Source};
use crate::client_body::ClientBody;
use crate::copy::Fate;
use crate::error::{Error, ErrorKind};
use crate::forward;
use crate::live::Live;
use crate::telemetry::{MirrorOutcome, TryOutcome};
use crate::upstream::Transfer;
use crate::upstream::endpoint::Load;
use crate::upstream::set::Upstream;
use crate::worker::Worker;

/// A backend that is to get a copy, and its endpoint.
#[derive(Debug)]
pub(crate) struct Target {
    upstream: Arc<Upstream>,
    load: Load,
}

/// A copy that is ready to be sent.
#[derive(Debug)]
pub(crate) struct Copy {
    target: Target,
    request: Request<RequestBody>,
    /// `None` if the request has no body.
    fate: Option<Fate>,
}

/// Counts as a copy under way for as long as it lives.
#[derive(Debug)]
struct Slot(Rc<Worker>);

/// Which backends get a copy of this request; each is drawn for by itself.
pub(crate) fn targets(live: &Live, forward: &Forward<'_, '_>) -> Vec<Target> {
    forward
        .mirrors()
        .filter(|mirror| mirror.takes(fastrand::f64()))
        .filter_map(|mirror| {
            let upstream = live.upstream(mirror.upstream().slot())?;
            Some(Target {
                load: upstream.pick()?,
                upstream: upstream.clone(),
            })
        })
        .collect()
}

/// Copies a head, which is as it came but for what belongs to the client's connection.
pub(crate) fn copies(targets: Vec<Target>, parts: &Parts) -> Vec<Copy> {
    let copy = |target: Target| Copy {
        request: head(&target.upstream, parts),
        target,
        fate: None,
    };
    targets.into_iter().map(copy).collect()
}

fn head(upstream: &Upstream, parts: &Parts) -> Request<RequestBody> {
    let (mut copy, body) = Request::new(RequestBody::Empty).into_parts();
    copy.method = parts.method.clone();
    copy.uri = parts.uri.clone();
    copy.headers = parts.headers.clone();
    forward::address(&mut copy, upstream, None);
    Request::from_parts(copy, body)
}

impl Copy {
    /// Reads along with that body.
    pub(crate) fn read_along(&mut self, body: &mut ClientBody) {
        let copy = body.copy();
        self.fate = Some(copy.fate());
        *self.request.body_mut() = RequestBody::Copy(copy);
    }
}

/// Sends copies on their way.
pub(crate) fn send(worker: &Rc<Worker>, copies: Vec<Copy>) {
    for copy in copies {
        let upstream = copy.target.upstream.ir.clone();
        let Some(slot) = Slot::take(worker) else {
            worker.mirrored(&upstream, MirrorOutcome::Dropped);
            continue;
        };
        spawn_local(async move {
            let outcome = exchange(&slot.0, copy).await;
            slot.0.mirrored(&upstream, outcome);
        });
    }
}

impl Slot {
    /// `None` if there are too many.
    fn take(worker: &Rc<Worker>) -> Option<Self> {
        let mirrors = &worker.mirrors;
        if mirrors.get() >= worker.config.limits.mirrors {
            return None;
        }
        mirrors.set(mirrors.get() + 1);
        Some(Self(worker.clone()))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.mirrors.set(self.0.mirrors.get() - 1);
    }
}

/// Its time counts from when its body has come whole, as that of the original does.
async fn exchange(worker: &Worker, copy: Copy) -> MirrorOutcome {
    let Copy {
        target,
        request,
        fate,
    } = copy;
    let mut sent = pin!(deliver(worker, &target, request));
    let early = poll_fn(|cx| {
        let is_whole = match &fate {
            None => Poll::Ready(true),
            Some(fate) => fate.poll(cx),
        };
        if is_whole == Poll::Ready(false) {
            return Poll::Ready(Some(MirrorOutcome::Dropped));
        }
        match sent.as_mut().poll(cx) {
            Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
            Poll::Pending => is_whole.map(|_| None),
        }
    });
    match early.await {
        Some(outcome) => outcome,
        None => in_time(worker.config.timeouts.request, sent).await,
    }
}

async fn in_time(limit: Duration, sent: impl Future<Output = MirrorOutcome>) -> MirrorOutcome {
    if limit.is_zero() {
        return sent.await;
    }
    let in_time = tokio::time::timeout(limit, sent).await;
    in_time.unwrap_or(MirrorOutcome::Failed(ErrorKind::TimeoutRequest))
}

async fn deliver(worker: &Worker, target: &Target, request: Request<RequestBody>) -> MirrorOutcome {
    match answer_to(worker, target, request).await {
        Ok(()) => MirrorOutcome::Answered,
        Err(error) => MirrorOutcome::Failed(error.kind),
    }
}

/// Reads the answer and throws it away. A connection that was idle may have died: then another
/// one takes the copy, if it can be sent twice.
async fn answer_to(
    worker: &Worker,
    target: &Target,
    request: Request<RequestBody>,
) -> Result<(), Error> {
    let endpoint = target.load.endpoint();
    let pool = worker.pools.of(worker, &target.upstream, endpoint);
    let failed = |error: &Error| pool.tried(TryOutcome::Failed(error.kind));
    let mut transfer = Transfer::of(request);
    let mut fresh = false;
    loop {
        let connection = pool.connection(fresh, transfer.goes_directly()).await;
        let connection = connection.inspect_err(failed)?;
        let reused = connection.is_reused();
        let Err(error) = connection.send(&mut transfer, reused).await else {
            break;
        };
        fresh |= transfer.was_sent;
        if !reused || error.kind != ErrorKind::Reset || transfer.request.is_none() {
            failed(&error);
            return Err(error);
        }
        pool.tried(TryOutcome::Stale);
    }
    pool.tried(TryOutcome::Answered);
    match transfer.response {
        Some(response) => Source::Endpoint(response.into_body()).drain().await,
        None => Err(Error::new(ErrorKind::Reset)),
    }
}
