//! TLS to backends: who they have to be, and what they are shown.

use std::sync::{Arc, LazyLock};

use gwroute_core::ir;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::ServerName;

use crate::tls::verify::ByAltName;
use crate::tls::{PROVIDER, Secrets, TlsError};

/// How connections to one upstream are secured.
#[derive(Debug, Clone)]
pub(crate) struct Security {
    pub(crate) config: Arc<ClientConfig>,
    /// The name that is sent and, unless alternative names are given, has to be in the
    /// certificate.
    pub(crate) name: ServerName<'static>,
}

/// The authorities of the machine, read once.
static SYSTEM: LazyLock<Arc<RootCertStore>> = LazyLock::new(|| {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    Arc::new(roots)
});

/// What a handshake with the endpoints of an upstream has to show.
pub(super) fn client_config(
    tls: &ir::UpstreamTls,
    protocol: ir::UpstreamProtocol,
    secrets: &Secrets,
) -> Result<ClientConfig, TlsError> {
    let roots = match &tls.authorities {
        None => SYSTEM.clone(),
        Some(names) => Arc::new(secrets.roots(names)?),
    };
    let builder = ClientConfig::builder_with_provider(PROVIDER.clone())
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier(tls, roots)?);
    let mut config = match &tls.client_certificate {
        None => builder.with_no_client_auth(),
        Some(name) => {
            let key = secrets.key_pair(name)?;
            builder.with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(key)))
        }
    };
    let alpn: &[u8] = match protocol {
        ir::UpstreamProtocol::Http1 => b"http/1.1",
        ir::UpstreamProtocol::H2c => b"h2",
    };
    config.alpn_protocols = vec![alpn.to_vec()];
    Ok(config)
}

fn verifier(
    tls: &ir::UpstreamTls,
    roots: Arc<RootCertStore>,
) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
    if tls.subject_alt_names.is_empty() {
        let built = WebPkiServerVerifier::builder_with_provider(roots, PROVIDER.clone()).build();
        return Ok(built.map_err(|error| TlsError::new(error.to_string()))?);
    }
    if roots.is_empty() {
        return Err(TlsError::new("there is no certificate authority to trust"));
    }
    let names = tls.subject_alt_names.clone();
    Ok(Arc::new(ByAltName { roots, names }))
}

impl Security {
    /// # Errors
    /// [`TlsError`]: key material that is missing or cannot be used, or a hostname that is none.
    /// No request may go to such an upstream.
    pub(crate) fn of(
        tls: &ir::UpstreamTls,
        protocol: ir::UpstreamProtocol,
        secrets: &Secrets,
    ) -> Result<Self, TlsError> {
        let name = ServerName::try_from(tls.hostname.clone())
            .map_err(|_| TlsError::new(format!("{:?} is no host name", tls.hostname)))?;
        let config = Arc::new(client_config(tls, protocol, secrets)?);
        Ok(Self { config, name })
    }
}
