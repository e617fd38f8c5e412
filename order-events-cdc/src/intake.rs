//! From a delivered event to decisions, with a place for what cannot be read.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use order_events_core::{Lifecycle, OrderStatus};

use crate::change::Change;
use crate::decide::decide;
use crate::decision::Decision;
use crate::malformed::Malformed;
use crate::rules::Rules;
use crate::source::Source;

/// Why something of the service's own failed.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An event that cannot be read, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The event.
    pub raw: Vec<u8>,
    /// What is wrong with it.
    pub why: Malformed,
}

/// Takes what cannot be read: a table, a topic, a file that somebody looks at.
#[async_trait]
pub trait DeadLetters: fmt::Debug + Send + Sync + 'static {
    /// Keeps the letter. Once this is done the source goes on after the event; where it fails, the
    /// event is not done, and is delivered again.
    async fn keep(&self, letter: DeadLetter) -> Result<(), BoxError>;
}

/// What came of a delivered event.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken<L: Lifecycle = OrderStatus> {
    /// It was read, and this is to be done about it.
    Decided {
        /// The change, to be decided on again where something is looked up.
        change: Box<Change>,
        /// What is to be done.
        decisions: Vec<Decision<L>>,
    },
    /// It could not be read, and is kept.
    Dead(Malformed),
}

/// A dead letter that could not be kept. The event is not done: it must come again.
#[derive(Debug, thiserror::Error)]
#[error("an event that cannot be read could not be kept ({why})")]
pub struct NotKept {
    /// What is wrong with the event.
    pub why: Malformed,
    /// Why it could not be kept.
    #[source]
    pub source: BoxError,
}

/// Reads events of one source and decides on them. What it cannot read is given to the dead letters,
/// never dropped.
#[derive(Debug, Clone)]
pub struct Intake<L: Lifecycle = OrderStatus> {
    source: Arc<dyn Source>,
    rules: Arc<Rules<L>>,
    dead_letters: Arc<dyn DeadLetters>,
}

impl<L: Lifecycle> Intake<L> {
    /// An intake of this source, by these rules.
    pub fn new(source: impl Source, rules: Rules<L>, dead_letters: impl DeadLetters) -> Self {
        let (source, rules) = (Arc::new(source), Arc::new(rules));
        Self { source, rules, dead_letters: Arc::new(dead_letters) }
    }

    /// What is to be done about an event.
    pub async fn take(&self, raw: &[u8]) -> Result<Taken<L>, NotKept> {
        let decided = self.source.read(raw).and_then(|change| {
            let decisions = decide(&change, &self.rules)?;
            Ok(Taken::Decided { change: Box::new(change), decisions })
        });
        match decided {
            Ok(taken) => Ok(taken),
            Err(why) => {
                let letter = DeadLetter { raw: raw.to_vec(), why: why.clone() };
                match self.dead_letters.keep(letter).await {
                    Ok(()) => Ok(Taken::Dead(why)),
                    Err(source) => Err(NotKept { why, source }),
                }
            }
        }
    }
}
