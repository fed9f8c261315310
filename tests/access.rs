//! Each architecture's copies and typed accesses against their naive twin.
//!
//! Both files are compiled into this test as they are. Lengths and alignments are tried
//! exhaustively, between pages that nobody may touch.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "the included files serve the crate, which uses all of them"
)]

#[cfg_attr(target_arch = "x86_64", path = "../arch/x86_64/access.rs")]
#[cfg_attr(target_arch = "aarch64", path = "../arch/aarch64/access.rs")]
mod fast;
#[path = "../arch/portable/access.rs"]
mod naive;

use core::ptr;
use proptest::prelude::*;
use rawshm::mm::{self, MapFlags, ProtFlags};

const LENGTHS: core::ops::RangeInclusive<usize> = 0..=300;

/// Two pages between two that nobody may touch.
struct Guarded {
    base: *mut u8,
    page: usize,
}

impl Guarded {
    fn new() -> Self {
        let page = mm::page_size();
        // SAFETY: without FIXED nothing is replaced.
        let base = unsafe {
            mm::mmap_anonymous(
                ptr::null_mut(),
                4 * page,
                ProtFlags::NONE,
                MapFlags::PRIVATE,
            )
        }
        .unwrap();
        let inner = base.wrapping_byte_add(page);
        // SAFETY: nobody uses the range yet.
        unsafe { mm::mprotect(inner, 2 * page, ProtFlags::READ | ProtFlags::WRITE) }.unwrap();
        let base = base.cast();
        Self { base, page }
    }

    /// The pages in the middle.
    fn bytes(&mut self) -> &mut [u8] {
        let start = self.base.wrapping_add(self.page);
        // SAFETY: mapped for reading and writing, and borrowed with `self`.
        unsafe { core::slice::from_raw_parts_mut(start, 2 * self.page) }
    }

    /// The first bytes behind the guard.
    fn head(&mut self, len: usize) -> &mut [u8] {
        &mut self.bytes()[..len]
    }

    /// The last bytes before the guard.
    fn tail(&mut self, len: usize) -> &mut [u8] {
        let start = self.bytes().len() - len;
        &mut self.bytes()[start..]
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: nothing borrows the pages any more.
        unsafe { mm::munmap(self.base.cast(), 4 * self.page) }.unwrap();
    }
}

/// Bytes of which no two neighbours are alike.
fn pattern(len: usize, seed: usize) -> Vec<u8> {
    (0..len)
        .map(|index| (index * 7 + seed * 13 + 1) as u8)
        .collect()
}

type Copy = unsafe fn(*const u8, *mut u8, usize);

/// What a copy does to the bytes around its destination must be nothing.
fn copied(copy: Copy, source: &[u8], before: usize, len: usize) -> Vec<u8> {
    let mut destination = pattern(before + len + 32, 99);
    let to = destination[before..].as_mut_ptr();
    // SAFETY: the source has `len` bytes, the destination 32 more than before and len.
    unsafe { copy(source.as_ptr(), to, len) };
    destination
}

#[test]
fn copies_agree_at_every_length_and_alignment() {
    for len in LENGTHS {
        let source = pattern(len + 16, len);
        for from in 0..16 {
            for before in 0..16 {
                let source = &source[from..from + len];
                let expected = copied(naive::copy_from_shared, source, before, len);
                let case = (len, from, before);
                assert_eq!(
                    copied(fast::copy_from_shared, source, before, len),
                    expected,
                    "{case:?}"
                );
                assert_eq!(
                    copied(fast::copy_to_shared, source, before, len),
                    expected,
                    "{case:?}"
                );
                assert_eq!(
                    copied(naive::copy_to_shared, source, before, len),
                    expected,
                    "{case:?}"
                );
            }
        }
    }
}

#[test]
fn copies_touch_nothing_beyond_their_ends() {
    let (mut source, mut destination) = (Guarded::new(), Guarded::new());
    for len in LENGTHS {
        for copy in [fast::copy_from_shared as Copy, fast::copy_to_shared] {
            let bytes = pattern(len, len);
            for tail in [false, true] {
                let (from, to) = match tail {
                    true => (source.tail(len), destination.tail(len)),
                    false => (source.head(len), destination.head(len)),
                };
                from.copy_from_slice(&bytes);
                to.fill(0);
                // SAFETY: both slices have `len` bytes.
                unsafe { copy(from.as_ptr(), to.as_mut_ptr(), len) };
                assert_eq!(to, bytes);
            }
        }
    }
}

#[test]
fn fills_agree_and_touch_nothing_beyond_their_ends() {
    let mut guarded = Guarded::new();
    for len in LENGTHS {
        for value in [0, 0x5a, 0xff] {
            for before in 0..16 {
                let filled = |fill: unsafe fn(*mut u8, u8, usize)| {
                    let mut destination = pattern(before + len + 32, 3);
                    let to = destination[before..].as_mut_ptr();
                    // SAFETY: 32 bytes more than before and len.
                    unsafe { fill(to, value, len) };
                    destination
                };
                assert_eq!(
                    filled(fast::fill),
                    filled(naive::fill),
                    "{:?}",
                    (len, before)
                );
            }
            let tail = guarded.tail(len);
            // SAFETY: the slice has `len` bytes.
            unsafe { fast::fill(tail.as_mut_ptr(), value, len) };
            assert!(tail.iter().all(|&byte| byte == value));
            let head = guarded.head(len);
            // SAFETY: the slice has `len` bytes.
            unsafe { fast::fill(head.as_mut_ptr(), value, len) };
            assert!(head.iter().all(|&byte| byte == value));
        }
    }
}

/// Loads and stores of one size, at every alignment and at both guards.
macro_rules! typed {
    ($($test:ident: $type:ty, $load:ident, $store:ident;)*) => {
        $(
            #[test]
            fn $test() {
                const SIZE: usize = size_of::<$type>();
                for offset in 0..32 {
                    let bytes = pattern(64, offset);
                    // SAFETY: 64 bytes hold a value at an offset below 32.
                    let fast = unsafe { fast::$load(bytes[offset..].as_ptr()) };
                    // SAFETY: as above.
                    let naive = unsafe { naive::$load(bytes[offset..].as_ptr()) };
                    let expected = <$type>::from_ne_bytes(bytes[offset..][..SIZE].try_into().unwrap());
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
                let mut guarded = Guarded::new();
                let last = guarded.tail(SIZE).as_mut_ptr();
                // SAFETY: the tail has as many bytes as the value.
                unsafe { fast::$store(last, <$type>::MAX) };
                // SAFETY: as above.
                assert_eq!(unsafe { fast::$load(last) }, <$type>::MAX);
            }
        )*
    };
}

typed! {
    bytes: u8, load_u8, store_u8;
    half_words: u16, load_u16, store_u16;
    words: u32, load_u32, store_u32;
    double_words: u64, load_u64, store_u64;
}

proptest! {
    #[test]
    fn copies_agree_on_random_bytes(
        bytes in proptest::collection::vec(any::<u8>(), 0..5000),
        before in 0_usize..64,
    ) {
        let expected = copied(naive::copy_from_shared, &bytes, before, bytes.len());
        prop_assert_eq!(&copied(fast::copy_from_shared, &bytes, before, bytes.len()), &expected);
        prop_assert_eq!(&copied(fast::copy_to_shared, &bytes, before, bytes.len()), &expected);
    }
}
