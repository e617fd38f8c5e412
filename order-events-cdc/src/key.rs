//! Idempotency keys, made of what a source calls its events and of nothing else.

use std::borrow::Cow;

use order_events_core::{IdempotencyKey, Invalid};

/// A key of these parts, readable where it fits and hashed where it does not. Equal parts give equal
/// keys, in every process and version, and other parts give others.
pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Result<IdempotencyKey, Invalid> {
    let parts: Vec<_> = parts.into_iter().map(escaped).collect();
    let text = parts.join("/");
    IdempotencyKey::new(&text).or_else(|_| {
        let kind = parts.first().filter(|kind| is_plain(kind)).map_or("", |kind| kind);
        let hashed = format!("{kind}#{:032x}", digest([text.as_bytes()]));
        // 32 digits and a short word, which are a key whatever the parts.
        IdempotencyKey::new(hashed)
    })
}

/// A number for these texts that is the same everywhere and always: FNV-1a, of 128 bits so that no
/// two events of one log ever meet by chance. Nobody gains by making them meet: the texts are the
/// source's own.
pub(crate) fn digest<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let mut hash = BASIS;
    for text in texts {
        for byte in text {
            hash = (hash ^ u128::from(*byte)).wrapping_mul(PRIME);
        }
    }
    hash
}

/// Parts are joined by slashes, so none has one.
fn escaped(part: &str) -> Cow<'_, str> {
    if part.contains(['/', '%']) {
        Cow::Owned(part.replace('%', "%25").replace('/', "%2F"))
    } else {
        Cow::Borrowed(part)
    }
}

fn is_plain(word: &str) -> bool {
    word.len() <= 16 && word.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
        of(parts).unwrap().as_str().to_owned()
    }

    #[test]
    fn a_key_that_fits_is_readable() {
        assert_eq!(key(["sf", "tx-1", "2", "801", "status"]), "sf/tx-1/2/801/status");
    }

    #[test]
    fn what_no_key_may_be_is_hashed() {
        assert_eq!(key(["sf", &"x".repeat(200)]), "sf#cbf305e3306e87296dd9a5d2efceafa9");
        assert!(key(["sf", "a\nb"]).starts_with("sf#"));
        assert!(key(["\n", "b"]).starts_with('#'));
        assert!(key([]).starts_with('#'));
    }

    proptest! {
        #[test]
        fn other_parts_give_another_key(
            a in prop::collection::vec(".{0,80}", 1..5),
            b in prop::collection::vec(".{0,80}", 1..5),
        ) {
            let key = |parts: &[String]| key(parts.iter().map(String::as_str));
            prop_assert_eq!(key(&a) == key(&b), a == b);
            prop_assert_eq!(key(&a), key(&a));
        }
    }
}
