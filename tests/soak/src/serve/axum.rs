//! The door for axum, served by our own `serve`.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use bytes::Bytes;
use order_events_axum::{Listener, routes};
use order_events_benches::server::{loopback, runtime};

use super::DEADLINE;
use super::shop::{Kept, Shop, socket};
use crate::Result;
use crate::told::{DRAIN, PUBLISH, REVOKE, VITALS};

const THREADS: usize = 2;

pub(super) fn serve(port: u16, redis: Option<&str>) -> Result<()> {
    runtime(THREADS)?.block_on(async {
        let kept = Kept::open(redis).await?;
        loop {
            let shop = Shop::open(&kept);
            let listener = Listener::bind_with(loopback(port), socket())?;
            let (router, stop) = (router(&shop), shop.drained());
            order_events_axum::serve(listener, router, &shop.hub, stop, DEADLINE).await;
            shop.is_left().await?;
        }
    })
}

fn router(shop: &Shop) -> Router {
    let asked = Router::new()
        .route(PUBLISH, post(publish))
        .route(&format!("{REVOKE}/{{principal}}"), post(revoke))
        .route(DRAIN, post(drain))
        .route(VITALS, get(vitals))
        .with_state(shop.clone());
    routes(&shop.door).merge(asked)
}

async fn publish(State(shop): State<Shop>, attempt: Bytes) -> String {
    serde_json::json!(shop.publish(&attempt).await).to_string()
}

async fn revoke(State(shop): State<Shop>, Path(principal): Path<String>) -> String {
    serde_json::json!(shop.revoke(&principal).await).to_string()
}

async fn drain(State(shop): State<Shop>) {
    shop.drain();
}

async fn vitals(State(shop): State<Shop>) -> String {
    serde_json::json!(shop.vitals()).to_string()
}
