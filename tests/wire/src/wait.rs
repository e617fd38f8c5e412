//! Waiting for something, not for a time.

use std::future::Future;
use std::time::{Duration, Instant};

/// Nothing here takes so long unless it never happens.
pub const CAP: Duration = Duration::from_secs(60);

/// Waits until it is so, and says how long it took.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < CAP, "never: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    since.elapsed()
}

/// What comes of a future that is expected to come to an end.
pub async fn in_time<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(CAP, future).await {
        Ok(output) => output,
        Err(_) => panic!("never: {what}"),
    }
}
