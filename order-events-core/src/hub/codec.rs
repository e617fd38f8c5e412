//! From events to the bytes of frames.

use std::fmt::Write as _;

use bytes::Bytes;

use crate::cursor::{Cursor, MAX_CURSOR_BYTES};

/// Turns an event into the bytes of a frame.
///
/// Called once per event and audience, in the task of the first reader that wants it; it must not
/// fail and should not block. Codecs of one type encode alike, whatever they hold: the frame that
/// one has made is given to all who ask by that type.
pub trait Codec: Send + Sync + 'static {
    /// The frame of an event: its place, its kind's name, and its data, a JSON object.
    fn encode(&self, cursor: Cursor, name: &str, data: &str) -> Bytes;
}

/// `{"id":…,"event":…,"data":…}`: the shape of an event in a page.
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonCodec;

impl Codec for JsonCodec {
    fn encode(&self, cursor: Cursor, name: &str, data: &str) -> Bytes {
        // A text always has a JSON form.
        let name = serde_json::to_string(name).unwrap_or_default();
        // As much room as is needed: frames are kept for as long as their events.
        let mut frame = String::with_capacity(MAX_CURSOR_BYTES + name.len() + data.len() + 26);
        let _cannot_fail =
            write!(frame, "{{\"id\":\"{cursor}\",\"event\":{name},\"data\":{data}}}");
        Bytes::copy_from_slice(frame.as_bytes())
    }
}
