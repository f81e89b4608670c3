//! Headers of the gateway's own answers, and what a browser's request says of itself.

use http::header::{self, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue};

use crate::decision::{Decision, Reason, Redirect, Respond};
use crate::filter::Cors;
use crate::view::RequestView;

/// What a browser says with a request.
const ASKED: [HeaderName; 3] = [
    header::ORIGIN,
    header::ACCESS_CONTROL_REQUEST_METHOD,
    header::ACCESS_CONTROL_REQUEST_HEADERS,
];

/// Where the page is that sends a request, as it says.
pub fn origin<V: RequestView>(request: &V) -> Option<HeaderValue> {
    first(request, &header::ORIGIN)
}

fn first<V: RequestView>(request: &V, name: &HeaderName) -> Option<HeaderValue> {
    let value = request.header(name).next()?;
    HeaderValue::from_bytes(value.as_ref()).ok()
}

fn asked<V: RequestView>(request: &V) -> HeaderMap {
    let found = ASKED.into_iter();
    let found = found.filter_map(|name| Some((first(request, &name)?, name)));
    found.map(|(value, name)| (name, value)).collect()
}

impl Decision<'_, '_> {
    /// Completes the headers of an answer to a request that goes to no backend: `Location`, the
    /// edits of the rule, what a browser is told. Changes nothing if a backend answers.
    ///
    /// # Errors
    /// The rule redirects to what cannot stand in a header.
    pub fn complete<V: RequestView>(
        &self,
        request: &V,
        headers: &mut HeaderMap,
    ) -> Result<(), InvalidHeaderValue> {
        match self {
            Self::Forward(_) => Ok(()),
            Self::Redirect(redirect) => redirect.complete(request, headers),
            Self::Respond(respond) => {
                respond.complete(request, headers);
                Ok(())
            }
        }
    }
}

impl Redirect<'_, '_> {
    fn complete<V: RequestView>(
        &self,
        request: &V,
        headers: &mut HeaderMap,
    ) -> Result<(), InvalidHeaderValue> {
        headers.insert(header::LOCATION, HeaderValue::try_from(self.location())?);
        self.response_edits().for_each(|edits| edits.apply(headers));
        mark(self.cors(), request, headers);
        Ok(())
    }
}

impl Respond<'_> {
    fn complete<V: RequestView>(&self, request: &V, headers: &mut HeaderMap) {
        self.response_edits().for_each(|edits| edits.apply(headers));
        match self.cors() {
            Some(cors) if self.reason() == Reason::CorsPreflight => {
                cors.preflight(&asked(request), headers);
            }
            cors => mark(cors, request, headers),
        }
    }
}

fn mark<V: RequestView>(cors: Option<&Cors>, request: &V, headers: &mut HeaderMap) {
    if let Some(cors) = cors
        && let Some(origin) = origin(request)
    {
        cors.mark(&origin, headers);
    }
}
