//! What a token says, sealed and opened.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gwroute_core::{Rule, ir};

use super::{Bond, SessionKeyError, Sessions};

/// Bytes of a token; what is longer is none of ours.
const LONGEST: usize = 512;

/// What a given key is mixed with, so that the same bytes may serve something else too.
const PURPOSE: &[u8] = b"gwroute session token";

/// Seals and opens tokens. Processes that share a key draw the same nonce sooner or later, which
/// this cipher survives (RFC 8452) and its plain sibling does not.
pub(super) struct Key(RandomizedNonceKey);

impl Key {
    pub(super) fn derive(secret: &[u8]) -> Result<Self, SessionKeyError> {
        if secret.len() < Sessions::SHORTEST_KEY {
            let bytes = secret.len();
            return Err(SessionKeyError::TooShort { bytes });
        }
        let mut key = [0; 32];
        let mixed = Salt::new(HKDF_SHA256, PURPOSE).extract(secret);
        let filled = mixed
            .expand(&[], HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut key));
        let made = filled.and_then(|()| RandomizedNonceKey::new(&AES_256_GCM_SIV, &key));
        made.map(Self).map_err(|_| SessionKeyError::NoRandomness)
    }

    pub(super) fn open(
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

    pub(super) fn seal(&self, rule: &Rule, bond: &Bond, now: SystemTime) -> Option<String> {
        let begun = now.duration_since(UNIX_EPOCH).ok()?.as_secs();
        let backend = rule.backends().get(bond.backend)?.name();
        let mut text = format!("{begun} {} {backend}", bond.endpoint).into_bytes();
        let aad = Aad::from(&rule.as_ir().key);
        let nonce = self.0.seal_in_place_append_tag(aad, &mut text).ok()?;
        let sealed = [nonce.as_ref().as_slice(), &text].concat();
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }
}
