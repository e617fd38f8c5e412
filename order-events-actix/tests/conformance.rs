//! The HTTP suite over this adapter.

use std::net::{Ipv4Addr, SocketAddr};

use actix_web::rt::{self, System};
use actix_web::{App, HttpServer};
use order_events_actix::{Door, Hub, bind, routes};
use order_events_conformance::http::{Server, run_all};

#[test]
fn the_suite_over_actix() {
    System::new().block_on(async { run_all(&serve).await });
}

async fn serve(_hub: Hub, door: Door) -> Server {
    let server = HttpServer::new(move || App::new().configure(routes(&door)));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = bind(server.workers(1).disable_signals(), address);
    let server = server.expect("a free port");
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    rt::spawn(server);
    Server::new(address, async move { handle.stop(false).await })
}
