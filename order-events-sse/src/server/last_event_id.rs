//! Where a reader says it stands: pure.

use http::HeaderMap;
use order_events_core::Resume;

use super::query::Query;

/// What a browser sends when it reconnects.
const HEADER: &str = "last-event-id";

/// The cursor of a request.
///
/// The header wins, because a browser that reconnects sends both: the address as the page wrote it,
/// and what it has seen since. Of the two names in a query `last_event_id` is for those who cannot
/// set a header and `after` for those who page; both do for both.
pub(crate) fn resume(headers: &HeaderMap, query: &Query<'_>) -> Resume {
    let header = headers.get(HEADER).map(|value| value.as_bytes());
    let named = ["last_event_id", "after"].into_iter().find_map(|name| query.get(name));
    let text = header.filter(|text| !text.is_empty()).or(named.map(str::as_bytes));
    Resume::parse(text.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use order_events_core::{Cursor, Epoch};

    use super::*;

    fn cursor(seq: u64) -> Cursor {
        Cursor { epoch: Epoch::from_u64(7), seq }
    }

    fn of(header: Option<&[u8]>, query: &str) -> Resume {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(HEADER, HeaderValue::from_bytes(header).unwrap());
        }
        resume(&headers, &Query::of(Some(query)))
    }

    #[test]
    fn the_header_wins() {
        let (header, query) = (cursor(2).to_string(), format!("last_event_id={}", cursor(1)));
        assert_eq!(of(Some(header.as_bytes()), &query), Resume::After(cursor(2)));
        assert_eq!(of(None, &query), Resume::After(cursor(1)));
        assert_eq!(of(None, &format!("after={}", cursor(3))), Resume::After(cursor(3)));
    }

    #[test]
    fn a_bad_header_is_not_excused_by_a_good_query() {
        let query = format!("last_event_id={}", cursor(1));
        for header in [&b"nonsense"[..], b"\xff\xfe", b"42", &[b'x'; 4096]] {
            assert_eq!(of(Some(header), &query), Resume::Malformed);
        }
    }

    #[test]
    fn an_empty_cursor_is_none() {
        assert_eq!(of(Some(b""), ""), Resume::Fresh);
        assert_eq!(of(None, "last_event_id="), Resume::Fresh);
        assert_eq!(of(Some(b""), &format!("after={}", cursor(3))), Resume::After(cursor(3)));
    }
}
