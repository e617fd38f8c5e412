//! Who asks: headers that are asked for before each request.

use std::future::Future;

use async_trait::async_trait;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};

use crate::store::BoxError;

/// Says who asks. Asked before each request, so that a token may have been renewed meanwhile; it
/// should keep one until it is about to expire.
///
/// What it gives goes to the origin that the client was made for, and to no other: not when that
/// redirects, nor when a link of the server's leads elsewhere.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// The headers of the next request. `renew` after a 401: those that were given last are of no
    /// use any more. If the new ones are refused as well the stream is over.
    ///
    /// An error is a failure like any other: it is tried again, with a growing wait.
    async fn headers(&self, renew: bool) -> Result<HeaderMap, BoxError>;
}

/// Bearer tokens, from a function of the user's.
pub(crate) struct Bearer<F>(pub(crate) F);

#[async_trait]
impl<F, T> Credentials for Bearer<F>
where
    F: Fn(bool) -> T + Send + Sync,
    T: Future<Output = Result<String, BoxError>> + Send,
{
    async fn headers(&self, renew: bool) -> Result<HeaderMap, BoxError> {
        let token = (self.0)(renew).await?;
        let mut value = HeaderValue::try_from(format!("Bearer {token}"))?;
        value.set_sensitive(true);
        Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
    }
}
