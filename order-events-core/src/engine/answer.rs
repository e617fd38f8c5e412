//! What an engine returns from the calls that every publish makes.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::EngineError;

/// An engine's answer to [`read`](super::Log::read) or [`append`](super::Append::append): there at
/// once, or a future.
///
/// An engine in memory knows the answer when it is asked, and pays for no future. One that must wait
/// for it writes `Answer::later(async move { … })`.
#[must_use = "an answer that is not awaited may not have been worked for"]
pub struct Answer<'a, T>(State<'a, T>);

enum State<'a, T> {
    /// None once it was given.
    Now(Option<Result<T, EngineError>>),
    Later(Pin<Box<dyn Future<Output = Result<T, EngineError>> + Send + 'a>>),
}

impl<'a, T> Answer<'a, T> {
    /// An answer that is there.
    pub fn now(answer: Result<T, EngineError>) -> Self {
        Self(State::Now(Some(answer)))
    }

    /// An answer that takes time.
    pub fn later(answer: impl Future<Output = Result<T, EngineError>> + Send + 'a) -> Self {
        Self(State::Later(Box::pin(answer)))
    }
}

impl<T: Unpin> Future for Answer<'_, T> {
    type Output = Result<T, EngineError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            // Whoever polls a future that has ended waits for ever, but does not panic.
            State::Now(answer) => answer.take().map_or(Poll::Pending, Poll::Ready),
            State::Later(answer) => answer.as_mut().poll(cx),
        }
    }
}

impl<T> fmt::Debug for Answer<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            State::Now(_) => "Answer::now",
            State::Later(_) => "Answer::later",
        })
    }
}
