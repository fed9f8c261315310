//! Panics that are due.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// What `body` returns, or `None` if it panics, which libFuzzer takes for a finding elsewhere.
pub fn unless_it_panics<T>(body: impl FnOnce() -> T) -> Option<T> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // libFuzzer's, which aborts.
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |information| {
            if !EXPECTED.get() {
                hook(information);
            }
        }));
    });
    EXPECTED.set(true);
    let result = catch_unwind(AssertUnwindSafe(body));
    EXPECTED.set(false);
    result.ok()
}
