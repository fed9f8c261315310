//! Each architecture's copies, fills and accesses against their naive twin.
//!
//! Both files are compiled into this test as they are, and every routine that the processor
//! can run is asked, not only the one that it would choose. Lengths and alignments are tried
//! exhaustively, between pages that nobody may touch.
//!
//! All is tried on x86_64. Elsewhere the processor is an emulated one as a rule: there
//! alignments from 16 on are a selection, and so are the lengths around the thresholds.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "the included files serve the crate, which uses all of them"
)]

#[path = "../arch/mod.rs"]
mod arch;
#[path = "../arch/portable/access.rs"]
mod naive;

use arch::access as fast;
use core::ops::RangeInclusive;
use core::ptr;
use core::sync::atomic::Ordering;
use proptest::prelude::*;
use rawshm::mm::{self, MapFlags, ProtFlags};

/// Whether the processor is fast enough for all cases.
const ALL: bool = cfg!(target_arch = "x86_64");

const LENGTHS: RangeInclusive<usize> = 0..=300;

/// The largest register, or what a loop does in one turn: alignments repeat from there on.
const LINE: usize = 64;

/// Lengths from which on something else is done, and the turns of the non-temporal loop.
const THRESHOLDS: [usize; 11] = [
    64,
    128,
    192,
    256,
    512,
    1024,
    4096,
    8192,
    NON_TEMPORAL_TURN,
    2 * NON_TEMPORAL_TURN,
    3 * NON_TEMPORAL_TURN,
];

/// What one turn of the non-temporal loop copies. It needs as much, behind the bytes that lead
/// to an aligned address.
const NON_TEMPORAL_TURN: usize = 4 * 4096;

/// From here on the routine that is chosen writes past the caches.
const NON_TEMPORAL: usize = 32 << 20;

/// Some pages between two that nobody may touch.
struct Guarded {
    base: *mut u8,
    page: usize,
    len: usize,
}

impl Guarded {
    /// At least so many bytes.
    fn new(len: usize) -> Self {
        let page = mm::page_size();
        let len = len.next_multiple_of(page);
        // SAFETY: without FIXED nothing is replaced.
        let base = unsafe {
            mm::mmap_anonymous(
                ptr::null_mut(),
                len + 2 * page,
                ProtFlags::NONE,
                MapFlags::PRIVATE,
            )
        }
        .unwrap();
        let base = base.cast();
        let guarded = Self { base, page, len };
        let inner = base.wrapping_add(page).cast();
        // SAFETY: nobody uses the range yet.
        unsafe { mm::mprotect(inner, len, ProtFlags::READ | ProtFlags::WRITE) }.unwrap();
        guarded
    }

    /// The pages in the middle.
    fn bytes(&mut self) -> &mut [u8] {
        let start = self.base.wrapping_add(self.page);
        // SAFETY: mapped for reading and writing, and borrowed with `self`.
        unsafe { core::slice::from_raw_parts_mut(start, self.len) }
    }

    /// The first bytes behind the guard, or the last ones before it.
    fn at(&mut self, end: End, len: usize) -> &mut [u8] {
        let start = match end {
            End::Head => 0,
            End::Tail => self.len - len,
        };
        &mut self.bytes()[start..start + len]
    }

    fn fill_with_pattern(&mut self, seed: usize) {
        let pattern = pattern(self.len, seed);
        self.bytes().copy_from_slice(&pattern);
    }

    /// An address that faults.
    fn fault(&self) -> *mut u8 {
        self.base
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: nothing borrows the pages any more.
        unsafe { mm::munmap(self.base.cast(), self.len + 2 * self.page) }.unwrap();
    }
}

#[derive(Clone, Copy, Debug)]
enum End {
    Head,
    Tail,
}

/// Both buffers at one of their guards each.
const ENDS: [(End, End); 4] = [
    (End::Head, End::Head),
    (End::Head, End::Tail),
    (End::Tail, End::Head),
    (End::Tail, End::Tail),
];

