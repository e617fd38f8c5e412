//! Any text in the place of a cursor, an id or a form: it is read or not, the same each time, and what
//! is read is said again as it was.

#![no_main]

use http::{HeaderMap, HeaderValue, Method, Uri};
use libfuzzer_sys::fuzz_target;
use order_events_core::{Cursor, Resume};
use order_events_sse::server::{Route, StreamRequest};

/// A header's cursor, a query, a path, and what is accepted.
type Input<'a> = (Option<&'a [u8]>, &'a [u8], &'a [u8], &'a [u8]);

fuzz_target!(|input: Input<'_>| {
    let (cursor, query, path, accept) = input;
    if let Some(text) = cursor {
        let resume = Resume::parse(text);
        match (&resume, str::from_utf8(text).ok().and_then(|text| text.parse::<Cursor>().ok())) {
            // Only one text is a cursor's, so that equal cursors are equal texts.
            (Resume::After(cursor), Some(read)) => {
                assert_eq!(*cursor, read);
                assert_eq!(cursor.to_string().as_bytes(), text);
            }
            (Resume::Fresh, None) => assert!(text.is_empty()),
            (Resume::Malformed, None) => {}
            (resume, read) => panic!("{resume:?} and {read:?}"),
        }
    }
    let mut headers = HeaderMap::new();
    for (name, value) in [("last-event-id", cursor), ("accept", Some(accept))] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_bytes(value).ok()) {
            headers.insert(name, value);
        }
    }
    let target = [b"/", path, b"?", query].concat();
    let Ok(uri) = Uri::try_from(&target[..]) else { return };
    let request = StreamRequest::from_parts(&Method::GET, &uri, &headers);
    // The header wins.
    if let Some(text) = headers.get("last-event-id").filter(|text| !text.is_empty()) {
        assert_eq!(*request.resume(), Resume::parse(text.as_bytes()));
    }
    for route in Route::ALL {
        assert_eq!(route.wanted(&uri), route.wanted(&uri));
    }
});
