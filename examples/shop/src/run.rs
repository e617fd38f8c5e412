//! How the shop is run: from the environment, and until somebody says stop.

use std::env;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use order_events_core::OrderStatus;

use crate::auth::{Role, Shop};
use crate::change::Change;

/// The pages that may read what is answered here, with the cookies of whoever reads them.
pub const ORIGINS: [&str; 2] = ["https://shop.example", "http://localhost:5173"];

/// What signs tokens where `SHOP_SECRET` is not set. Everybody knows it.
pub const SECRET: &str = "for trying out, and known to everybody";

/// How long a server that was told to stop may take.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// `SHOP_SECRET`, or [`SECRET`].
pub fn secret() -> String {
    env::var("SHOP_SECRET").unwrap_or_else(|_| SECRET.to_owned())
}

/// `PORT` of this machine, or 3000.
pub fn address() -> io::Result<SocketAddr> {
    let port = match env::var("PORT") {
        Ok(port) => port.parse().map_err(|_| io::Error::other("PORT is not a port"))?,
        Err(_) => 3000,
    };
    Ok((Ipv4Addr::LOCALHOST, port).into())
}

/// Resolves when the process is told to stop: by ^C, or by the `SIGTERM` of a container's end.
pub async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _stopped = tokio::signal::ctrl_c().await;
}

impl Shop {
    /// Opens the shop for trying out: Anna's order 42, and what to type to see it.
    pub async fn open(&self, at: SocketAddr) -> io::Result<()> {
        let change = Change::of(OrderStatus::Pending, "anna").on("42").map_err(io::Error::other)?;
        self.hub.publish(change).await.map_err(io::Error::other)?;
        let day = Duration::from_secs(24 * 60 * 60);
        let anna = self.token("anna", Role::Customer, day).map_err(io::Error::other)?;
        let staff = self.token("sam", Role::Admin, day).map_err(io::Error::other)?;
        println!("listening on http://{at}");
        println!("export SHOP=http://{at}\nexport ANNA={anna}\nexport STAFF={staff}");
        println!("curl -N -H \"authorization: Bearer $ANNA\" $SHOP/orders/42/events");
        if secret() == SECRET {
            eprintln!("SHOP_SECRET is not set: anybody can sign in as anybody");
        }
        Ok(())
    }
}
