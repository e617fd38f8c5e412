//! What becomes of events that cannot be carried out.

use std::fmt;

use async_trait::async_trait;
use order_events_core::OrderId;

use crate::decision::LookUp;
use crate::malformed::Malformed;

/// Why something of the service's own failed.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An event that cannot be carried out, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The event.
    pub raw: Vec<u8>,
    /// Why it cannot be carried out.
    pub why: Dying,
}

/// Why an event cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Dying {
    /// It cannot be read.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The hub refuses an update for good: the lifecycle has no such move, say.
    #[error("the order {order} cannot be told of it: {reason}")]
    Refused {
        /// The order.
        order: OrderId,
        /// Why, in the hub's words.
        reason: String,
    },
    /// What is needed is not told, and was looked up in vain.
    #[error("the record {:?} of {} was looked up in vain", .0.record, .0.entity)]
    NotFound(LookUp),
}

/// Takes what cannot be carried out: a table, a topic, a file that somebody looks at.
#[async_trait]
pub trait DeadLetters: fmt::Debug + Send + Sync + 'static {
    /// Keeps the letter. Once this is done the source goes on after the event; where it fails, the
    /// event is not done, and is delivered again.
    async fn keep(&self, letter: DeadLetter) -> Result<(), BoxError>;
}
