//! Purchase orders through three stages, with live progress in the terminal and on a page. See
//! README.md.

mod import;
mod pages;
mod terminal;

use std::time::Duration;

use axum::middleware::map_response;
use order_events_axum::{
    Denied, Door, Grant, Hub, Listener, Parts, Principal, Resume, STOP_DEADLINE, Scope, authorizer,
    routes, serve, stopped,
};

use import::{PurchaseOrder, import};

const ORDERS: [PurchaseOrder; 4] = [
    order("PO-4711", "Harbour Bakery", 5, 12, 0.97),
    order("PO-4712", "Lindner & Sons", 2, 4, 0.99),
    PurchaseOrder { finds_no_shop: true, ..order("PO-4713", "Atelier Moreau", 4, 10, 0.81) },
    order("PO-4714", "City Hospital", 9, 18, 0.94),
];

const fn order(
    id: &'static str,
    from: &'static str,
    pages: u32,
    items: u32,
    confidence: f64,
) -> PurchaseOrder {
    PurchaseOrder { id, from, pages, items, confidence, finds_no_shop: false }
}

/// How long a step of the work takes here, where `PACE` does not say it in milliseconds.
const PACE: Duration = Duration::from_millis(350);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let hub = Hub::builder().build();
    let pace = match std::env::var("PACE") {
        Ok(millis) => Duration::from_millis(millis.parse()?),
        Err(_) => PACE,
    };
    let everything = Grant::new(Principal::new("terminal")?, Scope::Tenant).as_staff();
    // Where the page begins, so that it is told of what was before it was opened.
    let beginning = hub.snapshots(&everything, None, 1).await?.cursor;

    let door = Door::new(&hub, authorizer((), access));
    let router =
        pages::routes(beginning).nest("/api", routes(&door)).layer(map_response(pages::guarded));
    let listener = Listener::bind(shop::address())?;
    println!("listening on http://{}", listener.local_addr()?);

    tokio::spawn(terminal::show(hub.subscribe(everything, Resume::Fresh).await?));
    for (place, order) in (0..).zip(&ORDERS) {
        let hub = hub.clone();
        tokio::spawn(async move {
            tokio::time::sleep(pace * place * 4).await;
            if let Err(error) = import(&hub, order, pace).await {
                eprintln!("{}: {error}", order.id);
            }
        });
    }
    serve(listener, router, &hub, stopped(), STOP_DEADLINE).await;
    Ok(())
}

/// Whoever opens the page of this machine works here, and so reads why something failed.
async fn access((): (), _: Parts, wanted: Scope) -> Result<Grant, Denied> {
    let clerk = Principal::new("clerk").map_err(|_| Denied::Failed)?;
    Ok(Grant::new(clerk, wanted).as_staff())
}
