//! The door for actix, served by our own `serve`.

use actix_web::App;
use actix_web::rt::System;
use actix_web::web::{self, Data, Path, ServiceConfig};
use bytes::Bytes;
use order_events_actix::{Listener, routes};
use order_events_benches::server::loopback;

use super::DEADLINE;
use super::shop::{Kept, Shop, socket};
use crate::Result;
use crate::told::{DRAIN, PUBLISH, REVOKE, VITALS};

const WORKERS: usize = 2;

pub(super) fn serve(port: u16, redis: Option<&str>) -> Result<()> {
    System::new().block_on(async {
        let kept = Kept::open(redis).await?;
        loop {
            let shop = Shop::open(&kept);
            let listener = Listener::bind_with(loopback(port), socket())?.workers(WORKERS);
            let served = shop.clone();
            let app = move || {
                served.serves_here();
                App::new().configure(answers(served.clone()))
            };
            let stop = shop.drained();
            order_events_actix::serve(listener, app, &shop.hub, stop, DEADLINE).await?;
            shop.is_left().await?;
        }
    })
}

fn answers(shop: Shop) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let door = shop.door.clone();
        config
            .app_data(Data::new(shop))
            .configure(routes(&door))
            .route(PUBLISH, web::post().to(publish))
            .route(&format!("{REVOKE}/{{principal}}"), web::post().to(revoke))
            .route(DRAIN, web::post().to(drain))
            .route(VITALS, web::get().to(vitals));
    }
}

async fn publish(shop: Data<Shop>, attempt: Bytes) -> String {
    serde_json::json!(shop.publish(&attempt).await).to_string()
}

async fn revoke(shop: Data<Shop>, principal: Path<String>) -> String {
    serde_json::json!(shop.revoke(&principal).await).to_string()
}

async fn drain(shop: Data<Shop>) -> &'static str {
    shop.drain();
    ""
}

async fn vitals(shop: Data<Shop>) -> String {
    serde_json::json!(shop.vitals()).to_string()
}
