//! What may be answered, and nothing else.

use order_events_sse::Decoder;
use serde_json::Value;

use crate::asked::ADMIN;

/// Every status that the documents of the API name.
const STATUSES: [u16; 12] = [200, 202, 204, 304, 400, 401, 403, 404, 405, 406, 429, 503];

/// An answer, however its framework says it.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, Vec<u8>)>,
    /// All of it, or of a stream what was read.
    pub body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &[u8] {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or(b"", |(_, value)| value)
    }

    pub fn is_stream(&self) -> bool {
        self.status == 200 && self.header("content-type") == b"text/event-stream"
    }

    /// Holds it to what is documented. An address that is none of ours may be the framework's to
    /// refuse.
    pub fn is_as_documented(&self, method: &[u8], path: &str) {
        assert!(STATUSES.contains(&self.status), "{self:?}");
        let is_for_admins = path.strip_prefix("/api").unwrap_or(path).starts_with(ADMIN);
        let is_frameworks = self.header("content-type").is_empty() && self.status == 404;
        if !is_ours(path) && is_frameworks {
            return;
        }
        if !matches!(self.status, 204 | 304) {
            assert_eq!(self.header("x-content-type-options"), b"nosniff", "{self:?}");
        }
        if method == b"HEAD" && self.is_stream() {
            assert!(self.body.is_empty(), "{self:?}");
            return;
        }
        match self.status {
            200 if self.is_stream() => self.is_a_stream(),
            200 | 202 => {
                assert_eq!(self.header("content-type"), b"application/json", "{self:?}");
                if method != b"HEAD" {
                    let json = self.json();
                    assert!(is_for_admins || json["cursor"].is_string(), "{self:?}");
                }
            }
            204 | 304 => assert!(self.body.is_empty(), "{self:?}"),
            status => self.is_a_problem(status, method == b"HEAD"),
        }
    }

    fn is_a_problem(&self, status: u16, is_head: bool) {
        assert_eq!(self.header("content-type"), b"application/problem+json", "{self:?}");
        assert_eq!(self.header("cache-control"), b"no-store", "{self:?}");
        let has = |name| !self.header(name).is_empty();
        assert_eq!(has("allow"), status == 405, "{self:?}");
        assert_eq!(has("www-authenticate"), status == 401, "{self:?}");
        assert_eq!(has("retry-after"), matches!(status, 429 | 503), "{self:?}");
        // Some frameworks leave it out themselves.
        if is_head && self.body.is_empty() {
            return;
        }
        let json = self.json();
        assert_eq!(json["status"], status, "{self:?}");
        for field in ["type", "title", "code", "detail"] {
            assert!(json[field].is_string(), "{field}: {self:?}");
        }
    }

    fn is_a_stream(&self) {
        let mut decoder = Decoder::new();
        let mut rest = &self.body[..];
        let mut names = Vec::new();
        while let Some(message) = decoder.decode(&mut rest).expect("a stream of ours") {
            let data: Value = serde_json::from_str(&message.data).expect("data is JSON");
            assert!(data.is_object(), "{data}");
            names.push(message.event.to_string());
        }
        assert!(self.body.is_empty() || self.body.ends_with(b"\n\n"), "{self:?}");
        assert!(names.first().is_none_or(|first| first == "ready"), "{names:?}");
        let ends = names.iter().position(|name| name == "end");
        assert!(ends.is_none_or(|at| at + 1 == names.len()), "{names:?}");
    }

    fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(json) => json,
            Err(error) => panic!("not JSON ({error}): {self:?}"),
        }
    }
}

/// Whether an address is that of one of the ready-made routes, to the letter.
fn is_ours(path: &str) -> bool {
    let path = path.strip_prefix("/api").unwrap_or(path);
    let segments: Vec<&str> = path.split('/').collect();
    match &segments[..] {
        ["", "orders" | "customers", id, "events"] => !id.is_empty(),
        ["", "orders", id] => !id.is_empty(),
        ["", "events" | "orders"] => true,
        ["", "admin", "status" | "watchers" | "drain"] => true,
        ["", "admin", "watchers", id] | ["", "admin", "principals", id, "watchers"] => {
            !id.is_empty()
        }
        _ => false,
    }
}
