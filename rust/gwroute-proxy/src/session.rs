//! Sessions: a client stays at the endpoint that answered it first (Gateway API, GEP-1619).
//!
//! The token names backend and endpoint and is sealed, so that clients learn nothing of addresses
//! and cannot choose one. The rule is part of what is authenticated: a token is good for the rule
//! that gave it and no other.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gwroute_core::{Rule, ir};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Bytes of a token; what is longer is none of ours.
const LONGEST: usize = 512;

/// Seals and opens tokens.
pub(crate) struct Sessions(RandomizedNonceKey);

/// Where a client is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bond {
    /// Index of the backend in its rule.
    pub(crate) backend: usize,
    pub(crate) endpoint: SocketAddr,
}

/// A header of a response that binds a client.
#[derive(Debug)]
pub(crate) struct Mark {
    name: HeaderName,
    value: HeaderValue,
}

impl Mark {
    pub(crate) fn put(&self, headers: &mut HeaderMap) {
        headers.append(&self.name, self.value.clone());
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

impl Sessions {
    /// With a key of its own: what another process gave is not known here.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub(crate) fn new() -> Result<Self, aws_lc_rs::error::Unspecified> {
        let mut key = [0; 32];
        rand::fill(&mut key)?;
        RandomizedNonceKey::new(&AES_256_GCM, &key).map(Self)
    }

    /// Where a request with these headers is bound to under a rule; `None` for a new session.
    pub(crate) fn bond(&self, rule: &Rule, request: &HeaderMap) -> Option<Bond> {
        let session = rule.session()?;
        let mut tokens = tokens(session, request);
        tokens.find_map(|token| self.open(rule, session, token, SystemTime::now()))
    }

    fn open(
        &self,
        rule: &Rule,
        session: &ir::Session,
        token: &[u8],
        now: SystemTime,
    ) -> Option<Bond> {
        let token = Some(token).filter(|token| token.len() <= LONGEST)?;
        let mut sealed = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (nonce, rest) = sealed.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = self
            .0
            .open_in_place(nonce, Aad::from(&rule.as_ir().key), rest);
        let text = std::str::from_utf8(opened.ok()?).ok()?;
        let mut parts = text.splitn(3, ' ');
        let (begun, endpoint, backend) = (parts.next()?, parts.next()?, parts.next()?);
        let begun = UNIX_EPOCH + Duration::from_secs(begun.parse().ok()?);
        let lasts = session.absolute_timeout_ms.map(Duration::from_millis);
        if lasts.is_some_and(|lasts| now.duration_since(begun).is_ok_and(|age| age >= lasts)) {
            return None;
        }
        let backends = rule.backends().iter();
        Some(Bond {
            backend: backends
                .into_iter()
                .position(|known| known.name() == backend)?,
            endpoint: endpoint.parse().ok()?,
        })
    }

    /// What the first response of a session says; `None` for a rule without sessions.
    ///
    /// A cookie is `Secure` where it was asked for over TLS: elsewhere a browser would drop it.
    pub(crate) fn mark(&self, rule: &Rule, bond: &Bond, secure: bool) -> Option<Mark> {
        let session = rule.session()?;
        let token = self.seal(rule, bond, SystemTime::now())?;
        let (name, value) = match session.kind {
            ir::SessionKind::Header => {
                (HeaderName::from_bytes(session.name.as_bytes()).ok()?, token)
            }
            ir::SessionKind::Cookie => (header::SET_COOKIE, cookie(session, &token, secure)),
        };
        let value = HeaderValue::try_from(value).ok()?;
        Some(Mark { name, value })
    }

    fn seal(&self, rule: &Rule, bond: &Bond, now: SystemTime) -> Option<String> {
        let begun = now.duration_since(UNIX_EPOCH).ok()?.as_secs();
        let backend = rule.backends().get(bond.backend)?.name();
        let mut text = format!("{begun} {} {backend}", bond.endpoint).into_bytes();
        let aad = Aad::from(&rule.as_ir().key);
        let nonce = self.0.seal_in_place_append_tag(aad, &mut text).ok()?;
        let sealed = [nonce.as_ref().as_slice(), &text].concat();
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }
}

fn cookie(session: &ir::Session, token: &str, secure: bool) -> String {
    let mut cookie = format!(
        "{}={token}; Path={}; HttpOnly; SameSite=Strict",
        session.name, session.path
    );
    if secure {
        cookie.push_str("; Secure");
    }
    if session.permanent
        && let Some(lasts) = session.absolute_timeout_ms
    {
        cookie.push_str(&format!("; Max-Age={}", lasts / 1000));
    }
    cookie
}

/// What a request shows that may be a token.
fn tokens<'r>(
    session: &'r ir::Session,
    request: &'r HeaderMap,
) -> impl Iterator<Item = &'r [u8]> + 'r {
    let is_cookie = session.kind == ir::SessionKind::Cookie;
    let name = if is_cookie {
        header::COOKIE.as_str()
    } else {
        &session.name
    };
    let lines = request.get_all(name).into_iter().map(HeaderValue::as_bytes);
    lines.flat_map(move |line| {
        let pieces = line.split(move |byte| is_cookie && *byte == b';');
        pieces.filter_map(move |piece| {
            let piece = piece.trim_ascii();
            if !is_cookie {
                return Some(piece);
            }
            let rest = piece.strip_prefix(session.name.as_bytes())?;
            rest.strip_prefix(b"=")
        })
    })
}
