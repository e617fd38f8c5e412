//! Why a log could not answer, in words for those who look after it.

use std::error::Error;
use std::fmt;

use super::{BoxError, EngineError};

/// Why a log could not answer: a closed list, so that it can be a label. Told by an engine through
/// [`EngineError::because`]; nothing is decided by it but what an operator looks at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// No answer came in time: it hangs, or is far too busy.
    Timeout,
    /// There is no connection, or it broke.
    Connection,
    /// It does not know who we are, or does not let us do this.
    Credentials,
    /// It has started, and is not ready yet.
    Loading,
    /// Something else keeps it from everybody.
    Busy,
    /// It takes no writes: it is not, or no longer, the one that does.
    ReadOnly,
    /// It has no memory left.
    Memory,
    /// It cannot write to its disk.
    Disk,
    /// Of several servers none is known that has what was asked for, or it is on its way to another.
    Cluster,
    /// What was written is on fewer replicas or disks than was asked for, or too few are there.
    Durability,
    /// Something that is not ours is where the log should be.
    Foreign,
    /// It refused, for a reason of its own.
    Refused,
    /// Whatever the engine does not tell apart.
    Other,
}

impl Cause {
    /// Every one.
    pub const ALL: [Self; 13] = [
        Self::Timeout,
        Self::Connection,
        Self::Credentials,
        Self::Loading,
        Self::Busy,
        Self::ReadOnly,
        Self::Memory,
        Self::Disk,
        Self::Cluster,
        Self::Durability,
        Self::Foreign,
        Self::Refused,
        Self::Other,
    ];

    /// A word for it that stays the same, for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::Credentials => "credentials",
            Self::Loading => "loading",
            Self::Busy => "busy",
            Self::ReadOnly => "read-only",
            Self::Memory => "memory",
            Self::Disk => "disk",
            Self::Cluster => "cluster",
            Self::Durability => "durability",
            Self::Foreign => "foreign",
            Self::Refused => "refused",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A source of an [`EngineError`] that says which kind it is of.
#[derive(Debug)]
struct Because {
    cause: Cause,
    source: Option<BoxError>,
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl Error for Because {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&**self.source.as_ref()?)
    }
}

impl EngineError {
    /// The same, and why: the source it had becomes the source of that.
    ///
    /// ```
    /// use order_events_core::engine::{Cause, EngineError};
    ///
    /// let error = EngineError::unavailable("appending").because(Cause::ReadOnly);
    /// assert_eq!(error.cause(), Cause::ReadOnly);
    /// assert_eq!(EngineError::unavailable("appending").cause(), Cause::Other);
    /// ```
    #[must_use]
    pub fn because(mut self, cause: Cause) -> Self {
        if let Self::Unavailable { source, .. } | Self::Indeterminate { source, .. } = &mut self {
            let reason = Because { cause, source: source.take() };
            *source = Some(Box::new(reason));
        }
        self
    }

    /// Why it was, as far as the engine [told](Self::because).
    pub fn cause(&self) -> Cause {
        let source = match self {
            Self::Unavailable { source, .. } | Self::Indeterminate { source, .. } => {
                source.as_ref()
            }
            Self::UnknownPage => None,
        };
        let because = source.and_then(|source| source.downcast_ref::<Because>());
        because.map_or(Cause::Other, |because| because.cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_stands_between_an_error_and_its_source() {
        let source: BoxError = "READONLY".into();
        let plain = EngineError::Indeterminate { what: "appending".into(), source: Some(source) };
        assert_eq!(plain.cause(), Cause::Other);
        let error = plain.because(Cause::ReadOnly);
        let because = error.source().unwrap();
        assert_eq!(because.to_string(), "read-only");
        assert_eq!(because.source().unwrap().to_string(), "READONLY");
        assert_eq!(EngineError::UnknownPage.because(Cause::Busy).cause(), Cause::Other);
    }

    #[test]
    fn every_cause_is_listed_once_by_a_word_of_its_own() {
        let words: std::collections::BTreeSet<_> = Cause::ALL.map(Cause::as_str).into();
        assert_eq!(words.len(), Cause::ALL.len());
        for (place, cause) in Cause::ALL.into_iter().enumerate() {
            assert_eq!(cause as usize, place);
        }
    }
}
