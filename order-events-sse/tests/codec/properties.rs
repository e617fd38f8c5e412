//! Any stream, cut anywhere, against the model; and any text through the encoder and back.

use order_events_sse::{DecodeError, Decoder, Limits};
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::feed::{cut, feed};
use crate::given::{Given, encode, expected};
use crate::model::interpret;

/// Bytes that mean something to a decoder more often than chance would have it.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec![
        "\n",
        "\n",
        "\n",
        "\r",
        "\r",
        "\r\n",
        "\n\n",
        "\r\r",
        ":",
        ":",
        ": ",
        " ",
        "data",
        "data:",
        "data: x",
        "event",
        "event: e",
        "id",
        "id: 1",
        "id:",
        "retry",
        "retry: 25",
        "retry:7x",
        "\0",
        "\u{feff}",
        "9",
        "é",
        "📦",
        "\u{2028}",
        "\u{85}",
    ])
    .prop_map(|word| word.as_bytes().to_vec());
    let malformed = prop::sample::select(vec![
        &b"\xef\xbb"[..],
        b"\xef",
        b"\xbb\xbf",
        b"\xff",
        b"\xc3",
        b"\xf0\x9f",
        b"\xed\xa0\x80",
    ])
    .prop_map(<[u8]>::to_vec);
    let piece = prop_oneof![
        12 => word,
        2 => malformed,
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn sizes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0_u8..12, 0..6)
}

/// Text that would like to be a field.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => prop::sample::select(vec![
            "\n", "\r", "\r\n", ":", " ", "data: x", "id: 1", "event: e", "retry: 1", "open",
            "error", "\0", "\u{feff}", "\u{2028}", "\u{2029}", "\u{85}", "\u{b}", "\u{c}",
        ])
        .prop_map(str::to_owned),
        2 => any::<char>().prop_map(String::from),
        1 => any::<String>(),
    ];
    prop::collection::vec(word, 0..8).prop_map(|words| words.concat())
}

fn given() -> impl Strategy<Value = Given> {
    // Names and ids that are mostly taken, and some that are not.
    let short = || prop_oneof![3 => "[a-z. ]{0,6}", 1 => text()];
    (
        prop::option::of(text()),
        prop::option::of(prop_oneof![any::<u64>(), 0_u64..5000]),
        prop::option::of(short()),
        prop::option::of(short()),
        prop::option::of(text()),
    )
        .prop_map(|(comment, retry, event, id, data)| Given {
            comment,
            retry,
            event,
            id,
            data,
        })
}

fn cases() -> Config {
    let cases = std::env::var("ORDER_EVENTS_MODEL_CASES");
    let cases = cases.ok().and_then(|text| text.parse().ok()).unwrap_or(500);
    Config { cases, failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_stream_cut_anywhere_is_read_as_the_model_reads_it(
        stream in stream(),
        sizes in sizes(),
    ) {
        let outcome = feed(&mut Decoder::new(), cut(&stream, &sizes));
        prop_assert_eq!(outcome, (interpret(&stream), None));
    }

    #[test]
    fn any_bytes_at_all_are_read_as_the_model_reads_them(
        stream in prop::collection::vec(any::<u8>(), 0..200),
        sizes in sizes(),
    ) {
        let outcome = feed(&mut Decoder::new(), cut(&stream, &sizes));
        prop_assert_eq!(outcome, (interpret(&stream), None));
    }

    #[test]
    fn limits_cut_a_stream_short_at_the_same_place_however_it_is_cut(
        stream in stream(),
        sizes in sizes(),
        line_bytes in 0_usize..20,
        data_bytes in 0_usize..20,
    ) {
        let limits = Limits { line_bytes, data_bytes };
        let whole = feed(&mut Decoder::with_limits(limits), [&stream[..]]);
        let pieces = feed(&mut Decoder::with_limits(limits), cut(&stream, &sizes));
        prop_assert_eq!(&pieces, &whole);

        let model = interpret(&stream);
        let lines = stream.split(|byte| matches!(byte, b'\r' | b'\n'));
        let longest = lines.map(<[u8]>::len).max().unwrap_or_default();
        let (outcome, failed) = whole;
        match failed {
            None => {
                prop_assert_eq!(&outcome, &model);
                prop_assert!(longest <= line_bytes);
                prop_assert!(model.told.iter().all(|told| told.data.len() <= data_bytes));
            }
            Some(DecodeError::LineTooLong { limit }) => {
                prop_assert!(model.told.starts_with(&outcome.told));
                prop_assert!(limit == line_bytes && longest > line_bytes);
            }
            Some(error) => {
                prop_assert!(model.told.starts_with(&outcome.told));
                prop_assert_eq!(error, DecodeError::DataTooLong { limit: data_bytes });
            }
        }
    }

    #[test]
    fn what_was_encoded_is_decoded_to_what_went_in(
        given in prop::collection::vec(given(), 0..6),
        sizes in sizes(),
    ) {
        let stream = encode(&given);
        let outcome = feed(&mut Decoder::new(), cut(&stream, &sizes));
        prop_assert_eq!(&outcome, &(expected(&given), None));
        // The model reads it so as well: the two halves of this crate do not agree on an error.
        prop_assert_eq!(interpret(&stream), outcome.0);
    }
}
