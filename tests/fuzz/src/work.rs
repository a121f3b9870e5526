//! How much work something is: the bytes that it allocates, or, where `tests/fuzz/run` has built the code with counters
//! in it, the branches that it takes. Neither knows of time, so the same input is the same work on every machine.
#![expect(unsafe_code, reason = "an allocator, and what the compiler's counters call, cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static ALLOCATED: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

fn count(bytes: usize) {
    // A thread that ends frees what it kept; that is not counted.
    let _ = ALLOCATED.try_with(|allocated| allocated.set(allocated.get() + bytes as u64));
}

// SAFETY: all that it does beside counting is to hand on what it is given to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // What it may have to copy.
        count(size);
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What this thread does in `task`: the bytes that it allocates, and the branches that it takes, none where the code is
/// built without counters.
pub fn of<T>(task: impl FnOnce() -> T) -> (T, Work) {
    let before = (ALLOCATED.get(), branches::taken());
    let value = task();
    (value, Work { allocated: ALLOCATED.get() - before.0, branches: branches::taken() - before.1 })
}

/// How much something was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Bytes allocated.
    pub allocated: u64,
    /// Branches taken; 0 where the code is built without counters.
    pub branches: u64,
}

/// What the compiler's counters call (`-sanitizer-coverage-trace-pc-guard`), in code that `tests/fuzz/run` builds.
#[cfg(wrapup_steps)]
pub mod branches {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Places in the code that have a number of their own; what is beyond shares numbers.
    pub const PLACES: usize = 1 << 20;

    thread_local! {
        static TAKEN: Cell<u64> = const { Cell::new(0) };
        static SEEN: Cell<Option<&'static Seen>> = const { Cell::new(None) };
    }
    static NEXT: AtomicU32 = AtomicU32::new(1);

    /// How many this thread has taken.
    pub fn taken() -> u64 {
        TAKEN.get()
    }

    /// How often a thread has come by each place, and by which it has come.
    pub struct Seen {
        times: Vec<Cell<u8>>,
        places: Vec<Cell<u32>>,
        length: Cell<usize>,
    }

    impl Seen {
        pub fn new() -> Self {
            let places = vec![Cell::new(0); PLACES];
            Self { times: vec![Cell::new(0); PLACES], places, length: Cell::new(0) }
        }

        fn come_by(&self, place: usize) {
            let times = &self.times[place % PLACES];
            if times.get() == 0 {
                self.places[self.length.get()].set((place % PLACES) as u32);
                self.length.set(self.length.get() + 1);
            }
            times.set(times.get().saturating_add(1));
        }

        /// Hands over each place and how often it was come by, and forgets them.
        pub fn take(&self, mut each: impl FnMut(usize, u8)) {
            for place in &self.places[..self.length.take()] {
                let place = place.get() as usize;
                each(place, self.times[place].take());
            }
        }
    }

    /// Has what this thread comes by noted there from now on.
    pub fn watch(seen: &'static Seen) {
        SEEN.set(Some(seen));
    }

    #[unsafe(no_mangle)]
    extern "C" fn __sanitizer_cov_trace_pc_guard(guard: *mut u32) {
        let _ = TAKEN.try_with(|taken| taken.set(taken.get() + 1));
        // SAFETY: the compiler hands over a guard of its own, which nobody writes but the function below, once.
        let place = unsafe { *guard } as usize;
        if let Ok(Some(seen)) = SEEN.try_with(Cell::get) {
            seen.come_by(place);
        }
    }

    #[unsafe(no_mangle)]
    extern "C" fn __sanitizer_cov_trace_pc_guard_init(mut guard: *mut u32, end: *mut u32) {
        while guard < end {
            // SAFETY: these are the guards of one object file, from the first to the one behind the last.
            unsafe {
                if *guard == 0 {
                    *guard = NEXT.fetch_add(1, Ordering::Relaxed);
                }
                guard = guard.add(1);
            }
        }
    }
}

/// Without counters none are taken.
#[cfg(not(wrapup_steps))]
mod branches {
    pub fn taken() -> u64 {
        0
    }
}
