//! Who a server is over TLS, and who believes it.

use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

/// A certificate that signed itself, for `localhost`, and its key.
pub(crate) struct Identity {
    /// Both, as text.
    pub(crate) pem: Vec<u8>,
}

impl Identity {
    pub(crate) fn new() -> Self {
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
            .args(["-nodes", "-keyout", "-", "-out", "-", "-days", "1", "-subj", "/CN=localhost"])
            .args(["-addext", "subjectAltName=DNS:localhost"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .stderr(Stdio::null())
            .output()
            .unwrap();
        Self { pem: made.stdout }
    }

    fn certificate(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(&self.pem).unwrap()
    }

    /// Shows it to whoever connects, and speaks one of these.
    pub(crate) fn acceptor(&self, speaks: &[&[u8]]) -> TlsAcceptor {
        let key = PrivateKeyDer::from_pem_slice(&self.pem).unwrap();
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate()], key)
            .unwrap();
        config.alpn_protocols = speaks.iter().map(|word| word.to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }

    /// Trusts it alone, and speaks one of these.
    pub(crate) fn trusted(&self, speaks: &[&[u8]]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = speaks.iter().map(|word| word.to_vec()).collect();
        config
    }
}
