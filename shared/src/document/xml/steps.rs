//! What the reader does, counted while it is tested: what a hostile text costs, without a clock.

#[cfg(test)]
use std::cell::Cell;

#[cfg(test)]
thread_local! {
    static TAKEN: Cell<usize> = const { Cell::new(0) };
}

/// Notes steps: a byte that is looked at, a comparison of two names, a field that is looked up.
#[cfg_attr(not(test), expect(unused_variables, reason = "only tests count"))]
pub(super) fn note(steps: usize) {
    #[cfg(test)]
    TAKEN.set(TAKEN.get() + steps);
}

/// How many steps this thread took for something.
#[cfg(test)]
pub(super) fn taken(by: impl FnOnce()) -> usize {
    TAKEN.set(0);
    by();
    TAKEN.get()
}
