//! Key material by the names that a snapshot gives it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde::Deserialize;

use crate::tls::{PROVIDER, TlsError};

/// Key material by the names that a snapshot gives it.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Secrets {
    /// Certificates with their keys.
    key_pairs: HashMap<String, KeyPair>,
    /// Certificate authorities, in PEM.
    authorities: HashMap<String, String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyPair {
    /// The certificate, then those that lead to its authority, in PEM.
    certificates: String,
    /// In PEM: PKCS #8, PKCS #1 or SEC 1.
    key: String,
}

/// Shows names alone: a log is no place for keys.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.key_pairs.keys().chain(self.authorities.keys());
        f.debug_set().entries(names).finish()
    }
}

impl Secrets {
    /// Reads key material in JSON.
    ///
    /// # Errors
    /// [`TlsError`] for a document of another form; what the PEM texts hold is looked at when it
    /// is used.
    pub fn from_json(secrets: &[u8]) -> Result<Self, TlsError> {
        // Serde's own words may quote the document.
        serde_json::from_slice(secrets).map_err(|error| {
            TlsError::new(format!(
                "key material: not of the right form in line {}",
                error.line()
            ))
        })
    }

    pub(crate) fn key_pair(&self, name: &str) -> Result<Arc<CertifiedKey>, TlsError> {
        let pair = self.key_pairs.get(name).ok_or_else(|| missing(name))?;
        certified_key(pair.certificates.as_bytes(), pair.key.as_bytes()).map(Arc::new)
    }

    pub(crate) fn roots(&self, names: &[String]) -> Result<RootCertStore, TlsError> {
        let mut roots = RootCertStore::empty();
        for name in names {
            let pem = self.authorities.get(name).ok_or_else(|| missing(name))?;
            for certificate in authorities(pem.as_bytes())? {
                roots.add(certificate)?;
            }
        }
        Ok(roots)
    }
}

fn missing(name: &str) -> TlsError {
    TlsError::new(format!("{name} is not among the key material"))
}

/// Whether a certificate and a key can be used together.
///
/// # Errors
/// [`TlsError`]: what is no PEM, no certificate or no key, or that they do not fit.
pub fn check_key_pair(certificates: &[u8], key: &[u8]) -> Result<(), TlsError> {
    certified_key(certificates, key).map(drop)
}

/// How many certificates of authorities there are.
///
/// # Errors
/// [`TlsError`]: what is no PEM or no certificate, or that there is none.
pub fn check_authorities(pem: &[u8]) -> Result<usize, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in authorities(pem)? {
        roots.add(certificate)?;
    }
    Ok(roots.len())
}

fn certified_key(certificates: &[u8], key: &[u8]) -> Result<CertifiedKey, TlsError> {
    let chain = chain(certificates)?;
    if chain.first().is_some_and(is_old) {
        return Err(TlsError::new(
            "the certificate is of X.509 version 1 or 2; make one of version 3",
        ));
    }
    let key = PrivateKeyDer::from_pem_slice(key)
        .map_err(|error| TlsError::new(format!("the key is not usable PEM: {error}")))?;
    let certified = CertifiedKey::from_der(chain, key, &PROVIDER).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            TlsError::new("the key does not belong to the certificate")
        }
        other => TlsError::new(format!("certificate or key cannot be used: {other}")),
    })?;
    Ok(certified)
}

/// Clients take version 3 alone.
fn is_old(certificate: &CertificateDer<'_>) -> bool {
    let read = webpki::EndEntityCert::try_from(certificate);
    matches!(read, Err(webpki::Error::UnsupportedCertVersion))
}

fn authorities(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found = chain(pem)?;
    for certificate in &found {
        webpki::anchor_from_trusted_cert(certificate).map_err(|error| {
            TlsError::new(format!("not the certificate of an authority: {error}"))
        })?;
    }
    Ok(found)
}

pub(super) fn chain(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain =
        chain.map_err(|error| TlsError::new(format!("the certificate is not PEM: {error}")))?;
    if chain.is_empty() {
        return Err(TlsError::new("there is no certificate in the PEM text"));
    }
    Ok(chain)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn self_signed() -> rcgen::CertifiedKey<rcgen::KeyPair> {
        rcgen::generate_simple_self_signed(vec!["a.example".to_owned()]).unwrap()
    }

    #[test]
    fn a_key_has_to_belong_to_its_certificate() {
        let (one, other) = (self_signed(), self_signed());
        let certificate = one.cert.pem();
        let check =
            |key: &str| check_key_pair(certificate.as_bytes(), key.as_bytes()).map_err(|e| e.0);
        assert_eq!(check(&one.signing_key.serialize_pem()), Ok(()));
        let error = check(&other.signing_key.serialize_pem()).unwrap_err();
        assert_eq!(error, "the key does not belong to the certificate");
        assert!(
            check("")
                .unwrap_err()
                .starts_with("the key is not usable PEM")
        );
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        for pem in [
            "",
            "nonsense",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
        ] {
            assert!(check_authorities(pem.as_bytes()).is_err(), "{pem:?}");
        }
        let two = [self_signed().cert.pem(), self_signed().cert.pem()].concat();
        assert_eq!(check_authorities(two.as_bytes()), Ok(2));
    }

    #[test]
    fn nothing_shows_a_key() {
        let json = br#"{"key_pairs": {"secret/a/b#1": {"certificates": "C", "key": "K"}}}"#;
        let secrets = Secrets::from_json(json).unwrap();
        assert_eq!(format!("{secrets:?}"), r#"{"secret/a/b#1"}"#);
        let error = Secrets::from_json(br#"{"key_pairs": {"x": {"key": 5, "secret": 1}}}"#);
        assert!(!error.unwrap_err().to_string().contains("secret"));
    }
}
