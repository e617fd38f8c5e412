//! What a request asks for, whatever framework received it.

use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, Method, Uri};
use order_events_core::Resume;

use super::accept::{self, Form};
use super::heartbeat::Style;
use super::last_event_id;
use super::problem::Problem;
use super::query::Query;

/// What a request for events asks for, read from its method, headers and query: a stream or a page,
/// and from where.
///
/// Made by an adapter's extractor, or by [`StreamRequest::of`]; what becomes of it is
/// [`open`](Self::open)'s. Reading never fails: what is wrong with a request is answered when it
/// is opened, so that a handler of the user's own refuses in the same words as the ready-made
/// routes.
#[derive(Debug, Clone)]
pub struct StreamRequest {
    pub(crate) asked: Result<Asked, Problem>,
    pub(crate) resume: Resume,
    pub(crate) wait: Duration,
    pub(crate) heartbeat: Style,
    attempt: Option<u32>,
}

/// The form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) form: Form,
    pub(crate) head_only: bool,
}

impl StreamRequest {
    /// Reads a request's parts.
    pub fn of(parts: &Parts) -> Self {
        Self::from_parts(&parts.method, &parts.uri, &parts.headers)
    }

    /// Reads a request, part by part.
    pub fn from_parts(method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        let query = Query::of(uri.query());
        let form = accept::form(headers)
            .ok_or(Problem::NotAcceptable("text/event-stream or application/json"));
        let asked = head_only(method).and_then(|head_only| Ok(Asked { form: form?, head_only }));
        let named = query.get("heartbeat") == Some("named");
        Self {
            asked,
            resume: last_event_id::resume(headers, &query),
            wait: Duration::from_secs(query.number("wait").unwrap_or(0)),
            heartbeat: if named { Style::Named } else { Style::Comment },
            attempt: query.number("attempt").and_then(|attempt| attempt.try_into().ok()),
        }
    }

    /// Where the reader says it stands.
    pub fn resume(&self) -> &Resume {
        &self.resume
    }

    /// Which reconnect in a row this is, where the client says so: for metrics.
    pub fn attempt(&self) -> Option<u32> {
        self.attempt
    }
}

/// Whether the head alone is wanted, if the method is one of ours.
pub(crate) fn head_only(method: &Method) -> Result<bool, Problem> {
    match *method {
        Method::GET => Ok(false),
        Method::HEAD => Ok(true),
        _ => Err(Problem::MethodNotAllowed),
    }
}
