//! What a stream without end or measure can cost its reader.

use order_events_sse::{DecodeError, Decoder, Limits, MAX_DATA_BYTES, MAX_LINE_BYTES};

use crate::feed::feed;
use crate::vectors;

const SMALL: Limits = Limits { line_bytes: 12, data_bytes: 9 };

fn small() -> Decoder {
    Decoder::with_limits(SMALL)
}

const LINE: DecodeError = DecodeError::LineTooLong { limit: 12 };
const DATA: DecodeError = DecodeError::DataTooLong { limit: 9 };

/// How many messages came before which error, wherever the stream is cut.
#[track_caller]
fn ends(stream: &str, told: usize, error: Option<DecodeError>) {
    let stream = stream.as_bytes();
    let whole = feed(&mut small(), [stream]);
    assert_eq!((whole.0.told.len(), whole.1), (told, error), "whole");
    vectors::has(stream, Some(SMALL), &whole.0, whole.1);
    assert_eq!(feed(&mut small(), stream.chunks(1)), whole, "byte by byte");
    for at in 0..=stream.len() {
        let (before, after) = stream.split_at(at);
        assert_eq!(feed(&mut small(), [before, after]), whole, "cut at {at}");
    }
}

#[test]
fn a_line_may_be_as_long_as_its_limit_and_no_longer() {
    ends("xxxxxxxxxxxx\ndata\n\n", 1, None);
    ends("data\n\nxxxxxxxxxxxxx\ndata\n\n", 1, Some(LINE));
    ends("data\r\n\r\nxxxxxxxxxxxx\r\n", 1, None);
}

#[test]
fn a_line_that_does_not_end_fails_without_its_end() {
    ends("data\n\n: xxxxxxxxxx", 1, None);
    ends("data\n\n: xxxxxxxxxxx", 1, Some(LINE));
}

#[test]
fn each_line_counts_for_itself() {
    ends(&"xxxxxxxxxxxx\r".repeat(20), 0, None);
}

#[test]
fn data_may_be_as_long_as_its_limit_and_no_longer() {
    // 4 + LF + 4.
    ends("data: 1234\ndata: 5678\n\n", 1, None);
    ends("data: 1234\ndata: 56789\n\n", 0, Some(DATA));
    ends("data\n\ndata: 1234\ndata: 5678\ndata\n\n", 1, Some(DATA));
}

#[test]
fn the_data_of_each_event_counts_for_itself() {
    ends(&"data: 123456\n\n".repeat(20), 20, None);
}

#[test]
fn data_is_counted_as_it_is_told() {
    let mut decoder = Decoder::with_limits(Limits { line_bytes: 12, data_bytes: 11 });
    // Each malformed byte becomes three.
    let (outcome, failed) =
        feed(&mut decoder, [&b"data: \xff\xff\xff\n\ndata: \xff\xff\xff\xff\n\n"[..]]);
    assert_eq!((outcome.told.len(), failed), (1, Some(DecodeError::DataTooLong { limit: 11 })));
}

#[test]
fn an_error_is_final_and_leaves_the_place_to_go_on_from() {
    let mut decoder = small();
    let (outcome, failed) =
        feed(&mut decoder, [&b"retry: 5\nid: 1\n\nid: 2\nxxxxxxxxxxxxx\n\n"[..], b"data: 1\n\n"]);
    assert_eq!(failed, Some(LINE));
    assert!(outcome.told.is_empty());
    assert_eq!((decoder.last_event_id(), outcome.retry), ("1", Some(5)));
}

#[test]
fn errors_name_the_limit() {
    assert_eq!(LINE.to_string(), "a line of the stream is longer than 12 bytes");
    assert_eq!(DATA.to_string(), "the data of an event is longer than 9 bytes");
}

#[test]
fn a_line_of_one_mebibyte_is_read_byte_by_byte_and_one_more_is_not() {
    // Were the line looked through again with each byte, this would take minutes.
    let mut stream = b"data: ".to_vec();
    stream.resize(1024 * 1024, b'x');
    stream.extend_from_slice(b"\n\n");
    let (outcome, failed) = feed(&mut Decoder::new(), stream.chunks(1));
    assert_eq!((outcome.told.len(), failed), (1, None));
    assert_eq!(outcome.told[0].data.len(), 1024 * 1024 - "data: ".len());

    stream.insert(0, b':');
    let (_, failed) = feed(&mut Decoder::new(), stream.chunks(1));
    assert_eq!(failed, Some(DecodeError::LineTooLong { limit: 1024 * 1024 }));
}

#[test]
fn the_longest_line_fits_whatever_its_bytes_become() {
    let mut stream = b"data:".to_vec();
    stream.resize(MAX_LINE_BYTES, 0xff);
    stream.extend_from_slice(b"\n\n");
    let (outcome, failed) = feed(&mut Decoder::new(), [&stream[..]]);
    assert_eq!((outcome.told.len(), failed), (1, None));
}

#[test]
fn an_event_without_end_is_given_up() {
    let line = b"data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n";
    let mut decoder = Decoder::new();
    let lines = MAX_DATA_BYTES / line.len() * 2;
    let (_, failed) = feed(&mut decoder, std::iter::repeat_n(&line[..], lines));
    assert_eq!(failed, Some(DecodeError::DataTooLong { limit: 4 * 1024 * 1024 }));
}

#[test]
fn no_limit_at_all_makes_no_trouble() {
    let limits = Limits { line_bytes: usize::MAX, data_bytes: usize::MAX };
    let (outcome, failed) =
        feed(&mut Decoder::with_limits(limits), b"data: 1\ndata: 2\n\n".chunks(3));
    assert_eq!((outcome.told.len(), failed), (1, None));
    let none = Limits { line_bytes: 0, data_bytes: 0 };
    assert_eq!(feed(&mut Decoder::with_limits(none), [&b"\r\n\n"[..]]).1, None);
    let error = DecodeError::LineTooLong { limit: 0 };
    assert_eq!(feed(&mut Decoder::with_limits(none), [&b"x"[..]]).1, Some(error));
}
