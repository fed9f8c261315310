//! A second process writes without pause to memory that this one copies, loads and exchanges.
//!
//! The first test runs for the time in `RAWSHM_STRESS_SECONDS`, 10 seconds unless it is set;
//! each of the others, beside it, for a third of that.

#![cfg(target_os = "linux")]

mod common;
#[path = "common/peer.rs"]
mod peer;
#[path = "common/random.rs"]
mod random;

use std::hint::black_box;
use std::ops::Range;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::fence;
use std::time::{Duration, Instant};
use std::{array, env, hint, thread};

use peer::{Peer, WATCHDOG};
use random::Random;
use rawshm::mm::page_size;
use rawshm::slice::SharedAtomic;
use rawshm::{Mapping, Memfd, Shared, SharedSlice};

/// The end of a test that starts now, and takes a part of the time.
fn end(part: f64) -> Instant {
    let seconds = env::var("RAWSHM_STRESS_SECONDS").map_or(10.0, |text| text.parse().unwrap());
    Instant::now() + Duration::from_secs_f64(part * seconds)
}

/// Memory of an object that each process maps for itself.
struct Object(Memfd);

impl Object {
    /// A page of flags, one of words, and the others.
    fn new(more: usize) -> Self {
        let len = 2 * page_size() + more;
        Self(Memfd::create("stress", len as u64).unwrap())
    }

    fn map(&self) -> Mapping<Shared> {
        self.0.map().unwrap()
    }

