//! Where a reader stands: an epoch and a seq, as one opaque word.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;

/// The longest text that is looked at when a cursor is parsed, in bytes.
///
/// Ids on the wire are at most 64 bytes of `[A-Za-z0-9._-]`: anything else can cost a cross-origin
/// reconnect a preflight. Ours need 34.
pub const MAX_CURSOR_BYTES: usize = 64;

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const EPOCH_CHARS: usize = 13;

/// A random word drawn when a log is born. A log that was lost and begun again has another epoch,
/// which is how a reader learns that the numbers it holds mean nothing any more.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch(u64);

impl Epoch {
    /// Draws a new epoch from the operating system's entropy.
    pub fn draw() -> Self {
        Self(RandomState::new().hash_one("epoch"))
    }

    /// The epoch with this number: for engines that store it, and for tests that want it fixed.
    pub const fn from_u64(word: u64) -> Self {
        Self(word)
    }

    /// The number behind the word, for engines that store it.
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [b'0'; EPOCH_CHARS];
        let mut rest = self.0;
        for place in text.iter_mut().rev() {
            *place = DIGITS.get((rest & 31) as usize).copied().unwrap_or(b'0');
            rest >>= 5;
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Epoch({self})")
    }
}

impl FromStr for Epoch {
    type Err = MalformedCursor;

    /// Only the canonical form is accepted, so that equal cursors are equal texts.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != EPOCH_CHARS {
            return Err(MalformedCursor);
        }
        let mut word: u64 = 0;
        for (place, byte) in text.bytes().enumerate() {
            let digit = DIGITS.iter().position(|d| *d == byte).ok_or(MalformedCursor)? as u64;
            // 13 characters hold 65 bits: the first one may only be 0..=15.
            if place == 0 && digit > 15 {
                return Err(MalformedCursor);
            }
            word = word << 5 | digit;
        }
        Ok(Self(word))
    }
}

/// A place in a tenant's log: the SSE `id`.
///
/// Its text, today `epoch.seq`, is opaque on every wire: clients may compare it for equality and
/// hand it back, nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The log's epoch.
    pub epoch: Epoch,
    /// The place of the last event that was seen; 0 before the first.
    pub seq: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.seq)
    }
}

impl FromStr for Cursor {
    type Err = MalformedCursor;

    /// Only the canonical form is accepted (no sign, no leading zero), so that equal cursors are
    /// equal texts. Never looks further than [`MAX_CURSOR_BYTES`].
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_CURSOR_BYTES {
            return Err(MalformedCursor);
        }
        let (epoch, seq) = text.split_once('.').ok_or(MalformedCursor)?;
        let canonical =
            seq.bytes().all(|b| b.is_ascii_digit()) && (seq == "0" || !seq.starts_with('0'));
        if !canonical {
            return Err(MalformedCursor);
        }
        Ok(Self { epoch: epoch.parse()?, seq: seq.parse().map_err(|_| MalformedCursor)? })
    }
}

/// The text is not a cursor. It is not repeated here: it came from outside and may be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this service")]
pub struct MalformedCursor;
