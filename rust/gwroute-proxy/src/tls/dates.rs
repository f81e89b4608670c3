//! The time for which certificates are good.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage};

use crate::tls::TlsError;
use crate::tls::secrets::chain;

/// Why a certificate is not good at some time; times are in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lapse {
    /// It is good from then on.
    NotYet(u64),
    /// It was good until then.
    Over(u64),
}

/// Why the first certificate of a chain is not good at a time, in seconds since 1970; `None` if it
/// is.
///
/// # Errors
/// [`TlsError`] for what is no PEM.
pub fn lapse(certificates: &[u8], at: u64) -> Result<Option<Lapse>, TlsError> {
    let chain = chain(certificates)?;
    Ok(chain.first().and_then(|first| lapse_of(first, at)))
}

/// Dates are looked at before anybody is looked for who vouches, and here nobody does.
fn lapse_of(certificate: &CertificateDer<'_>, at: u64) -> Option<Lapse> {
    let certificate = EndEntityCert::try_from(certificate).ok()?;
    let at = UnixTime::since_unix_epoch(Duration::from_secs(at));
    let found =
        certificate.verify_for_usage(&[], &[], &[], at, KeyUsage::server_auth(), None, None);
    match found.err()? {
        Error::CertNotValidYet { not_before, .. } => Some(Lapse::NotYet(not_before.as_secs())),
        Error::CertExpired { not_after, .. } => Some(Lapse::Over(not_after.as_secs())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use rcgen::date_time_ymd;

    use super::*;

    #[test]
    fn a_certificate_is_good_between_its_dates() {
        let mut params = rcgen::CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
        let (begins, ends) = (1_577_836_800, 1_609_459_200);
        for is_ca in [rcgen::IsCa::NoCa, rcgen::IsCa::ExplicitNoCa] {
            params.is_ca = is_ca;
            let key = rcgen::KeyPair::generate().unwrap();
            let pem = params.self_signed(&key).unwrap().pem();
            let at = |seconds| lapse(pem.as_bytes(), seconds).unwrap();
            assert_eq!(at(begins - 1), Some(Lapse::NotYet(begins)));
            assert_eq!(at(begins), None);
            assert_eq!(at(ends), None);
            assert_eq!(at(ends + 1), Some(Lapse::Over(ends)));
        }
        assert!(lapse(b"nonsense", 0).is_err());
    }
}
