//! TLS at listeners: which certificate is shown, and what clients have to show.

use std::collections::HashMap;
use std::sync::Arc;

use gwroute_core::ir;
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, SignatureScheme};
use rustls_pki_types::ServerName;

use crate::tls::verify::AnyClient;
use crate::tls::{ALPN, PROVIDER, Secrets, TlsError};

/// The certificates of one listener.
#[derive(Debug)]
struct Certificates(Vec<Arc<CertifiedKey>>);

impl ResolvesServerCert for Certificates {
    /// The first that names the server and that the client can verify; else the first it can
    /// verify: what is in a certificate is its owner's matter.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let usable = |key: &&Arc<CertifiedKey>| fits(key, hello.signature_schemes());
        let name = hello.server_name();
        let named = |key: &&Arc<CertifiedKey>| name.is_some_and(|name| names(key, name));
        let mut found = self.0.iter().filter(usable);
        if self.0.len() > 1
            && let Some(key) = found.clone().find(named)
        {
            return Some(key.clone());
        }
        found.next().cloned()
    }
}

fn fits(key: &CertifiedKey, schemes: &[SignatureScheme]) -> bool {
    key.key.choose_scheme(schemes).is_some()
}

fn names(key: &CertifiedKey, name: &str) -> bool {
    let Some(leaf) = key.cert.first() else {
        return false;
    };
    let (Ok(leaf), Ok(name)) = (
        webpki::EndEntityCert::try_from(leaf),
        ServerName::try_from(name),
    ) else {
        return false;
    };
    leaf.verify_is_valid_for_subject_name(&name).is_ok()
}

/// What a listener does in a handshake.
///
/// # Errors
/// [`TlsError`]: key material that is missing or cannot be used. Such a listener must not serve.
pub(super) fn server_config(
    tls: &ir::ListenerTls,
    secrets: &Secrets,
) -> Result<ServerConfig, TlsError> {
    let keys = tls.certificates.iter().map(|name| secrets.key_pair(name));
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() {
        return Err(TlsError::new("the listener has no certificate"));
    }
    let builder = ServerConfig::builder_with_provider(PROVIDER.clone())
        .with_safe_default_protocol_versions()?;
    let builder = match &tls.client {
        None => builder.with_no_client_auth(),
        Some(client) => match client.mode {
            ir::ClientValidationMode::AllowInsecureFallback => {
                builder.with_client_cert_verifier(Arc::new(AnyClient))
            }
            ir::ClientValidationMode::AllowValidOnly => {
                let roots = Arc::new(secrets.roots(&client.authorities)?);
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(roots, PROVIDER.clone()).build();
                builder.with_client_cert_verifier(
                    verifier.map_err(|error| TlsError::new(error.to_string()))?,
                )
            }
        },
    };
    let mut config = builder.with_cert_resolver(Arc::new(Certificates(keys)));
    config.alpn_protocols = ALPN.iter().map(|protocol| protocol.to_vec()).collect();
    // A ticket is good for the listener that gave it: it stands for what that one verified.
    config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new()?;
    // Nothing is said to a client before it is known.
    config.send_half_rtt_data = tls.client.is_none();
    Ok(config)
}

/// Configurations by key of the listener. What did not change is kept from swap to swap, tickets
/// included.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServerConfigs {
    by_listener: HashMap<String, (ir::ListenerTls, Arc<ServerConfig>)>,
}

impl ServerConfigs {
    /// The configurations of these listeners. Those that cannot have one get no connection, and
    /// are told of in `problems`.
    pub(crate) fn of<'l>(
        &self,
        listeners: impl Iterator<Item = &'l ir::Listener>,
        secrets: &Secrets,
        problems: &mut Vec<TlsError>,
    ) -> Self {
        let mut configs = Self::default();
        for listener in listeners {
            let Some(tls) = &listener.tls else { continue };
            let kept = self.by_listener.get(&listener.key);
            let config = match kept.filter(|(known, _)| known == tls) {
                Some((_, config)) => Ok(config.clone()),
                None => server_config(tls, secrets).map(Arc::new),
            };
            match config {
                Ok(config) => {
                    let entry = (tls.clone(), config);
                    configs.by_listener.insert(listener.key.clone(), entry);
                }
                Err(error) => problems.push(error.under("listener", &listener.key)),
            }
        }
        configs
    }

    pub(crate) fn get(&self, listener: &str) -> Option<&Arc<ServerConfig>> {
        self.by_listener.get(listener).map(|(_, config)| config)
    }
}
