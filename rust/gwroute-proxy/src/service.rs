//! From a request to a decision, and from that to a response. Never fails: what goes wrong is a
//! response too.

use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;

use gwroute_core::{Decision, Forward, Redirect, Respond, Rule};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::{Body, Incoming};

use crate::answer::Own;
use crate::body::{RequestBody, ResponseBody};
use crate::client::{Client, Misplaced};
use crate::client_body::ClientBody;
use crate::deadline::Deadlines;
use crate::error::{Error, ErrorKind};
use crate::exchange::{BodyWatch, Exchange, Matched, UpstreamTarget};
use crate::ext_auth::{self, Held};
use crate::forward::{self, Destination};
use crate::live::Live;
use crate::mirror::{self, Target};
use crate::session::Bond;
use crate::telemetry::Outcome;
use crate::upstream::endpoint::Load;
use crate::upstream::set::{Transport, Upstream};
use crate::upstream::{self, Transfer};
use crate::vet;
use crate::view::{self, View};

/// Where a request goes, and who gets a copy.
pub(crate) type Route = (Destination, Vec<Target>);

/// A request that something can be done about.
enum Prepared {
    Ready(Box<Exchange>),
    /// Others are asked first.
    Held(Box<Held>),
}

/// Serves one request.
pub(crate) async fn handle(
    client: Rc<Client>,
    deadlines: Rc<Deadlines>,
    request: Request<Incoming>,
) -> Result<Response<ResponseBody>, Infallible> {
    let mut transfer = Transfer::default();
    Ok(match prepare(client, deadlines, request, &mut transfer) {
        Ok(Prepared::Ready(exchange)) => upstream::send(exchange, &mut transfer).await,
        Ok(Prepared::Held(held)) => Box::pin(ext_auth::serve(held, &mut transfer)).await,
        Err(response) => *response,
    })
}

/// All that needs no waiting: a request that is ready to be sent, or the gateway's own answer.
fn prepare(
    client: Rc<Client>,
    deadlines: Rc<Deadlines>,
    request: Request<Incoming>,
    transfer: &mut Transfer,
) -> Result<Prepared, Box<Response<ResponseBody>>> {
    let (mut parts, body) = request.into_parts();
    let has_body = !body.is_end_stream();
    deadlines.begin(!has_body);
    view::complete_path(&mut parts);
    let facts = vet::vet(&parts, &client.heads, &client.worker.config.limits);
    client.heads.head_read(has_body);
    let mut exchange = Exchange::new(client, deadlines, &parts);
    let facts = match facts {
        Ok(facts) => facts,
        Err(kind) => {
            let media_type = parts.headers.get(header::CONTENT_TYPE);
            exchange.grpc = media_type.is_some_and(vet::is_grpc);
            return Err(answered(exchange, &parts, *Own::refusal(kind)));
        }
    };
    exchange.grpc = facts.grpc;
    exchange.websocket = facts.websocket;
    let route = decide(&mut exchange, &parts);
    let is_held = !exchange.authorizers.is_empty();
    let route = match route {
        Err(own) if !is_held => return Err(answered(exchange, &parts, *own)),
        route => route,
    };
    forward::edit_hop(&mut parts, facts, &exchange.client);
    let body = request_body(&mut exchange, body, has_body);
    let route = match route {
        Ok(route) if !is_held => route,
        then => return Ok(Prepared::Held(Held::new(exchange, parts, body, then))),
    };
    transfer.request = Some(depart(&mut exchange, parts, body, route));
    Ok(Prepared::Ready(exchange))
}

/// The request as its backend gets it; copies of it are on their way.
pub(crate) fn depart(
    exchange: &mut Exchange,
    mut parts: Parts,
    mut body: RequestBody,
    (destination, mirrors): Route,
) -> Request<RequestBody> {
    let mut copies = match exchange.websocket {
        true => Vec::new(),
        false => mirror::copies(mirrors, &parts),
    };
    forward::edit_route(&mut parts, destination);
    exchange.note_head(&parts);
    if let RequestBody::Client(body) = &mut body {
        copies.iter_mut().for_each(|copy| copy.read_along(body));
    }
    mirror::send(&exchange.client.worker, copies);
    Request::from_parts(parts, body)
}

fn answered(mut exchange: Box<Exchange>, parts: &Parts, own: Own) -> Box<Response<ResponseBody>> {
    exchange.note_head(parts);
    // Nobody will read the body here; the library skips it or closes the connection.
    exchange.client.heads.body_ended();
    Box::new(own.into_response(exchange))
}

fn request_body(exchange: &mut Exchange, body: Incoming, has_body: bool) -> RequestBody {
    if !has_body {
        return RequestBody::Empty;
    }
    let watch = Rc::new(BodyWatch::default());
    exchange.body = Some(watch.clone());
    let (deadlines, heads) = (exchange.deadlines.clone(), exchange.client.heads.clone());
    RequestBody::Client(Box::new(ClientBody::new(body, watch, deadlines, heads)))
}

/// Where the request goes, and who gets a copy.
fn decide(exchange: &mut Exchange, parts: &Parts) -> Result<Route, Box<Own>> {
    let client = exchange.client.clone();
    client.worker.with_live(|live| {
        let entry = client.entry(live).map_err(misplaced)?;
        let (sni, mut bond) = (client.server_name(), None);
        let view = View(parts);
        let choose = |rule: &Rule| {
            bond = bond_of(&client, live, rule, &view);
            let bound = bond.as_ref().map(|bond| bond.backend);
            bound.or_else(|| rule.draw(fastrand::f64()))
        };
        let decision = live.table().decide_with(entry, sni, &view, choose);
        exchange.authorizers = ext_auth::authorizers(live, &decision);
        let own = match &decision {
            Decision::Forward(forward) => {
                if forward.cors().is_some() {
                    exchange.origin = parts.headers.get(header::ORIGIN).cloned();
                }
                let destination = destination(exchange, live, forward, bond)?;
                return Ok((destination, mirror::targets(live, forward)));
            }
            Decision::Redirect(redirect) => redirected(exchange, redirect),
            Decision::Respond(respond) => responded(exchange, respond),
        };
        Err(own.completed(&decision, &view))
    })
}