    /// Runs `body` in another process, with its mapping; it has started when this returns.
    fn peer(&self, body: impl FnOnce(SharedSlice<'_>)) -> Peer {
        let ours = self.map();
        let started = started(ours.shared());
        let before = started.load(Acquire);
        let peer = Peer::start(|| {
            let theirs = self.map();
            let started = crate::started(theirs.shared());
            started.fetch_add(1, Release);
            started.wake(1).unwrap();
            body(theirs.shared());
        });
        started.wait(before, Some(WATCHDOG)).unwrap();
        peer
    }
}

/// How many peers have started.
fn started(memory: SharedSlice<'_>) -> SharedAtomic<'_, u32> {
    memory.atomic(0).unwrap()
}

/// Whether they are to stop.
fn stop(memory: SharedSlice<'_>) -> SharedAtomic<'_, u32> {
    memory.atomic(128).unwrap()
}

fn stops(memory: SharedSlice<'_>) -> bool {
    stop(memory).load(Relaxed) != 0
}

/// Where a process says what it has done.
fn done(memory: SharedSlice<'_>, process: usize) -> SharedAtomic<'_, u64> {
    memory.atomic(256 + 128 * process).unwrap()
}

impl Random {
    /// A length: all short ones, and some around those at which copies change their ways.
    fn len(&mut self) -> usize {
        const THRESHOLDS: [usize; 6] = [128, 256, 512, 4096, 16_384, 32_768];
        match self.below(4) {
            0 => THRESHOLDS[self.below(THRESHOLDS.len())] + self.below(131) - 65,
            1 => self.below(5_000),
            _ => self.below(301),
        }
    }

    /// A part of some memory.
    fn range(&mut self, of: usize) -> Range<usize> {
        let len = self.len();
        let start = self.below(of - len + 1);
        start..start + len
    }
}

// --- words and bytes -------------------------------------------------------

/// How many bytes both processes write without any order.
const BYTES: usize = 1 << 17;

/// A byte that nobody ever writes there: of what is written this bit is never set.
const NEVER: u8 = 0x80;

/// The words of one size, of which all bytes are alike, whoever writes them.
macro_rules! words {
    ($($name:ident: $type:ty;)*) => {
        $(
            mod $name {
                use super::*;

                const SIZE: usize = size_of::<$type>();

                fn alike(byte: u8) -> $type {
                    <$type>::from_ne_bytes([byte; SIZE])
                }

                #[track_caller]
                fn assert_alike(value: $type) {
                    assert_eq!(value, alike(value as u8), "torn: {value:#x}");
                }

                /// A word, of 16 in the page of words.
                fn offset(random: &mut Random) -> usize {
                    page_size() + SIZE * 128 + random.below(16) * SIZE
                }

                /// Accesses one word in one way; what comes back is whole.
                pub(super) fn access(memory: SharedSlice<'_>, random: &mut Random) {
                    let offset = offset(random);
                    let atomic = memory.atomic::<$type>(offset).unwrap();
                    let value = alike(random.next() as u8);
                    assert_alike(match random.below(10) {
                        0 => memory.load(offset),
                        1 => atomic.load([Relaxed, Acquire, SeqCst][random.below(3)]),
                        2 => {
                            memory.store(offset, value);
                            value
                        }
                        3 => {
                            atomic.store(value, [Relaxed, Release, SeqCst][random.below(3)]);
                            value
                        }
                        4 => atomic.swap(value, AcqRel),
                        5 => atomic.fetch_xor(value, Relaxed),
                        6 => atomic.fetch_and(value, SeqCst),
                        7 => atomic.fetch_or(value, Release),
                        8 => atomic.fetch_max(value, Acquire),
                        _ => {
                            let current = atomic.load(Relaxed);
                            match atomic.compare_exchange(current, value, SeqCst, Acquire) {
                                Ok(before) => {
                                    assert_eq!(before, current);
                                    before
                                }
                                Err(other) => {
                                    assert_ne!(other, current);
                                    other
                                }
                            }
                        }
                    });
                }

                /// Writes one as somebody would who does not have this crate.
                pub(super) fn write_by_others(memory: SharedSlice<'_>, random: &mut Random) {
                    let place = memory.as_mut_ptr().wrapping_add(offset(random));
                    let value = alike(random.next() as u8);
                    // SAFETY: inside of the memory and aligned; it is never Rust's own.
                    unsafe { place.cast::<$type>().write_volatile(value) };
                }
            }
        )*
    };
}

words! {
    bytes: u8;
    half_words: u16;
    words: u32;
    double_words: u64;
}

/// Writes without pause, all sizes, in all ways, until it is told to stop.
fn write_without_pause(memory: SharedSlice<'_>) {
    let random = &mut Random(0x5eed);
    let shared = memory.slice(2 * page_size()..).slice(..BYTES);
    let bytes: Vec<u8> = (0..BYTES).map(|_| random.next() as u8 & !NEVER).collect();
    let mut rounds = 0;
    while !stops(memory) {
        for _ in 0..100 {
            bytes::access(memory, random);
            half_words::access(memory, random);
            words::access(memory, random);
            double_words::access(memory, random);
            bytes::write_by_others(memory, random);
            half_words::write_by_others(memory, random);
            words::write_by_others(memory, random);
            double_words::write_by_others(memory, random);
            let range = random.range(BYTES);
            let source = &bytes[random.below(BYTES - range.len() + 1)..][..range.len()];
            let part = shared.slice(range.clone());
            match random.below(6) {
                0 => part.copy_from_slice(source),
                1 => part.fill(source.first().map_or(0, |&byte| byte)),
                2 => shared.copy_within(range.clone(), random.below(BYTES - range.len() + 1)),
                3 => {
                    let value = random.next() & u64::from_ne_bytes([!NEVER; 8]);
                    shared.store(random.below(BYTES - 7), value);
                }
                4 => {
                    // SAFETY: both have as many bytes; no reference to the memory exists.
                    unsafe {
                        libc::memcpy(
                            part.as_mut_ptr().cast(),
                            source.as_ptr().cast(),
                            source.len(),
                        )
                    };
                }
                _ => {
                    let value = random.next() as libc::c_int & 0x7f;
                    // SAFETY: it has as many bytes; no reference to the memory exists.
                    unsafe { libc::memset(part.as_mut_ptr().cast(), value, part.len()) };
                }
            }
            rounds += 1;
        }
        done(memory, 1).store(rounds, Relaxed);
    }
}

/// Copies to and from what the peer writes; `ours` is what it leaves alone.
fn copy(shared: SharedSlice<'_>, ours: SharedSlice<'_>, model: &mut [u8], random: &mut Random) {
    /// What must stay as it is on both sides of a destination.
    const BESIDE: [u8; 64] = [0xee; 64];

    let range = random.range(BYTES);
    let (len, part) = (range.len(), shared.slice(range.clone()));
    let never = |bytes: &[u8]| {
        let words = bytes.chunks_exact(8);
        let rest = words.remainder();
        let words = words.fold(0, |all, word| {
            all | u64::from_ne_bytes(word.try_into().unwrap())
        });
        words & u64::from_ne_bytes([NEVER; 8]) == 0 && rest.iter().all(|byte| byte & NEVER == 0)
    };
    match random.below(8) {
        0 | 1 => {
            let mut bytes = [0xee; 64 + 33_000 + 64];
            let bytes = &mut bytes[..64 + len + 64];
            part.copy_to_slice(&mut bytes[64..64 + len]);
            assert!(never(&bytes[64..64 + len]), "bytes that nobody wrote");
            assert_eq!(
                (&bytes[..64], &bytes[64 + len..]),
                (&BESIDE[..], &BESIDE[..])
            );
        }
        2 => {
            let source: Vec<u8> = (0..len).map(|_| random.next() as u8 & !NEVER).collect();
            part.copy_from_slice(&source);
        }
        3 => part.fill(random.next() as u8 & !NEVER),
        4 => shared.copy_within(range.clone(), random.below(BYTES - len + 1)),
        5 => {
            let value = random.next() & u64::from_ne_bytes([!NEVER; 8]);
            shared.store(random.below(BYTES - 7), value);
            let loaded: u64 = shared.load(random.below(BYTES - 7));
            assert!(never(&loaded.to_ne_bytes()));
        }
        6 => {
            assert_eq!(part.find(NEVER), None);
            assert_eq!(part.rfind(NEVER | 1), None);
            black_box(part.equals_shared(shared.slice(..len)));
        }
        _ => {
            // From the peer's bytes to our own: nothing but the destination changes.
            let to = random.below(BYTES - len + 1);
            ours.slice(to..to + len).copy_from_shared(part);
            let arrived = &mut model[to..to + len];
            ours.slice(to..to + len).copy_to_slice(arrived);
            assert!(never(arrived), "bytes that nobody wrote");
            // All of it now and then, which takes its time.
            let around = match random.below(16) {
                0 => 0..BYTES,
                _ => to.saturating_sub(256)..(to + len + 256).min(BYTES),
            };
            assert!(
                ours.slice(around.clone()).equals(&model[around]),
                "{len} bytes at {to}"
            );
        }
    }
}

#[test]
fn a_peer_that_writes_all_the_time_is_survived() {
    let object = Object::new(2 * BYTES);
    let mapping = object.map();
    let memory = mapping.shared();
    let (shared, ours) = memory.slice(2 * page_size()..).split_at(BYTES);
    let mut peer = object.peer(write_without_pause);
    let (random, mut model) = (&mut Random(0xc0de), vec![0; BYTES]);
    let end = end(1.0);
    let mut rounds = 0_u64;
    while Instant::now() < end {
        for _ in 0..50 {
            bytes::access(memory, random);
            half_words::access(memory, random);
            words::access(memory, random);
            double_words::access(memory, random);
            copy(shared, ours, &mut model, random);
            rounds += 1;
        }
    }
    peer.assert_lives();
    stop(memory).store(1, Relaxed);
    peer.join();
    let theirs = done(memory, 1).load(Relaxed);
    assert!(theirs > 0, "the peer has not written");
    println!("{rounds} rounds, {theirs} of the peer");
}

// --- counters --------------------------------------------------------------

/// Adds to each counter in its own way, until it is told to stop, and tells how often.
fn count(memory: SharedSlice<'_>, process: usize, more: impl Fn() -> bool) {
    let words = memory.slice(page_size()..);
    let [add_8, add_16, add_32, add_64, sub, exchange, update, most] =
        array::from_fn(|index| words.atomic::<u64>(index * 8).unwrap());
    let add_8 = words
        .atomic::<u8>(add_8.as_ptr().addr() - words.as_ptr().addr() + 3)
        .unwrap();
    let add_16 = words
        .atomic::<u16>(add_16.as_ptr().addr() - words.as_ptr().addr() + 2)
        .unwrap();
    let add_32 = words
        .atomic::<i32>(add_32.as_ptr().addr() - words.as_ptr().addr() + 4)
        .unwrap();
    let flags = words.atomic::<u32>(64).unwrap();
    let flag = 1 << (8 * process);
    let mut rounds = 0;
    while more() {
        for _ in 0..100 {
            rounds += 1;
            add_8.fetch_add(1, Relaxed);
            add_16.fetch_add(1, Acquire);
            add_32.fetch_add(1, Release);
            add_64.fetch_add(1, SeqCst);
            sub.fetch_sub(1, AcqRel);
            let mut value = exchange.load(Relaxed);
            while let Err(other) = exchange.compare_exchange_weak(value, value + 1, AcqRel, Relaxed)
            {
                value = other;
            }
            update
                .fetch_update(AcqRel, Acquire, |value| Some(value + 1))
                .unwrap();
            assert!(most.fetch_max(rounds, Relaxed) <= most.load(Relaxed));
            assert_eq!(flags.fetch_or(flag, Relaxed) & flag, 0);
            assert_eq!(flags.fetch_xor(flag << 1, Relaxed) & flag, flag);
            assert_eq!(flags.fetch_and(!flag, Relaxed) & flag, flag);
        }
    }
    done(memory, process).store(rounds, Release);
}

#[test]
fn counters_of_two_processes_are_exact() {
    let object = Object::new(0);
    let mapping = object.map();
    let memory = mapping.shared();
    let mut peer = object.peer(|memory| count(memory, 1, || !stops(memory)));
    let end = end(1.0 / 3.0);
    count(memory, 0, || Instant::now() < end);
    peer.assert_lives();
    stop(memory).store(1, Relaxed);
    peer.join();
    let [ours, theirs] = [0, 1].map(|process| done(memory, process).load(Acquire));
    assert!(ours > 0 && theirs > 0);
    let sum = ours + theirs;
    let words = memory.slice(page_size()..);
    let words: [u64; 8] = array::from_fn(|index| words.load_le(index * 8));
    let expected = [
        u64::from(sum as u8) << 24,
        u64::from(sum as u16) << 16,
        u64::from(sum as u32) << 32,
        sum,
        sum.wrapping_neg(),
        sum,
        sum,
        ours.max(theirs),
    ];
    assert_eq!(words, expected, "{ours} and {theirs}");
    // Each process has toggled one bit so often.
    let flags: u32 = memory.load(page_size() + 64);
    let toggled = |rounds: u64, process: u32| ((rounds % 2) as u32) << (8 * process + 1);
    assert_eq!(flags, toggled(ours, 0) | toggled(theirs, 1));
    println!("{ours} and {theirs} rounds");
}

// --- what belongs together -------------------------------------------------

/// The longest payload.
const PAYLOAD: usize = 2_000;

/// What a payload holds: its number, its length, and bytes that follow from both.
fn payload(number: u64, buffer: &mut [u8; PAYLOAD]) -> &mut [u8] {
    let len = 16 + (number as usize * 37) % (PAYLOAD - 16);
    let bytes = &mut buffer[..len];
    bytes[..8].copy_from_slice(&number.to_ne_bytes());
    bytes[8..16].copy_from_slice(&(len as u64).to_ne_bytes());
    for (index, byte) in bytes[16..].iter_mut().enumerate() {
        *byte = (number as usize + index * 3) as u8;
    }
    bytes
}

/// The number of a payload that is whole.
#[track_caller]
fn assert_whole(bytes: &[u8; PAYLOAD]) -> u64 {
    let number = u64::from_ne_bytes(bytes[..8].try_into().unwrap());
    let mut expected = [0; PAYLOAD];
    let expected = payload(number, &mut expected);
    assert!(bytes[..expected.len()] == *expected, "not all of {number}");
    number
}

/// Changes the payload again and again; whoever reads sees by the number that it changes.
fn write_in_order(memory: SharedSlice<'_>) {
    let number = memory.atomic_u64(page_size()).unwrap();
    let shared = memory.slice(2 * page_size()..);
    let mut buffer = [0; PAYLOAD];
    let mut version = 0;
    while !stops(memory) {
        version += 1;
        let bytes = payload(version, &mut buffer);
        number.store(2 * version - 1, Relaxed);
        fence(Release);
        shared.slice(..bytes.len()).copy_from_slice(bytes);
        number.store(2 * version, Release);
        // Else nobody would ever read one that does not change meanwhile.
        (0..version % 3000).for_each(|_| hint::spin_loop());
    }
    done(memory, 1).store(version, Relaxed);
}

#[test]
fn a_payload_whose_number_stays_the_same_is_whole() {
    let object = Object::new(PAYLOAD);
    let mapping = object.map();
    let memory = mapping.shared();
    let mut peer = object.peer(write_in_order);
    let number = memory.atomic_u64(page_size()).unwrap();
    let shared = memory.slice(2 * page_size()..).slice(..PAYLOAD);
    let (mut bytes, mut whole, mut changed, mut latest) = ([0; PAYLOAD], 0_u64, 0_u64, 0);
    let end = end(1.0 / 3.0);
    while Instant::now() < end {
        for _ in 0..100 {
            let before = number.load(Acquire);
            shared.copy_to_slice(&mut bytes);
            fence(Acquire);
            if before == 0 || before % 2 == 1 || number.load(Relaxed) != before {
                changed += 1;
                continue;
            }
            whole += 1;
            assert_eq!(assert_whole(&bytes), before / 2);
            assert!(before >= latest, "{before} after {latest}");
            latest = before;
        }
    }
    peer.assert_lives();
    stop(memory).store(1, Relaxed);
    peer.join();
    assert!(whole > 0);
    println!(
        "{whole} whole, {changed} changed meanwhile, of {}",
        done(memory, 1).load(Relaxed)
    );
}

/// A lock in one word: free, held, or held while somebody may sleep.
struct Lock<'a>(SharedAtomic<'a, u32>);

impl Lock<'_> {
    const FREE: u32 = 0;
    const HELD: u32 = 1;
    const AWAITED: u32 = 2;

    fn with<T>(&self, spins: u32, body: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        if self
            .0
            .compare_exchange(Self::FREE, Self::HELD, Acquire, Relaxed)
            .is_err()
        {
            while self.0.swap(Self::AWAITED, Acquire) != Self::FREE {
                self.0
                    .wait_spinning(Self::AWAITED, spins, Some(WATCHDOG))
                    .unwrap();
            }
        }
        assert!(start.elapsed() < WATCHDOG, "a wake-up was lost");
        let value = body();
        if self.0.swap(Self::FREE, Release) == Self::AWAITED {
            self.0.wake(1).unwrap();
        }
        value
    }
}

/// Replaces the payload by the next one, under the lock, and tells how often.
fn replace(memory: SharedSlice<'_>, process: usize, more: impl Fn() -> bool) {
    let lock = Lock(memory.atomic_u32(page_size()).unwrap());
    let shared = memory.slice(2 * page_size()..).slice(..PAYLOAD);
    let mut random = Random(process as u64 + 1);
    let (mut bytes, mut next, mut rounds) = ([0; PAYLOAD], [0; PAYLOAD], 0);
    while more() {
        let spins = [0, 0, 100, rawshm::futex::SPINS][random.below(4)];
        lock.with(spins, || {
            shared.copy_to_slice(&mut bytes);
            let number = assert_whole(&bytes);
            let next = payload(number + 1, &mut next);
            // In two parts, so that others would see one of them.
            let (first, second) = next.split_at(next.len() / 2);
            shared.slice(..first.len()).copy_from_slice(first);
            if random.below(50) == 0 {
                thread::yield_now();
            }
            shared
                .slice(first.len()..next.len())
                .copy_from_slice(second);
        });
        rounds += 1;
        // Others are to have it too, and to find it free.
        (0..random.below(300)).for_each(|_| hint::spin_loop());
    }
    done(memory, process).store(rounds, Release);
}

#[test]
fn a_lock_of_three_processes_keeps_a_payload_whole() {
    let object = Object::new(PAYLOAD);
    let mapping = object.map();
    let memory = mapping.shared();
    let mut first = [0; PAYLOAD];
    memory
        .slice(2 * page_size()..)
        .slice(..16)
        .copy_from_slice(payload(0, &mut first));
    let mut peers = [1, 2]
        .map(|process| object.peer(move |memory| replace(memory, process, || !stops(memory))));
    let end = end(1.0 / 3.0);
    replace(memory, 0, || Instant::now() < end);
    peers.iter_mut().for_each(Peer::assert_lives);
    stop(memory).store(1, Relaxed);
    peers.into_iter().for_each(Peer::join);
    let rounds: [u64; 3] = array::from_fn(|process| done(memory, process).load(Acquire));
    let mut bytes = [0; PAYLOAD];
    memory
        .slice(2 * page_size()..)
        .slice(..PAYLOAD)
        .copy_to_slice(&mut bytes);
    assert_eq!(assert_whole(&bytes), rounds.iter().sum());
    assert!(rounds.iter().all(|&rounds| rounds > 0), "{rounds:?}");
    assert_eq!(memory.load::<u32>(page_size()), Lock::FREE);
    println!("{rounds:?} rounds");
}
