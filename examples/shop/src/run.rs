//! How the shop is run for trying it out.

use std::env::{self, VarError};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use order_events_core::{CustomerId, OrderId, Update};

use crate::auth::{Role, Shop};

/// The pages that may read what is answered here, with the cookies of whoever reads them.
pub const ORIGINS: [&str; 2] = ["https://shop.example", "http://localhost:5173"];

/// What signs tokens where `SHOP_SECRET` is not set. Everybody knows it.
pub const SECRET: &str = "for trying out, and known to everybody";

/// `SHOP_SECRET`, or [`SECRET`] where it is not set. An empty one is refused: it is a secret that
/// somebody meant to set, and anybody could sign with it.
pub fn secret() -> io::Result<String> {
    match env::var("SHOP_SECRET") {
        Ok(secret) if secret.trim().is_empty() => {
            Err(io::Error::other("SHOP_SECRET: must not be empty; without it there is a known one"))
        }
        Ok(secret) => Ok(secret),
        Err(VarError::NotPresent) => Ok(SECRET.to_owned()),
        Err(error) => Err(io::Error::other(format!("SHOP_SECRET: {error}"))),
    }
}

/// Says so, where tokens are signed with what everybody knows.
pub fn warn_of(secret: &str) {
    if secret == SECRET {
        eprintln!("SHOP_SECRET is not set: anybody can sign in as anybody");
    }
}

/// `PORT` of this machine, or 3000.
pub fn address() -> String {
    format!("127.0.0.1:{}", env::var("PORT").unwrap_or_else(|_| "3000".to_owned()))
}

impl Shop {
    /// Opens the shop for trying out: Anna's order 42, and what to type to see it.
    pub async fn open(&self, at: SocketAddr) -> io::Result<()> {
        let order = OrderId::new("42").map_err(io::Error::other)?;
        let anna = CustomerId::new("anna").map_err(io::Error::other)?;
        let order = Update::create(order).with_customer(anna);
        self.hub.publish(order).await.map_err(io::Error::other)?;
        let day = Duration::from_secs(24 * 60 * 60);
        let anna = self.token("anna", Role::Customer, day).map_err(io::Error::other)?;
        let staff = self.token("sam", Role::Admin, day).map_err(io::Error::other)?;
        println!("listening on http://{at}");
        println!("export SHOP=http://{at}\nexport ANNA={anna}\nexport STAFF={staff}");
        println!("curl -N -H \"authorization: Bearer $ANNA\" $SHOP/orders/42/events");
        warn_of(&secret()?);
        Ok(())
    }
}
