//! Any bytes as an event of any source: read and decided, or refused, and the same each time.

#![no_main]

#[path = "../../order-events-cdc/tests/properties/decide_all.rs"]
mod decide_all;

use decide_all::decide_all;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    assert_eq!(decide_all(raw), decide_all(raw));
});
