//! What the load publishes, and how it is found again in whatever a stream is made of.

use std::io::{self, Write as _};

use memchr::memmem::Finder;

/// The longest that a marker gets: prefix, number, time and their dots.
const LONGEST: usize = 64;

/// The marker of one run: `L<run>.<n>.<t_ns>.`, and then padding.
#[derive(Debug)]
pub struct Marker {
    prefix: String,
    finder: Finder<'static>,
}

/// A marker that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// Which of its order, from 1.
    pub n: u64,
    /// When it was published, in nanoseconds of the monotonic clock.
    pub published: u64,
}

impl Marker {
    /// Of a run that has a number, so that what an earlier one left behind is not counted.
    pub fn new(run: u32) -> Self {
        let prefix = format!("L{run}.");
        Self { finder: Finder::new(&prefix).into_owned(), prefix }
    }

    /// Appends one, padded to so many bytes if it is shorter.
    pub fn write(&self, n: u64, now: u64, length: usize, to: &mut Vec<u8>) {
        let end = to.len() + length;
        // Writing to memory does not fail.
        let _written = write!(to, "{}{n}.{now}.", self.prefix);
        if to.len() < end {
            to.resize(end, b'x');
        }
    }

    /// How long the nth is without padding.
    pub fn length(&self, n: u64, now: u64) -> usize {
        let mut text = Vec::with_capacity(LONGEST);
        self.write(n, now, 0, &mut text);
        text.len()
    }

    /// Finds every marker in a piece; of one that is not whole, `rest` keeps the beginning.
    fn scan(&self, piece: &[u8], rest: &mut Rest, mut each: impl FnMut(Sighting)) {
        let mut at = 0;
        while let Some(found) = self.finder.find(&piece[at..]) {
            let start = at + found;
            let numbers = &piece[start + self.prefix.len()..];
            match two_numbers(numbers) {
                Numbers::Whole(sighting, length) => {
                    each(sighting);
                    at = start + self.prefix.len() + length;
                }
                Numbers::Begun if piece.len() - start < LONGEST => {
                    return rest.keep(&piece[start..]);
                }
                Numbers::Begun | Numbers::None => at = start + self.prefix.len(),
            }
        }
        let prefix = self.prefix.as_bytes();
        let longest = (prefix.len() - 1).min(piece.len() - at);
        let begun = (1..=longest).rev().find(|&length| piece.ends_with(&prefix[..length]));
        rest.keep(&piece[piece.len() - begun.unwrap_or(0)..]);
    }
}

enum Numbers {
    Whole(Sighting, usize),
    Begun,
    None,
}

fn two_numbers(bytes: &[u8]) -> Numbers {
    let mut numbers = [0_u64; 2];
    let mut which = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                let digit = u64::from(byte - b'0');
                numbers[which] = numbers[which].wrapping_mul(10).wrapping_add(digit);
            }
            b'.' if which == 0 => which = 1,
            b'.' => {
                let sighting = Sighting { n: numbers[0], published: numbers[1] };
                return Numbers::Whole(sighting, at + 1);
            }
            _ => return Numbers::None,
        }
    }
    Numbers::Begun
}

/// The beginning of a marker whose end has not come.
#[derive(Debug, Clone, Copy)]
pub struct Rest {
    length: u8,
    bytes: [u8; LONGEST],
}

impl Rest {
    /// Nothing begun.
    pub fn new() -> Self {
        Self { length: 0, bytes: [0; LONGEST] }
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.length = bytes.len() as u8;
        self.bytes[..bytes.len()].copy_from_slice(bytes);
    }
}

impl Default for Rest {
    fn default() -> Self {
        Self::new()
    }
}

/// The one buffer that every socket is read into, with room before it for what a socket's last read
/// began.
#[derive(Debug)]
pub struct Buffer(Box<[u8]>);

impl Buffer {
    const SIZE: usize = 64 * 1024;

    /// An empty one.
    pub fn new() -> Self {
        Self(vec![0; LONGEST + Self::SIZE].into_boxed_slice())
    }

    /// Reads once, and gives what came. 0 bytes are the end, as ever.
    pub fn read(&mut self, mut from: impl io::Read) -> io::Result<&[u8]> {
        let length = from.read(&mut self.0[LONGEST..])?;
        Ok(&self.0[LONGEST..LONGEST + length])
    }

    /// Finds every marker in what was read last, which were so many bytes.
    pub fn scan(
        &mut self,
        length: usize,
        marker: &Marker,
        rest: &mut Rest,
        each: impl FnMut(Sighting),
    ) {
        let had = usize::from(rest.length);
        let start = LONGEST - had;
        self.0[start..LONGEST].copy_from_slice(&rest.bytes[..had]);
        marker.scan(&self.0[start..LONGEST + length], rest, each);
    }
}

impl Default for Buffer {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(pieces: &[&[u8]]) -> Vec<(u64, u64)> {
        let (marker, mut buffer, mut rest) = (Marker::new(7), Buffer::new(), Rest::new());
        let mut seen = Vec::new();
        for piece in pieces {
            let length = buffer.read(*piece).unwrap().len();
            buffer.scan(length, &marker, &mut rest, |it| seen.push((it.n, it.published)));
        }
        seen
    }

    #[test]
    fn every_marker_of_a_piece_is_found() {
        assert_eq!(seen(&[b"data: L7.1.20.xx\n\ndata: L7.2.30.\n\n"]), [(1, 20), (2, 30)]);
    }

    #[test]
    fn a_marker_is_found_wherever_the_pieces_part() {
        let stream = b"LL7.data: L7.12.345.xxL7.L7.13.678.x";
        for at in 0..stream.len() {
            for then in at..stream.len() {
                let pieces = [&stream[..at], &stream[at..then], &stream[then..]];
                assert_eq!(seen(&pieces), [(12, 345), (13, 678)], "parted at {at} and {then}");
            }
        }
    }

    #[test]
    fn a_marker_of_another_run_is_none() {
        assert_eq!(seen(&[b"L8.1.20. L77.1.20. L7.1.20."]), [(1, 20)]);
    }

    #[test]
    fn what_never_ends_is_no_marker() {
        let endless = [b"L7.".as_slice(), &[b'1'; 200], b" L7.3.4."].concat();
        assert_eq!(seen(&[&endless[..100], &endless[100..]]), [(3, 4)]);
    }

    #[test]
    fn what_is_written_is_as_long_as_asked_and_found() {
        let mut body = Vec::new();
        Marker::new(7).write(5, 99, 100, &mut body);
        assert_eq!(body.len(), 100);
        assert_eq!(seen(&[&body]), [(5, 99)]);
    }
}
