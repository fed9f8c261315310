//! That nothing is left after a run.

use std::cell::RefCell;
use std::fs;

use crate::maps;

/// Looking costs more than most runs.
const EVERY: u64 = 64;

#[derive(Debug, PartialEq, Eq)]
struct Held {
    descriptors: usize,
    /// Mappings of shared memory, whatever kind; those of the sanitizer are private.
    shared: Vec<String>,
}

impl Held {
    fn now() -> Self {
        let descriptors = fs::read_dir("/proc/self/fd").expect("proc is mounted");
        let shared = maps::read().into_iter().filter_map(|region| {
            let name = region.name;
            region.permissions.ends_with('s').then_some(name)
        });
        Self {
            descriptors: descriptors.count(),
            shared: shared.collect(),
        }
    }
}

thread_local! {
    static FIRST: RefCell<(u64, Option<Held>)> = const { RefCell::new((0, None)) };
}

/// Called at the end of each run: now and then compares with what there was after the first.
pub fn check() {
    FIRST.with_borrow_mut(|(runs, first)| {
        *runs += 1;
        match first {
            // What is made once is there by now.
            None => *first = Some(Held::now()),
            Some(first) if *runs % EVERY == 0 => assert_eq!(Held::now(), *first, "left behind"),
            Some(_) => {}
        }
    });
}
