//! What a writer wants to say, and what a reader must be told then. Shared with the fuzz targets.

use std::time::Duration;

use order_events_sse::{Block, Id, MAX_RETRY, Name, comment};

use super::model::{Outcome, Told};

/// A block as any text may have it, after a comment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    pub(crate) comment: Option<String>,
    pub(crate) retry: Option<u64>,
    pub(crate) event: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) data: Option<String>,
}

impl Given {
    /// The name, unless it is one that must be refused.
    fn event(&self) -> Option<&str> {
        let refused = |name: &str| {
            name.is_empty()
                || name == "open"
                || name == "error"
                || name.contains(['\r', '\n', '\0'])
        };
        self.event.as_deref().filter(|name| !refused(name))
    }

    /// The id, unless it is one that must be refused.
    fn id(&self) -> Option<&str> {
        self.id.as_deref().filter(|id| !id.contains(['\r', '\n', '\0']))
    }
}

/// All of them as a stream. What must be refused is left out, and everything else is taken.
pub(crate) fn encode(given: &[Given]) -> Vec<u8> {
    let mut stream = Vec::new();
    for given in given {
        if let Some(text) = &given.comment {
            comment(text, &mut stream);
        }
        let (event, id) = (given.event.as_deref().map(Name::new), given.id.as_deref().map(Id::new));
        let (event, id) = (event.and_then(Result::ok), id.and_then(Result::ok));
        assert_eq!(event.map(Name::as_str), given.event(), "as names go");
        assert_eq!(id.map(Id::as_str), given.id(), "as ids go");
        let retry = given.retry.map(Duration::from_millis);
        let block = Block { retry, event, id, data: given.data.as_deref() };
        let before = stream.len();
        block.write(&mut stream);
        assert_eq!(stream.len() - before, block.encoded_len());
        assert_eq!(&stream[before..], &block.to_bytes()[..]);
    }
    stream
}

/// What must come of it.
pub(crate) fn expected(given: &[Given]) -> Outcome {
    let mut outcome = Outcome::default();
    for given in given {
        if let Some(retry) = given.retry {
            let most = u64::try_from(MAX_RETRY.as_millis()).unwrap();
            outcome.retry = Some(retry.clamp(1, most));
        }
        if let Some(id) = given.id() {
            outcome.last_event_id = id.to_owned();
        }
        if let Some(data) = &given.data {
            outcome.told.push(Told {
                event: given.event().unwrap_or("message").to_owned(),
                data: data.replace("\r\n", "\n").replace('\r', "\n"),
                id: outcome.last_event_id.clone(),
            });
        }
    }
    outcome
}
