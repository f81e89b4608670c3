//! Headers of the gateway's own answers, and what a browser's request says of itself.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::decision::{Decision, Reason, Redirect, Respond};
use crate::view::RequestView;

/// What a browser says with a request.
const ASKED: [HeaderName; 3] = [
    header::ORIGIN,
    header::ACCESS_CONTROL_REQUEST_METHOD,
    header::ACCESS_CONTROL_REQUEST_HEADERS,
];

/// Where the page is that sends a request, as it says.
pub fn origin<V: RequestView>(request: &V) -> Option<HeaderValue> {
    asked(request).remove(header::ORIGIN)
}

fn asked<V: RequestView>(request: &V) -> HeaderMap {
    let mut found = HeaderMap::new();
    for name in ASKED {
        let value = request.header(&name).next();
        let value = value.and_then(|value| HeaderValue::from_bytes(value.as_ref()).ok());
        if let Some(value) = value {
            found.insert(name, value);
        }
    }
    found
}

impl Decision<'_, '_> {
    /// Headers of the answer to a request that goes to no backend: `Location`, the edits of the
    /// rule, what a browser is told. `None` if a backend answers.
    pub fn own_headers<V: RequestView>(&self, request: &V) -> Option<HeaderMap> {
        match self {
            Self::Forward(_) => None,
            Self::Redirect(redirect) => Some(redirect.headers(request)),
            Self::Respond(respond) => Some(respond.headers(request)),
        }
    }
}

impl Redirect<'_, '_> {
    fn headers<V: RequestView>(&self, request: &V) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Ok(location) = HeaderValue::try_from(self.location()) {
            headers.insert(header::LOCATION, location);
        }
        self.response_edits()
            .for_each(|edits| edits.apply(&mut headers));
        if let (Some(cors), Some(origin)) = (self.cors(), origin(request)) {
            cors.mark(&origin, &mut headers);
        }
        headers
    }
}

impl Respond<'_> {
    fn headers<V: RequestView>(&self, request: &V) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let is_preflight = self.reason() == Reason::CorsPreflight;
        if let (Some(cors), true) = (self.cors(), is_preflight) {
            cors.preflight(&asked(request), &mut headers);
        }
        self.response_edits()
            .for_each(|edits| edits.apply(&mut headers));
        if let (Some(cors), Some(origin), false) = (self.cors(), origin(request), is_preflight) {
            cors.mark(&origin, &mut headers);
        }
        headers
    }
}
