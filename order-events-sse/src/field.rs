//! What may stand behind `event:` and `id:`, checked once, when it is made.
//!
//! Data needs no type of its own: the encoder carries any text.

use std::fmt;

/// The name of an event: what a page gives to `addEventListener`.
///
/// Any text that is not empty, has no CR, LF or NUL, and is not `open` or `error`: `EventSource`
/// fires events of its own by these names, and a listener could not tell ours from them. An empty
/// name is refused because a reader takes it for `message`, which was not what was said.
///
/// ```
/// use order_events_sse::{Fault, Name};
///
/// // `new` is const, so that a name that is known beforehand is checked by the compiler.
/// const READY: Name<'static> = match Name::new("ready") {
///     Ok(name) => name,
///     Err(_) => panic!("is a name"),
/// };
/// assert_eq!(READY.as_str(), "ready");
///
/// let refused = Name::new("shipped\ndata: forged").unwrap_err();
/// assert_eq!(refused.fault, Fault::LineBreak { at: 7 });
/// assert_eq!(refused.to_string(), "event: must not contain line breaks, has one at byte 7");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name<'a>(&'a str);

impl<'a> Name<'a> {
    /// Takes the text as it is, or says what is wrong with it.
    pub const fn new(text: &'a str) -> Result<Self, FieldError> {
        let fault = match text.as_bytes() {
            b"" => Some(Fault::Empty),
            b"open" | b"error" => Some(Fault::Reserved),
            bytes => forbidden(bytes),
        };
        match fault {
            Some(fault) => Err(FieldError { field: Field::Event, fault }),
            None => Ok(Self(text)),
        }
    }

    /// The text it was made from.
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

/// The id of an event: what a reader hands back as `Last-Event-ID`.
///
/// Any text without CR, LF and NUL: with a NUL the standard has the reader ignore the field. Empty
/// is an id, too: it makes the reader forget the one it has. What a *header* can carry is less;
/// cursors keep to `[A-Za-z0-9._-]`, so that going on across origins costs no preflight.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id<'a>(&'a str);

impl<'a> Id<'a> {
    /// Takes the text as it is, or says what is wrong with it.
    pub const fn new(text: &'a str) -> Result<Self, FieldError> {
        match forbidden(text.as_bytes()) {
            Some(fault) => Err(FieldError { field: Field::Id, fault }),
            None => Ok(Self(text)),
        }
    }

    /// The text it was made from.
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

/// Const, hence the loop: names and ids are short, and ours are checked while compiling.
const fn forbidden(text: &[u8]) -> Option<Fault> {
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        let at = text.len() - rest.len();
        match *byte {
            b'\r' | b'\n' => return Some(Fault::LineBreak { at }),
            0 => return Some(Fault::Nul { at }),
            _ => rest = after,
        }
    }
    None
}

macro_rules! text {
    ($name:ident) => {
        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.0)
            }
        }

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // On one line even where `{:#?}` is asked for: it is one word.
                write!(f, concat!(stringify!($name), "({:?})"), self.0)
            }
        }

        impl AsRef<str> for $name<'_> {
            fn as_ref(&self) -> &str {
                self.0
            }
        }

        impl<'a> TryFrom<&'a str> for $name<'a> {
            type Error = FieldError;

            fn try_from(text: &'a str) -> Result<Self, FieldError> {
                Self::new(text)
            }
        }
    };
}

text!(Name);
text!(Id);

/// A text that cannot stand in its field. It never repeats the text, which may be anything and may
/// be on its way to a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {fault}")]
pub struct FieldError {
    /// The field it was meant for.
    pub field: Field,
    /// What is wrong with it.
    pub fault: Fault,
}

/// A field whose text is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Field {
    /// `event:`, see [`Name`].
    Event,
    /// `id:`, see [`Id`].
    Id,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Event => "event",
            Self::Id => "id",
        })
    }
}

/// What is wrong with a text. Not an error by itself: it lacks the field that [`FieldError`] adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The text has no characters.
    Empty,
    /// The text holds a CR or an LF, which would end the field and begin another.
    LineBreak {
        /// Where the first one stands, in bytes from the beginning.
        at: usize,
    },
    /// The text holds a NUL.
    Nul {
        /// Where the first one stands, in bytes from the beginning.
        at: usize,
    },
    /// The name is one of `EventSource`'s own, `open` or `error`.
    Reserved,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("must not be empty"),
            Self::LineBreak { at } => {
                write!(f, "must not contain line breaks, has one at byte {at}")
            }
            Self::Nul { at } => write!(f, "must not contain NUL, has one at byte {at}"),
            Self::Reserved => f.write_str("is one of EventSource's own names"),
        }
    }
}
