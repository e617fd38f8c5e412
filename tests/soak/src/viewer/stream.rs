//! A stream on a raw socket, block by block.

use bytes::{Buf, BytesMut};
use order_events_core::Cursor;
use order_events_sse::Decoder;
use serde_json::Value;
use tokio::time::{Duration, Instant, sleep, sleep_until};

use super::page::shown;
use super::{Phase, Trouble, Viewer, count};
use crate::http::Connection;
use crate::process::Node;
use crate::told::Told;

/// Who has heard nothing for so long, several heartbeats, does nothing but wait …
const HUSH: Duration = Duration::from_secs(3);

/// … and nothing for so long is wrong.
const SILENCE: Duration = Duration::from_secs(5);

/// … to one who may have been given up: with the longest freeze in it, the 5 s after which a kernel does
/// so, and the 3 s within which its own has asked.
const LONG_SILENCE: Duration = Duration::from_secs(16);

/// What becomes of a connection.
enum Mood {
    ReadsOn,
    Leaves,
    IsKilled,
}

impl Viewer {
    /// Watches until the stream ends, or it has enough of it.
    pub(super) async fn watch(&mut self, node: &Node) -> Result<(), Trouble> {
        count(&self.house.habits.streams);
        let mut headers = self.headers();
        headers.push(("accept", "text/event-stream".to_owned()));
        let mut path = self.path();
        let named = if self.rng.bool() { "heartbeat=named" } else { "" };
        let losses = self.house.losses();
        let presented = self.look(|seen| seen.connects(losses));
        match presented {
            // A browser says where it stands by a header, others by the address.
            Some(cursor) if self.rng.bool() => {
                headers.push(("last-event-id", cursor.to_string()));
                path += &format!("?{named}");
            }
            Some(cursor) => path += &format!("?last_event_id={cursor}&{named}"),
            None => path += &format!("?{named}"),
        }
        let mut phase = self.house.phase.clone();
        phase.mark_unchanged();
        if matches!(self.house.phase(), Phase::Leave | Phase::Over) {
            return Ok(());
        }
        let mut connection = Connection::open(node.address).await?;
        let status = connection.ask("GET", &path, &headers, b"").await?;
        if status != 200 {
            return self.refused(status);
        }
        let mut blocks = Blocks::default();
        let mut next_mood = self.soon();
        let mut heard = Instant::now();
        loop {
            let patience = if self.may_be_given_up() { LONG_SILENCE } else { SILENCE };
            let piece = tokio::select! {
                // Whoever wants to do something does it, however much there is to read; and nobody was
                // silent who has something to say.
                biased;
                _ = phase.changed() => match self.house.phase() {
                    Phase::Leave | Phase::Over => return Ok(()),
                    Phase::Chaos | Phase::Settle => continue,
                },
                () = sleep_until(next_mood) => {
                    let mood = match heard.elapsed() < HUSH {
                        true => self.mood(&mut phase).await,
                        false => Mood::ReadsOn,
                    };
                    match mood {
                        Mood::ReadsOn => {}
                        Mood::Leaves => {
                            count(&self.house.habits.left);
                            return Ok(());
                        }
                        Mood::IsKilled => {
                            count(&self.house.habits.killed);
                            connection.kill();
                            return Ok(());
                        }
                    }
                    next_mood = self.soon();
                    continue;
                }
                piece = connection.piece() => piece?,
                () = sleep_until(heard + patience) => {
                    return Err(Trouble::Wrong(format!("nothing came for {patience:?}")));
                }
            };
            let Some(piece) = piece else { return Ok(()) };
            blocks.input.extend_from_slice(&piece);
            while let Some(block) = blocks.next()? {
                self.take(node, block).await?;
            }
            heard = Instant::now();
        }
    }

    fn soon(&mut self) -> Instant {
        Instant::now() + Duration::from_millis(self.rng.u64(50..3_000))
    }

