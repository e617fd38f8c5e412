//! What is done to servers while they are used.

use fastrand::Rng;
use tokio::time::{Duration, sleep};

use crate::Result;
use crate::world::World;

/// Something that happens to a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Act {
    /// Somebody's streams are ended.
    Revoke,
    /// A node stops as a deployment stops it, and another takes over its place and its log.
    Drain,
    /// A node is killed and started again: with it goes a log in memory.
    Kill,
    /// Redis is killed and started again, with all that it acknowledged.
    RestartRedis,
    /// Redis is emptied.
    Flush,
}

impl Act {
    /// What happens next, if anything does.
    fn any(rng: &mut Rng, is_on_redis: bool) -> Option<Self> {
        match (rng.u8(..100), is_on_redis) {
            (0..30, _) => Some(Self::Revoke),
            (30..38, _) => Some(Self::Drain),
            (38..41, false) | (38..45, true) => Some(Self::Kill),
            (45..49, true) => Some(Self::RestartRedis),
            (49..51, true) => Some(Self::Flush),
            _ => None,
        }
    }
}

impl World {
    /// Trouble for so long. A calm world has less of it, and the same each time.
    pub(crate) async fn trouble(&mut self, span: Duration) -> Result<()> {
        let seconds = span.as_secs();
        for second in 0..seconds {
            sleep(Duration::from_secs(1)).await;
            let act = match (self.is_calm(), self.redis().is_some()) {
                (false, is_on_redis) => Act::any(self.rng(), is_on_redis),
                (true, true) if self.rounds() == 0 && second == seconds / 2 => {
                    Some(Act::RestartRedis)
                }
                (true, _) if second % 4 == 1 => Some(Act::Revoke),
                (true, _) if second == seconds / 3 => Some(Act::Drain),
                (true, _) => None,
            };
            if let Some(act) = act
                && self.act(act).await?
            {
                self.count(act);
            }
        }
        Ok(())
    }

    /// Whether it was done.
    async fn act(&mut self, act: Act) -> Result<bool> {
        let nodes = self.nodes().len();
        let nth = self.rng().usize(..nodes);
        let node = self.nodes()[nth].clone();
        match act {
            Act::Revoke => {
                let principal = self.any_viewer();
                // Where Redis is down the other nodes cannot be told.
                return Ok(node.revoke(&principal).await);
            }
            Act::Drain => node.drain().await?,
            Act::Kill => {
                let is_kept = self.redis().is_some();
                if !is_kept {
                    self.loses_logs();
                }
                node.kill()?;
                if !is_kept {
                    self.lost_logs();
                }
                node.start_again().await?;
            }
            Act::RestartRedis => {
                if let Some(redis) = self.redis() {
                    redis.restart().await?;
                }
            }
            Act::Flush => self.flush().await?,
        }
        Ok(true)
    }
}
