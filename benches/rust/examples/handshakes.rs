//! New connections over TLS 1.3, as many as one core can open: a handshake, one request, the end.
//!
//! `handshakes ADDRESS NAME PATH SECONDS CONNECTIONS full|resumed` prints the seconds that each
//! took, as a list in JSON. It offers one suite and one group, and believes every certificate: the
//! cheaper the client, the more of the server is seen.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, HandshakeKind, SignatureScheme};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

type Failure = Box<dyn Error + Send + Sync>;

/// Believes everything.
#[derive(Debug)]
struct Gullible;

impl ServerCertVerifier for Gullible {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}

/// What is asked, again and again, one after the other; its sessions are its own.
struct Task {
    address: SocketAddr,
    name: ServerName<'static>,
    request: String,
    connector: TlsConnector,
    kind: HandshakeKind,
    end: Instant,
}

impl Task {
    /// Opens connections until the time is over; the seconds each took.
    async fn run(&self) -> Result<Vec<f64>, Failure> {
        let mut taken = Vec::new();
        // A session that can be resumed has to be had first.
        if self.kind == HandshakeKind::Resumed {
            self.once().await?;
        }
        while Instant::now() < self.end {
            let began = Instant::now();
            let kind = self.once().await?;
            if kind != Some(self.kind) {
                return Err(format!("a handshake was {kind:?}").into());
            }
            taken.push(began.elapsed().as_secs_f64());
        }
        Ok(taken)
    }

    async fn once(&self) -> Result<Option<HandshakeKind>, Failure> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let mut stream = self.connector.connect(self.name.clone(), stream).await?;
        let kind = stream.get_ref().1.handshake_kind();
        stream.write_all(self.request.as_bytes()).await?;
        let mut answer = Vec::with_capacity(1024);
        stream.read_to_end(&mut answer).await?;
        if !answer.starts_with(b"HTTP/1.1 302") {
            let start = answer.get(..80).unwrap_or(&answer);
            return Err(format!("answered with {:?}", String::from_utf8_lossy(start)).into());
        }
        Ok(kind)
    }
}

fn connector(kind: HandshakeKind) -> Result<TlsConnector, Failure> {
    let provider = CryptoProvider {
        cipher_suites: vec![aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256],
        kx_groups: vec![aws_lc_rs::kx_group::X25519],
        ..aws_lc_rs::default_provider()
    };
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])?;
    let mut config = config
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Gullible))
        .with_no_client_auth();
    if kind == HandshakeKind::Full {
        config.resumption = Resumption::disabled();
    }
    Ok(TlsConnector::from(Arc::new(config)))
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, name, path, seconds, connections, kind] = arguments.as_slice() else {
        return Err("handshakes ADDRESS NAME PATH SECONDS CONNECTIONS full|resumed".into());
    };
    let kind = match kind.as_str() {
        "resumed" => HandshakeKind::Resumed,
        _ => HandshakeKind::Full,
    };
    let end = Instant::now() + Duration::from_secs(seconds.parse()?);
    let task = || -> Result<Task, Failure> {
        Ok(Task {
            address: address.parse()?,
            name: ServerName::try_from(name.clone())?,
            request: format!("GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"),
            connector: connector(kind)?,
            kind,
            end,
        })
    };
    let tasks: Result<Vec<Task>, Failure> = (0..connections.parse()?).map(|_| task()).collect();
    let tasks = tasks?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let taken = runtime.block_on(async {
        let running: Vec<_> = tasks
            .into_iter()
            .map(|task| tokio::spawn(async move { task.run().await }))
            .collect();
        let mut taken = Vec::new();
        for one in running {
            taken.extend(one.await??);
        }
        Ok::<_, Failure>(taken)
    })?;
    println!("{}", serde_json::to_string(&taken)?);
    Ok(())
}
