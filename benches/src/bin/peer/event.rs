//! What is published: the note of an order, in as many bytes as ours.

use bytes::Bytes;
use order_events_core::Timestamp;
use serde::Serialize;

/// The name of the event on the wire.
pub(crate) const NAME: &str = "order.note";

/// An event as a service without this crate would send it round.
///
/// Two of its four fields allocate when it is cloned. Its timestamp is ours, which prints faster
/// than a general one: that is in the favour of those who serialise for each watcher.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {
    /// Its place on the wire. Ours is the cursor; this has its length and means nothing.
    #[serde(skip)]
    pub(crate) seq: u64,
    pub(crate) order_id: String,
    pub(crate) version: u64,
    pub(crate) timestamp: Timestamp,
    pub(crate) note: String,
}

impl Event {
    /// The SSE `id`.
    pub(crate) fn id(&self) -> String {
        format!("0000000000000.{}", self.seq)
    }

    /// The whole block as it leaves: for those who encode once.
    pub(crate) fn frame(&self) -> Result<Bytes, serde_json::Error> {
        let mut frame = format!("event: {NAME}\nid: {}\ndata: ", self.id()).into_bytes();
        serde_json::to_writer(&mut frame, self)?;
        frame.extend_from_slice(b"\n\n");
        Ok(frame.into())
    }
}
