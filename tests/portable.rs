//! The portable accesses, and what the crate builds on them, in memory of our own.
//!
//! No system call is made here, so that Miri can run all of it: it finds each access out of
//! bounds and each race that Rust's memory model knows. Under Miri the crate itself uses the
//! portable accesses; otherwise these are the architecture's.

#![allow(
    dead_code,
    unused_imports,
    reason = "the included file serves the crate, which uses all of it"
)]

#[path = "../arch/portable/access.rs"]
mod portable;

use std::alloc::{self, Layout};
use std::ptr::NonNull;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use std::{array, thread};

use rawshm::{Shared, SharedSlice};

/// Lengths and alignments: all of the small ones, which are enough for a loop of bytes.
const MOST: usize = if cfg!(miri) { 20 } else { 70 };

/// Zeroed memory that is only accessed as shared memory is.
struct Memory {
    start: NonNull<u8>,
    layout: Layout,
}

// SAFETY: the memory is accessed through atomic operations only.
unsafe impl Sync for Memory {}

impl Memory {
    fn new(len: usize) -> Self {
        let layout = Layout::from_size_align(len, 64).unwrap();
        // SAFETY: no length here is 0.
        let start = unsafe { alloc::alloc_zeroed(layout) };
        let start = NonNull::new(start).unwrap();
        Self { start, layout }
    }

    fn at(&self, offset: usize) -> *mut u8 {
        assert!(offset <= self.layout.size());
        self.start.as_ptr().wrapping_add(offset)
    }

    fn shared(&self) -> SharedSlice<'_, Shared> {
        // SAFETY: as long as the memory lives, which nobody has a reference to.
        unsafe { SharedSlice::from_raw_parts(self.start, self.layout.size()) }
    }

    /// All bytes, by another way than that which wrote them.
    fn bytes(&self) -> Vec<u8> {
        (0..self.layout.size())
            // SAFETY: inside, and nobody writes meanwhile.
            .map(|offset| unsafe { self.at(offset).read() })
            .collect()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout; every handle has ended.
        unsafe { alloc::dealloc(self.start.as_ptr(), self.layout) };
    }
}

/// Bytes that differ from their neighbours and from zero.
fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|index| (index % 251 + 1) as u8).collect()
}

/// `bytes` at an offset in zeroes.
fn among_zeroes(len: usize, offset: usize, bytes: &[u8]) -> Vec<u8> {
    let mut all = vec![0; len];
    all[offset..][..bytes.len()].copy_from_slice(bytes);
    all
}

#[test]
fn copies_have_their_bounds() {
    for len in 0..=MOST {
        for offset in 0..8 {
            let (ours, all) = (pattern(len), 2 * MOST);
            let memory = Memory::new(all);
            // SAFETY: `offset + len` bytes are inside.
            unsafe { portable::copy_to_shared(ours.as_ptr(), memory.at(offset), len) };
            assert_eq!(memory.bytes(), among_zeroes(all, offset, &ours));

            let mut back = vec![0; len];
            // SAFETY: as above; `back` is as long.
            unsafe { portable::copy_from_shared(memory.at(offset), back.as_mut_ptr(), len) };
            assert_eq!(back, ours);

            // Downwards, over each other.
            // SAFETY: as above, and the destination is below the source.
            unsafe { portable::copy_between_shared(memory.at(offset), memory.at(0), len) };
            assert_eq!(memory.bytes()[..len], ours);

            // SAFETY: as above.
            unsafe { portable::fill(memory.at(offset), 7, len) };
            assert_eq!(memory.bytes()[offset..][..len], vec![7; len]);
        }
    }
}

#[test]
fn values_are_loaded_and_stored_at_every_alignment() {
    macro_rules! check {
        ($($type:ty, $load:ident, $store:ident;)*) => {
            $(for offset in 0..=8 {
                let value = <$type>::from_ne_bytes(array::from_fn(|index| index as u8 + 1));
                let memory = Memory::new(24);
                // SAFETY: inside.
                unsafe { portable::$store(memory.at(offset), value) };
                assert_eq!(memory.bytes(), among_zeroes(24, offset, &value.to_ne_bytes()));
                // SAFETY: inside.
                assert_eq!(unsafe { portable::$load(memory.at(offset)) }, value);
            })*
        };
    }
    check! {
        u8, load_u8, store_u8;
        u16, load_u16, store_u16;
        u32, load_u32, store_u32;
        u64, load_u64, store_u64;
    }
}

