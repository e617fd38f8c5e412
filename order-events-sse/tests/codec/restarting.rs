//! The next stream of the same source.

use order_events_sse::{Decoder, Limits};

use crate::feed::feed;

#[test]
fn a_restart_keeps_the_id_and_the_time_to_wait_and_drops_what_was_unfinished() {
    let mut decoder = Decoder::new();
    feed(&mut decoder, [&b"retry: 5\nid: 1\ndata: a\n\nid: 2\nevent: e\ndata: b\nda"[..]]);
    decoder.restart();
    let (outcome, _) = feed(&mut decoder, [&b"ta: c\ndata: d\n\n"[..]]);
    assert_eq!((outcome.last_event_id.as_str(), outcome.retry), ("1", Some(5)));
    let [told] = &outcome.told[..] else { panic!("{outcome:?}") };
    assert_eq!((&*told.event, &*told.data, &*told.id), ("message", "d", "1"));
}

#[test]
fn a_restart_expects_a_byte_order_mark_again() {
    let mut decoder = Decoder::new();
    feed(&mut decoder, [&b"data: a\r"[..]]);
    decoder.restart();
    assert_eq!(feed(&mut decoder, [&b"\xef\xbb\xbfdata: b\n\n"[..]]).0.told.len(), 1);
}

#[test]
fn a_restart_forgets_an_error_and_keeps_the_limits() {
    let mut decoder = Decoder::with_limits(Limits { line_bytes: 8, data_bytes: 8 });
    assert!(feed(&mut decoder, [&b"xxxxxxxxx"[..]]).1.is_some());
    decoder.restart();
    assert_eq!(feed(&mut decoder, [&b"data: 1\n\n"[..]]).0.told.len(), 1);
    assert!(feed(&mut decoder, [&b"xxxxxxxxx"[..]]).1.is_some());
}

#[test]
fn a_decoder_may_begin_after_an_id() {
    let mut decoder = Decoder::new().after("7f3k9q.128");
    assert_eq!(decoder.last_event_id(), "7f3k9q.128");
    let (outcome, _) = feed(&mut decoder, [&b"data: a\n\nid: 7f3k9q.129\ndata: b\n\n"[..]]);
    let ids: Vec<&str> = outcome.told.iter().map(|told| &*told.id).collect();
    assert_eq!(ids, ["7f3k9q.128", "7f3k9q.129"]);
}
