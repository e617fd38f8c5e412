//! An allocator that counts what the current thread asks for.
//!
//! Counted are the bytes of each `Layout`, as the program asked for them: what the system's
//! allocator adds (a header, rounding up) is not the program's and is shown beside it as resident
//! memory. Per thread and without atomics, so that counting costs next to nothing and threads do
//! not meet in it; memory that one thread allocates and another frees is not for this counter.
#![expect(unsafe_code, reason = "`GlobalAlloc` is an unsafe trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Allocations of up to this many bytes are told apart by their size.
const SIZES: usize = 1024;

thread_local! {
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static BY_SIZE: [Cell<i64>; SIZES + 1] = const { [const { Cell::new(0) }; SIZES + 1] };
}

/// To be made the program's `#[global_allocator]`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counting;

fn count(bytes: isize, layout: Layout) {
    LIVE.with(|live| {
        live.set(live.get() + bytes);
        PEAK.with(|peak| peak.set(peak.get().max(live.get())));
    });
    BY_SIZE.with(|sizes| {
        let cell = &sizes[layout.size().min(SIZES)];
        cell.set(cell.get() + bytes.signum() as i64);
    });
}

// SAFETY: every call is passed on to `System` as it came. The counters are constants without
// destructors, so touching them neither allocates nor panics.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        count(layout.size() as isize, layout);
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count(-(layout.size() as isize), layout);
        // SAFETY: the caller keeps `dealloc`'s contract, and `ptr` came from `System`.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        count(-(layout.size() as isize), layout);
        if let Ok(new) = Layout::from_size_align(new_size, layout.align()) {
            count(new_size as isize, new);
        }
        // SAFETY: the caller keeps `realloc`'s contract, and `ptr` came from `System`.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

/// Bytes this thread has allocated and not freed.
pub fn live() -> isize {
    LIVE.with(Cell::get)
}

/// Allocations and reallocations this thread has made so far.
pub fn allocations() -> u64 {
    ALLOCATIONS.with(Cell::get)
}

/// The most that was live since this was asked last.
pub fn peak() -> isize {
    PEAK.with(|peak| peak.replace(live()))
}

/// How many allocations of each size are live. The last one is of all that are larger.
#[derive(Debug, Clone)]
pub struct Sizes(Vec<i64>);

impl Sizes {
    /// As it is now.
    pub fn now() -> Self {
        // The list is made before it is filled, so as not to count itself.
        let mut sizes = Vec::with_capacity(SIZES + 1);
        BY_SIZE.with(|counts| sizes.extend(counts.iter().map(Cell::get)));
        Self(sizes)
    }

    /// The sizes of which most bytes have become live since, and how many there are of each.
    pub fn since(&self, before: &Self) -> Vec<(usize, i64)> {
        let grown = self.0.iter().zip(&before.0).map(|(now, then)| now - then).enumerate();
        let mut grown: Vec<_> = grown.take(SIZES).filter(|(_, count)| *count > 0).collect();
        grown.sort_by_key(|(size, count)| -(*size as i64 * count));
        grown
    }
}
