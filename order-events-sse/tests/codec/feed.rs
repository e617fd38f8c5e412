//! Streams given to the decoder, cut in every way. Shared with the fuzz targets.

use order_events_sse::{DecodeError, Decoder};

use super::model::{Outcome, Told};

/// What the decoder makes of the pieces, one after the other.
pub(crate) fn feed<'a>(
    decoder: &mut Decoder,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Outcome, Option<DecodeError>) {
    let mut told = Vec::new();
    let mut failed = None;
    for mut piece in pieces {
        loop {
            let before = piece.len();
            match decoder.decode(&mut piece) {
                Ok(Some(message)) => {
                    assert!(piece.len() < before, "a message takes some of the input");
                    told.push(Told {
                        event: (*message.event).to_owned(),
                        data: message.data,
                        id: (*message.last_event_id).to_owned(),
                    });
                }
                Ok(None) => {
                    assert!(piece.is_empty(), "without a message all of the input is read");
                    assert_eq!(failed, None, "an error is final");
                    break;
                }
                Err(error) => {
                    assert!(failed.is_none_or(|before| before == error), "an error stays the same");
                    failed = Some(error);
                    break;
                }
            }
        }
    }
    let retry = decoder.retry().map(|retry| u64::try_from(retry.as_millis()).unwrap());
    (Outcome { told, last_event_id: decoder.last_event_id().to_owned(), retry }, failed)
}

/// The stream in pieces of these sizes, over and over. Where they come to nothing, in one piece.
pub(crate) fn cut<'a>(stream: &'a [u8], sizes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let one = [u8::MAX];
    let sizes: Vec<u8> =
        if sizes.iter().all(|size| *size == 0) { one.to_vec() } else { sizes.to_vec() };
    let mut rest = stream;
    let mut turn = 0;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let size = usize::from(sizes[turn % sizes.len()]).min(rest.len());
        turn += 1;
        let (piece, after) = rest.split_at(size);
        rest = after;
        Some(piece)
    })
}
