//! TLS, and what of it the answer shows.

use std::sync::Arc;

use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde::Serialize;

use crate::{Config, Error};

/// What a connection's handshake came to; `tls` of the answer.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Handshake {
    version: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    peer_certificates: Vec<String>,
    server_name: String,
    negotiated_protocol: String,
    cipher_suite: String,
}

impl Handshake {
    pub(crate) fn of(connection: &ServerConnection) -> Self {
        let version = match connection.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3",
            Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2",
            _ => "",
        };
        let peer = connection.peer_certificates().unwrap_or_default();
        let suite = connection.negotiated_cipher_suite();
        Self {
            version: version.to_owned(),
            peer_certificates: peer.iter().map(|certificate| pem(certificate)).collect(),
            server_name: connection.server_name().unwrap_or_default().to_owned(),
            negotiated_protocol: connection
                .alpn_protocol()
                .map(|protocol| String::from_utf8_lossy(protocol).into_owned())
                .unwrap_or_default(),
            cipher_suite: suite.map_or_else(String::new, |suite| format!("{:?}", suite.suite())),
        }
    }
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    pem::encode_config(
        &pem::Pem::new("CERTIFICATE", certificate.to_vec()),
        pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF),
    )
}

/// How the port speaks TLS: with its certificate, and asking clients for theirs if it has
/// authorities for them.
///
/// # Errors
/// [`Error`]: a certificate or a key that is missing or cannot be used.
pub(crate) fn server_config(config: &Config) -> Result<Arc<ServerConfig>, Error> {
    let text = |text: &Option<String>, what: &str| {
        let missing = || Error::tls(format!("HTTPS needs a {what}"));
        text.clone().ok_or_else(missing)
    };
    let certificate = text(&config.certificate, "certificate")?;
    let key = text(&config.key, "key")?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(Error::tls)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(Error::tls)?;
    let builder = match &config.client_authorities {
        None => builder.with_no_client_auth(),
        Some(authorities) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates(authorities)? {
                roots.add(authority).map_err(Error::tls)?;
            }
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.map_err(Error::tls)?)
        }
    };
    let mut tls = builder
        .with_single_cert(certificates(&certificate)?, key)
        .map_err(Error::tls)?;
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(tls))
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    found.map_err(Error::tls)
}
