//! Says what happens to orders, one after the other, until it is acknowledged.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http_body_util::BodyExt;
use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::parts::LOOK_AGAIN;
use crate::viewer::Fact;
use crate::{Result, http};

pub(crate) struct Publisher {
    at: SocketAddr,
    token: String,
    /// What was acknowledged, in order.
    pub(crate) told: Vec<Fact>,
    /// How often it had to try again.
    pub(crate) again: Arc<AtomicUsize>,
}

impl Publisher {
    pub(crate) fn new(at: SocketAddr, token: String) -> Self {
        Self { at, token, told: Vec::new(), again: Arc::default() }
    }

    /// Publishes a status. Whatever goes wrong on the way, the key makes it one event.
    pub(crate) async fn publish(
        &mut self,
        order: &str,
        customer: &str,
        status: &str,
    ) -> Result<()> {
        let key = format!("{order}-{status}");
        let change = json!({
            "orderId": order, "status": status, "customer": customer, "key": key,
        });
        let change = change.to_string();
        loop {
            match http::publish(self.at, &self.token, change.clone()).await {
                Ok(answer) if answer.status() == StatusCode::OK => {
                    let receipt = answer.into_body().collect().await?.to_bytes();
                    let receipt: Value = serde_json::from_slice(&receipt)?;
                    let version = receipt["version"].as_u64().unwrap_or(0);
                    let (order, status) = (order.to_owned(), status.to_owned());
                    self.told.push(Fact { order, version, status });
                    return Ok(());
                }
                // The log is away, or nginx has nobody to pass it to.
                Ok(answer) if answer.status().is_server_error() => {}
                Ok(answer) => return Err(format!("{key} is refused: {}", answer.status()).into()),
                Err(_lost) => {}
            }
            self.again.fetch_add(1, Ordering::SeqCst);
            sleep(LOOK_AGAIN * 5).await;
        }
    }
}
