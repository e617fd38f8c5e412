//! What is read from the environment.

use std::env;
use std::net::SocketAddr;

/// What signs tokens where nobody else can reach the service.
const KNOWN_SECRET: &str = "for trying out, and known to everybody";

pub(crate) struct Settings {
    pub(crate) address: String,
    pub(crate) secret: String,
    pub(crate) redis: Option<String>,
    origins: String,
}

impl Settings {
    pub(crate) fn from_env() -> Result<Self, String> {
        let said = |name| env::var(name).ok().filter(|value| !value.is_empty());
        let address = said("ADDRESS").unwrap_or_else(|| "127.0.0.1:3000".to_owned());
        let secret = match said("SECRET") {
            Some(secret) => secret,
            None if is_of_this_machine(&address) => KNOWN_SECRET.to_owned(),
            None => {
                return Err(format!("SECRET: must be set, since others reach {address}"));
            }
        };
        let (redis, origins) = (said("REDIS_URL"), said("ORIGINS").unwrap_or_default());
        Ok(Self { address, secret, redis, origins })
    }

    pub(crate) fn origins(&self) -> impl Iterator<Item = &str> {
        self.origins.split_whitespace()
    }

    pub(crate) fn secret_is_known(&self) -> bool {
        self.secret == KNOWN_SECRET
    }
}

fn is_of_this_machine(address: &str) -> bool {
    address.parse().is_ok_and(|address: SocketAddr| address.ip().is_loopback())
}
