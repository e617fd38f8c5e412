//! Blocks and comments, byte by byte, and those who try to break out of them.

use std::time::Duration;

use order_events_sse::{Block, Decoder, Id, MAX_RETRY, Name, comment};

use crate::feed::feed;
use crate::given::{Given, encode, expected};

fn written(block: Block<'_>) -> String {
    let bytes = block.to_bytes();
    assert_eq!(bytes.len(), block.encoded_len());
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn data(text: &str) -> String {
    written(Block { data: Some(text), ..Block::default() })
}

fn commented(text: &str) -> String {
    let mut out = Vec::new();
    comment(text, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn fields_come_in_the_order_of_the_contract() {
    let block = Block {
        retry: Some(Duration::from_millis(2417)),
        event: Some(Name::new("snapshot").unwrap()),
        id: Some(Id::new("7f3k9q.128").unwrap()),
        data: Some(r#"{"orderId":"42"}"#),
    };
    let expected = "retry: 2417\nevent: snapshot\nid: 7f3k9q.128\ndata: {\"orderId\":\"42\"}\n\n";
    assert_eq!(written(block), expected);
}

#[test]
fn a_block_may_have_any_field_alone() {
    let (event, id) = (Name::new("end").unwrap(), Id::new("7f3k9q.1").unwrap());
    assert_eq!(written(Block { id: Some(id), ..Block::default() }), "id: 7f3k9q.1\n\n");
    assert_eq!(written(Block { event: Some(event), ..Block::default() }), "event: end\n\n");
    assert_eq!(data("{}"), "data: {}\n\n");
    assert_eq!(written(Block::default()), "\n");
}

#[test]
fn an_empty_id_is_written_since_it_makes_the_reader_forget_its_own() {
    assert_eq!(written(Block { id: Some(Id::new("").unwrap()), ..Block::default() }), "id: \n\n");
}

#[test]
fn each_line_of_data_is_a_line_of_its_own() {
    assert_eq!(data("a\nb\rc\r\nd"), "data: a\ndata: b\ndata: c\ndata: d\n\n");
    assert_eq!(data("a\n\rb"), "data: a\ndata: \ndata: b\n\n");
    assert_eq!(data("a\n"), "data: a\ndata: \n\n");
    assert_eq!(data("\r\n"), "data: \ndata: \n\n");
    assert_eq!(data("\r\r\n\n"), "data: \ndata: \ndata: \ndata: \n\n");
}

#[test]
fn empty_data_is_dispatched() {
    assert_eq!(data(""), "data: \n\n");
}

#[test]
fn a_space_in_front_survives() {
    assert_eq!(data(" a"), "data:  a\n\n");
}

#[test]
fn what_ends_no_line_is_written_as_it_is() {
    let odd = "a\u{2028}b\u{2029}c\u{85}d\u{b}e\u{c}f\0g\u{feff}h";
    assert_eq!(data(odd), format!("data: {odd}\n\n"));
    assert_eq!(commented(odd), format!(": {odd}\n"));
}

#[test]
fn retry_is_clamped_to_what_every_reader_can_wait() {
    for (retry, millis) in [
        (Duration::ZERO, 1),
        (Duration::from_nanos(1), 1),
        (Duration::from_micros(1_999), 1),
        (Duration::from_millis(2), 2),
        (Duration::from_millis(10), 10),
        (Duration::from_millis(1_234_567_890), 1_234_567_890),
        (MAX_RETRY, 2_147_483_647),
        (MAX_RETRY + Duration::from_nanos(1), 2_147_483_647),
        (MAX_RETRY + Duration::from_millis(1), 2_147_483_647),
        (Duration::from_millis(u64::MAX), 2_147_483_647),
        (Duration::MAX, 2_147_483_647),
    ] {
        let block = Block { retry: Some(retry), ..Block::default() };
        assert_eq!(written(block), format!("retry: {millis}\n\n"), "{retry:?}");
    }
}

#[test]
fn a_comment_is_a_line_for_each_of_its_lines() {
    assert_eq!(commented("hb"), ": hb\n");
    assert_eq!(commented(""), ": \n");
    assert_eq!(commented("a\r\nb\rc\n"), ": a\n: b\n: c\n: \n");
}

#[test]
fn a_frame_has_no_more_room_than_it_needs() {
    for text in ["", "{}", "a\nb\r\nc", &"x".repeat(1000)] {
        let frame = Block { data: Some(text), ..Block::default() }.to_bytes();
        let len = frame.len();
        assert_eq!(Vec::from(frame).capacity(), len);
    }
}

#[test]
fn writing_appends() {
    let mut out = b": hb\n".to_vec();
    Block { data: Some("1"), ..Block::default() }.write(&mut out);
    assert_eq!(out, b": hb\ndata: 1\n\n");
}

/// Every text that means something on the wire, in every field at once: it may be refused or come
/// through as text, and must do nothing else.
#[test]
fn nobody_can_forge_a_field_a_block_or_a_comment() {
    let breaks =
        ["\n", "\r", "\r\n", "\n\n", "\r\r", "\r\n\r\n", "\n\r", "\u{2028}", "\u{85}", "\0"];
    let forged = [
        "data: forged",
        "event: forged",
        "id: forged",
        "id",
        "retry: 1",
        ": forged",
        "",
        "\u{feff}data: forged",
        " data: forged",
    ];
    for line_break in breaks {
        for forged in forged {
            for text in [
                format!("{line_break}{forged}"),
                format!("real{line_break}{forged}"),
                format!("real{line_break}{forged}{line_break}{line_break}"),
            ] {
                let given = [
                    Given { id: Some("before".to_owned()), ..Given::default() },
                    Given {
                        comment: Some(text.clone()),
                        retry: Some(2417),
                        event: Some(text.clone()),
                        id: Some(text.clone()),
                        data: Some(text.clone()),
                    },
                    Given { data: Some("after".to_owned()), ..Given::default() },
                ];
                let stream = encode(&given);
                let (outcome, failed) = feed(&mut Decoder::new(), [&stream[..]]);
                assert_eq!((outcome, failed), (expected(&given), None), "{text:?}");
            }
        }
    }
}
