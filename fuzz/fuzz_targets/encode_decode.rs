//! Any text in any field: it is refused or comes out as it went in, and does nothing else.

#![no_main]

use libfuzzer_sys::fuzz_target;
use order_events_sse::Decoder;

#[path = "../../order-events-sse/tests/codec/feed.rs"]
mod feed;
#[path = "../../order-events-sse/tests/codec/given.rs"]
mod given;
#[path = "../../order-events-sse/tests/codec/model.rs"]
mod model;

use feed::{cut, feed};
use given::{Given, encode, expected};
use model::interpret;

type Text = Option<String>;

/// The sizes of the pieces, and the blocks.
type Input = ([u8; 4], Vec<(Option<u64>, Text, Text, Text, Text)>);

fuzz_target!(|input: Input| {
    let (sizes, blocks) = input;
    let given: Vec<Given> = blocks
        .into_iter()
        .map(|(retry, comment, event, id, data)| Given { comment, retry, event, id, data })
        .collect();
    let stream = encode(&given);
    let outcome = feed(&mut Decoder::new(), cut(&stream, &sizes));
    assert_eq!(outcome, (expected(&given), None));
    assert_eq!(interpret(&stream), outcome.0);
});
