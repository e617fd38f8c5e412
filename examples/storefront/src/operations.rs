//! For whoever looks after the shop: its metrics and the routes of admins, on a port of their own that
//! nobody else is given.

use std::env;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use order_events_axum::{
    AdminAction, AdminDoor, Denied, Hub, Parts, Principal, admin_authorizer, admin_routes,
    describe_metrics,
};
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::time::interval;

/// From a tenth of a millisecond, which a publish takes, to what somebody would complain of. Deliveries
/// are told in whole milliseconds, so of those the first buckets have what took none.
const SECONDS: [f64; 12] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0];

/// How often what was measured is put in order, whether or not anybody asks for it.
const UPKEEP: Duration = Duration::from_secs(5);

/// Where `OPERATIONS_PORT` says, if it says anything: from now on everything is counted.
pub(crate) fn begin() -> io::Result<Option<(u16, PrometheusHandle)>> {
    let Ok(port) = env::var("OPERATIONS_PORT") else { return Ok(None) };
    let port = port.parse().map_err(|_| {
        io::Error::other(format!("OPERATIONS_PORT is {port:?}, and must be a port: 0 to 65535"))
    })?;
    let recorder = PrometheusBuilder::new().set_buckets(&SECONDS).map_err(io::Error::other)?;
    let recorder = recorder.install_recorder().map_err(io::Error::other)?;
    describe_metrics();
    Ok(Some((port, recorder)))
}

/// Serves `/metrics`, and under `/admin` what admins may do who know `OPERATIONS_KEY`.
pub(crate) async fn serve(port: u16, recorder: PrometheusHandle, hub: Hub) -> io::Result<()> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    println!("metrics on http://{}/metrics", listener.local_addr()?);
    // One that is set to nothing is none.
    let key = env::var("OPERATIONS_KEY").ok().filter(|key| !key.is_empty());
    let door = AdminDoor::new(&hub, admin_authorizer(key, may));
    let metrics = {
        let recorder = recorder.clone();
        get(async move || {
            hub.set_gauges();
            recorder.render()
        })
    };
    let router = Router::new().route("/metrics", metrics).nest("/admin", admin_routes(&door));
    tokio::spawn(async move { axum::serve(listener, router).await });
    tokio::spawn(async move {
        let mut upkeep = interval(UPKEEP);
        loop {
            upkeep.tick().await;
            recorder.run_upkeep();
        }
    });
    Ok(())
}

/// Whoever knows the key; without one nobody.
async fn may(key: Option<String>, caller: Parts, _: AdminAction) -> Result<Principal, Denied> {
    let told = caller.headers.get("x-operations-key").ok_or(Denied::Unauthenticated)?;
    // Compared in constant time: how long a guess takes says nothing of how much of it is right.
    match key.is_some_and(|key| key.as_bytes().ct_eq(told.as_bytes()).into()) {
        true => Principal::new("operations").map_err(|_| Denied::Failed),
        false => Err(Denied::Forbidden),
    }
}
