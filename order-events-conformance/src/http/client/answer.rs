//! The head of an answer, and an answer that has come whole.

use serde_json::Value;

/// A status line and its headers, as they came.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) reason: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Head {
    /// Reads a head, once it is there whole; and says how long it is.
    pub(super) fn parse(input: &[u8]) -> Option<(Self, usize)> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut response = httparse::Response::new(&mut headers);
        let length = match response.parse(input) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return None,
            Err(error) => panic!("not an answer ({error}): {}", String::from_utf8_lossy(input)),
        };
        assert_eq!(response.version, Some(1), "an answer of HTTP/1.1");
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let headers = response.headers.iter();
        let head = Self {
            status: response.code.unwrap_or_default(),
            reason: response.reason.unwrap_or_default().to_owned(),
            headers: headers.map(|h| (h.name.to_ascii_lowercase(), text(h.value))).collect(),
        };
        Some((head, length))
    }

    /// A header's value; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The headers by name, without the date.
    pub(crate) fn sorted(&self) -> Vec<(String, String)> {
        let mut headers = self.headers.clone();
        headers.retain(|(name, _)| name != "date");
        headers.sort();
        headers
    }

    /// Whether a body follows, if the request was not for the head alone.
    pub(super) fn has_body(&self) -> bool {
        !matches!(self.status, 100..200 | 204 | 304)
    }
}

/// An answer with its body.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) head: Head,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head.status
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.head.header(name)
    }

    pub(crate) fn json(&self) -> Value {
        match serde_json::from_str(&self.body) {
            Ok(json) => json,
            Err(error) => panic!("not JSON ({error}): {:?} {:?}", self.head, self.body),
        }
    }

    /// Asserts a refusal, in the form that refusals have.
    pub(crate) fn refuses(&self, status: u16, code: &str) {
        assert_eq!(self.status(), status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        assert_eq!(self.header("cache-control"), "no-store", "{self:?}");
        let json = self.json();
        assert_eq!(json["status"], status, "{json}");
        assert_eq!(json["code"], code, "{json}");
        for field in ["type", "title", "detail"] {
            assert!(json[field].is_string(), "a {field} in {json}");
        }
    }

    /// Asserts that it says when to come back: in whole seconds, between the least that is
    /// configured and twice that.
    pub(crate) fn says_when(&self, least: u64) {
        let seconds = self.header("retry-after").parse::<u64>();
        let is_spread = seconds.as_ref().is_ok_and(|s| (least..=least * 2).contains(s));
        assert!(is_spread, "retry-after in {least}..={}: {:?}", least * 2, self.head);
    }
}
