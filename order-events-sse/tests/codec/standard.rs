//! The decoder, sentence by sentence of the HTML standard's "Parsing an event stream" and
//! "Interpreting an event stream".
//!
//! Each stream is read whole, byte by byte, and cut in two at every place; the model must agree with
//! what is written here, or it could not judge the properties; and the table that other decoders of
//! ours are held to must have it, too.

use order_events_sse::Decoder;

use crate::feed::feed;
use crate::model::{Outcome, Told, interpret};
use crate::vectors;

#[track_caller]
fn reads(stream: impl AsRef<[u8]>, told: &[(&str, &str, &str)]) -> Outcome {
    let stream = stream.as_ref();
    let told: Vec<Told> = told
        .iter()
        .map(|(event, data, id)| Told {
            event: (*event).to_owned(),
            data: (*data).to_owned(),
            id: (*id).to_owned(),
        })
        .collect();
    let (whole, failed) = feed(&mut Decoder::new(), [stream]);
    assert_eq!(failed, None);
    assert_eq!(whole.told, told, "whole");
    assert_eq!(feed(&mut Decoder::new(), stream.chunks(1)).0, whole, "byte by byte");
    for at in 0..=stream.len() {
        let (before, after) = stream.split_at(at);
        assert_eq!(feed(&mut Decoder::new(), [before, after]).0, whole, "cut at {at}");
    }
    assert_eq!(interpret(stream), whole, "the model");
    vectors::has(stream, None, &whole, None);
    whole
}

/// "Streams must be decoded using the UTF-8 decode algorithm."
#[test]
fn text_of_any_script_is_read_as_utf_8() {
    reads("data: ok…ğüş 注文 📦\n\n", &[("message", "ok…ğüş 注文 📦", "")]);
}

/// "The UTF-8 decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any."
#[test]
fn one_leading_byte_order_mark_is_taken_away() {
    reads(b"\xef\xbb\xbfdata: 1\n\n", &[("message", "1", "")]);
    // Nothing but the mark on the first line: an empty line, which dispatches nothing.
    reads(b"\xef\xbb\xbf\ndata: 1\n\n", &[("message", "1", "")]);
}

