#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use gwroute_core::ir::{
    ClientValidation, ClientValidationMode, ListenerTls, SubjectAltName, UpstreamProtocol,
    UpstreamTls,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection};
use rustls_pki_types::ServerName;

use super::{Secrets, client_config, server_config};

/// An authority, and what it has signed.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    /// Certificate and key in PEM.
    fn sign(&self, names: &[SanType]) -> (String, String) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.subject_alt_names = names.to_vec();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

fn dns(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

fn uri(uri: &str) -> SanType {
    SanType::URI(uri.try_into().unwrap())
}

fn secrets(pairs: &[(&str, &(String, String))], authorities: &[(&str, &Authority)]) -> Secrets {
    let key_pairs: serde_json::Map<_, _> = pairs
        .iter()
        .map(|(name, (certificates, key))| {
            let pair = serde_json::json!({"certificates": certificates, "key": key});
            ((*name).to_owned(), pair)
        })
        .collect();
    let authorities: serde_json::Map<_, _> = authorities
        .iter()
        .map(|(name, authority)| ((*name).to_owned(), authority.pem.clone().into()))
        .collect();
    let document = serde_json::json!({"key_pairs": key_pairs, "authorities": authorities});
    Secrets::from_json(document.to_string().as_bytes()).unwrap()
}

fn listener(certificates: &[&str], client: Option<ClientValidation>) -> ListenerTls {
    ListenerTls {
        certificates: certificates.iter().map(|name| (*name).to_owned()).collect(),
        client,
    }
}

fn upstream(hostname: &str, names: &[SubjectAltName], client: Option<&str>) -> UpstreamTls {
    UpstreamTls {
        hostname: hostname.to_owned(),
        authorities: Some(vec!["ca".to_owned()]),
        subject_alt_names: names.to_vec(),
        client_certificate: client.map(str::to_owned),
    }
}

/// Shakes hands in memory; both ends, or what went wrong at either.
fn shake(
    client: ClientConfig,
    server: ServerConfig,
    name: &str,
) -> Result<(ClientConnection, ServerConnection), rustls::Error> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(client), name)?;
    let mut server = ServerConnection::new(Arc::new(server))?;
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets()?;
        let mut wire = Vec::new();
        server.write_tls(&mut wire).unwrap();
        client.read_tls(&mut wire.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    Ok((client, server))
}

fn validation(mode: ClientValidationMode) -> Option<ClientValidation> {
    Some(ClientValidation {
        authorities: vec!["ca".to_owned()],
        mode,
    })
}

#[test]
fn the_certificate_that_names_the_server_is_shown() {
    let ca = Authority::new();
    let (one, two) = (ca.sign(&[dns("a.example")]), ca.sign(&[dns("b.example")]));
    let secrets = secrets(&[("one", &one), ("two", &two)], &[("ca", &ca)]);
    for name in ["a.example", "b.example"] {
        let server = server_config(&listener(&["one", "two"], None), &secrets).unwrap();
        let tls = upstream(name, &[], None);
        let client = client_config(&tls, UpstreamProtocol::H2c, &secrets).unwrap();
        let (client, _) = shake(client, server, name).unwrap();
        assert_eq!(client.alpn_protocol(), Some(&b"h2"[..]));
    }
    let server = server_config(&listener(&["one", "two"], None), &secrets).unwrap();
    let tls = upstream("c.example", &[], None);
    let client = client_config(&tls, UpstreamProtocol::Http1, &secrets).unwrap();
    assert!(shake(client, server, "c.example").is_err());
}

#[test]
fn a_client_without_a_valid_certificate_is_let_in_only_where_that_is_allowed() {
    let (ca, other) = (Authority::new(), Authority::new());
    let (server, good) = (ca.sign(&[dns("a.example")]), ca.sign(&[dns("client")]));
    let bad = other.sign(&[dns("client")]);
    let pairs = [("server", &server), ("good", &good), ("bad", &bad)];
    let secrets = secrets(&pairs, &[("ca", &ca)]);
    let comes_in = |mode, certificate| {
        let tls = listener(&["server"], validation(mode));
        let server = server_config(&tls, &secrets).unwrap();
        let tls = upstream("a.example", &[], certificate);
        let client = client_config(&tls, UpstreamProtocol::Http1, &secrets).unwrap();
        let shaken = shake(client, server, "a.example");
        shaken.map(|(_, server)| server.peer_certificates().is_some())
    };
    let valid_only = ClientValidationMode::AllowValidOnly;
    assert_eq!(comes_in(valid_only, Some("good")), Ok(true));
    assert!(comes_in(valid_only, Some("bad")).is_err());
    assert!(comes_in(valid_only, None).is_err());
    let fallback = ClientValidationMode::AllowInsecureFallback;
    assert_eq!(comes_in(fallback, Some("bad")), Ok(true));
    assert_eq!(comes_in(fallback, None), Ok(false));
}

#[test]
fn alternative_names_replace_the_hostname() {
    let ca = Authority::new();
    let names = [dns("abc.example.com"), uri("spiffe://abc.example.com/id")];
    let pair = ca.sign(&names);
    let secrets = secrets(&[("server", &pair)], &[("ca", &ca)]);
    let hostname = |name: &str| SubjectAltName::Hostname(name.to_owned());
    let id = |name: &str| SubjectAltName::Uri(name.to_owned());
    for (wanted, trusted) in [
        (hostname("abc.example.com"), true),
        (hostname("*.example.com"), true),
        (hostname("*.example.org"), false),
        (hostname("other.example.com"), false),
        (id("spiffe://abc.example.com/id"), true),
        (id("spiffe://abc.example.com/ID"), false),
    ] {
        let server = server_config(&listener(&["server"], None), &secrets).unwrap();
        let tls = upstream(
            "not.in.the.certificate",
            std::slice::from_ref(&wanted),
            None,
        );
        let client = client_config(&tls, UpstreamProtocol::Http1, &secrets).unwrap();
        let shaken = shake(client, server, "not.in.the.certificate");
        assert_eq!(shaken.is_ok(), trusted, "{wanted:?}");
    }
}

#[test]
fn an_unknown_authority_is_not_trusted_by_any_name() {
    let (ca, other) = (Authority::new(), Authority::new());
    let pair = other.sign(&[dns("a.example")]);
    let secrets = secrets(&[("server", &pair)], &[("ca", &ca)]);
    for names in [
        vec![],
        vec![SubjectAltName::Hostname("a.example".to_owned())],
    ] {
        let server = server_config(&listener(&["server"], None), &secrets).unwrap();
        let tls = upstream("a.example", &names, None);
        let client = client_config(&tls, UpstreamProtocol::Http1, &secrets).unwrap();
        assert!(shake(client, server, "a.example").is_err());
    }
}

#[test]
fn key_material_that_is_missing_is_an_error_that_names_it() {
    let secrets = secrets(&[], &[]);
    let error = server_config(&listener(&["secret/a/b#1"], None), &secrets).unwrap_err();
    assert_eq!(
        error.to_string(),
        "secret/a/b#1 is not among the key material"
    );
    assert!(server_config(&listener(&[], None), &secrets).is_err());
    let tls = upstream("a.example", &[], None);
    assert!(client_config(&tls, UpstreamProtocol::Http1, &secrets).is_err());
}