    async fn mood(&mut self, phase: &mut tokio::sync::watch::Receiver<Phase>) -> Mood {
        if self.house.phase() != Phase::Chaos {
            return Mood::ReadsOn;
        }
        match self.rng.u8(..10) {
            0..4 => {
                count(&self.house.habits.frozen);
                let span = Duration::from_millis(self.rng.u64(100..7_000));
                self.look(|seen| seen.note(format_args!("is frozen for {span:?}")));
                // Who is frozen stays so, unless there is an end to everything.
                let since = Instant::now();
                tokio::select! {
                    () = sleep(span) => {}
                    _ = phase.wait_for(|phase| *phase != Phase::Chaos) => {}
                }
                self.unread += since.elapsed();
                Mood::ReadsOn
            }
            4..7 => Mood::Leaves,
            7 => Mood::IsKilled,
            _ => Mood::ReadsOn,
        }
    }

    async fn take(&mut self, node: &Node, block: Block) -> Result<(), Trouble> {
        let losses = self.house.losses();
        let cursor = block.id.as_deref().map(parse).transpose()?;
        let json = || -> Result<Value, String> {
            serde_json::from_str(&block.data)
                .map_err(|error| format!("{} is not JSON, {error}: {}", block.name, block.data))
        };
        match &*block.name {
            "" => {
                if let Some(at) = cursor {
                    self.is_whole(node, at).await?;
                }
            }
            "ready" => {
                let json = json()?;
                let resumed = json.get("resumed").and_then(Value::as_str);
                let resumed = resumed.map(parse).transpose()?;
                self.look(|seen| seen.ready(resumed))?;
            }
            "reset" => {
                let json = json()?;
                let reason = json.get("reason").and_then(Value::as_str).unwrap_or_default();
                let is_to_page = json.get("orders").is_some();
                self.look(|seen| seen.reset(reason, is_to_page, losses))?;
            }
            "snapshot" => {
                let shown = shown(&json()?)?;
                self.look(|seen| seen.snapshot(shown))?;
                if let Some(at) = cursor {
                    self.is_whole(node, at).await?;
                }
            }
            "heartbeat" => {
                let json = json()?;
                let served = json.get("cursor").and_then(Value::as_str).unwrap_or_default();
                let served = parse(served)?;
                self.look(|seen| seen.served(served));
            }
            "end" => {
                let json = json()?;
                let reason = json.get("reason").and_then(Value::as_str).unwrap_or_default();
                self.look(|seen| seen.end(reason));
            }
            name => {
                // An id that came before is one that came twice.
                let at = parse(&block.stands_at)?;
                let told = Told::of(name, &json()?)?;
                self.look(|seen| seen.event(at, told))?;
            }
        }
        Ok(())
    }

    /// A beginning is whole, once what does not come on the stream was paged.
    async fn is_whole(&mut self, node: &Node, at: Cursor) -> Result<(), Trouble> {
        if self.look(|seen| seen.is_to_page()) {
            let since = Instant::now();
            self.page_orders(node).await?;
            self.unread += since.elapsed();
        }
        Ok(self.look(|seen| seen.position(at))?)
    }
}

pub(super) fn parse(text: &str) -> Result<Cursor, String> {
    text.parse().map_err(|_| format!("not a cursor: {text:?}"))
}

/// A block of a stream, as its reader is told of it.
struct Block {
    /// Empty where it dispatches nothing.
    name: String,
    data: String,
    /// The id that this very block has, if it is another than before.
    id: Option<String>,
    /// Where the reader stands with it.
    stands_at: String,
}

/// Cuts a stream into blocks. Each goes through the decoder that clients use.
#[derive(Default)]
struct Blocks {
    input: BytesMut,
    decoder: Decoder,
}

impl Blocks {
    fn next(&mut self) -> Result<Option<Block>, String> {
        let Some(end) = self.input.windows(2).position(|pair| pair == b"\n\n") else {
            return Ok(None);
        };
        let block = self.input.split_to(end + 2).freeze();
        let before = self.decoder.last_event_id().to_owned();
        let mut rest = block.chunk();
        let message = self.decoder.decode(&mut rest).map_err(|error| error.to_string())?;
        let (name, data) =
            message.map(|message| (message.event.to_string(), message.data)).unwrap_or_default();
        let stands_at = self.decoder.last_event_id().to_owned();
        let id = Some(&stands_at).filter(|id| **id != before).cloned();
        Ok(Some(Block { name, data, id, stands_at }))
    }
}
