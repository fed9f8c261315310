//! Measures candidates side by side.
//!
//! A row is one question ("copy 4 KiB out of shared memory") and a list of candidates, ours
//! first. It is measured in rounds. In each round every candidate runs one batch, in an order
//! that is drawn anew, so that a busy moment of the machine hits all of them and nobody
//! always runs after the same neighbour. A round gives one ratio for each peer: its time
//! divided by ours in the same round. What is reported is the median of these ratios.

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::Result;

/// A round more or less costs little; fewer make no median.
const MINIMUM_ROUNDS: usize = 15;

/// So many rounds do when they take so many times as long as a row should.
const FEWER_ROUNDS: [(usize, u32); 2] = [(5, 2), (3, 4)];

/// A run that takes so long has no need of another one to find the caches as it leaves them.
const SLOW: Duration = Duration::from_millis(100);

/// As many rounds has a candidate that no target is about, however slow it is.
const MINIMUM_ROUNDS_ASIDE: usize = 3;

/// How much time to spend.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// On one batch: many runs of a candidate between two looks at the clock.
    pub(crate) batch: Duration,
    /// On one row: all rounds of all candidates.
    pub(crate) row: Duration,
}

impl Effort {
    pub(crate) const FULL: Self = Self {
        batch: Duration::from_micros(200),
        row: Duration::from_millis(1500),
    };
    pub(crate) const QUICK: Self = Self {
        batch: Duration::from_micros(30),
        row: Duration::from_millis(40),
    };
}

/// What a figure is to reach.
pub(crate) struct Target {
    pub(crate) text: &'static str,
    pub(crate) bound: Bound,
}

pub(crate) enum Bound {
    /// Of a peer's time divided by ours.
    RatioAtLeast(f64),
    /// Of a time of our own.
    NanosecondsAtMost(f64),
}

/// Something to measure: ours, or a peer.
pub(crate) struct Candidate<'a> {
    name: &'static str,
    target: Option<&'static Target>,
    /// What one run stands for.
    lot: u32,
    /// Runs that often, and says how long it took.
    batch: Box<dyn FnMut(u64) -> Result<Duration> + 'a>,
}

impl<'a> Candidate<'a> {
    /// An operation that is repeated in a loop.
    ///
    /// The caller makes what must not be known to the compiler opaque.
    pub(crate) fn new(name: &'static str, mut operation: impl FnMut() + 'a) -> Self {
        Self::timed(name, move |iterations| {
            let started = Instant::now();
            for _ in 0..iterations {
                operation();
            }
            Ok(started.elapsed())
        })
    }

    /// An operation that is repeated in a loop, until it fails.
    pub(crate) fn fallible<T, E: Into<Box<dyn Error>>>(
        name: &'static str,
        mut operation: impl FnMut() -> Result<T, E> + 'a,
    ) -> Self {
        Self::timed(name, move |iterations| {
            let started = Instant::now();
            for _ in 0..iterations {
                black_box(operation().map_err(Into::into)?);
            }
            Ok(started.elapsed())
        })
    }

    /// An operation that repeats itself and takes its own time.
    pub(crate) fn timed(
        name: &'static str,
        batch: impl FnMut(u64) -> Result<Duration> + 'a,
    ) -> Self {
        Self {
            name,
            target: None,
            lot: 1,
            batch: Box::new(batch),
        }
    }

    /// Says that one run does what is asked so many times: times are divided by it.
    pub(crate) fn in_lots_of(mut self, lot: u32) -> Self {
        self.lot = lot;
        self
    }

    /// Sets what the figure of this row is to reach: ours against this peer, or, if this is
    /// ours, the time itself.
    pub(crate) fn held_to(mut self, target: impl Into<Option<&'static Target>>) -> Self {
        self.target = target.into();
        self
    }
}

/// What came out for one candidate. Times are in nanoseconds a run.
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    pub(crate) target: Option<&'static Target>,
    pub(crate) least: f64,
    pub(crate) time: Quartiles,
    /// Its time divided by ours; 1 for ours.
    pub(crate) ratio: Quartiles,
}

/// The middle half of many values, and their median.
#[derive(Clone, Copy)]
pub(crate) struct Quartiles {
    pub(crate) lower: f64,
    pub(crate) median: f64,
    pub(crate) upper: f64,
}

impl Quartiles {
    /// # Panics
    ///
    /// If there are no values.
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.collect();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len() - 1;
        let at = |part: f64| {
            let position = part * last as f64;
            let below = position as usize;
            let above = (below + 1).min(last);
            sorted[below] + (sorted[above] - sorted[below]) * position.fract()
        };
        Self {
            lower: at(0.25),
            median: at(0.5),
            upper: at(0.75),
        }
    }
}

