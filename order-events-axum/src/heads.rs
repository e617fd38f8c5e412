//! Where the heads of requests end, in bytes as they come: whether a request is all that was read.

use crate::connect::MAX_HEAD_BYTES;

/// Counts blank lines since the last request, which is what a head ends with.
///
/// Whoever goes on with a connection that another has read from must know that nothing is left in
/// that other's buffer. The other, hyper, does not say so. But if there was one blank line in what it
/// was given since the request before, and it was the last that it was given, then that line ended
/// this request's head, and nothing came behind it. A body with blank lines in it, and requests that
/// come before the answer to the one before, count as more and are taken for something left.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    blank_lines: u8,
    /// Nothing but a carriage return came since the last line feed.
    is_blank: bool,
    /// The last byte ended a blank line.
    is_at_end: bool,
    bytes: usize,
}

impl Heads {
    /// These bytes were given.
    pub(crate) fn read(&mut self, bytes: &[u8]) {
        self.bytes = self.bytes.saturating_add(bytes.len());
        // No head is so long: it is a body, which need not be looked through.
        if self.bytes > 2 * MAX_HEAD_BYTES {
            self.blank_lines = u8::MAX;
        }
        if self.blank_lines > 1 {
            return;
        }
        for byte in bytes {
            self.is_at_end = *byte == b'\n' && self.is_blank;
            self.blank_lines = self.blank_lines.saturating_add(self.is_at_end.into());
            self.is_blank = *byte == b'\n' || (*byte == b'\r' && self.is_blank);
        }
    }

    /// A request was made: true where nothing is left behind its head.
    pub(crate) fn ask(&mut self) -> bool {
        let is_all = self.blank_lines == 1 && self.is_at_end;
        *self = Self::default();
        is_all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "GET / HTTP/1.1\r\nhost: shop\r\n\r\n";

    fn after(bytes: &str) -> Heads {
        let mut heads = Heads::default();
        heads.read(bytes.as_bytes());
        heads
    }

    #[test]
    fn a_head_alone_is_all_however_it_is_cut() {
        for cut in 0..=HEAD.len() {
            let mut heads = after(&HEAD[..cut]);
            heads.read(&HEAD.as_bytes()[cut..]);
            assert!(heads.ask(), "cut at {cut}");
        }
        assert!(after("GET / HTTP/1.1\nhost: shop\n\n").ask());
    }

    #[test]
    fn what_comes_behind_a_head_is_left() {
        for behind in ["G", "\r\n", "\n", HEAD, "body", "body\r\n\r\n"] {
            assert!(!after(&format!("{HEAD}{behind}")).ask(), "{behind:?}");
        }
    }

    #[test]
    fn requests_that_came_together_are_never_all() {
        let mut heads = after(&format!("{HEAD}{HEAD}"));
        assert_eq!([heads.ask(), heads.ask()], [false, false]);
        heads.read(HEAD.as_bytes());
        assert!(heads.ask(), "one by one again");
    }

    #[test]
    fn a_body_that_is_read_after_its_head_may_say_anything() {
        for (body, is_all) in [("one line", true), ("a\r\n\r\nb", false)] {
            let mut heads = after(HEAD);
            assert!(heads.ask());
            heads.read(body.as_bytes());
            heads.read(HEAD.as_bytes());
            assert_eq!(heads.ask(), is_all, "{body:?}");
        }
        let mut heads = after(HEAD);
        heads.ask();
        heads.read(&vec![b'x'; 2 * MAX_HEAD_BYTES]);
        heads.read(HEAD.as_bytes());
        assert!(!heads.ask(), "an endless body is not looked through");
    }
}
