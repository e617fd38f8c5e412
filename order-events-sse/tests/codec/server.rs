//! Frames as a hub has them made.

use order_events_core::{Codec, Cursor, Epoch};
use order_events_sse::{Decoder, SseCodec};

use crate::feed::feed;

const CURSOR: Cursor = Cursor { epoch: Epoch::from_u64(7), seq: 129 };

#[test]
fn a_frame_has_the_name_the_cursor_and_the_data_of_its_event() {
    let frame = SseCodec.encode(CURSOR, "order.status", r#"{"orderId":"42"}"#);
    let expected = "event: order.status\nid: 0000000000007.129\ndata: {\"orderId\":\"42\"}\n\n";
    assert_eq!(frame, expected);
}

#[test]
fn an_event_under_a_name_that_cannot_be_is_told_without_it() {
    for name in ["", "open", "error", "a\nid: 9", "a\0"] {
        let frame = SseCodec.encode(CURSOR, name, "{}");
        let (outcome, _) = feed(&mut Decoder::new(), [&frame[..]]);
        let [told] = &outcome.told[..] else { panic!("{outcome:?}") };
        let cursor = CURSOR.to_string();
        assert_eq!((&*told.event, &*told.data, &*told.id), ("message", "{}", &*cursor));
    }
}
