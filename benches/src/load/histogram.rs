//! Latencies, counted without keeping them.

/// Steps per doubling: a figure is right to within 1.6 %.
const STEPS: u64 = 64;
const BUCKETS: usize = (64 - STEPS.ilog2() as usize + 1) * STEPS as usize;

/// How often which latency came, in nanoseconds. Counting one touches one counter.
#[derive(Debug, Clone)]
pub struct Histogram {
    counts: Box<[u64]>,
    count: u64,
    greatest: u64,
}

impl Histogram {
    /// Nothing counted.
    pub fn new() -> Self {
        Self { counts: vec![0; BUCKETS].into_boxed_slice(), count: 0, greatest: 0 }
    }

    /// Counts one.
    pub fn count(&mut self, nanos: u64) {
        self.counts[bucket(nanos)] += 1;
        self.count += 1;
        self.greatest = self.greatest.max(nanos);
    }

    /// What so large a part of them (0 to 1) did not exceed; 0 where nothing was counted.
    pub fn quantile(&self, part: f64) -> u64 {
        let rank = ((self.count as f64 * part).ceil() as u64).max(1);
        let mut passed = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            passed += count;
            if passed >= rank {
                return upper_end(bucket).min(self.greatest);
            }
        }
        self.greatest
    }

    /// The greatest of them.
    pub fn greatest(&self) -> u64 {
        self.greatest
    }

    /// Forgets them all.
    pub fn clear(&mut self) {
        self.counts.fill(0);
        (self.count, self.greatest) = (0, 0);
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

/// The first two doublings are exact; from there on, each has `STEPS` equal steps.
fn bucket(nanos: u64) -> usize {
    let doublings = (nanos / STEPS).checked_ilog2().unwrap_or(0);
    (u64::from(doublings) * STEPS + (nanos >> doublings)) as usize
}

fn upper_end(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let doublings = (bucket / STEPS).saturating_sub(1);
    let step = bucket - doublings * STEPS;
    ((u128::from(step + 1) << doublings) - 1) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_ends_where_the_next_begins() {
        for at in 0..BUCKETS - 1 {
            let end = upper_end(at);
            assert_eq!((bucket(end), bucket(end + 1)), (at, at + 1), "bucket {at}");
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_right_to_within_a_step() {
        let mut histogram = Histogram::new();
        (1..=100_000).for_each(|nanos| histogram.count(nanos));
        for part in [0.5, 0.9, 0.99, 1.0] {
            let (found, exact) = (histogram.quantile(part) as f64, 100_000.0 * part);
            assert!((exact..exact * 1.016).contains(&found), "{part}: {found}");
        }
        assert_eq!(histogram.greatest(), 100_000);
    }

    #[test]
    fn nothing_counted_is_nothing() {
        assert_eq!(Histogram::new().quantile(0.99), 0);
    }
}
