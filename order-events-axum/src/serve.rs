//! A server for streams: it drains before it ends.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use order_events_core::{Hub, Lifecycle};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::connect::connect;
use crate::listen::Listener;

/// Serves a router until `stop` resolves, then drains the hub and ends.
///
/// From then on no connection is accepted; every stream is told to end and when to come back;
/// requests under way are finished; and what is left at the deadline is cut. A connection that was
/// upgraded to another protocol is its handler's, and no longer known here.
///
/// Most services stop by [`stopped`](crate::stopped), and have no reason for another deadline than
/// [`STOP_DEADLINE`](crate::STOP_DEADLINE).
///
/// HTTP/1.1, and HTTP/2 to those who begin with it.
pub async fn serve<L: Lifecycle>(
    mut listener: Listener,
    router: Router,
    hub: &Hub<L>,
    stop: impl Future<Output = ()>,
    deadline: Duration,
) {
    // Turned into what serves requests here and once, not by each request.
    let router: Router = router.with_state(());
    let mut connections = JoinSet::new();
    let (stopping, is_stopping) = watch::channel(false);
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            (connection, address) = listener.next() => {
                connections.spawn(connect(connection, address, router.clone(), is_stopping.clone()));
            }
            // Those that have ended are let go of.
            Some(_) = connections.join_next() => {}
            () = &mut stop => break,
        }
    }
    drop(listener);
    // Streams hear it from the hub, connections that rest between two requests from here.
    let _drain = hub.drain(deadline);
    stopping.send_replace(true);
    let all = async { while connections.join_next().await.is_some() {} };
    let _in_time = timeout(deadline, all).await;
    connections.shutdown().await;
}
