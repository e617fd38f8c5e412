//! What must have become of an event before it is acknowledged.

use std::time::Duration;

use order_events_core::engine::{Cause, EngineError};
use redis::{Cmd, Value, cmd};

/// What an acknowledged publish means.
///
/// Redis answers once an event is in its memory. What a crash, or a failover to a replica that was
/// behind, can still take is then lost, and every reader who was given it is reset. Whoever cannot
/// lose an acknowledged event asks for more than that, and pays for it by waiting.
///
/// Where it is not reached in time, a publish is answered by
/// [`Indeterminate`](EngineError::Indeterminate): the event is in the log, others may have been
/// given it, but it is not yet as safe as was asked. Publishing again with its key waits once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Durability {
    /// It is in the memory of the server that answers.
    #[default]
    InMemory,
    /// So many replicas have it in theirs (`WAIT`). A failover loses it only where none of them is
    /// promoted.
    Replicated {
        /// How many, at least.
        replicas: usize,
        /// How long to wait for them.
        within: Duration,
    },
    /// The server has it on its disk, and so have so many replicas (`WAITAOF`; Redis 7.2 with
    /// `appendonly yes`).
    OnDisk {
        /// How many, at least; 0 for the server alone.
        replicas: usize,
        /// How long to wait for them.
        within: Duration,
    },
}

impl Durability {
    pub(crate) fn waits(self) -> bool {
        self != Self::InMemory
    }

    /// The least version of Redis that can do it.
    pub(crate) fn least_version(self) -> (u32, u32) {
        match self {
            Self::InMemory | Self::Replicated { .. } => (7, 0),
            Self::OnDisk { .. } => (7, 2),
        }
    }

    /// What is asked after each append, and how long its answer may take.
    pub(crate) fn command(self) -> Option<(Cmd, Duration)> {
        // No time at all would be for ever.
        let millis = |within: Duration| (within.as_millis() as u64).max(1);
        match self {
            Self::InMemory => None,
            Self::Replicated { replicas, within } => {
                Some((cmd("WAIT").arg(replicas).arg(millis(within)).to_owned(), within))
            }
            Self::OnDisk { replicas, within } => {
                let wait = cmd("WAITAOF").arg(1).arg(replicas).arg(millis(within)).to_owned();
                Some((wait, within))
            }
        }
    }

    /// What is wrong with the answer to that.
    pub(crate) fn judge(self, answer: Option<&Value>) -> Option<EngineError> {
        let (is_kept, wanted) = match (self, answer) {
            (Self::InMemory, _) => return None,
            (Self::Replicated { replicas, .. }, Some(Value::Int(found))) => {
                (*found >= count(replicas), format!("{replicas} replicas, {found} have it"))
            }
            (Self::OnDisk { replicas, .. }, Some(Value::Array(found))) => match found.as_slice() {
                [Value::Int(here), Value::Int(there)] => (
                    *here >= 1 && *there >= count(replicas),
                    format!("a disk and {replicas} replicas, {here} and {there} have it"),
                ),
                _ => (false, "an answer that was none".to_owned()),
            },
            (_, Some(Value::ServerError(error))) => (false, error.to_string()),
            _ => (false, "an answer that was none".to_owned()),
        };
        if is_kept {
            return None;
        }
        let what = format!("the event is in the log, but not as safe as was asked: {wanted}");
        let lacking = EngineError::Indeterminate { what, source: None };
        Some(lacking.because(Cause::Durability))
    }
}

fn count(replicas: usize) -> i64 {
    i64::try_from(replicas).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITHIN: Duration = Duration::from_millis(100);

    #[test]
    fn too_few_replicas_are_told_and_enough_are_not() {
        let two = Durability::Replicated { replicas: 2, within: WITHIN };
        assert!(two.judge(Some(&Value::Int(2))).is_none());
        assert!(two.judge(Some(&Value::Int(3))).is_none());
        for answer in [Some(&Value::Int(1)), Some(&Value::Nil), None] {
            let error = two.judge(answer);
            assert!(matches!(error, Some(EngineError::Indeterminate { .. })), "{answer:?}");
        }
    }

    #[test]
    fn a_disk_counts_by_itself() {
        let disk = Durability::OnDisk { replicas: 0, within: WITHIN };
        let answer = |here, there| Value::Array(vec![Value::Int(here), Value::Int(there)]);
        assert!(disk.judge(Some(&answer(1, 0))).is_none());
        assert!(disk.judge(Some(&answer(0, 5))).is_some());
    }

    #[test]
    fn nothing_more_is_waited_for_by_default() {
        assert!(Durability::default().command().is_none());
        assert!(Durability::default().judge(None).is_none());
    }
}
