//! The load of the end-to-end run: a client that is not itself the bottleneck.
//!
//! One thread, one epoll, one buffer for all sockets, and no allocation per delivery. It finds its
//! own marker in the bytes of a stream, whatever they are framed in, counts each event per watcher,
//! and reads from the system what the server took for it.

pub mod client;
pub mod histogram;
pub mod machine;
pub mod marker;
pub mod options;
pub mod publisher;
pub mod report;
pub mod scenario;
pub mod server;
pub mod tally;
