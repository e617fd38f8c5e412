//! What was said on the wire, in a form that two servers can be compared by.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Head, Request};

/// What the connections of one case sent and were given, in the order in which the case did it.
///
/// Left out is what may differ between two servers that are equal: where chunks begin, the order of
/// headers, and the date.
#[derive(Clone, Default)]
pub(crate) struct Transcript(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    text: String,
    connections: usize,
    is_off: bool,
}

impl Transcript {
    /// Records nothing any more: for a case whose course is not the same each time.
    pub(crate) fn turn_off(&self) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.is_off = true;
        inner.text.clear();
    }

    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).text.clone()
    }

    /// The number of a connection that is being opened.
    pub(super) fn connection(&self) -> usize {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.connections += 1;
        inner.connections
    }

    pub(super) fn asked(&self, connection: usize, request: &Request) {
        let text = String::from_utf8_lossy(&request.bytes()).into_owned();
        self.say(connection, "asks", &text);
    }

    pub(super) fn answered(&self, connection: usize, head: &Head) {
        let mut text = format!("HTTP/1.1 {} {}\n", head.status, head.reason);
        for (name, value) in head.sorted() {
            let _ = writeln!(text, "{name}: {value}");
        }
        self.say(connection, "is answered", &text);
    }

    pub(super) fn given(&self, connection: usize, text: &str) {
        // The number tells line ends apart that look the same here, and the lack of a last one.
        self.say(connection, &format!("is given {} bytes", text.len()), text);
    }

    pub(super) fn ended(&self, connection: usize) {
        self.say(connection, "is at the end", "");
    }

    fn say(&self, connection: usize, what: &str, text: &str) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.is_off {
            return;
        }
        let _ = writeln!(inner.text, "-- {connection} {what}");
        // Of the line ends only LF is seen; a lone CR would be one to some who look at the file.
        for line in text.lines() {
            let _ = writeln!(inner.text, "{}", line.replace('\r', "\\r"));
        }
    }
}
