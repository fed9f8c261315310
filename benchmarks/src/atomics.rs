//! Atomic operations, alone and against a second thread.

use std::hint::{black_box, spin_loop};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use std::thread;
use std::time::Instant;

use crate::Result;
use crate::harness::{Bound, Candidate, Target};
use crate::machine;
use crate::memory::Memory;
use crate::report::Section;
use crate::session::{Group, Session};

pub(crate) const GROUP: Group = Group {
    name: "atomics",
    about: "atomic operations against std's, alone and contended",
    run: sections,
};

static STD: Target = Target {
    text: "atomics: within 5 % of std's",
    bound: Bound::RatioAtLeast(0.95),
};

/// So many operations are made in a run, written out one after the other.
const LOT: u32 = 8;

fn sections(session: &Session) -> Result<Vec<Section>> {
    let memory = Memory::new(4096)?;
    let mut alone = Section {
        title: "Atomics, alone".to_owned(),
        about: "One thread, one value in the first-level cache. The handle, or the reference to \
                `std`'s type on the same memory, is made once.",
        rows: Vec::new(),
    };
    alone_32(session, &mut alone, &memory)?;
    alone_64(session, &mut alone, &memory)?;
    let mut sections = vec![alone];
    if let Some(other) = session.processors.other {
        let mut contended = Section {
            title: "Atomics, contended".to_owned(),
            about: "Two threads on two processors, both at the same value as fast as they can. \
                    Times are for one operation of each.",
            rows: Vec::new(),
        };
        contended_64(session, &mut contended, &memory, other)?;
        sections.push(contended);
    }
    Ok(sections)
}

/// Measures one operation with either kind of atomic; their methods have the same names.
/// Orderings are written out in it, since both choose the instruction by a constant.
macro_rules! row {
    ($atomics:ident, $each:ident($($argument:expr)?), $label:expr,
     |$atomic:ident| $operation:expr) => {{
        let ours = {
            let $atomic = $atomics.ours;
            $each("rawshm", $operation $(, $argument)?)
        };
        let std = {
            let $atomic = $atomics.std;
            $each("std", $operation $(, $argument)?).held_to(&STD)
        };
        let label = format!("{} bits, {}", $atomics.bits, $label);
        $atomics.session.row($atomics.section, label, None, vec![ours, std])?
    }};
}

/// Counts up, as somebody would who may have been overtaken.
macro_rules! count_up {
    ($atomic:ident, $ordering:ident) => {
        move || {
            let found = $atomic.load(Relaxed);
            $atomic.compare_exchange(found, found.wrapping_add(1), $ordering, $ordering)
        }
    };
}

/// The two kinds of atomic on the same memory, and where their rows go.
struct Atomics<'a, Ours, Std> {
    session: &'a Session,
    section: &'a mut Section,
    ours: Ours,
    std: &'a Std,
    bits: u32,
}

macro_rules! atomics {
    ($std:ident, $handle:ident, $session:ident, $section:ident, $memory:ident) => {{
        let shared = $memory.shared.shared();
        Atomics {
            session: $session,
            section: $section,
            ours: shared.$handle(0)?,
            // SAFETY: mapped, aligned, and nobody accesses it in another way meanwhile.
            std: unsafe { $std::from_ptr(shared.as_mut_ptr().cast()) },
            bits: 8 * size_of::<$std>() as u32,
        }
    }};
}

macro_rules! alone_rows {
    ($name:ident, $std:ident, $handle:ident) => {
        fn $name(session: &Session, section: &mut Section, memory: &Memory) -> Result<()> {
            let atomics = atomics!($std, $handle, session, section, memory);
            row!(atomics, alone(), "load, Relaxed", |atomic| move || atomic
                .load(Relaxed));
            row!(atomics, alone(), "load, SeqCst", |atomic| move || atomic
                .load(SeqCst));
            row!(atomics, alone(), "store, Relaxed", |atomic| move || atomic
                .store(1, Relaxed));
            row!(atomics, alone(), "store, SeqCst", |atomic| move || atomic
                .store(1, SeqCst));
            row!(atomics, alone(), "swap, Relaxed", |atomic| move || atomic
                .swap(1, Relaxed));
            row!(atomics, alone(), "swap, SeqCst", |atomic| move || atomic
                .swap(1, SeqCst));
            row!(atomics, alone(), "fetch_add, Relaxed", |atomic| {
                move || atomic.fetch_add(1, Relaxed)
            });
            row!(atomics, alone(), "fetch_add, SeqCst", |atomic| {
                move || atomic.fetch_add(1, SeqCst)
            });
            row!(atomics, alone(), "compare_exchange, Relaxed", |atomic| {
                count_up!(atomic, Relaxed)
            });
            row!(atomics, alone(), "compare_exchange, SeqCst", |atomic| {
                count_up!(atomic, SeqCst)
            });
            Ok(())
        }
    };
}

alone_rows!(alone_32, AtomicU32, atomic_u32);
alone_rows!(alone_64, AtomicU64, atomic_u64);

fn contended_64(
    session: &Session,
    section: &mut Section,
    memory: &Memory,
    other: usize,
) -> Result<()> {
    let atomics = atomics!(AtomicU64, atomic_u64, session, section, memory);
    row!(atomics, contended(other), "swap, SeqCst", |atomic| {
        move || atomic.swap(1, SeqCst)
    });
    row!(atomics, contended(other), "fetch_add, SeqCst", |atomic| {
        move || atomic.fetch_add(1, SeqCst)
    });
    row!(
        atomics,
        contended(other),
        "compare_exchange, SeqCst",
        |atomic| count_up!(atomic, SeqCst)
    );
    Ok(())
}

/// Makes a batch. It has an operation of its own, whose captures can stay in registers.
#[inline(always)]
fn repeat<T>(mut operation: impl FnMut() -> T, iterations: u64) {
    for _ in 0..iterations {
        for _ in 0..LOT {
            black_box(operation());
        }
    }
}

fn alone<'a, T>(name: &'static str, operation: impl FnMut() -> T + Copy + 'a) -> Candidate<'a> {
    let batch = move |iterations| {
        let started = Instant::now();
        repeat(operation, iterations);
        Ok(started.elapsed())
    };
    Candidate::timed(name, batch).in_lots_of(LOT)
}

fn contended<'a, T>(
    name: &'static str,
    operation: impl FnMut() -> T + Copy + Send + 'a,
    other: usize,
) -> Candidate<'a> {
    let batch = move |iterations| {
        let [ready, go, done] = &[const { Flag::new() }; 3];
        thread::scope(|scope| {
            let helper = scope.spawn(move || {
                // The error as a text, since the other kind does not leave its thread.
                let pinned = machine::pin(other).map_err(|error| error.to_string());
                ready.raise();
                go.wait();
                repeat(operation, iterations);
                done.raise();
                pinned
            });
            ready.wait();
            let started = Instant::now();
            go.raise();
            repeat(operation, iterations);
            done.wait();
            let elapsed = started.elapsed();
            helper.join().map_err(|_| "the second thread panicked")??;
            Ok(elapsed)
        })
    };
    Candidate::timed(name, batch).in_lots_of(LOT)
}

/// Alone in its cache line, so that looking at it disturbs nobody.
#[repr(align(128))]
struct Flag(AtomicBool);

impl Flag {
    const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    fn raise(&self) {
        self.0.store(true, Release);
    }

    fn wait(&self) {
        while !self.0.load(Acquire) {
            spin_loop();
        }
    }
}