/// The endpoint that a client is bound to, as long as that may be used.
fn bond_of(client: &Client, live: &Live, rule: &Rule, request: &View<'_>) -> Option<Bond> {
    rule.session()?;
    let sessions = client.worker.shared.sessions.load();
    let bond = sessions.as_ref()?.bond(rule, request)?;
    let upstream = rule.backends().get(bond.backend)?.upstream()?;
    let upstream = live.upstream(upstream.slot())?;
    upstream.has(bond.endpoint).then_some(bond)
}

fn misplaced(misplaced: Misplaced) -> Box<Own> {
    match misplaced {
        Misplaced::Closed => Own::no_route(),
        Misplaced::Unproven => Own::misdirected(),
    }
}

/// What the backend gets, and which of its endpoints.
fn destination(
    exchange: &mut Exchange,
    live: &Live,
    forward: &Forward<'_, '_>,
    bond: Option<Bond>,
) -> Result<Destination, Box<Own>> {
    exchange.listener = Some(forward.listener().clone());
    let matched = exchange.matched.insert(Matched {
        rule: forward.rule().clone(),
        index: forward.match_index(),
        backend: Some(forward.backend_index()),
    });
    let timeouts = matched.rule.timeouts();
    if let Some(limit) = timeouts.and_then(|timeouts| timeouts.request_ms) {
        exchange.deadlines.limit(limit);
    }
    let rule = matched.rule.clone();
    let (upstream, load) = endpoint(exchange, live, forward, bond).ok_or_else(Own::no_endpoint)?;
    check(upstream.transport())?;
    exchange.target = Some(UpstreamTarget {
        upstream: upstream.clone(),
        load,
        local: None,
        service_time: None,
        tries: 0,
    });
    Ok(Destination {
        upstream,
        rule,
        backend: forward.backend_index(),
        path: path_of(forward)?,
        host: host_of(forward)?,
    })
}

/// No request goes out in clear text that should not.
fn check(transport: &Transport) -> Result<(), Box<Own>> {
    match transport {
        Transport::Clear | Transport::Tls(_) => Ok(()),
        Transport::Unusable => Err(Own::invalid_backend()),
    }
}

/// The endpoint that the client is bound to, or another; endpoints may have gone since the table was
/// made.
fn endpoint(
    exchange: &mut Exchange,
    live: &Live,
    forward: &Forward<'_, '_>,
    bond: Option<Bond>,
) -> Option<(Arc<Upstream>, Load)> {
    let upstream = live.upstream(forward.upstream().slot())?.clone();
    if let Some(load) = bond.and_then(|bond| upstream.pick_at(bond.endpoint)) {
        return Some((upstream, load));
    }
    let load = upstream.pick()?;
    if forward.rule().session().is_some() {
        let at = load.endpoint().address();
        exchange.begin_session(forward.rule(), forward.backend_index(), at);
    }
    Some((upstream, load))
}

/// `None` if the client's own goes on as it is.
fn path_of(forward: &Forward<'_, '_>) -> Result<Option<PathAndQuery>, Box<Own>> {
    if forward.keeps_target() {
        return Ok(None);
    }
    let path = forward.path_and_query().into_owned();
    // A rewrite may be configured to something that is no path.
    let path = PathAndQuery::from_maybe_shared(bytes::Bytes::from(path));
    path.map(Some).map_err(|_| Own::failed_filter())
}

fn host_of(forward: &Forward<'_, '_>) -> Result<Option<HeaderValue>, Box<Own>> {
    let host = forward.authority().map(HeaderValue::from_str);
    host.transpose().map_err(|_| Own::failed_filter())
}

fn redirected(exchange: &mut Exchange, redirect: &Redirect<'_, '_>) -> Box<Own> {
    exchange.listener = redirect.listener().cloned();
    exchange.matched = redirect
        .rule()
        .zip(redirect.match_index())
        .map(|(rule, index)| Matched {
            rule: rule.clone(),
            index,
            backend: None,
        });
    StatusCode::from_u16(redirect.status()).map_or_else(|_| Own::failed_filter(), Own::redirect)
}

fn responded(exchange: &mut Exchange, respond: &Respond<'_>) -> Box<Own> {
    exchange.listener = respond.listener().cloned();
    exchange.matched = respond
        .rule()
        .zip(respond.match_index())
        .map(|(rule, index)| Matched {
            rule: rule.clone(),
            index,
            backend: respond.backend().and_then(|drawn| {
                let backends = rule.backends().iter();
                backends
                    .into_iter()
                    .position(|backend| std::ptr::eq(backend, drawn))
            }),
        });
    Own::decided(respond.status(), respond.reason())
}

/// What a client gets that is too slow with a head; the library has no part in it.
pub(crate) const LATE_HEAD: &[u8] = b"HTTP/1.1 408 Request Timeout\r\n\
    content-type: text/plain\r\ncontent-length: 15\r\nconnection: close\r\n\r\nrequest timeout";

/// Reports an answer to a request whose head could not be read.
pub(crate) fn report_unread(client: &Rc<Client>, kind: ErrorKind) {
    let mut exchange = Exchange::unread(client.clone(), client.deadlines.clone());
    exchange.answered(kind.status(), Outcome::Failed(Error::new(kind)));
    exchange.ended();
}
