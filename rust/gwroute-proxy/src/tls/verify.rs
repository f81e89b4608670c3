//! What is asked of certificates beyond what rustls asks: identities by alternative names, and
//! nothing at all.

use std::sync::Arc;

use gwroute_core::ir::SubjectAltName;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::tls::PROVIDER;

/// Takes clients with any certificate or none, and asks for one all the same (Gateway API,
/// AllowInsecureFallback). Nothing may be concluded from what they show.
#[derive(Debug)]
pub(crate) struct AnyClient;

impl ClientCertVerifier for AnyClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        PROVIDER
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Verifies the chain of a backend, and that it has one of some identities; the name it was
/// called by does not matter then (Gateway API, BackendTLSPolicyValidation.subjectAltNames).
#[derive(Debug)]
pub(crate) struct ByAltName {
    pub(crate) roots: Arc<RootCertStore>,
    pub(crate) names: Vec<SubjectAltName>,
}

impl ServerCertVerifier for ByAltName {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let algorithms = PROVIDER.signature_verification_algorithms.all;
        rustls::client::verify_server_cert_signed_by_trust_anchor(
            &ParsedCertificate::try_from(leaf)?,
            &self.roots,
            intermediates,
            now,
            algorithms,
        )?;
        let leaf = webpki::EndEntityCert::try_from(leaf)
            .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
        if self.names.iter().any(|name| has_name(&leaf, name)) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(CertificateError::NotValidForName))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &PROVIDER.signature_verification_algorithms;
        verify_tls12_signature(message, leaf, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &PROVIDER.signature_verification_algorithms;
        verify_tls13_signature(message, leaf, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        PROVIDER
            .signature_verification_algorithms
            .supported_schemes()
    }
}

fn has_name(leaf: &webpki::EndEntityCert<'_>, name: &SubjectAltName) -> bool {
    match name {
        SubjectAltName::Uri(uri) => leaf.valid_uri_names().any(|known| known == uri),
        SubjectAltName::Hostname(hostname) => {
            let wildcard = hostname.strip_prefix('*');
            let has_below = |suffix: &str| {
                let mut names = leaf.valid_dns_names();
                names.any(|known| is_below(known, suffix))
            };
            match wildcard {
                Some(suffix) => has_below(suffix),
                None => ServerName::try_from(hostname.as_str())
                    .is_ok_and(|name| leaf.verify_is_valid_for_subject_name(&name).is_ok()),
            }
        }
    }
}

/// Whether a name of a certificate is what `*` and the suffix stand for: the same wildcard, or
/// any name below.
fn is_below(name: &str, suffix: &str) -> bool {
    let end = name.len().checked_sub(suffix.len()).filter(|end| *end > 0);
    end.and_then(|end| name.get(end..))
        .is_some_and(|end| end.eq_ignore_ascii_case(suffix))
}
