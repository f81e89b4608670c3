//! Sessions: a client stays at the endpoint that answered it first (Gateway API, GEP-1619).
//!
//! The token names backend and endpoint and is sealed, so that clients learn nothing of addresses
//! and cannot choose one. The rule is part of what is authenticated: a token is good for the rule
//! that gave it and no other.

mod token;

use std::fmt;
use std::net::SocketAddr;
use std::time::SystemTime;

use aws_lc_rs::rand;
use gwroute_core::{RequestView, RouteTable, Rule, ir};
use http::header::{self, HeaderName, HeaderValue};

use token::Key;

/// Seals and opens the tokens of sessions.
pub struct Sessions(Box<[Key]>);

/// Where a client is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bond {
    /// Index of the backend in its rule.
    pub backend: usize,
    /// The endpoint of that backend.
    pub endpoint: SocketAddr,
}

/// Why tokens cannot be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKeyError {
    /// A key is shorter than [`Sessions::SHORTEST_KEY`].
    TooShort {
        /// Bytes it has.
        bytes: usize,
    },
    /// The system gives no randomness.
    NoRandomness,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

impl fmt::Display for SessionKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { bytes } => write!(
                f,
                "a session key has at least {} bytes, not {bytes}",
                Sessions::SHORTEST_KEY
            ),
            Self::NoRandomness => f.write_str("the system has no randomness for a session key"),
        }
    }
}

impl std::error::Error for SessionKeyError {}

impl Sessions {
    /// Bytes a key has at least.
    pub const SHORTEST_KEY: usize = 32;

    /// With a key of its own: what another process gave is not known here.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn fresh() -> Result<Self, SessionKeyError> {
        let mut key = [0; Self::SHORTEST_KEY];
        rand::fill(&mut key).map_err(|_| SessionKeyError::NoRandomness)?;
        Self::with_keys(&[key])
    }

    /// With given keys, which other processes may have too: the first seals, all of them open.
    /// Without any, with a fresh one.
    ///
    /// # Errors
    /// A key is too short.
    pub fn with_keys<K: AsRef<[u8]>>(keys: &[K]) -> Result<Self, SessionKeyError> {
        if keys.is_empty() {
            return Self::fresh();
        }
        let keys = keys.iter().map(|key| Key::derive(key.as_ref()));
        keys.collect::<Result<_, _>>().map(Self)
    }

    /// Where a request is bound to under a rule; `None` for a new session.
    pub fn bond<V: RequestView>(&self, rule: &Rule, request: &V) -> Option<Bond> {
        let session = rule.session()?;
        let (name, now) = (asks_with(session)?, SystemTime::now());
        let mut lines = request.header(&name);
        lines.find_map(|line| {
            let mut tokens = tokens(session, line.as_ref());
            tokens.find_map(|token| self.open(rule, session, token, now))
        })
    }

    /// The same for a table without a data plane: the endpoint has to be one that the table has.
    pub fn bond_in<V: RequestView>(
        &self,
        table: &RouteTable,
        rule: &Rule,
        request: &V,
    ) -> Option<Bond> {
        let bond = self.bond(rule, request)?;
        let upstream = rule.backends().get(bond.backend)?.upstream()?;
        table.has_endpoint(upstream, bond.endpoint).then_some(bond)
    }

    fn open(
        &self,
        rule: &Rule,
        session: &ir::Session,
        token: &[u8],
        now: SystemTime,
    ) -> Option<Bond> {
        self.0
            .iter()
            .find_map(|key| key.open(rule, session, token, now))
    }

    /// The header with which the first response of a session binds its client; `None` for a rule
    /// without sessions.
    ///
    /// A cookie is `Secure` where it was asked for over TLS: elsewhere a browser would drop it.
    pub fn header(
        &self,
        rule: &Rule,
        bond: &Bond,
        secure: bool,
    ) -> Option<(HeaderName, HeaderValue)> {
        let session = rule.session()?;
        let token = self.0.first()?.seal(rule, bond, SystemTime::now())?;
        let (name, value) = match session.kind {
            ir::SessionKind::Header => (asks_with(session)?, token),
            ir::SessionKind::Cookie => (header::SET_COOKIE, cookie(session, &token, secure)),
        };
        Some((name, HeaderValue::try_from(value).ok()?))
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

/// The header of a request that may hold a token.
fn asks_with(session: &ir::Session) -> Option<HeaderName> {
    match session.kind {
        ir::SessionKind::Cookie => Some(header::COOKIE),
        ir::SessionKind::Header => HeaderName::from_bytes(session.name.as_bytes()).ok(),
    }
}

/// What a line of that header shows that may be a token.
fn tokens<'r>(session: &'r ir::Session, line: &'r [u8]) -> impl Iterator<Item = &'r [u8]> + 'r {
    let is_cookie = session.kind == ir::SessionKind::Cookie;
    let pieces = line.split(move |byte| is_cookie && *byte == b';');
    pieces.filter_map(move |piece| {
        let piece = piece.trim_ascii();
        if !is_cookie {
            return Some(piece);
        }
        let rest = piece.strip_prefix(session.name.as_bytes())?;
        rest.strip_prefix(b"=")
    })
}
