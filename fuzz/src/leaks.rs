//! That nothing is left after a run.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;

use crate::maps;

/// Looking costs more than most runs.
const EVERY: u64 = 64;

#[derive(Debug, PartialEq, Eq)]
struct Held {
    /// What each is of.
    descriptors: Vec<PathBuf>,
    /// Mappings of shared memory, whatever kind; those of the sanitizer are private.
    shared: Vec<String>,
}

impl Held {
    fn now() -> Self {
        let descriptors = fs::read_dir("/proc/self/fd").expect("proc is mounted");
        let mut descriptors: Vec<_> = descriptors
            .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
            .collect();
        descriptors.sort();
        // One end each of libFuzzer's pipes to what tells it names of functions; ours have both.
        let all = descriptors.clone();
        let is_pair = |pipe: &PathBuf| all.iter().filter(|&other| other == pipe).count() > 1;
        let is_pipe = |place: &PathBuf| place.as_os_str().as_encoded_bytes().starts_with(b"pipe:");
        descriptors.retain(|place| !is_pipe(place) || is_pair(place));
        let mut shared = Vec::new();
        maps::for_each(|region| {
            if region.permissions.ends_with('s') {
                shared.push(region.name.to_owned());
            }
        });
        Self {
            descriptors,
            shared,
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
