//! When a server is told to stop, and how long it may take.

use std::future::{Future, pending};
use std::io;
use std::time::Duration;

/// How long a server that was told to stop may take. Streams end at once where their peers read, so
/// this is for those that do not; a container is killed after 10 s by Docker, after 30 s by
/// Kubernetes.
pub const STOP_DEADLINE: Duration = Duration::from_secs(8);

/// Resolves when the process is told to stop: by ^C, or on Unix by the `SIGTERM` that ends a
/// container. Called within a Tokio runtime.
///
/// From its first poll on neither ends the process by itself, and a second one changes nothing: what
/// bounds a server's end is its deadline. Where the system cannot listen for a signal, that one is
/// not waited for.
pub async fn stopped() {
    tokio::select! {
        () = or_never(tokio::signal::ctrl_c()) => {}
        () = or_never(terminated()) => {}
    }
}

async fn or_never(signal: impl Future<Output = io::Result<()>>) {
    if signal.await.is_err() {
        pending::<()>().await;
    }
}

#[cfg(unix)]
async fn terminated() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    signal(SignalKind::terminate())?.recv().await.ok_or(io::ErrorKind::BrokenPipe.into())
}

#[cfg(not(unix))]
async fn terminated() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;

    #[tokio::test]
    async fn a_signal_that_cannot_be_listened_for_is_not_waited_for() {
        let mut refused = Box::pin(or_never(async { Err(io::ErrorKind::Unsupported.into()) }));
        std::future::poll_fn(|cx| {
            assert!(refused.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        or_never(async { Ok(()) }).await;
    }
}