/// Bytes of which no two places look alike: what repeats, repeats after a prime number.
fn pattern(len: usize, seed: usize) -> Vec<u8> {
    const PERIOD: usize = 65_521;
    let byte = |index: usize| {
        let mixed = (index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed.wrapping_mul(0x51_7cc1);
        (mixed ^ mixed >> 29) as u8 ^ (mixed >> 48) as u8
    };
    let mut bytes: Vec<u8> = (0..len.min(PERIOD)).map(byte).collect();
    while bytes.len() < len {
        bytes.extend_from_within(..(len - bytes.len()).min(PERIOD));
    }
    bytes
}

type Copy = unsafe fn(*const u8, *mut u8, usize);
type Fill = unsafe fn(*mut u8, u8, usize);

/// The functions of both twins under their own names.
const NAMED: [(&str, Copy); 6] = [
    ("from shared", fast::copy_from_shared),
    ("to shared", fast::copy_to_shared),
    ("between shared", fast::copy_between_shared),
    ("naive from shared", naive::copy_from_shared),
    ("naive to shared", naive::copy_to_shared),
    ("naive between shared", naive::copy_between_shared),
];

/// All routines that copy from one place to another, those that need not write once included.
fn routines() -> Vec<(&'static str, Copy)> {
    let mut routines = fast::routines();
    // Elsewhere these are the same ones.
    if cfg!(target_arch = "x86_64") {
        routines.extend(fast::routines_to_our_own());
    }
    routines
}

/// What the naive twin makes of the source; it stands for all alignments.
fn expected(source: &[u8]) -> Vec<u8> {
    let mut destination = vec![0; source.len()];
    // SAFETY: both have as many bytes.
    unsafe { naive::copy_from_shared(source.as_ptr(), destination.as_mut_ptr(), source.len()) };
    destination
}

/// What a destination holds that nobody has written to.
const UNTOUCHED: [u8; 2 * LINE] = [0xa5; 2 * LINE];

/// Copies to `destination` from an offset on, and looks at what is around there, too.
#[track_caller]
fn assert_copies(
    (name, copy): (&str, Copy),
    source: &[u8],
    destination: &mut [u8],
    at: usize,
    expected: &[u8],
) {
    let len = source.len();
    let case = || format!("{name}: {len} bytes from {:p} to {at}", source.as_ptr());
    let (below, rest) = destination.split_at_mut(at);
    let (to, above) = rest.split_at_mut(len);
    let below_len = below.len().min(UNTOUCHED.len());
    let below = &mut below[at - below_len..];
    let above_len = above.len().min(UNTOUCHED.len());
    let above = &mut above[..above_len];
    below.copy_from_slice(&UNTOUCHED[..below_len]);
    above.copy_from_slice(&UNTOUCHED[..above_len]);
    to.fill(UNTOUCHED[0]);
    // SAFETY: both have `len` bytes.
    unsafe { copy(source.as_ptr(), to.as_mut_ptr(), len) };
    assert!(to == expected, "{}", case());
    assert!(*below == UNTOUCHED[..below_len], "below {}", case());
    assert!(*above == UNTOUCHED[..above_len], "above {}", case());
}

/// Alignments of one side: 0 to 63.
fn alignments() -> Vec<usize> {
    match ALL {
        true => (0..LINE).collect(),
        false => (0..16).chain([17, 24, 31, 32, 33, 47, 48, 63]).collect(),
    }
}

/// Lengths on both sides of every threshold, by more than a register.
fn lengths_around_thresholds() -> Vec<usize> {
    let distance = LINE as isize + 1;
    let near: Vec<isize> = match ALL {
        true => (-distance..=distance).collect(),
        false => vec![
            -65, -64, -63, -33, -16, -15, -1, 0, 1, 8, 15, 17, 31, 32, 47, 63, 64, 65,
        ],
    };
    let around = |threshold: usize| {
        near.iter()
            .map(move |by| threshold.saturating_add_signed(*by))
    };
    let mut lengths: Vec<usize> = THRESHOLDS.into_iter().flat_map(around).collect();
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}

#[test]
fn copies_agree_at_every_length_and_alignment() {
    let routines = routines();
    let (mut source, mut destination) = (Guarded::new(4096), Guarded::new(4096));
    source.fill_with_pattern(1);
    for len in LENGTHS {
        for from in alignments() {
            let source = &source.bytes()[from..from + len];
            let expected = expected(source);
            assert_eq!(expected, source);
            for to in alignments() {
                let at = 1024 + to;
                for &routine in &routines {
                    assert_copies(routine, source, destination.bytes(), at, &expected);
                }
                if from < 16 && to < 16 && (ALL || from == to) {
                    for named in NAMED {
                        assert_copies(named, source, destination.bytes(), at, &expected);
                    }
                }
            }
        }
    }
}

#[test]
fn copies_touch_nothing_beyond_their_ends() {
    let mut routines = routines();
    routines.extend(NAMED);
    let (mut source, mut destination) = (Guarded::new(1), Guarded::new(1));
    let bytes = pattern(1 << 17, 6);
    for len in LENGTHS.chain(lengths_around_thresholds()) {
        if len > source.len {
            (source, destination) = (Guarded::new(len), Guarded::new(len));
        }
        for (from, to) in ENDS {
            let source = source.at(from, len);
            source.copy_from_slice(&bytes[len..][..len]);
            let at = match to {
                End::Head => 0,
                End::Tail => destination.len - len,
            };
            for &routine in &routines {
                if len < 1024 || !routine.0.starts_with("naive") {
                    assert_copies(routine, source, destination.bytes(), at, source);
                }
            }
        }
    }
}

/// What is taken for the end of a page is chosen by other code.
#[test]
fn short_copies_agree_across_pages() {
    let routines = routines();
    let page = mm::page_size();
    let (mut source, mut destination) = (Guarded::new(2 * page), Guarded::new(2 * page));
    source.fill_with_pattern(2);
    for len in 0..=2 * LINE {
        for from in page - len - 1..=page {
            let source = &source.bytes()[from..from + len];
            let expected = expected(source);
            for to in [page - 512, page - len, page - len / 2, page - 1, page] {
                for &routine in &routines {
                    assert_copies(routine, source, destination.bytes(), to, &expected);
                }
            }
        }
    }
}

#[test]
fn copies_agree_around_thresholds() {
    let routines = routines();
    let lengths = lengths_around_thresholds();
    let most = lengths.last().unwrap() + 1024;
    let (mut source, mut destination) = (Guarded::new(most), Guarded::new(most));
    source.fill_with_pattern(3);
    for len in lengths {
        let by_naive = expected(&source.bytes()[..len]);
        assert!(by_naive == source.bytes()[..len]);
        for from in [0, 1, 15, 33, 63] {
            let source = &source.bytes()[from..from + len];
            for to in [0, 1, 8, 15, 16, 31, 32, 63] {
                for &routine in &routines {
                    assert_copies(routine, source, destination.bytes(), 256 + to, source);
                }
            }
        }
    }
}

/// The routine that is chosen, and those that a copy as long can end in.
#[test]
fn copies_past_the_caches_agree() {
    const MOST: usize = NON_TEMPORAL + NON_TEMPORAL_TURN + LINE;
    let (mut source, mut destination) = (Guarded::new(MOST), Guarded::new(MOST));
    source.fill_with_pattern(4);
    let near = [-65, -1, 0, 1, 63, 64, 65, NON_TEMPORAL_TURN as isize + 1];
    for len in near.map(|by| NON_TEMPORAL.saturating_add_signed(by)) {
        for (from, to) in ENDS {
            // The last one is not aligned.
            let source = source.at(from, len);
            let at = match to {
                End::Head => 0,
                End::Tail => destination.len - len,
            };
            let copy = ("between shared", fast::copy_between_shared as Copy);
            let expected: &[u8] = source;
            assert_copies(copy, source, destination.bytes(), at, expected);
        }
    }
    let len = NON_TEMPORAL + 77;
    for (from, to) in [(1, 0), (0, 1), (13, 63), (63, 33)] {
        let source = &source.bytes()[from..from + len];
        for routine in routines() {
            assert_copies(routine, source, destination.bytes(), to, source);
        }
    }
}

#[test]
fn nothing_is_copied_or_filled_anywhere() {
    let guarded = Guarded::new(1);
    let dangling = ptr::without_provenance_mut(1);
    for address in [
        guarded.fault(),
        guarded.fault().wrapping_add(guarded.page - 1),
        dangling,
    ] {
        for (_, copy) in routines().into_iter().chain(NAMED) {
            // SAFETY: no byte is read or written.
            unsafe { copy(address, address, 0) };
        }
        for (_, fill) in fills() {
            // SAFETY: no byte is written.
            unsafe { fill(address, 1, 0) };
        }
    }
}

// --- overlapping copies ----------------------------------------------------

/// Copies inside of `bytes` from `distance` above their start to their start.
#[track_caller]
fn assert_moves(
    (name, copy): (&str, Copy),
    bytes: &mut [u8],
    original: &[u8],
    expected: &[u8],
    len: usize,
    distance: usize,
) {
    bytes.copy_from_slice(original);
    let destination = bytes.as_mut_ptr();
    // SAFETY: `distance + len` bytes are there, and the destination is below.
    unsafe { copy(destination.wrapping_add(distance), destination, len) };
    assert!(*bytes == *expected, "{name}: {len} bytes by {distance}");
}

/// Whether a routine may be asked for an overlapping copy.
fn can_overlap(name: &str, distance: usize) -> bool {
    // Its contract is that nobody asks for less; who chooses it looks.
    name != "non-temporal" || distance >= NON_TEMPORAL_TURN
}

#[test]
fn overlapping_copies_move() {
    let mut routines = fast::routines();
    routines.push(("between shared", fast::copy_between_shared));
    let naive: (_, Copy) = ("naive", naive::copy_between_shared);
    let long = [
        511,
        512,
        513,
        1023,
        1100,
        4095,
        4096,
        4097,
        4160,
        5000,
        8191,
        8200,
        16_383,
        16_484,
        3 * 16_384 + 77,
    ];
    let step = if ALL { 1 } else { 7 };
    let mut memory = Guarded::new(3 * NON_TEMPORAL_TURN + 1024);
    for distance in 1..=300 {
        let most = match distance % step {
            0 => usize::MAX,
            _ => *LENGTHS.end(),
        };
        for len in LENGTHS.step_by(step).chain(long).filter(|&len| len <= most) {
            let start = distance * 5 % LINE;
            let original = pattern(len + distance, distance);
            let mut expected = original.clone();
            expected.copy_within(distance.., 0);
            let bytes = &mut memory.bytes()[start..start + len + distance];
            if len < 1024 {
                assert_moves(naive, bytes, &original, &expected, len, distance);
            }
            for &routine in &routines {
                if can_overlap(routine.0, distance) {
                    assert_moves(routine, bytes, &original, &expected, len, distance);
                }
            }
        }
    }
}

/// Several pages at a time must not be written before the next ones are read.
#[test]
fn overlapping_copies_past_the_caches_move() {
    const LEN: usize = NON_TEMPORAL + (1 << 20) + 77;
    let distances = [
        1,
        63,
        64,
        300,
        4096,
        8192 + 5,
        NON_TEMPORAL_TURN - LINE,
        NON_TEMPORAL_TURN - 1,
        NON_TEMPORAL_TURN,
        NON_TEMPORAL_TURN + 1,
        NON_TEMPORAL_TURN + LINE,
        2 * NON_TEMPORAL_TURN + 100,
        20 << 20,
        LEN + 1,
    ];
    let most = LEN + distances[distances.len() - 1];
    let mut memory = Guarded::new(most + LINE);
    let original = pattern(most, 5);
    for distance in distances {
        let original = &original[..LEN + distance];
        let mut expected = original.to_vec();
        expected.copy_within(distance.., 0);
        for start in [0, 1] {
            let bytes = &mut memory.bytes()[start..start + LEN + distance];
            let chosen: (_, Copy) = ("between shared", fast::copy_between_shared);
            assert_moves(chosen, bytes, original, &expected, LEN, distance);
        }
        for routine in fast::routines() {
            if can_overlap(routine.0, distance) && routine.0 == "non-temporal" {
                let bytes = &mut memory.bytes()[2..2 + LEN + distance];
                assert_moves(routine, bytes, original, &expected, LEN, distance);
            }
        }
    }
}

// --- fills -----------------------------------------------------------------

fn fills() -> Vec<(&'static str, Fill)> {
    let mut fills = fast::fills();
    fills.extend([("by its name", fast::fill as Fill), ("naive", naive::fill)]);
    fills
}

/// Fills from an offset on, and looks at what is around there, too.
#[track_caller]
fn assert_fills((name, fill): (&str, Fill), bytes: &mut [u8], at: usize, len: usize, value: u8) {
    let window = at.saturating_sub(LINE)..(at + len + LINE).min(bytes.len());
    let (before, after) = (at - window.start, window.end - at - len);
    let window = &mut bytes[window];
    window.fill(!value);
    let to = window[before..].as_mut_ptr();
    // SAFETY: so many bytes are there.
    unsafe { fill(to, value, len) };
    let mut expected = vec![!value; before + len + after];
    expected[before..before + len].fill(value);
    assert!(*window == expected, "{name}: {len} bytes at {at}");
}

#[test]
fn fills_agree_and_touch_nothing_beyond_their_ends() {
    let (fills, fast) = (fills(), fast::fills());
    let mut memory = Guarded::new(4096);
    for len in LENGTHS.chain(lengths_around_thresholds()) {
        if len + 1024 > memory.len {
            memory = Guarded::new(len + 1024);
        }
        let tail = memory.len - len;
        let places = alignments().into_iter().map(|at| at + 256);
        let (step, fills) = match len < 1024 {
            true => (1, &fills[..]),
            false => (7, &fast[..]),
        };
        for at in places.step_by(step).chain([0, tail]) {
            for &fill in fills {
                for value in [0, 0x5a, 0xff] {
                    assert_fills(fill, memory.bytes(), at, len, value);
                }
            }
        }
    }
}

#[test]
fn fills_of_many_pages_agree() {
    let mut memory = Guarded::new(NON_TEMPORAL + LINE);
    let len = memory.len;
    for fill in fast::fills() {
        for (at, len) in [(0, len), (1, len - 1), (0, len - 1), (63, len - 64)] {
            assert_fills(fill, memory.bytes(), at, len, 0x3c);
        }
    }
}

// --- typed accesses --------------------------------------------------------

/// Loads, stores and atomic operations of one size, at every alignment and at both guards.
macro_rules! typed {
    ($($test:ident: $type:ty, $load:ident, $store:ident, $atomics:ident;)*) => {
        $(
            mod $test {
                use super::*;

                const SIZE: usize = size_of::<$type>();

                #[test]
                fn are_loaded_and_stored() {
                    for offset in 0..LINE {
                        let bytes = pattern(LINE + 16, offset);
                        // SAFETY: there is a value at an offset below 64.
                        let fast = unsafe { fast::$load(bytes[offset..].as_ptr()) };
                        // SAFETY: as above.
                        let naive = unsafe { naive::$load(bytes[offset..].as_ptr()) };
                        let expected = bytes[offset..][..SIZE].try_into().unwrap();
                        let expected = <$type>::from_ne_bytes(expected);
                        assert_eq!((fast, naive), (expected, expected), "{offset}");

                        let value = !expected;
                        let (mut by_fast, mut by_naive) = (bytes.clone(), bytes.clone());
                        // SAFETY: as above.
                        unsafe { fast::$store(by_fast[offset..].as_mut_ptr(), value) };
                        // SAFETY: as above.
                        unsafe { naive::$store(by_naive[offset..].as_mut_ptr(), value) };
                        let mut expected = bytes;
                        expected[offset..][..SIZE].copy_from_slice(&value.to_ne_bytes());
                        assert_eq!((&by_fast, &by_naive), (&expected, &expected), "{offset}");
                    }
                    let mut guarded = Guarded::new(1);
                    for end in [End::Head, End::Tail] {
                        let place = guarded.at(end, SIZE).as_mut_ptr();
                        // SAFETY: it has as many bytes as the value.
                        unsafe { fast::$store(place, <$type>::MAX) };
                        // SAFETY: as above.
                        assert_eq!(unsafe { fast::$load(place) }, <$type>::MAX);
                    }
                }

                /// What both twins return, and leave at their place.
                #[track_caller]
                fn assert_agree(operation: usize, order: Ordering, was: $type, operand: $type) {
                    let mut guarded = Guarded::new(1);
                    for end in [End::Head, End::Tail] {
                        let place = guarded.at(end, SIZE).as_mut_ptr();
                        let [fast, naive] = [by_fast, by_naive].map(|apply| {
                            // SAFETY: a page's ends are multiples of the size.
                            unsafe { place.cast::<$type>().write(was) };
                            let answer = apply(operation, order, place, was, operand);
                            // SAFETY: as above.
                            (answer, unsafe { place.cast::<$type>().read() })
                        });
                        assert_eq!(fast, naive, "{operation} {order:?} {was} {operand}");
                    }
                }

                typed!(@apply by_fast, fast, $type, $atomics);
                typed!(@apply by_naive, naive, $type, $atomics);

                #[test]
                fn are_changed_atomically() {
                    let edges = [0, 1, 2, <$type>::MAX, <$type>::MAX - 1, 1 << (SIZE * 8 - 1)];
                    for operation in 0..OPERATIONS {
                        for order in ORDERS {
                            for was in edges {
                                for operand in edges {
                                    assert_agree(operation, order, was, operand);
                                }
                            }
                        }
                    }
                }

                proptest! {
                    #![proptest_config(configuration())]

                    #[test]
                    fn are_changed_atomically_whatever_they_are(
                        operation in 0..OPERATIONS,
                        order in 0..ORDERS.len(),
                        was in any::<$type>(),
                        operand in any::<$type>(),
                    ) {
                        assert_agree(operation, ORDERS[order], was, operand);
                    }
                }
            }
        )*
    };
    (@apply $apply:ident, $twin:ident, $type:ty, $atomics:ident) => {
        /// One operation of one twin, and what it returns.
        fn $apply(
            operation: usize,
            order: Ordering,
            place: *mut u8,
            was: $type,
            operand: $type,
        ) -> $type {
            use $twin::$atomics::*;

            let (can_load, can_store) = (loads(order), stores(order));
            // SAFETY: of all, the place is a value's, aligned and nobody else's.
            unsafe {
                match operation {
                    0 => load(place, can_load),
                    1 => {
                        store(place, operand, can_store);
                        operand
                    }
                    2 => swap(place, operand, order),
                    3 => fetch_add(place, operand, order),
                    4 => fetch_and(place, operand, order),
                    5 => fetch_or(place, operand, order),
                    6 => fetch_xor(place, operand, order),
                    7 => compare_exchange(place, was, operand, order),
                    _ => compare_exchange(place, operand, was.wrapping_add(1), order),
                }
            }
        }
    };
}

const OPERATIONS: usize = 9;

const ORDERS: [Ordering; 5] = [
    Ordering::Relaxed,
    Ordering::Acquire,
    Ordering::Release,
    Ordering::AcqRel,
    Ordering::SeqCst,
];

/// The order, if loads have it.
fn loads(order: Ordering) -> Ordering {
    match order {
        Ordering::Release | Ordering::AcqRel => Ordering::Acquire,
        _ => order,
    }
}

/// The order, if stores have it.
fn stores(order: Ordering) -> Ordering {
    match order {
        Ordering::Acquire | Ordering::AcqRel => Ordering::Release,
        _ => order,
    }
}

typed! {
    bytes: u8, load_u8, store_u8, atomic_u8;
    half_words: u16, load_u16, store_u16, atomic_u16;
    words: u32, load_u32, store_u32, atomic_u32;
    double_words: u64, load_u64, store_u64, atomic_u64;
}

fn configuration() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(configuration())]

    #[test]
    fn copies_agree_on_random_bytes(
        bytes in proptest::collection::vec(any::<u8>(), 0..5000),
        at in 0_usize..64,
    ) {
        let mut destination = vec![0; at + bytes.len() + 2 * LINE];
        let expected = expected(&bytes);
        for routine in routines().into_iter().chain(NAMED) {
            assert_copies(routine, &bytes, &mut destination, at, &expected);
        }
    }
}
