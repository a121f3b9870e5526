//! Which fields a reader asks for: what the OpenAPI document is held against.

use std::cell::RefCell;
use std::collections::BTreeSet;

thread_local! {
    static ASKED: RefCell<Option<BTreeSet<String>>> = const { RefCell::new(None) };
}

/// Starts to keep the paths of all fields that are asked for on this thread.
pub fn keep() {
    ASKED.set(Some(BTreeSet::new()));
}

/// The paths that were asked for since [`keep`], given or not.
pub fn take() -> BTreeSet<String> {
    ASKED.take().unwrap_or_default()
}

pub(super) fn note(path: impl FnOnce() -> String) {
    ASKED.with_borrow_mut(|asked| {
        if let Some(asked) = asked {
            asked.insert(path());
        }
    });
}
