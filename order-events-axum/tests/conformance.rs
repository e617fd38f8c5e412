//! The HTTP suite over this adapter, served in both ways.

use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use order_events_axum::{Door, Hub, Listener, routes, serve};
use order_events_conformance::http::{Server, run_all};

fn listener() -> (Listener, SocketAddr) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = Listener::bind(address).expect("a free port");
    let address = listener.local_addr().expect("where it listens");
    (listener, address)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_over_our_own_server() {
    run_all(&|hub: Hub, door: Door| async move {
        let (listener, address) = listener();
        let router: Router = routes(&door);
        let serving = tokio::spawn(async move {
            serve(listener, router, &hub, pending(), Duration::ZERO).await;
        });
        Server::new(address, async move { serving.abort() })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_over_axums_server() {
    run_all(&|_hub: Hub, door: Door| async move {
        let (listener, address) = listener();
        let router: Router = routes(&door);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        Server::new(address, async move { serving.abort() })
    })
    .await;
}
