//! Requests: what is sent, to whom, and what an answer must look like. Decides nothing about when.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderName,
    LOCATION, RETRY_AFTER,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use url::Url;

use crate::address;
use crate::config::REDIRECTS;
use crate::credentials::Credentials;
use crate::error::Failure;
use crate::reconnect::Form;
use crate::session::Request;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The longest cursor that is handed back in a header; ours have 64 bytes at most.
const MAX_CURSOR_BYTES: usize = 1024;

pub(crate) struct Transport {
    pub(crate) http: reqwest::Client,
    /// Sent with each request, as credentials are.
    pub(crate) headers: HeaderMap,
    pub(crate) credentials: Option<Arc<dyn Credentials>>,
}

/// What was asked for.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Where it came from.
    pub(crate) url: Url,
    pub(crate) body: reqwest::Body,
}

impl Transport {
    /// Asks. Whoever drops this, or the answer's body, closes the connection.
    pub(crate) async fn ask(&self, request: Request) -> Result<Answer, Failure> {
        let Request { mut url, form, cursor, renew } = request;
        let mut headers = self.headers.clone();
        if let Some(credentials) = &self.credentials {
            headers.extend(credentials.headers(renew).await.map_err(Failure::Credentials)?);
        }
        headers.insert(ACCEPT, HeaderValue::from_static(media(form)));
        // Compressors wait for more before they give anything.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(cursor) = carried(&cursor) {
            headers.insert(LAST_EVENT_ID, cursor);
        }
        for _ in 0..=REDIRECTS {
            let sent = self.http.get(url.clone()).headers(headers.clone()).send().await;
            let response = sent.map_err(|error| match error.is_connect() {
                true => Failure::Unreachable(error.without_url().into()),
                false => Failure::Broken(error.without_url().into()),
            })?;
            if is_redirect(response.status()) {
                let location = response.headers().get(LOCATION);
                url = address::redirect(&url, location.and_then(|to| to.to_str().ok()))?;
                continue;
            }
            check(response.status(), response.headers(), form)?;
            return Ok(Answer { url, body: response.into() });
        }
        Err(Failure::Redirects)
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}

fn media(form: Form) -> &'static str {
    match form {
        Form::Stream => "text/event-stream",
        Form::Page | Form::Orders => "application/json",
    }
}

/// What a header carries from one end to the other as it is, and is no burden to a server. Anything
/// else is gone without: the server then tells the present.
fn carried(cursor: &str) -> Option<HeaderValue> {
    let is_plain =
        cursor.bytes().all(|byte| matches!(byte, b' '..=b'~')) && cursor.trim() == cursor;
    let is_carried = is_plain && !cursor.is_empty() && cursor.len() <= MAX_CURSOR_BYTES;
    is_carried.then(|| HeaderValue::from_str(cursor).ok()).flatten()
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn check(status: StatusCode, headers: &HeaderMap, form: Form) -> Result<(), Failure> {
    if status != StatusCode::OK {
        return Err(Failure::Refused { status, retry_after: retry_after(headers) });
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let found = text(CONTENT_TYPE);
    let kind = found.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(media(form)) {
        return Err(Failure::WrongType(found.to_owned()));
    }
    match text(CONTENT_ENCODING) {
        "" => Ok(()),
        identity if identity.eq_ignore_ascii_case("identity") => Ok(()),
        other => Err(Failure::Encoded(other.to_owned())),
    }
}

/// Seconds, or a date; by the server's own clock, where it says what time it has.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let value = text(RETRY_AFTER)?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = text(DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    let now = now.unwrap_or_else(SystemTime::now);
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(HeaderName, &'static str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        let seconds = |lines: &[_]| retry_after(&headers(lines)).map(|wait| wait.as_secs());
        assert_eq!(seconds(&[(RETRY_AFTER, " 7 ")]), Some(7));
        let date = "Sun, 22 Nov 2026 12:00:30 GMT";
        let now = "Sun, 22 Nov 2026 12:00:00 GMT";
        assert_eq!(seconds(&[(RETRY_AFTER, date), (DATE, now)]), Some(30));
        assert_eq!(seconds(&[(RETRY_AFTER, now), (DATE, date)]), Some(0));
        assert_eq!(seconds(&[(RETRY_AFTER, "Mon, 01 Jan 1990 00:00:00 GMT")]), Some(0));
        for none in ["", "soon", "-1", "1.5"] {
            assert_eq!(seconds(&[(RETRY_AFTER, none)]), None, "{none:?}");
        }
    }

    #[test]
    fn a_cursor_that_no_header_can_carry_is_gone_without() {
        for cursor in ["7f3k.129", "with space", "~"] {
            assert_eq!(carried(cursor).unwrap(), cursor);
        }
        let long = "x".repeat(MAX_CURSOR_BYTES + 1);
        for cursor in ["", " ", " lead", "trail ", "é", "a\tb", "\u{7f}", &long] {
            assert!(carried(cursor).is_none(), "{cursor:?}");
        }
    }

    #[test]
    fn an_answer_is_of_the_type_that_was_asked_for() {
        let of = |lines: &[_], form| check(StatusCode::OK, &headers(lines), form);
        let stream = (CONTENT_TYPE, "Text/Event-Stream; charset=utf-8");
        assert!(of(std::slice::from_ref(&stream), Form::Stream).is_ok());
        assert!(matches!(
            of(std::slice::from_ref(&stream), Form::Page),
            Err(Failure::WrongType(found)) if found.starts_with("Text/")
        ));
        assert!(matches!(of(&[], Form::Page), Err(Failure::WrongType(_))));
        assert!(of(&[stream.clone(), (CONTENT_ENCODING, "identity")], Form::Stream).is_ok());
        assert!(matches!(
            of(&[stream, (CONTENT_ENCODING, "gzip")], Form::Stream),
            Err(Failure::Encoded(_))
        ));
    }
}
