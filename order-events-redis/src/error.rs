//! What went wrong, and whether anything was committed by it.

use order_events_core::engine::{Cause, EngineError};
use redis::{ErrorKind, RedisError};

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
                let cause = cause(&error);
                let source = Some(error.into());
                EngineError::Unavailable { what: what.to_owned(), source }.because(cause)
            }
        }
    }

    /// As a writer is told.
    pub(crate) fn of_writing(self, what: &str) -> EngineError {
        match self {
            Self::Unknown(error) => {
                let cause = cause(&error);
                let source = Some(error.into());
                EngineError::Indeterminate { what: what.to_owned(), source }.because(cause)
            }
            other => other.of_reading(what),
        }
    }
}

/// What stands at this key is not ours, and stays as it is.
pub(crate) fn foreign(key: &str) -> EngineError {
    let what = format!("something that is not ours is at the key {key:?}");
    EngineError::unavailable(what).because(Cause::Foreign)
}

/// What an operator looks at first: by the code that the server gave, or by how it was not reached.
fn cause(error: &RedisError) -> Cause {
    match error.code() {
        Some("ASK" | "CLUSTERDOWN" | "CROSSSLOT" | "MASTERDOWN" | "MOVED" | "TRYAGAIN") => {
            Cause::Cluster
        }
        Some("BUSY" | "UNBLOCKED") => Cause::Busy,
        Some("LOADING") => Cause::Loading,
        Some("MISCONF") => Cause::Disk,
        Some("NOAUTH" | "NOPERM" | "WRONGPASS") => Cause::Credentials,
        Some("NOREPLICAS") => Cause::Durability,
        Some("OOM") => Cause::Memory,
        Some("READONLY") => Cause::ReadOnly,
        Some("WRONGTYPE") => Cause::Foreign,
        Some(_) => Cause::Refused,
        None if error.is_timeout() => Cause::Timeout,
        None => match error.kind() {
            ErrorKind::Io => Cause::Connection,
            ErrorKind::AuthenticationFailed => Cause::Credentials,
            ErrorKind::ClusterConnectionNotFound => Cause::Cluster,
            _ => Cause::Other,
        },
    }
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
    fn whatever_a_server_says_is_a_cause() {
        for code in REFUSALS {
            let cause = said(code, "no").of_reading("reading").cause();
            // Scripts are sent again where they are not known: a server that forgets them refuses.
            assert_eq!(cause == Cause::Refused, code == "NOSCRIPT", "{code}: {cause}");
            assert_ne!(cause, Cause::Other, "{code}");
        }
        for (code, cause) in [
            ("READONLY", Cause::ReadOnly),
            ("OOM", Cause::Memory),
            ("MISCONF", Cause::Disk),
            ("NOPERM", Cause::Credentials),
            ("NOREPLICAS", Cause::Durability),
            (FOREIGN, Cause::Foreign),
            ("ERR", Cause::Refused),
            ("SOMETHINGNEW", Cause::Refused),
        ] {
            assert_eq!(said(code, "no").of_writing("append").cause(), cause, "{code}");
        }
    }

    #[test]
    fn no_answer_and_no_connection_are_told_apart() {
        use std::io::ErrorKind::{BrokenPipe, ConnectionRefused, TimedOut};
        for (kind, cause) in [
            (TimedOut, Cause::Timeout),
            (ConnectionRefused, Cause::Connection),
            (BrokenPipe, Cause::Connection),
        ] {
            let failure = Failure::of_sent(std::io::Error::from(kind).into());
            assert_eq!(failure.of_writing("append").cause(), cause, "{kind}");
        }
        let refused = RedisError::from((ErrorKind::AuthenticationFailed, "no"));
        assert_eq!(Failure::NotDone(refused).of_reading("reading").cause(), Cause::Credentials);
    }

    #[test]
    fn something_foreign_is_named() {
        let error = said(FOREIGN, "oe:{a}:log").of_writing("append");
        assert!(matches!(&error, EngineError::Unavailable { .. }), "{error}");
        assert!(error.to_string().contains("\"oe:{a}:log\""), "{error}");
    }
}
