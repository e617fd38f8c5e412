//! Refusals, as `application/problem+json` (RFC 9457).

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use order_events_core::hub::SubscribeError;
use order_events_core::{Denied, Limit};
use serde::Serialize;

use super::body::Body;
use super::head;
use super::settings;

/// Why a request was refused, before any byte of a stream.
///
/// What is not there and what may not be seen are one problem, to the byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// 401.
    #[error("sign in first")]
    Unauthenticated,
    /// 401: signed in, but not any more.
    #[error("the sign-in has expired")]
    Expired,
    /// 403.
    #[error("not allowed")]
    Forbidden,
    /// 404.
    #[error("there is no such thing, or it is not yours to see")]
    NotFound,
    /// 405.
    #[error("only GET and HEAD are understood here")]
    MethodNotAllowed,
    /// 406: nothing that the request accepts can be given.
    #[error("this can be had as {0}")]
    NotAcceptable(&'static str),
    /// 400: a page token of another log, or of none.
    #[error("the page token is not one of this log; begin with the first page")]
    UnknownPage,
    /// 429: this principal has too many streams.
    #[error("too many streams of one user")]
    TooMany(Duration),
    /// 503: the server, or what is watched, has too many streams.
    #[error("the server has all the streams it takes")]
    Busy(Duration),
    /// 503: the node is about to stop.
    #[error("this server is going away; another one goes on")]
    Draining(Duration),
    /// 503: the log, or whoever authorises, cannot be reached.
    #[error("the answer cannot be had at the moment")]
    Unavailable(Duration),
}

#[derive(Serialize)]
struct Json<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
}

impl Problem {
    /// One of each kind, for whoever lists what may be refused.
    pub const ALL: [Self; 11] = [
        Self::Unauthenticated,
        Self::Expired,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::NotAcceptable("application/json"),
        Self::UnknownPage,
        Self::TooMany(settings::RETRY_AFTER),
        Self::Busy(settings::RETRY_AFTER),
        Self::Draining(settings::RETRY_AFTER),
        Self::Unavailable(settings::RETRY_AFTER),
    ];

    /// Its status code.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated | Self::Expired => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable(_) => StatusCode::NOT_ACCEPTABLE,
            Self::UnknownPage => StatusCode::BAD_REQUEST,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy(_) | Self::Draining(_) | Self::Unavailable(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// A word for it that stays the same, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::Expired => "expired",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::NotAcceptable(_) => "not-acceptable",
            Self::UnknownPage => "unknown-page",
            Self::TooMany(_) => "too-many-streams",
            Self::Busy(_) => "busy",
            Self::Draining(_) => "draining",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// What the caller is told to wait before it asks again.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooMany(wait)
            | Self::Busy(wait)
            | Self::Draining(wait)
            | Self::Unavailable(wait) => Some(*wait),
            _ => None,
        }
    }

    /// What an authorizer's refusal is to the caller.
    pub fn denied(denied: Denied, wait: Duration) -> Self {
        match denied {
            Denied::Unauthenticated => Self::Unauthenticated,
            Denied::Forbidden => Self::Forbidden,
            Denied::NotFound => Self::NotFound,
            // A decision that could not be made may be made later; so may one of a kind that this
            // version does not know.
            _ => Self::Unavailable(wait),
        }
    }

    /// What a hub's refusal is to the caller; none where it is no refusal but the end: the reader
    /// has seen everything.
    pub fn refused(error: &SubscribeError, wait: Duration) -> Option<Self> {
        Some(match error {
            SubscribeError::Finished => return None,
            SubscribeError::Expired => Self::Expired,
            SubscribeError::Full { what: Limit::Principal, .. } => Self::TooMany(wait),
            SubscribeError::Full { .. } => Self::Busy(wait),
            SubscribeError::Draining => Self::Draining(wait),
            SubscribeError::Engine(order_events_core::engine::EngineError::UnknownPage) => {
                Self::UnknownPage
            }
            _ => Self::Unavailable(wait),
        })
    }

    /// The response.
    pub fn response(&self) -> Response<Body> {
        let mut response =
            document(self.status(), self.code(), self.to_string(), None, self.retry_after());
        let headers = response.headers_mut();
        match self {
            Self::Unauthenticated => {
                let challenge = HeaderValue::from_static("Bearer realm=\"orders\"");
                headers.insert(WWW_AUTHENTICATE, challenge);
            }
            Self::Expired => {
                let challenge = "Bearer realm=\"orders\", error=\"invalid_token\"";
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            Self::MethodNotAllowed => {
                headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            }
            _ => {}
        }
        response
    }
}

/// A refusal as JSON: why, the key to come back with, and when.
pub(crate) fn document(
    status: StatusCode,
    code: &'static str,
    detail: String,
    key: Option<&str>,
    retry_after: Option<Duration>,
) -> Response<Body> {
    let json = Json {
        // The status says what kind of problem it is; `code` tells those of one status apart.
        r#type: "about:blank",
        title: status.canonical_reason().unwrap_or_default(),
        status: status.as_u16(),
        code,
        detail,
        key,
    };
    // Texts and a number always have a JSON form.
    let json = serde_json::to_vec(&json).unwrap_or_default();
    let mut response = Response::new(Body::full(json));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    head::not_stored(headers);
    if let Some(wait) = retry_after {
        // Whole seconds, and never 0: that would ask for an immediate retry.
        let seconds = wait.as_millis().div_ceil(1000).max(1) as u64;
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// For handlers of the user's own.
impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        Self::denied(denied, wait_by_chance())
    }
}

/// No hub is at hand to spread a wait, so chance does.
pub(crate) fn wait_by_chance() -> Duration {
    let chance = RandomState::new().hash_one(()) % settings::RETRY_AFTER.as_millis() as u64;
    settings::RETRY_AFTER + Duration::from_millis(chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_that_no_hub_spreads_is_spread_by_chance() {
        let waits = [(); 64].map(|()| Problem::from(Denied::Failed).retry_after().unwrap());
        assert!(
            waits
                .iter()
                .all(|wait| (settings::RETRY_AFTER..2 * settings::RETRY_AFTER).contains(wait))
        );
        assert!(waits.iter().any(|wait| *wait != waits[0]));
    }
}
