//! What the measuring programs share: a poll without a runtime, medians, random numbers, counted
//! memory, readers on a runtime, and the words that are published; and, for the end-to-end run, its
//! load and its floor; and a Redis.

pub mod counting;
pub mod floor;
pub mod load;
pub mod readers;
pub mod redis;
pub mod server;

use std::fmt::Write as _;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use order_events_core::{CustomerId, Hub, MemoryEngine, OrderId, Published, Update};

/// What a note says where its length does not matter: 60 bytes.
pub const NOTE: &str = "Your parcel has left our warehouse and is on its way to you.";

/// Runs a future that is ready at once, without a runtime, so that only the future is measured.
pub fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the engine in memory never waits"),
    }
}

/// Publishes what must be applied.
pub fn publish(hub: &Hub, update: Update) {
    match ready(hub.publish(update)) {
        Ok(Published::Applied(_)) => {}
        other => panic!("not applied: {other:?}"),
    }
}

/// The nth order's id, as a shop would write it: `ord-0000042`.
pub fn order_id(n: usize) -> OrderId {
    OrderId::new(OrderName::of(n).as_str()).expect("a valid id")
}

/// The nth customer's id.
pub fn customer_id(n: usize) -> CustomerId {
    CustomerId::new(format!("cus-{n:07}")).expect("a valid id")
}

/// An order's id before it is one: text on the stack, as a request brings it.
#[derive(Debug, Clone, Copy)]
pub struct OrderName([u8; 11]);

impl OrderName {
    /// The nth.
    pub fn of(n: usize) -> Self {
        let mut name = *b"ord-0000000";
        let mut rest = n;
        for digit in name[4..].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        Self(name)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("digits")
    }
}

/// A hub over an engine that retains everything, and takes as many subscriptions as come.
pub fn hub() -> Hub {
    let engine = MemoryEngine::builder().retain_events(usize::MAX).build();
    Hub::builder()
        .engine(std::sync::Arc::new(engine))
        .configure(|config| {
            config.max_subscriptions = usize::MAX;
            config.max_per_principal = usize::MAX;
        })
        .build()
}

/// splitmix64: good enough to pick orders, and next to free.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The same numbers for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }
}

/// How long it takes.
pub fn time(what: impl FnOnce()) -> Duration {
    let start = Instant::now();
    what();
    start.elapsed()
}

/// Nanoseconds per one of `count`.
pub fn nanos_per(elapsed: Duration, count: usize) -> f64 {
    elapsed.as_nanos() as f64 / count as f64
}

/// The middle of some figures, which a few disturbed rounds do not move.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

/// What so large a part of some figures (0 to 1) does not exceed.
pub fn quantile(figures: &[f64], part: f64) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() as f64 * part).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// The median of the quotients of figures that were measured side by side.
pub fn median_ratio(ours: &[f64], theirs: &[f64]) -> f64 {
    let ratios: Vec<_> = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
    median(&ratios)
}

/// What the quietest tenth of the rounds did not exceed: where neighbours are at work, nearer to
/// what the code costs than the median is.
pub fn quiet(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 10]
}

/// Prints the median of some rounds' nanoseconds, with their quietest tenth, beside its target.
pub fn report_nanos(what: &str, figures: &[f64], target: Option<Target>) {
    let unit = format!("ns ({:.0})", quiet(figures));
    report(what, median(figures), &unit, target);
}

/// Prints a figure beside its target, if it has one.
pub fn report(what: &str, figure: f64, unit: &str, target: Option<Target>) {
    let mut line = format!("{what:<66} {figure:>9.2} {unit:<12}");
    if let Some(target) = target {
        let verdict = if target.is_met(figure) { "met" } else { "MISSED" };
        let _ = write!(line, "  target {target}: {verdict}");
    }
    println!("{}", line.trim_end());
}

/// A bound for a figure.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
}

impl Target {
    fn is_met(self, figure: f64) -> bool {
        match self {
            Self::AtMost(bound) => figure <= bound,
            Self::AtLeast(bound) => figure >= bound,
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtMost(bound) => write!(f, "≤ {bound:.2}"),
            Self::AtLeast(bound) => write!(f, "≥ {bound:.2}"),
        }
    }
}

/// Prints a heading, and whether the program should run at all: with words on the command line, as
/// criterion takes them, only if its name contains one of them.
pub fn begins(program: &str, what: &str) -> bool {
    let mut filters = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).peekable();
    let wanted = filters.peek().is_none() || filters.any(|filter| program.contains(&filter));
    if wanted {
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').next().unwrap_or("?");
        println!("\n## {program}: {what}");
        println!("load {load}; medians, and in brackets the quietest tenth of the rounds\n");
    }
    wanted
}

/// Bytes of this process in physical memory.
pub fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').nth(1)?.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}
