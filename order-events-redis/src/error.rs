//! What went wrong, and whether anything was committed by it.

use order_events_core::engine::EngineError;
use redis::RedisError;

/// A request that has no answer, or not the one it should have.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It was not executed: it never left, or the server said that it did nothing.
    #[error("it was not executed")]
    NotDone(#[source] RedisError),
    /// It may have been executed.
    #[error("the answer was lost")]
    Unknown(#[source] RedisError),
    /// Something is at one of our keys that is not ours.
    #[error("something that is not ours is at the key {0:?}")]
    Foreign(String),
}

/// What a script says of something that is not ours; the key follows.
const FOREIGN: &str = "FOREIGN";

/// Codes by which a server refuses a request before it has written anything. A refusal that comes in
/// the middle of a script is none of these.
const REFUSALS: [&str; 17] = [
    "ASK",
    "BUSY",
    "CLUSTERDOWN",
    "CROSSSLOT",
    "LOADING",
    "MASTERDOWN",
    "MISCONF",
    "MOVED",
    "NOAUTH",
    "NOREPLICAS",
    "NOSCRIPT",
    "OOM",
    "READONLY",
    "TRYAGAIN",
    "UNBLOCKED",
    "WRONGPASS",
    "WRONGTYPE",
];

impl Failure {
    /// Of a request that was sent.
    pub(crate) fn of_sent(error: RedisError) -> Self {
        match error.code() {
            Some(FOREIGN) => Self::Foreign(error.detail().unwrap_or_default().to_owned()),
            Some(code) if REFUSALS.contains(&code) => Self::NotDone(error),
            _ => Self::Unknown(error),
        }
    }

    /// What the server said, if it said anything.
    pub(crate) fn error(&self) -> Option<&RedisError> {
        match self {
            Self::NotDone(error) | Self::Unknown(error) => Some(error),
            Self::Foreign(_) => None,
        }
    }

    pub(crate) fn code(&self) -> Option<&str> {
        self.error()?.code()
    }

    /// As a reader is told: nothing is ever committed by reading.
    pub(crate) fn of_reading(self, what: &str) -> EngineError {
        match self {
            Self::Foreign(key) => foreign(&key),
            Self::NotDone(error) | Self::Unknown(error) => {
                EngineError::Unavailable { what: what.to_owned(), source: Some(Box::new(error)) }
            }
        }
    }

    /// As a writer is told.
    pub(crate) fn of_writing(self, what: &str) -> EngineError {
        match self {
            Self::Unknown(error) => {
                EngineError::Indeterminate { what: what.to_owned(), source: Some(Box::new(error)) }
            }
            other => other.of_reading(what),
        }
    }
}

/// What stands at this key is not ours, and stays as it is.
pub(crate) fn foreign(key: &str) -> EngineError {
    EngineError::unavailable(format!("something that is not ours is at the key {key:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use redis::make_extension_error;

    fn said(code: &str, detail: &str) -> Failure {
        Failure::of_sent(make_extension_error(code.to_owned(), Some(detail.to_owned())))
    }

    #[test]
    fn a_refusal_has_committed_nothing() {
        for code in REFUSALS {
            let error = said(code, "no").of_writing("append");
            assert!(matches!(error, EngineError::Unavailable { .. }), "{code}");
        }
    }

    #[test]
    fn what_went_wrong_half_way_may_be_committed() {
        let broken = RedisError::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe));
        for failure in [said("ERR", "user_script:12"), Failure::of_sent(broken)] {
            let error = failure.of_writing("append");
            assert!(matches!(error, EngineError::Indeterminate { .. }), "{error}");
        }
    }

    #[test]
    fn something_foreign_is_named() {
        let error = said(FOREIGN, "oe:{a}:log").of_writing("append");
        assert!(matches!(&error, EngineError::Unavailable { .. }), "{error}");
        assert!(error.to_string().contains("\"oe:{a}:log\""), "{error}");
    }
}
