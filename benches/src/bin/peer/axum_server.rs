//! Stock `axum::serve`, with what its own documentation offers to make streams fast.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use order_events_axum::BACKLOG;
use order_events_benches::server::{MAX_BODY_BYTES, loopback, ready, runtime};
use tokio::net::TcpSocket;

/// Serves a router's own routes beside `/discard` and `/health`.
pub(crate) fn serve<S>(
    router: Router<Arc<S>>,
    state: S,
    port: u16,
    threads: usize,
) -> io::Result<()>
where
    S: Send + Sync + 'static,
{
    let runtime = runtime(threads)?;
    let router = router
        .route("/discard", post(async |_: String| "discarded"))
        .route("/health", get(async || "ok"))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(Arc::new(state));
    let served = runtime.spawn(async move {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(loopback(port))?;
        let listener = socket.listen(BACKLOG.unsigned_abs())?;
        ready(listener.local_addr()?)?;
        // Without it an event may wait 40 ms for the peer's acknowledgement of the one before.
        let listener = listener.tap_io(|connection| {
            let _gone = connection.set_nodelay(true);
        });
        // A bare router would be copied for each connection, with all of its routes.
        axum::serve(listener, router.into_make_service()).await
    });
    runtime.block_on(served)?
}
