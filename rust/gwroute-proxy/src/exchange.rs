//! One request and its response while they last, and the record of them when they end.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gwroute_core::{Rule, ir};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};

use crate::client::Client;
use crate::deadline::Deadlines;
use crate::error::{Error, ErrorKind};
use crate::ext_auth::Authorizer;
use crate::forward;
use crate::session::Bond;
use crate::telemetry::{Head, Outcome, Record, TryOutcome, UpstreamRecord};
use crate::upstream::endpoint::Load;
use crate::upstream::set::Upstream;

/// One request and its response. Whatever happens to it, dropping it reports it, once.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) client: Rc<Client>,
    pub(crate) deadlines: Rc<Deadlines>,
    pub(crate) method: Option<Method>,
    pub(crate) version: Version,
    pub(crate) head: Option<Box<Head>>,
    pub(crate) listener: Option<Arc<ir::Listener>>,
    pub(crate) matched: Option<Matched>,
    /// Where the page is that asks, if the rule has something to say to browsers.
    pub(crate) origin: Option<HeaderValue>,
    /// Binds the client to its endpoint, if this is the first response of a session.
    pub(crate) session: Option<(HeaderName, HeaderValue)>,
    /// Services that have to agree first; nearly always none.
    pub(crate) authorizers: Vec<Authorizer>,
    pub(crate) target: Option<UpstreamTarget>,
    pub(crate) body: Option<Rc<BodyWatch>>,
    /// Own answers look different in gRPC.
    pub(crate) grpc: bool,
    /// The client asks for a WebSocket.
    pub(crate) websocket: bool,
    /// Whether a connection has just died, and others that are idle may have, too.
    pub(crate) distrusts_idle: bool,
    /// Bytes of the response's body that were handed on.
    pub(crate) sent: u64,
    /// 0 as long as there is none.
    status: u16,
    /// What it comes to if it ends whole.
    outcome: Outcome,
    /// Whether it has.
    ended: bool,
    started: Instant,
}

/// The rule that took a request.
#[derive(Debug)]
pub(crate) struct Matched {
    pub(crate) rule: Arc<Rule>,
    pub(crate) index: usize,
    pub(crate) backend: Option<usize>,
}

/// Where a request goes.
#[derive(Debug)]
pub(crate) struct UpstreamTarget {
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) load: Load,
    pub(crate) local: Option<SocketAddr>,
    pub(crate) service_time: Option<Duration>,
    pub(crate) tries: u32,
}

/// What is known about the body of a request while it streams.
#[derive(Debug, Default)]
pub(crate) struct BodyWatch {
    pub(crate) received: Cell<u64>,
    /// Why it will not come to its end, if so: the client's fault.
    pub(crate) failed: Cell<Option<ErrorKind>>,
}

impl Exchange {
    pub(crate) fn new(client: Rc<Client>, deadlines: Rc<Deadlines>, parts: &Parts) -> Box<Self> {
        let mut exchange = Self::unread(client, deadlines);
        exchange.method = Some(parts.method.clone());
        exchange.version = parts.version;
        if exchange.client.worker.wants_heads {
            let path = parts.uri.path_and_query();
            exchange.head = Some(Box::new(Head {
                path: path.map_or_else(String::new, ToString::to_string),
                ..Head::default()
            }));
        }
        exchange
    }

    /// For a request whose head could not be read.
    pub(crate) fn unread(client: Rc<Client>, deadlines: Rc<Deadlines>) -> Box<Self> {
        client.request_started();
        Box::new(Self {
            client,
            deadlines,
            method: None,
            version: Version::HTTP_11,
            head: None,
            listener: None,
            matched: None,
            origin: None,
            session: None,
            authorizers: Vec::new(),
            target: None,
            body: None,
            grpc: false,
            websocket: false,
            distrusts_idle: false,
            sent: 0,
            status: 0,
            outcome: Outcome::Backend,
            ended: false,
            started: Instant::now(),
        })
    }

    /// The head of the request is as the backend gets it, or as it came if none does.
    pub(crate) fn note_head(&mut self, parts: &Parts) {
        let Some(head) = &mut self.head else {
            return;
        };
        let of_target = parts.uri.authority();
        let of_target = of_target.and_then(|host| HeaderValue::from_str(host.as_str()).ok());
        let value = |name: HeaderName| parts.headers.get(name).cloned();
        head.authority = of_target.or_else(|| value(header::HOST));
        head.forwarded_for = value(forward::FORWARDED_FOR);
        head.user_agent = value(header::USER_AGENT);
        head.request_id = value(forward::REQUEST_ID);
    }