#[test]
fn atomic_operations_return_what_was_there() {
    macro_rules! check {
        ($($module:ident)*) => {
            $({
                use portable::$module as atomic;
                let memory = Memory::new(24);
                let place = memory.at(8);
                // SAFETY: inside and aligned; so of all below.
                unsafe { atomic::store(place, 0b1100, Release) };
                for (operation, operand, after) in [
                    (atomic::fetch_add as unsafe fn(_, _, _) -> _, 1, 0b1101),
                    (atomic::fetch_and, 0b1001, 0b1001),
                    (atomic::fetch_or, 0b0110, 0b1111),
                    (atomic::fetch_xor, 0b0101, 0b1010),
                    (atomic::swap, 0b0011, 0b0011),
                ] {
                    // SAFETY: as above.
                    let before = unsafe { atomic::load(place, Acquire) };
                    for order in [Relaxed, Acquire, Release, AcqRel, SeqCst] {
                        // SAFETY: as above.
                        unsafe { atomic::store(place, before, Relaxed) };
                        // SAFETY: as above.
                        assert_eq!(unsafe { operation(place, operand, order) }, before);
                        // SAFETY: as above.
                        assert_eq!(unsafe { atomic::load(place, SeqCst) }, after);
                    }
                }
                for order in [Relaxed, Acquire, Release, AcqRel, SeqCst] {
                    // SAFETY: as above.
                    unsafe { atomic::store(place, 3, SeqCst) };
                    // SAFETY: as above.
                    assert_eq!(unsafe { atomic::compare_exchange(place, 4, 5, order) }, 3);
                    // SAFETY: as above.
                    assert_eq!(unsafe { atomic::compare_exchange(place, 3, 5, order) }, 3);
                    // SAFETY: as above.
                    assert_eq!(unsafe { atomic::load(place, Relaxed) }, 5);
                }
                let size = size_of_val(&{
                    // SAFETY: as above.
                    unsafe { atomic::load(place, Relaxed) }
                });
                let mut bytes = memory.bytes();
                bytes.drain(8..8 + size);
                assert_eq!(bytes, vec![0; 24 - size], "a neighbour has changed");
            })*
        };
    }
    check!(atomic_u8 atomic_u16 atomic_u32 atomic_u64);
}

/// Two threads write and read the same bytes at once, each place in one size: to Rust's memory
/// model, and so to Miri, accesses of two sizes to one place are a race even if all are atomic.
#[test]
fn threads_do_not_race() {
    let memory = Memory::new(64);
    let turns = if cfg!(miri) { 20 } else { 2000 };
    thread::scope(|scope| {
        for own in [1_u8, 2] {
            let slice = memory.shared();
            scope.spawn(move || {
                let mut seen = [0; 38];
                for _ in 0..turns {
                    slice.get(..40).unwrap().copy_from_slice(&[own; 40]);
                    slice.get(1..39).unwrap().copy_to_slice(&mut seen);
                    slice.copy_within(4..30, 2);
                    slice.get(5..25).unwrap().fill(own);
                    slice.store(48, u64::from_ne_bytes([own; 8]));
                    let value = slice.load::<u64>(48).to_ne_bytes();
                    assert!([[0; 8], [1; 8], [2; 8]].contains(&value), "torn: {value:?}");
                    slice.store(56, u32::from(own));
                    slice.atomic_u32(56).unwrap().fetch_or(4, AcqRel);
                    slice.atomic_u16(60).unwrap().fetch_add(1, Relaxed);
                    assert!(seen.iter().all(|byte| [0, 1, 2].contains(byte)));
                }
            });
        }
    });
    assert_eq!(memory.shared().load::<u16>(60), 2 * turns);
}

/// What is stored before a flag is seen by whoever has seen the flag.
#[test]
fn a_flag_publishes_what_was_copied_before() {
    let memory = Memory::new(64);
    thread::scope(|scope| {
        scope.spawn(|| {
            let slice = memory.shared();
            slice.get(9..41).unwrap().copy_from_slice(&pattern(32));
            slice.atomic_u32(0).unwrap().store(1, Release);
        });
        let slice = memory.shared();
        while slice.atomic_u32(0).unwrap().load(Acquire) == 0 {
            thread::yield_now();
        }
        let mut seen = [0; 32];
        slice.get(9..41).unwrap().copy_to_slice(&mut seen);
        assert_eq!(seen[..], pattern(32));
    });
}
