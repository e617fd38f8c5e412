//! How long something took, lately.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

/// How many are remembered: enough for a percentile, and few enough to sort at each look.
const REMEMBERED: usize = 512;

/// The latest times. Cheap to clone; clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timings(Arc<Mutex<VecDeque<Duration>>>);

/// What they come to, in microseconds.
#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    count: usize,
    p50_micros: u128,
    p99_micros: u128,
}

impl Timings {
    pub(crate) fn took(&self, time: Duration) {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if times.len() == REMEMBERED {
            times.pop_front();
        }
        times.push_back(time);
    }

    pub(crate) fn summary(&self) -> Summary {
        let times = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut times = Vec::from(times);
        times.sort_unstable();
        // The smallest that so many of a hundred are not above.
        let percentile = |percent: usize| {
            let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
            times.get(place).map_or(0, Duration::as_micros)
        };
        Summary { count: times.len(), p50_micros: percentile(50), p99_micros: percentile(99) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_latest_times() {
        let timings = Timings::default();
        assert_eq!(timings.summary(), Summary::default());
        for _ in 0..REMEMBERED {
            timings.took(Duration::from_secs(9));
        }
        for micros in (1..=REMEMBERED as u64).rev() {
            timings.took(Duration::from_micros(micros));
        }
        let expected = Summary { count: REMEMBERED, p50_micros: 256, p99_micros: 507 };
        assert_eq!(timings.summary(), expected);
    }
}
