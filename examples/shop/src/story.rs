//! What happened before a shop was opened, so that there is something to see.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use order_events_core::{Clock, Hub, ManualClock, MemoryEngine, SystemClock, Timestamp, Update};

/// Publishes what was told so many minutes ago, the oldest first: by a hub of its own on the same
/// log, whose clock stands where each happened.
pub async fn tell(
    engine: &Arc<MemoryEngine>,
    story: impl IntoIterator<Item = (u64, Update)>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let now = SystemClock.now();
    let clock = ManualClock::new(now);
    let hub = Hub::builder().engine(Arc::clone(engine)).clock(clock.clone()).build();
    for (minutes, update) in story {
        clock.set(before(now, minutes));
        hub.publish(update).await?;
    }
    Ok(())
}

fn before(now: Timestamp, minutes: u64) -> Timestamp {
    let ago = Duration::from_secs(minutes * 60).as_millis();
    Timestamp::from_millis(now.as_millis().saturating_sub_unsigned(ago as u64))
}
