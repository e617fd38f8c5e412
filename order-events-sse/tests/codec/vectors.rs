//! The table of cases that every decoder of ours is held to, the one in JavaScript, too.

use std::sync::LazyLock;

use order_events_conformance::DECODER_VECTORS;
use order_events_sse::{DecodeError, Decoder, Limits};
use serde_json::{Value, json};

use crate::feed::feed;
use crate::model::Outcome;

static TABLE: LazyLock<Vec<Value>> =
    LazyLock::new(|| serde_json::from_str(DECODER_VECTORS).unwrap());

/// That the table has this case, and says of it what was found here.
#[track_caller]
pub(crate) fn has(
    stream: &[u8],
    limits: Option<Limits>,
    outcome: &Outcome,
    error: Option<DecodeError>,
) {
    let limits = limits.map(|Limits { line_bytes, data_bytes }| {
        json!({"lineBytes": line_bytes, "dataBytes": data_bytes})
    });
    let limits = limits.unwrap_or(Value::Null);
    let found = TABLE.iter().find(|case| bytes(case) == stream && case["limits"] == limits);
    let told = told(outcome, error);
    let Some(case) = found else {
        panic!("decoder.json lacks {:?}: {told}", String::from_utf8_lossy(stream))
    };
    assert_eq!(said(case), told, "{case}");
}

#[test]
fn every_case_of_the_shared_table_is_read_as_it_says() {
    assert!(TABLE.len() > 80);
    for case in &*TABLE {
        let decoder = || match case["limits"]["lineBytes"].as_u64() {
            None => Decoder::new(),
            Some(line_bytes) => Decoder::with_limits(Limits {
                line_bytes: line_bytes.try_into().unwrap(),
                data_bytes: case["limits"]["dataBytes"].as_u64().unwrap().try_into().unwrap(),
            }),
        };
        let stream = bytes(case);
        for at in 0..=stream.len() {
            let (before, after) = stream.split_at(at);
            let (outcome, error) = feed(&mut decoder(), [before, after]);
            assert_eq!(told(&outcome, error), said(case), "{case}, cut at {at}");
        }
    }
}

/// A stream that is no text is written in hexadecimal.
fn bytes(case: &Value) -> Vec<u8> {
    if let Some(text) = case["stream"].as_str() {
        return text.as_bytes().to_vec();
    }
    let hex = case["hex"].as_str().unwrap();
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}

fn said(case: &Value) -> Value {
    json!({
        "messages": case["messages"],
        "lastEventId": case["lastEventId"],
        "retry": case["retry"],
        "error": case["error"],
    })
}

fn told(outcome: &Outcome, error: Option<DecodeError>) -> Value {
    let messages = outcome
        .told
        .iter()
        .map(|told| json!({"event": told.event, "data": told.data, "id": told.id}));
    json!({
        "messages": messages.collect::<Vec<_>>(),
        "lastEventId": outcome.last_event_id,
        // As a text: not every reader of JSON can count so far.
        "retry": outcome.retry.map(|retry| retry.to_string()),
        "error": error.map(|error| match error {
            DecodeError::LineTooLong { .. } => "line",
            _ => "data",
        }),
    })
}
