//! Waiting for something, not for a time.

use std::time::{Duration, Instant};

/// Nothing here takes so long unless it never happens.
pub(crate) const CAP: Duration = Duration::from_secs(60);

/// How long is waited before a condition is looked at again.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Waits until it is so, and says how long it took.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < CAP, "never: {what}");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    since.elapsed()
}

/// What comes of a future that is expected to come to an end.
pub(crate) async fn in_time<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(CAP, future).await {
        Ok(output) => output,
        Err(_) => panic!("never: {what}"),
    }
}
