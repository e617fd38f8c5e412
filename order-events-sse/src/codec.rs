//! Frames of a hub's events.

use bytes::Bytes;
use order_events_core::{Codec, Cursor};

use crate::encoder::Block;
use crate::field::{Id, Name};

/// The codec that makes a hub's frames blocks of an event stream: `event`, `id` and `data`.
#[derive(Debug, Clone, Copy, Default)]
pub struct SseCodec;

impl Codec for SseCodec {
    fn encode(&self, cursor: Cursor, name: &str, data: &str) -> Bytes {
        let id = cursor.to_string();
        Block {
            // Names were checked when they were published, so a refused one comes from an engine
            // that holds what no hub wrote. The frame then has no name, and a reader takes it for a
            // `message`: it still sees the data and moves on. Without data it would step over an
            // event in silence, and under a name of ours it would believe what nobody said.
            event: Name::new(name).ok(),
            // The text of a cursor is always an id.
            id: Id::new(&id).ok(),
            data: Some(data),
            ..Block::default()
        }
        .to_bytes()
    }
}
