//! Any bytes, cut anywhere: the decoder reads them as the model of the standard does, and limits
//! cut a stream short at the same place however it is cut.

#![no_main]

use libfuzzer_sys::fuzz_target;
use order_events_sse::{Decoder, Limits};

#[path = "../../order-events-sse/tests/codec/feed.rs"]
mod feed;
#[path = "../../order-events-sse/tests/codec/model.rs"]
mod model;

use feed::{cut, feed};
use model::interpret;

/// The sizes of the pieces, both limits, and what is left is the stream.
type Input<'a> = ([u8; 4], (u8, u8), &'a [u8]);

fuzz_target!(|input: Input<'_>| {
    let (sizes, (line_bytes, data_bytes), stream) = input;
    let model = interpret(stream);
    let outcome = feed(&mut Decoder::new(), cut(stream, &sizes));
    assert_eq!(outcome, (model.clone(), None));

    let limits =
        Limits { line_bytes: usize::from(line_bytes), data_bytes: usize::from(data_bytes) };
    let whole = feed(&mut Decoder::with_limits(limits), [stream]);
    let pieces = feed(&mut Decoder::with_limits(limits), cut(stream, &sizes));
    assert_eq!(pieces, whole);
    let (outcome, failed) = whole;
    match failed {
        None => assert_eq!(outcome, model),
        Some(_) => assert!(model.told.starts_with(&outcome.told)),
    }
});
