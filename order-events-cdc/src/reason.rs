//! Why something failed, as an event may say it.

use order_events_core::config::MAX_NOTE_BYTES;

/// The beginning of a reason that fits into an event, cut between characters; none is empty. That
/// something failed must not go untold because its reason is long.
pub(crate) fn fitting(reason: &str) -> &str {
    if reason.is_empty() {
        return "no reason was given";
    }
    let mut end = MAX_NOTE_BYTES.min(reason.len());
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    &reason[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_cut_between_characters_and_never_empty() {
        assert_eq!(fitting("no line"), "no line");
        assert_eq!(fitting(""), "no reason was given");
        let long = format!("x{}", "é".repeat(MAX_NOTE_BYTES));
        assert_eq!(fitting(&long).len(), MAX_NOTE_BYTES - 1);
    }
}