/// A candidate in the middle of a row.
struct Runner<'a, 'b> {
    candidate: &'a mut Candidate<'b>,
    iterations: u64,
    /// Runs before a batch that are not counted: a batch finds the caches as its candidate
    /// leaves them, not the one before.
    warm_up: u64,
    spent: Duration,
    /// Nanoseconds a run, for each round, `None` where it sat out.
    rounds: Vec<Option<f64>>,
}

impl<'a, 'b> Runner<'a, 'b> {
    fn calibrated(candidate: &'a mut Candidate<'b>, batch: Duration) -> Result<Self> {
        let started = Instant::now();
        let mut iterations = iterations_that_fill(candidate, batch)?;
        let slow = iterations == 1 && started.elapsed() >= SLOW;
        if !slow {
            // Again, since being interrupted in one makes it end early.
            for _ in 0..2 {
                iterations = iterations.max(iterations_that_fill(candidate, batch)?);
            }
        }
        let warm_up = if slow { 0 } else { iterations.div_ceil(8) };
        Ok(Self {
            candidate,
            iterations,
            warm_up,
            spent: Duration::ZERO,
            rounds: Vec::new(),
        })
    }

    fn run(&mut self) -> Result<()> {
        let started = Instant::now();
        if self.warm_up > 0 {
            (self.candidate.batch)(self.warm_up)?;
        }
        let elapsed = (self.candidate.batch)(self.iterations)?;
        self.spent += started.elapsed();
        let runs = self.iterations as f64 * f64::from(self.candidate.lot);
        self.rounds.push(Some(elapsed.as_nanos() as f64 / runs));
        Ok(())
    }

    fn sit_out(&mut self) {
        self.rounds.push(None);
    }
}

/// How many runs take about as long as a batch should.
fn iterations_that_fill(candidate: &mut Candidate<'_>, batch: Duration) -> Result<u64> {
    let mut iterations = 1;
    loop {
        let elapsed = (candidate.batch)(iterations)?;
        if elapsed * 2 >= batch {
            let one = elapsed.as_nanos() as f64 / iterations as f64;
            return Ok(((batch.as_nanos() as f64 / one) as u64).max(1));
        }
        iterations *= 2;
    }
}

/// Measures a row. The first candidate is ours.
pub(crate) fn measure(effort: Effort, candidates: &mut [Candidate<'_>]) -> Result<Vec<Outcome>> {
    let share = effort.row / candidates.len() as u32;
    let mut runners = candidates
        .iter_mut()
        .map(|candidate| Runner::calibrated(candidate, effort.batch))
        .collect::<Result<Vec<_>>>()?;
    let mut order: Vec<usize> = (0..runners.len()).collect();
    let mut random = Random::new();
    let started = Instant::now();
    let mut round = 0;
    let enough = |rounds: usize| {
        let elapsed = started.elapsed();
        let hurried = |&(minimum, times)| rounds >= minimum && elapsed >= effort.row * times;
        (rounds >= MINIMUM_ROUNDS && elapsed >= effort.row) || FEWER_ROUNDS.iter().any(hurried)
    };
    while !enough(round) {
        random.shuffle(&mut order);
        for &index in &order {
            let runner = &mut runners[index];
            // Slow peers that are only there for orientation must not eat up all time.
            let aside = index != 0 && runner.candidate.target.is_none();
            if aside && round >= MINIMUM_ROUNDS_ASIDE && runner.spent >= share {
                runner.sit_out();
            } else {
                runner.run()?;
            }
        }
        round += 1;
    }
    Ok(runners
        .iter()
        .map(|runner| outcome(runner, &runners[0]))
        .collect())
}

fn outcome(runner: &Runner<'_, '_>, ours: &Runner<'_, '_>) -> Outcome {
    let times = || runner.rounds.iter().flatten().copied();
    let ratios = runner
        .rounds
        .iter()
        .zip(&ours.rounds)
        .filter_map(|(theirs, ours)| Some((*theirs)? / (*ours)?));
    Outcome {
        name: runner.candidate.name,
        target: runner.candidate.target,
        least: times().fold(f64::INFINITY, f64::min),
        time: Quartiles::of(times()),
        ratio: Quartiles::of(ratios),
    }
}

/// Numbers that look random and are the same in each run (xorshift64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    /// A number below `bound`, which is small against 2⁶⁴.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % bound
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