#[test]
fn a_second_byte_order_mark_belongs_to_the_name_of_a_field() {
    reads(b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\ndata: 2\n\n", &[("message", "2", "")]);
}

#[test]
fn a_byte_order_mark_later_in_the_stream_is_text() {
    reads(b"data: 1\n\xef\xbb\xbfdata: 2\n\n", &[("message", "1", "")]);
    reads(b"\n\xef\xbb\xbfdata: 1\n\n", &[]);
    reads(b"data:\xef\xbb\xbf1\n\n", &[("message", "\u{feff}1", "")]);
}

#[test]
fn a_part_of_a_byte_order_mark_is_malformed_text() {
    reads(b"\xef\xbbdata: 1\n\n", &[]);
    reads(b"\xef\xbb\n\ndata: 1\n\n", &[("message", "1", "")]);
}

#[test]
fn malformed_utf_8_is_replaced_as_the_encoding_standard_says() {
    for (bytes, text) in [
        (&b"\xff"[..], "\u{fffd}"),
        (b"a\x80b", "a\u{fffd}b"),
        // Too long a form: no byte of it can begin or go on.
        (b"\xc0\xaf", "\u{fffd}\u{fffd}"),
        (b"\xe0\x80\x80", "\u{fffd}\u{fffd}\u{fffd}"),
        // A surrogate.
        (b"\xed\xa0\x80", "\u{fffd}\u{fffd}\u{fffd}"),
        // Beyond the last character.
        (b"\xf4\x90\x80\x80", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
        // What could have become a character is one replacement, however long.
        (b"\xf0\x9f\x93", "\u{fffd}"),
        (b"\xf0\x9f\x93x", "\u{fffd}x"),
        (b"\xe2\x82\xe2\x82\xac", "\u{fffd}€"),
    ] {
        reads([b"data: ", bytes, b"\n\n"].concat(), &[("message", text, "")]);
    }
}

#[test]
fn a_line_end_within_a_character_ends_both() {
    reads(b"data: \xe2\x82\ndata: \xac\n\n", &[("message", "\u{fffd}\n\u{fffd}", "")]);
    reads(b"data: \xe2\r\n\r\n", &[("message", "\u{fffd}", "")]);
}

#[test]
fn malformed_utf_8_in_a_name_or_an_id_is_replaced_too() {
    reads(b"event: a\xff\nid: \xfe\ndata\n\n", &[("a\u{fffd}", "", "\u{fffd}")]);
    // Two malformed names are the same text, but neither is a field.
    reads(b"dat\xff: 1\ndata: 2\n\n", &[("message", "2", "")]);
}

/// "… a U+000D CARRIAGE RETURN U+000A LINE FEED (CRLF) character pair, a single U+000A LINE FEED (LF)
/// character not preceded by a U+000D CARRIAGE RETURN (CR) character, and a single U+000D CARRIAGE
/// RETURN (CR) character not followed by a U+000A LINE FEED (LF) character being the ways in which a
/// line can end."
#[test]
fn lines_end_with_lf_cr_or_crlf() {
    for end in ["\n", "\r", "\r\n"] {
        let stream = ["event: e", "data: 1", "data: 2", "", "data: 3", "", ""].join(end);
        reads(stream, &[("e", "1\n2", ""), ("message", "3", "")]);
    }
    reads(
        "data: 1\rdata: 2\ndata: 3\r\n\rdata: 4\n\r",
        &[("message", "1\n2\n3", ""), ("message", "4", "")],
    );
}

#[test]
fn an_lf_after_crlf_is_another_line_and_an_lf_after_cr_is_not() {
    reads("data: 1\r\n\ndata: 2\r\r\n", &[("message", "1", ""), ("message", "2", "")]);
    reads("data: 1\n\r\ndata: 2\r\n", &[("message", "1", "")]);
}

#[test]
fn nothing_else_ends_a_line() {
    let odd = "a\u{2028}b\u{2029}c\u{85}d\u{b}e\u{c}f\u{1c}g\0h\u{1e}i";
    reads(format!("data: {odd}\n\n"), &[("message", odd, "")]);
}

#[test]
fn a_block_is_told_as_soon_as_its_last_cr_has_come() {
    let mut decoder = Decoder::new();
    assert_eq!(feed(&mut decoder, [&b"data: 1\r\n\r"[..]]).0.told.len(), 1);
    // The LF that belongs to it is no empty line of its own.
    assert_eq!(feed(&mut decoder, [&b"\ndata: 2"[..], b"\r", b"\r"]).0.told.len(), 1);
}

/// "If the line starts with a U+003A COLON character (:): Ignore the line."
#[test]
fn comments_are_ignored() {
    reads(":\n: hb\n:data: 0\ndata: 1\n::\n:\rdata: 2\n\n", &[("message", "1\n2", "")]);
    reads(": alone\n\n", &[]);
}

/// "Collect the characters on the line before the first U+003A COLON character (:), and let field
/// be that string. Collect the characters on the line after the first U+003A COLON character (:),
/// and let value be that string."
#[test]
fn the_first_colon_ends_the_name_and_others_belong_to_the_value() {
    reads("data:a:b: c:\n\n", &[("message", "a:b: c:", "")]);
    reads("event:a:b\ndata:{\"a\":1}\n\n", &[("a:b", "{\"a\":1}", "")]);
}

/// "If value starts with a U+0020 SPACE character, remove it from value."
#[test]
fn one_leading_space_of_a_value_is_taken_away() {
    reads(
        "data: 1\ndata:  2\ndata:3 \ndata:\t4\ndata: \n\n",
        &[("message", "1\n 2\n3 \n\t4\n", "")],
    );
    reads("event:  a\nid:  b\ndata\n\n", &[(" a", "", " b")]);
}

#[test]
fn a_space_before_the_colon_or_the_name_makes_another_field() {
    reads("data : 1\n data: 2\n\tdata: 3\ndata: 4\n\n", &[("message", "4", "")]);
}

/// "Otherwise, the string is not empty but does not contain a U+003A COLON character (:): Process
/// the field … using the whole line as the field name, and the empty string as the field value."
#[test]
fn a_line_without_a_colon_is_a_field_with_an_empty_value() {
    reads("data\n\ndata\ndata\n\ndata", &[("message", "", ""), ("message", "\n", "")]);
    reads("event: e\nevent\nid: 1\nid\ndata: x\n\n", &[("message", "x", "")]);
}

/// "Field names must be compared literally, with no case folding performed."
#[test]
fn names_of_fields_are_compared_as_they_are() {
    reads("Data: 1\nDATA: 2\ndatá: 3\ndata: 4\nID: 5\nEvent: 6\n\n", &[("message", "4", "")]);
}

/// "If the field name is 'event': Set the event type buffer to the field value."
#[test]
fn the_last_event_field_of_a_block_names_it() {
    reads("event: a\ndata: 1\nevent: b\n\n", &[("b", "1", "")]);
    reads("event: open\ndata: 1\n\n", &[("open", "1", "")]);
}

/// "If the field name is 'data': Append the field value to the data buffer, then append a single
/// U+000A LINE FEED (LF) character to the data buffer."
#[test]
fn lines_of_data_are_joined_by_lf() {
    reads("data: YHOO\ndata: +2\nid: x\ndata: 10\n\n", &[("message", "YHOO\n+2\n10", "x")]);
    reads("data:\ndata\ndata: \n\n", &[("message", "\n\n", "")]);
}

/// "If the field name is 'id': If the field value does not contain U+0000 NULL, then set the last
/// event ID buffer to the field value. Otherwise, ignore the field."
#[test]
fn an_id_with_a_nul_is_ignored() {
    reads(
        "id: 1\ndata: a\n\nid: 2\0\ndata: b\n\nid:\0\ndata: c\n\n",
        &[("message", "a", "1"), ("message", "b", "1"), ("message", "c", "1")],
    );
}

#[test]
fn a_nul_elsewhere_is_text() {
    reads("event: a\0b\ndata: \0\n\0: x\n\n", &[("a\0b", "\0", "")]);
}

/// "If the field name is 'retry': If the field value consists of only ASCII digits, then interpret
/// the field value as an integer in base ten, and set the event stream's reconnection time to that
/// integer. Otherwise, ignore the field."
#[test]
fn retry_is_taken_where_it_is_digits_alone() {
    for (value, millis) in [
        ("3000", Some(3000)),
        (" 3000", Some(3000)),
        ("0", Some(0)),
        ("0x10", None),
        ("0010", Some(10)),
        ("", None),
        (" ", None),
        ("  3", None),
        ("3 ", None),
        ("-3", None),
        ("+3", None),
        ("3.0", None),
        ("3e3", None),
        ("٣", None),
        ("3\0", None),
    ] {
        let outcome = reads(format!("retry:{value}\n"), &[]);
        assert_eq!(outcome.retry, millis, "{value:?}");
    }
}

#[test]
fn a_retry_that_is_ignored_leaves_the_last_one() {
    assert_eq!(reads("retry: 5\nretry: soon\nretry\n", &[]).retry, Some(5));
    assert_eq!(reads("retry: 5\nretry: 6\n", &[]).retry, Some(6));
}

#[test]
fn a_retry_beyond_counting_is_as_long_as_can_be() {
    for digits in ["18446744073709551615", "18446744073709551616", &"9".repeat(400)] {
        assert_eq!(reads(format!("retry: {digits}\n"), &[]).retry, Some(u64::MAX));
    }
    let most = "18446744073709551614";
    assert_eq!(reads(format!("retry: {most}\n"), &[]).retry, Some(u64::MAX - 1));
}

#[test]
fn retry_counts_at_once_and_not_only_when_its_block_ends() {
    assert_eq!(reads("data: 1\nretry: 7\n", &[]).retry, Some(7));
}

/// "Otherwise: The field is ignored."
#[test]
fn unknown_fields_are_ignored() {
    reads("foo: 1\ndatax: 2\ndat: 3\n\u{fffd}\ndata: 4\nids: 5\n\n", &[("message", "4", "")]);
}

/// "Set the last event ID string of the event source to the value of the last event ID buffer. The
/// buffer does not get reset, so the value of the last event ID string remains set to this value
/// until the next time it is set by the server."
#[test]
fn an_id_stays_until_the_next_one() {
    reads(
        "id: 1\ndata: a\n\ndata: b\n\nid: 2\nid: 3\ndata: c\n\nid\ndata: d\n\n",
        &[
            ("message", "a", "1"),
            ("message", "b", "1"),
            ("message", "c", "3"),
            ("message", "d", ""),
        ],
    );
}

#[test]
fn an_id_counts_when_its_block_ends_also_without_data() {
    assert_eq!(reads("id: 1\n\n", &[]).last_event_id, "1");
    assert_eq!(reads("id: 1\n\nid: 2\n: hb\n", &[]).last_event_id, "1");
    assert_eq!(
        reads("id: 1\ndata: a\n\nid: 2\ndata: b\n", &[("message", "a", "1")]).last_event_id,
        "1"
    );
}

#[test]
fn an_id_after_the_data_is_the_blocks_own() {
    reads("data: a\nid: 1\n\n", &[("message", "a", "1")]);
}

/// "If the data buffer is an empty string, set the data buffer and the event type buffer to the
/// empty string and return."
#[test]
fn a_block_without_data_is_not_told_and_its_name_is_forgotten() {
    reads("event: e\n\ndata: 1\n\n", &[("message", "1", "")]);
    reads("event: e\nid: 9\n\ndata: 1\n\n", &[("message", "1", "9")]);
    reads("\n\n\n", &[]);
}

#[test]
fn empty_data_is_data() {
    reads("data\n\ndata:\n\ndata: \n\n", &[("message", "", ""); 3]);
}

/// "If the data buffer's last character is a U+000A LINE FEED (LF) character, then remove the last
/// character from the data buffer."
#[test]
fn only_one_final_line_break_is_taken_away() {
    reads("data: a\ndata\ndata\n\n", &[("message", "a\n\n", "")]);
}

/// "If the event type buffer has a value other than the empty string, change the type of the newly
/// created event to equal the value of the event type buffer. Set the data buffer and the event
/// type buffer to the empty string."
#[test]
fn a_name_holds_for_its_own_block() {
    reads(
        "event: a\ndata: 1\n\ndata: 2\n\nevent: a\ndata: 3\n\n\
         event: b\ndata: 4\n\nevent:\ndata: 5\n\n",
        &[
            ("a", "1", ""),
            ("message", "2", ""),
            ("a", "3", ""),
            ("b", "4", ""),
            ("message", "5", ""),
        ],
    );
}

/// "Once the end of the file is reached, any pending data must be discarded. (If the file ends in
/// the middle of an event, before the final empty line, the incomplete event is not dispatched.)"
#[test]
fn what_is_unfinished_at_the_end_is_dropped() {
    reads("data: 1\n\ndata: 2\n", &[("message", "1", "")]);
    reads("data: 1\n\ndata: 2", &[("message", "1", "")]);
    assert_eq!(reads("retry: 5", &[]).retry, None);
    reads("", &[]);
}

#[test]
fn the_standards_own_examples_are_read_as_it_says() {
    let stream =
        ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event";
    let told = [("message", "first event", "1"), ("message", "second event", "")];
    reads(format!("{stream}\n"), &told);
    reads("data:test\n\ndata: test\n\n", &[("message", "test", ""); 2]);
    reads(
        "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n",
        &[("add", "73857293", ""), ("remove", "2153", "")],
    );
}
