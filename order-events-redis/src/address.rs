//! Where Redis is, as users say it: one address, or those of a Cluster.

use std::time::Duration;

use order_events_core::engine::{BoxError, EngineError};
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

use crate::link::Link;

/// An address that was read.
#[derive(Clone)]
pub struct Address {
    first: ConnectionInfo,
    /// All of them, where it is a Cluster.
    seeds: Option<Vec<ConnectionInfo>>,
}

impl Address {
    /// Reads a URL, and where it is a Cluster those of more of its nodes, with the credentials and
    /// the TLS of the first.
    pub fn new(url: &str, cluster: Option<&[String]>) -> Result<Self, EngineError> {
        let first = parse(url)?;
        let Some(more) = cluster else { return Ok(Self { first, seeds: None }) };
        let mut seeds = vec![first.clone()];
        for url in more {
            let addr = parse(url)?.addr().clone();
            seeds.push(first.clone().set_addr(like(first.addr(), addr)));
        }
        Ok(Self { first, seeds: Some(seeds) })
    }

    /// The number of the database.
    pub fn database(&self) -> i64 {
        self.first.redis_settings().db()
    }

    /// A way there, which connects when it is needed and waits so long for each answer.
    pub fn link(&self, timeout: Duration) -> Result<Link, EngineError> {
        install_cryptography();
        match &self.seeds {
            None => Link::to_one(self.first.clone(), timeout).map_err(unusable),
            Some(seeds) => Ok(Link::to_cluster(seeds.clone(), timeout)),
        }
    }
}

impl std::fmt::Debug for Address {
    /// Without the URL, which has the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("is_cluster", &self.seeds.is_some()).finish_non_exhaustive()
    }
}

/// One of another port or host; all else is that of the first.
fn like(first: &ConnectionAddr, other: ConnectionAddr) -> ConnectionAddr {
    match (first, other) {
        (
            ConnectionAddr::TcpTls { insecure, tls_params, .. },
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. },
        ) => ConnectionAddr::TcpTls {
            host,
            port,
            insecure: *insecure,
            tls_params: tls_params.clone(),
        },
        (_, other) => other,
    }
}

fn parse(url: &str) -> Result<ConnectionInfo, EngineError> {
    url.into_connection_info().map_err(unusable)
}

/// The address is not repeated: it may hold a password.
fn unusable(error: impl Into<BoxError>) -> EngineError {
    EngineError::Unavailable {
        what: "the address of Redis cannot be used".to_owned(),
        source: Some(error.into()),
    }
}

/// Where two kinds of cryptography are in the process and nobody chose, rustls panics: so we choose,
/// unless somebody did.
fn install_cryptography() {
    #[cfg(feature = "tls")]
    let _chosen_already = rustls::crypto::ring::default_provider().install_default();
}
