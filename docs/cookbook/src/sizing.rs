#![doc = include_str!("../sizing.md")]

/// What a node holds, or is to hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Node {
    /// Events that the log retains in memory, or that the timelines of open orders keep when it let
    /// go of them. On Redis none: they are there.
    pub events: usize,
    /// Bytes of one event's JSON.
    pub json: usize,
    /// Orders that are known. On Redis none.
    pub orders: usize,
    /// Idempotency keys that are remembered. On Redis none.
    pub keys: usize,
    /// Events that somebody watched, and that were therefore encoded: once for each audience.
    pub encoded: usize,
    /// Streams that are open.
    pub streams: usize,
}

/// An event besides its JSON: its record, and its places in the log and in its order's list.
pub const EVENT: usize = 120;
/// An order: itself, its id, its place among the orders and among its customer's.
pub const ORDER: usize = 290;
/// A key of 36 characters, and what it stands for.
pub const KEY: usize = 190;
/// An encoded event besides its JSON: its frame, and where that is kept.
pub const FRAME: usize = 180;
/// A stream on our `serve`, with everything.
pub const STREAM: usize = 1_800;
/// What the kernel holds of a stream while nothing is under way: a TCP socket.
pub const SOCKET: usize = 4_000;

impl Node {
    /// Bytes of the log: nothing on Redis.
    pub fn log(&self) -> usize {
        self.events * (EVENT + self.json)
            + self.orders * ORDER
            + self.keys * KEY
            + self.encoded * (FRAME + self.json)
    }

    /// Bytes in all, as the program asks for them.
    pub fn bytes(&self) -> usize {
        self.log() + self.streams * STREAM
    }

    /// Bytes that the kernel holds besides. They count in a container's limit.
    pub fn kernel(&self) -> usize {
        self.streams * SOCKET
    }
}
