//! Tells workers that wait of jobs that come.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use order_events_redis::way::{Failure, Link, Own};
use redis::cmd;
use tokio::time::sleep;

use crate::config::LOOK_AGAIN;

/// Connections on which workers wait: one for each that does so at the moment, for a read that waits
/// holds up all else on its connection.
///
/// What is read is a hint and takes nothing, so that a worker that goes away while it waits leaves no
/// job behind with nobody.
#[derive(Debug)]
pub(super) struct Bell {
    link: Arc<Link>,
    idle: Mutex<Vec<Own>>,
}

impl Bell {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self { link, idle: Mutex::default() }
    }

    /// Waits until something comes into the stream after this id, or for so long. Where that cannot
    /// be waited for, a moment only: whoever waits then looks for themselves.
    pub(super) async fn wait(&self, slot: u16, stream: &str, after: &str, longest: Duration) {
        if self.listen(slot, stream, after, longest).await.is_err() {
            sleep(longest.min(LOOK_AGAIN)).await;
        }
    }

    async fn listen(
        &self,
        slot: u16,
        stream: &str,
        after: &str,
        longest: Duration,
    ) -> Result<(), Failure> {
        let idle = self.lock().pop();
        let mut own = match idle {
            Some(own) => own,
            None => self.link.own(slot).await?,
        };
        let mut read = cmd("XREAD");
        // No time at all would be for ever.
        read.arg("COUNT").arg(1).arg("BLOCK").arg(longest.as_millis().max(1) as u64);
        read.arg("STREAMS").arg(stream).arg(after);
        // One that failed, or whose worker went away, is not put back.
        own.ask(&self.link, read, longest).await?;
        self.lock().push(own);
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Own>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