    /// The edits of the rule and the backend that took the request, and what browsers are told.
    pub(crate) fn edit_response(&self, headers: &mut HeaderMap) {
        if let Some(Matched { rule, backend, .. }) = &self.matched {
            let edits = rule.response_edits(backend.unwrap_or(usize::MAX));
            edits.for_each(|edits| edits.apply(headers));
            if let (Some(origin), Some(cors)) = (&self.origin, rule.cors(*backend)) {
                cors.mark(origin, headers);
            }
            if let Some((name, value)) = &self.session {
                headers.append(name, value.clone());
            }
        }
    }

    /// A client that was bound to no endpoint of a rule is from now on.
    pub(crate) fn begin_session(&mut self, rule: &Rule, backend: usize, endpoint: SocketAddr) {
        let secure = self.client.server_name().is_some();
        let sessions = self.client.worker.shared.sessions.load();
        let sessions = sessions.as_deref();
        let bond = Bond { backend, endpoint };
        self.session = sessions.and_then(|sessions| sessions.header(rule, &bond, secure));
    }

    /// The head of the response is known, and what the exchange has come to if the rest of it
    /// follows.
    pub(crate) fn answered(&mut self, status: StatusCode, outcome: Outcome) {
        self.status = status.as_u16();
        self.outcome = outcome;
    }

    /// The response has ended whole.
    pub(crate) fn ended(&mut self) {
        self.ended = true;
    }

    /// It will not.
    pub(crate) fn failed(&mut self, error: Error) {
        self.outcome = Outcome::Failed(error);
        self.ended = true;
    }

    /// How often the request was sent, or was to be sent.
    pub(crate) fn tries(&self) -> u32 {
        self.target.as_ref().map_or(0, |target| target.tries)
    }

    /// Whether the rule has the request sent again.
    pub(crate) fn is_retried(&self) -> bool {
        let retry = self.matched.as_ref().and_then(|m| m.rule.retry());
        retry.is_some_and(|retry| retry.attempts > 0)
    }

    /// The request is about to be sent, once or once more.
    pub(crate) fn begin_try(&self) {
        let timeouts = self.matched.as_ref().and_then(|m| m.rule.timeouts());
        if let Some(limit) = timeouts.and_then(|timeouts| timeouts.backend_request_ms) {
            self.deadlines.begin_try(limit);
        }
    }

    /// A try is over, and what it was allowed does not count any more.
    pub(crate) fn end_try(&self) {
        self.deadlines.begin_try(0);
    }

    /// Reports how a try ended.
    pub(crate) fn tried(&self, outcome: TryOutcome) {
        if let Some(target) = &self.target {
            let worker = &self.client.worker;
            worker.upstream_tried(&target.upstream.ir, outcome);
        }
    }

    /// Chooses an endpoint once more, which may be the same, and is if the client is bound to it.
    pub(crate) fn pick_anew(&mut self) {
        let rule = self.matched.as_ref().map(|matched| matched.rule.clone());
        let in_session = rule.as_ref().filter(|rule| rule.session().is_some());
        if in_session.is_some() && self.session.is_none() {
            return;
        }
        let Some(target) = &mut self.target else {
            return;
        };
        let Some(load) = target.upstream.pick() else {
            return;
        };
        let at = load.endpoint().address();
        target.load = load;
        let backend = self.matched.as_ref().and_then(|matched| matched.backend);
        if let (Some(rule), Some(backend)) = (in_session, backend) {
            self.begin_session(rule, backend, at);
        }
    }

    /// How long it has lasted.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn record(&mut self) -> Record {
        let duration = self.started.elapsed();
        if !self.ended {
            // By a deadline, by the end of the proxy, or by the client.
            let kind = self.client.cut_by(&self.deadlines);
            self.outcome = Outcome::Failed(Error::new(kind));
        }
        let matched = self.matched.take();
        let (index, backend) = matched.as_ref().map_or((None, None), |matched| {
            (Some(matched.index), matched.backend)
        });
        Record {
            started: self.client.worker.time_of(self.started),
            duration,
            method: self.method.take(),
            version: self.version,
            status: self.status,
            outcome: std::mem::replace(&mut self.outcome, Outcome::Backend),
            bytes_received: self.body.as_ref().map_or(0, |body| body.received.get()),
            bytes_sent: self.sent,
            head: self.head.take(),
            listener: self.listener.take(),
            rule: matched.map(|matched| matched.rule),
            match_index: index,
            backend,
            upstream: self.target.take().map(UpstreamTarget::into_record),
            client: self.client.addresses(),
        }
    }
}

impl UpstreamTarget {
    fn into_record(self) -> UpstreamRecord {
        UpstreamRecord {
            upstream: self.upstream.ir.clone(),
            endpoint: self.load.endpoint().clone(),
            local: self.local,
            service_time: self.service_time,
            tries: self.tries,
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let record = self.record();
        self.client.request_ended(&record);
    }
}
