//! TLS, by the feature `rustls`.

use reqwest::ClientBuilder;
use url::Url;

use crate::error::BuildError;

/// With ring, and without a process-wide choice of cryptography, which is the program's to make.
///
/// Who asks for `http` gets no certificates loaded: nothing here leads from there to `https`, and a
/// container without certificates must not fail for it.
#[cfg(feature = "rustls")]
pub(crate) fn set_up(
    http: ClientBuilder,
    base: &Url,
    _is_changed: bool,
) -> Result<ClientBuilder, BuildError> {
    use std::sync::Arc;

    use rustls::crypto::ring::default_provider;
    use rustls::{ClientConfig, RootCertStore};
    use rustls_platform_verifier::Verifier;

    let failed = |error: rustls::Error| BuildError::Http(error.into());
    let provider = Arc::new(default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let config = config.with_safe_default_protocol_versions().map_err(failed)?;
    let mut config = match base.scheme() {
        "https" => {
            let verifier = Verifier::new(provider).map_err(failed)?;
            config.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        }
        _ => config.with_root_certificates(RootCertStore::empty()),
    }
    .with_no_client_auth();
    if cfg!(feature = "http2") {
        config.alpn_protocols.push(b"h2".to_vec());
    }
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(http.tls_backend_preconfigured(config))
}

/// Without TLS of ours: `https` is for a client that the user set up for it.
#[cfg(not(feature = "rustls"))]
pub(crate) fn set_up(
    http: ClientBuilder,
    base: &Url,
    is_changed: bool,
) -> Result<ClientBuilder, BuildError> {
    match base.scheme() {
        "https" if !is_changed => Err(BuildError::NoTls),
        _ => Ok(http),
    }
}
