//! What is read from the environment.

use std::env;

const KNOWN_SECRET: &str = "for trying out, and known to everybody";

pub(crate) struct Settings {
    pub(crate) address: String,
    pub(crate) secret: String,
    pub(crate) redis: Option<String>,
    origins: String,
}

impl Settings {
    pub(crate) fn from_env() -> Self {
        let said = |name| env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            address: said("ADDRESS").unwrap_or_else(|| "127.0.0.1:3000".to_owned()),
            secret: said("SECRET").unwrap_or_else(|| KNOWN_SECRET.to_owned()),
            redis: said("REDIS_URL"),
            origins: said("ORIGINS").unwrap_or_default(),
        }
    }

    pub(crate) fn origins(&self) -> impl Iterator<Item = &str> {
        self.origins.split_whitespace()
    }

    pub(crate) fn secret_is_known(&self) -> bool {
        self.secret == KNOWN_SECRET
    }
}
