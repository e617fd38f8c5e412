//! What went wrong: for good, or for now.

use std::time::Duration;

use http::StatusCode;
use order_events_core::SCHEMA_VERSION;
use order_events_sse::DecodeError;

use crate::store::BoxError;

/// Why a stream is over, other than by its natural end.
///
/// Everything else that may go wrong is a [`Failure`]: it is tried again, and told by
/// [`Events::failure`](crate::Events::failure) alone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// 401, and once more with renewed credentials; or at once where nothing can renew them.
    #[error("the server does not know who asks")]
    Unauthenticated,
    /// 403.
    #[error("not allowed")]
    Forbidden,
    /// 404: there is no such thing, or it is not ours to see.
    #[error("there is no such thing, or it is not ours to see")]
    NotFound,
    /// The server speaks a later version of the events' JSON, which we would misread.
    #[error("the server speaks version {0} of the events, and this client {SCHEMA_VERSION}")]
    Schema(u64),
    /// The store could not say where to go on from.
    #[error("the cursor could not be loaded")]
    Store(#[source] BoxError),
    /// No address can be made of this id: `.` and `..` mean something else in a path.
    #[error("no address can be made of this id")]
    Unaddressable,
    /// A single request failed, as [`Client::snapshot`](crate::Client::snapshot)
    /// makes it: those are not tried again.
    #[error("the request failed")]
    Failed(#[source] Failure),
}

/// What went wrong and is tried again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// No connection could be made.
    #[error("the server could not be reached")]
    Unreachable(#[source] BoxError),
    /// The connection broke.
    #[error("the connection broke")]
    Broken(#[source] BoxError),
    /// The stream stopped without saying why.
    #[error("the stream stopped without a word")]
    CutOff,
    /// The head of an answer took too long.
    #[error("no answer came")]
    NoAnswer,
    /// A stream was promised, and no byte of it came: somebody in between holds it back.
    #[error("the stream is held back: no byte of it came")]
    HeldBack,
    /// A stream was silent for longer than its heartbeats allow.
    #[error("the stream went silent")]
    Silent,
    /// The server refused.
    #[error("the server refused with {status}")]
    Refused {
        /// How.
        status: StatusCode,
        /// When it said to come back.
        retry_after: Option<Duration>,
    },
    /// The server ended the stream before it began, with this word.
    #[error("the server refused by ending the stream: {0}")]
    EndedAtOnce(String),
    /// A redirect to another origin, which is not followed: credentials would go along, and what
    /// comes back would be somebody else's word.
    #[error("a redirect to another origin, {0}, is not followed")]
    OtherOrigin(String),
    /// A redirect that says not where to, or one too many.
    #[error("the redirects lead nowhere")]
    Redirects,
    /// Neither a stream nor a page, whichever was asked for.
    #[error("the answer is of type {0:?}")]
    WrongType(String),
    /// The answer is compressed, though that was not asked for.
    #[error("the answer is encoded as {0:?}")]
    Encoded(String),
    /// The stream cannot be read on.
    #[error("the stream cannot be read on")]
    Undecodable(#[from] DecodeError),
    /// A page is longer than it may be.
    #[error("a page is longer than {limit} bytes")]
    TooLarge {
        /// The most bytes.
        limit: usize,
    },
    /// A page is not what a page should be.
    #[error("a page cannot be read")]
    Unreadable(#[source] serde_json::Error),
    /// The credentials could not be had.
    #[error("the credentials could not be had")]
    Credentials(#[source] BoxError),
}

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The address is not one of `http` or `https`.
    #[error("not an http or https address")]
    Address,
    /// `https` without the feature `rustls`, and without a client of the user's that can speak it.
    #[error("https wants the feature `rustls`")]
    NoTls,
    /// The HTTP client could not be set up.
    #[error("the HTTP client could not be set up")]
    Http(#[source] BoxError),
}
