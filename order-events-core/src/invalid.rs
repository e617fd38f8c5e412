//! What is wrong with a value that was refused: which field, the limit, and what came instead.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{self, Deserializer, Visitor};

/// A value that cannot be taken. It names the field and the reason, so that the message can go to
/// whoever sent the value as it is; it never repeats a text that was too long or malformed.
///
/// ```
/// use order_events_core::{OrderId, Why};
///
/// let refused = OrderId::new("x".repeat(130)).unwrap_err();
/// assert_eq!(refused.field, "order");
/// assert_eq!(refused.why, Why::TooLong { limit: 128, actual: 130 });
/// assert_eq!(refused.to_string(), "order: may have at most 128 bytes, has 130");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Invalid {
    /// The field that was refused, by the name it has in the API: `"order"`, `"note"`.
    pub field: &'static str,
    /// Why it was refused.
    pub why: Why,
}

/// Why a value was refused. Not an error by itself: it lacks the field, which [`Invalid`] adds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// The text has no characters.
    Empty,
    /// The text is longer than its limit. Both counts are bytes of UTF-8, because bytes are what
    /// the limits protect.
    TooLong {
        /// The most bytes that would have been taken.
        limit: usize,
        /// The bytes that came.
        actual: usize,
    },
    /// The text holds a control character (Unicode category Cc, line breaks included), which a
    /// name has no use for and which logs, headers and terminals would act upon.
    ControlCharacter {
        /// Where the first one starts, in bytes from the beginning.
        at: usize,
    },
    /// The name is one that means something already.
    Reserved {
        /// The name in question.
        name: String,
    },
    /// The number lies outside its range. Both bounds belong to the range.
    OutOfRange {
        /// The least number that would have been taken.
        min: i64,
        /// The greatest number that would have been taken.
        max: i64,
        /// The number that came, or the nearest `i64` to it.
        actual: i64,
    },
    /// The order belongs to another customer already. It is attached once and never moved, because
    /// whoever watched it until now was allowed to on that ground.
    AlreadyAttached,
    /// The text does not have the form that was expected.
    Malformed {
        /// The expected form, in words: `"an RFC 3339 timestamp"`.
        expected: &'static str,
    },
    /// The JSON nests deeper than its limit.
    TooDeep {
        /// The most levels of arrays and objects that would have been taken.
        limit: usize,
    },
    /// The update has no use for the field. It is refused rather than ignored, so that nobody
    /// believes it was taken.
    Misplaced,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("must not be empty"),
            Self::TooLong { limit, actual } => {
                write!(f, "may have at most {limit} bytes, has {actual}")
            }
            Self::ControlCharacter { at } => {
                write!(f, "must not contain control characters, has one at byte {at}")
            }
            // `Debug` escapes what a reserved name should not contain but a caller may send.
            Self::Reserved { name } => write!(f, "{name:?} is reserved"),
            Self::OutOfRange { min, max, actual } => {
                write!(f, "must lie between {min} and {max}, is {actual}")
            }
            Self::AlreadyAttached => f.write_str("the order belongs to another customer already"),
            Self::Malformed { expected } => write!(f, "expected {expected}"),
            Self::TooDeep { limit } => write!(f, "may nest at most {limit} levels deep"),
            Self::Misplaced => f.write_str("does not belong in this kind of update"),
        }
    }
}

/// Takes a name: not empty, at most `limit` bytes, no control characters.
pub(crate) fn text(field: &'static str, value: &str, limit: usize) -> Result<(), Invalid> {
    // The length comes first, so that a hostile megabyte is not scanned.
    prose(field, value, limit)?;
    match value.char_indices().find(|(_, c)| c.is_control()) {
        Some((at, _)) => Err(Invalid { field, why: Why::ControlCharacter { at } }),
        None => Ok(()),
    }
}

/// Takes free text, a note for instance: not empty, at most `limit` bytes. Any character may occur,
/// line breaks included, because the encoders are what keeps them harmless.
pub(crate) fn prose(field: &'static str, value: &str, limit: usize) -> Result<(), Invalid> {
    if value.is_empty() {
        return Err(Invalid { field, why: Why::Empty });
    }
    if value.len() > limit {
        return Err(Invalid { field, why: Why::TooLong { limit, actual: value.len() } });
    }
    Ok(())
}

/// Deserializes from a string by `FromStr`, without allocating the string first. `expecting`
/// completes "expected …" when something other than a string comes.
pub(crate) fn deserialize<'de, D, T>(from: D, expecting: &'static str) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = Invalid>,
{
    struct Parse<T>(&'static str, PhantomData<T>);

    impl<T: FromStr<Err = Invalid>> Visitor<'_> for Parse<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: de::Error>(self, value: &str) -> Result<T, E> {
            value.parse().map_err(E::custom)
        }
    }

    from.deserialize_str(Parse(expecting, PhantomData))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_line_breaks_but_prose_may() {
        let refused = Invalid { field: "carrier", why: Why::ControlCharacter { at: 2 } };
        assert_eq!(text("carrier", "ab\ncd", 8), Err(refused));
        assert_eq!(prose("note", "ab\r\ncd\0", 8), Ok(()));
    }

    #[test]
    fn limits_count_bytes_and_include_themselves() {
        assert_eq!(text("carrier", "éé", 4), Ok(()));
        let too_long = Err(Invalid { field: "note", why: Why::TooLong { limit: 3, actual: 4 } });
        assert_eq!(prose("note", "éé", 3), too_long);
        assert_eq!(prose("note", "", 3), Err(Invalid { field: "note", why: Why::Empty }));
    }

    #[test]
    fn messages_say_what_was_expected_and_what_came() {
        let say = |why| Invalid { field: "f", why }.to_string();
        assert_eq!(say(Why::Empty), "f: must not be empty");
        assert_eq!(say(Why::Reserved { name: "a\n".into() }), r#"f: "a\n" is reserved"#);
        assert_eq!(
            say(Why::OutOfRange { min: 0, max: 100, actual: 101 }),
            "f: must lie between 0 and 100, is 101"
        );
        assert_eq!(say(Why::Malformed { expected: "a word" }), "f: expected a word");
    }
}
