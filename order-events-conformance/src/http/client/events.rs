//! A stream, block by block.

use std::time::Duration;

use order_events_sse::Decoder;
use serde_json::Value;

use super::connection::Framing;
use super::{Connection, Head};

/// An open stream.
///
/// The bytes are cut into blocks at their blank lines, and each block goes through the decoder that
/// clients use. So a case sees both what was sent and what is understood, and the transcript holds
/// the blocks that a case has read, however the server put them into chunks.
pub(crate) struct Events {
    pub(crate) head: Head,
    connection: Connection,
    framing: Framing,
    input: Vec<u8>,
    decoder: Decoder,
}

/// One block, from its first line to its blank one.
#[derive(Debug)]
pub(crate) struct Block {
    /// As it was sent.
    pub(crate) text: String,
    /// The name of the event; empty where the block dispatches none.
    pub(crate) name: String,
    /// The event's data, as it was decoded.
    pub(crate) data: String,
    /// The id that this block itself has.
    pub(crate) id: Option<String>,
}

impl Block {
    pub(crate) fn json(&self) -> Value {
        match serde_json::from_str(&self.data) {
            Ok(json) => json,
            Err(error) => panic!("not JSON ({error}): {}", self.text),
        }
    }
}

impl Events {
    pub(super) fn new(connection: Connection, head: Head) -> Self {
        let framing = Framing::of(&head);
        Self { head, connection, framing, input: Vec::new(), decoder: Decoder::new() }
    }

    /// The next block; none at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Block> {
        let mut searched = 0;
        let end = loop {
            let rest = &self.input[searched..];
            if let Some(end) = rest.windows(2).position(|pair| pair == b"\n\n") {
                break searched + end + 2;
            }
            searched = self.input.len().saturating_sub(1);
            match self.connection.piece(&mut self.framing).await {
                Some(piece) => self.input.extend_from_slice(&piece),
                None => {
                    assert!(self.input.is_empty(), "the stream ended within a block");
                    self.connection.ended();
                    return None;
                }
            }
        };
        let bytes: Vec<u8> = self.input.drain(..end).collect();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        self.connection.given(&text);
        let message = self.decoder.decode(&mut &bytes[..]);
        let message = message.unwrap_or_else(|error| panic!("{error}: {text}"));
        let (name, data) = message.map(|m| (m.event.to_string(), m.data)).unwrap_or_default();
        let id = text.lines().find_map(|line| line.strip_prefix("id: ")).map(str::to_owned);
        Some(Block { text, name, data, id })
    }

    /// The next block, which is there.
    pub(crate) async fn block(&mut self) -> Block {
        self.next().await.unwrap_or_else(|| panic!("the stream ended where more was expected"))
    }

    /// The next block, which is of this name.
    pub(crate) async fn event(&mut self, name: &str) -> Block {
        let block = self.block().await;
        assert_eq!(block.name, name, "the next block:\n{}", block.text);
        block
    }

    /// The first block; gives what it says.
    pub(crate) async fn ready(&mut self) -> Value {
        let block = self.event("ready").await;
        // Who goes on is where it says it was, even if it is cut off before the first event.
        let ready = block.json();
        let resumed = ready.get("resumed").and_then(Value::as_str);
        assert_eq!(block.id.as_deref(), resumed, "a reader stands where it was resumed");
        ready
    }

    /// The beginning of a reader who goes on from a cursor.
    pub(crate) async fn resumed(&mut self, cursor: &str) {
        let ready = self.ready().await;
        assert_eq!(ready["resumed"], cursor, "{ready}");
    }

    /// The beginning of a reader who must begin anew.
    pub(crate) async fn reset(&mut self, reason: &str) -> Value {
        let ready = self.ready().await;
        assert!(ready.get("resumed").is_none(), "nothing is resumed: {ready}");
        let reset = self.event("reset").await;
        assert_eq!(reset.id, None, "a reset moves nobody");
        assert_eq!(reset.json()["reason"], reason, "{}", reset.text);
        reset.json()
    }

    /// The last block, and the end.
    pub(crate) async fn ends(&mut self, reason: &str) {
        let block = self.event("end").await;
        assert_eq!(block.id, None, "an end moves nobody");
        assert_eq!(block.json()["reason"], reason, "{}", block.text);
        let after = self.next().await;
        assert!(after.is_none(), "nothing follows the end: {after:?}");
    }

    /// Where a reader goes on from by now; empty before the first id.
    pub(crate) fn last_event_id(&self) -> &str {
        self.decoder.last_event_id()
    }

    pub(crate) fn retry(&self) -> Option<Duration> {
        self.decoder.retry()
    }

    pub(crate) async fn close_half(&mut self) {
        self.connection.close_half().await;
    }
}
