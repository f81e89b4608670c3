//! Which path answers what, to which method.

use std::sync::Arc;
use std::time::SystemTime;

use http::{Method, Request, StatusCode, header, request};
use serde_json::json;

use super::answer::{self, Answer};
use super::state::State;
use super::{Event, explain, guard, routes, upstreams};
use crate::metrics::Format;

/// Levels that can be logged from.
const LEVELS: [&str; 4] = ["error", "warning", "info", "debug"];

/// One of the three addresses.
#[derive(Debug, Clone, Copy)]
pub(super) enum Site {
    Admin,
    Stats,
    Ready,
}

/// Answers a request, or says which method it takes.
type Handler = (Method, fn(&State, &request::Parts) -> Answer);

impl Site {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Stats => "stats",
            Self::Ready => "ready",
        }
    }

    fn handler(self, path: &str) -> Option<Handler> {
        Some(match (self, path) {
            (Self::Admin, "/routes") => (Method::GET, routes::list),
            (Self::Admin, "/explain") => (Method::GET, explain::explain),
            (Self::Admin, "/snapshot") => (Method::GET, snapshot),
            (Self::Admin, "/status") => (Method::GET, status),
            (Self::Admin, "/upstreams") => (Method::GET, upstreams::list),
            (Self::Admin, "/generation") => (Method::GET, generation),
            (Self::Admin, "/log-level") => (Method::POST, log_level),
            (Self::Admin, "/drain") => (Method::POST, |state, _| ask(state, Event::Drain)),
            (Self::Admin, "/reload") => (Method::POST, |state, _| ask(state, Event::Reload)),
            (Self::Stats, "/metrics") => (Method::GET, metrics),
            (Self::Ready, "/ready") => (Method::GET, ready),
            (Self::Ready, "/live") => (Method::GET, |_, _| answer::text(StatusCode::OK, "live\n")),
            _ => return None,
        })
    }
}

/// Answers one request. Its body, if it has one, is not looked at.
pub(super) fn answer<B>(site: Site, state: &Arc<State>, request: Request<B>) -> Answer {
    let (parts, _) = request.into_parts();
    if matches!(site, Site::Admin)
        && let Some(refusal) = guard::refusal(&parts, state.token.as_deref())
    {
        return refusal;
    }
    let Some((method, handle)) = site.handler(parts.uri.path()) else {
        return answer::error(StatusCode::NOT_FOUND, "there is nothing here");
    };
    let is_head = method == Method::GET && parts.method == Method::HEAD;
    if parts.method != method && !is_head {
        let allowed = if method == Method::GET {
            "GET, HEAD"
        } else {
            "POST"
        };
        let refusal = answer::error(StatusCode::METHOD_NOT_ALLOWED, format!("use {allowed}"));
        return answer::with(refusal, header::ALLOW, allowed);
    }
    handle(state, &parts)
}

/// The first value of a parameter of the query.
pub(super) fn parameter(request: &request::Parts, name: &str) -> Option<String> {
    parameters(request, name).next()
}

/// All values of a parameter of the query.
pub(super) fn parameters<'r>(
    request: &'r request::Parts,
    name: &'r str,
) -> impl Iterator<Item = String> + 'r {
    let query = request.uri.query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes())
        .filter(move |(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn snapshot(state: &State, _: &request::Parts) -> Answer {
    answer::json(StatusCode::OK, &state.known.live().table().snapshot())
}

fn status(state: &State, _: &request::Parts) -> Answer {
    answer::json(StatusCode::OK, &state.known.applied().reload.status)
}

fn generation(state: &State, _: &request::Parts) -> Answer {
    let generation = state.known.live().generation();
    let applied = state.known.applied();
    let age = SystemTime::now().duration_since(applied.at);
    let document = json!({
        "generation": generation,
        "time": humantime::format_rfc3339_millis(applied.at).to_string(),
        "age_seconds": age.unwrap_or_default().as_secs_f64(),
        "reload_seconds": applied.reload.reload_seconds,
        "last_error": applied.reload.error,
    });
    drop(applied);
    answer::json(StatusCode::OK, &document)
}

fn log_level(state: &State, request: &request::Parts) -> Answer {
    let asked = parameter(request, "level").unwrap_or_default();
    match LEVELS.into_iter().find(|level| *level == asked) {
        Some(level) => ask(state, Event::LogLevel(level)),
        None => {
            let message = format!("level has to be one of {}", LEVELS.join(", "));
            answer::error(StatusCode::BAD_REQUEST, message)
        }
    }
}

fn ask(state: &State, event: Event) -> Answer {
    let asked = json!({ "asked": event.to_string() });
    if state.ask(event) {
        answer::json(StatusCode::ACCEPTED, &asked)
    } else {
        let because = "too much has been asked for and not done yet";
        answer::error(StatusCode::SERVICE_UNAVAILABLE, because)
    }
}

fn metrics(state: &State, request: &request::Parts) -> Answer {
    let accept = request.headers.get(header::ACCEPT);
    let accept = accept.and_then(|accept| accept.to_str().ok());
    let format = Format::accepted(accept.unwrap_or_default());
    let text = state.exposition.render(format);
    answer::of_type(StatusCode::OK, format.content_type(), text)
}

fn ready(state: &State, _: &request::Parts) -> Answer {
    if state.is_ready() {
        answer::text(StatusCode::OK, "ready\n")
    } else {
        answer::text(StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}
