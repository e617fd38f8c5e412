#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "clients")]
#[cfg_attr(docsrs, doc(cfg(feature = "clients")))]
pub mod clients;
pub mod engine;
pub mod faulty;
#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
pub mod http;
pub mod moody;
mod trial;

/// Streams, and what every decoder of server-sent events must make of them, as JSON: a list of
/// `{case, stream or hex, limits?, messages, lastEventId, retry?, error?}`. Readers in other
/// languages are held to the same file.
pub const DECODER_VECTORS: &str = include_str!("../vectors/decoder.json");
