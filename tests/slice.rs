//! Handles to shared memory: bounds and copies as those of `[u8]`, and accesses that are never torn.

#![cfg(target_os = "linux")]

use std::mem::MaybeUninit;
use std::ops::{Bound, RangeBounds};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use proptest::prelude::*;
use rawshm::{MapOptions, Mapping, Shared, SharedSlice};

fn memory(len: usize) -> Mapping<Shared> {
    MapOptions::new().len(len).map_shared_anonymous().unwrap()
}

/// What is in the memory, by another way than the handle's.
fn bytes(mapping: &Mapping<Shared>) -> &[u8] {
    // SAFETY: the memory is the test's own, which writes none while it looks at the slice.
    unsafe { mapping.as_slice() }
}

/// The message of the panic that `body` ends in.
#[track_caller]
fn panic_message(body: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(body)).expect_err("it panics");
    *panic.downcast().expect("the message is formatted")
}

fn configuration() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Numbers around the length of the memory, and those that overflow.
fn offset() -> impl Strategy<Value = usize> {
    prop_oneof![0..70_usize, 70..300_usize, usize::MAX - 100..=usize::MAX]
}

fn bound() -> impl Strategy<Value = Bound<usize>> {
    let numbers = || offset().boxed();
    prop_oneof![
        numbers().prop_map(Bound::Included),
        numbers().prop_map(Bound::Excluded),
        Just(Bound::Unbounded),
    ]
}

/// Where a part is, if there is one.
fn place(part: Option<SharedSlice<'_>>) -> Option<(usize, usize)> {
    part.map(|part| (part.as_ptr().addr(), part.len()))
}

fn place_of(slice: Option<&[u8]>) -> Option<(usize, usize)> {
    slice.map(|slice| (slice.as_ptr().addr(), slice.len()))
}

proptest! {
    #![proptest_config(configuration())]

    #[test]
    fn get_has_the_bounds_of_a_slice(len in 1..100_usize, start in bound(), end in bound()) {
        let mapping = memory(len);
        let (ours, theirs) = (mapping.shared(), bytes(&mapping));
        let expected = place_of(theirs.get((start, end)));
        prop_assert_eq!(place(ours.get((start, end))), expected);
        // The same ranges by their own types.
        let same = |ours: Option<SharedSlice<'_>>, range: (Bound<usize>, Bound<usize>)| {
            assert_eq!(place(ours), place_of(theirs.get(range)));
        };
        fn bounds(range: impl RangeBounds<usize>) -> (Bound<usize>, Bound<usize>) {
            (range.start_bound().cloned(), range.end_bound().cloned())
        }
        if let (Bound::Included(start), Bound::Excluded(end)) = (start, end) {
            same(ours.get(start..end), bounds(start..end));
            same(ours.get(start..=end), bounds(start..=end));
            same(ours.get(start..), bounds(start..));
            same(ours.get(..end), bounds(..end));
            same(ours.get(..=end), bounds(..=end));
            same(ours.get(..), bounds(..));
        }
    }

    #[test]
    fn split_at_has_the_bounds_of_a_slice(len in 1..100_usize, middle in offset()) {
        let mapping = memory(len);
        let ours = mapping.shared();
        let theirs = bytes(&mapping).split_at_checked(middle);
        let places = ours.split_at_checked(middle).map(|(a, b)| (place(Some(a)), place(Some(b))));
        prop_assert_eq!(places, theirs.map(|(a, b)| (place_of(Some(a)), place_of(Some(b)))));
        match places {
            Some(places) => {
                let (before, after) = ours.split_at(middle);
                prop_assert_eq!((place(Some(before)), place(Some(after))), places);
            }
            None => {
                let message = panic_message(|| _ = ours.split_at(middle));
                let expected = format!("0 bytes at offset {middle} are not inside of {len} bytes");
                prop_assert_eq!(message, expected);
            }
        }
    }

    #[test]
    fn at_address_is_inside_or_nothing(len in 1..100_usize, start in offset(), part in offset()) {
        let mapping = memory(len);
        let ours = mapping.shared();
        let address = mapping.addr().wrapping_add(start);
        let expected = start.checked_add(part).and_then(|end| bytes(&mapping).get(start..end));
        prop_assert_eq!(place(ours.at_address(address, part)), place_of(expected));
        prop_assert!(ours.at_address(start, 1).is_none(), "not an address of the memory");
        let before = mapping.addr() - 1;
        prop_assert!(ours.at_address(before, part).is_none());
    }

    #[test]
    fn copies_are_those_of_a_slice(
        len in 1..300_usize,
        steps in prop::collection::vec((offset(), offset(), any::<bool>(), any::<u8>()), 1..20),
    ) {
        let mapping = memory(len);
        let mut model = vec![0; len];
        for (start, part, is_fill, value) in steps {
            let range = start..start.saturating_add(part);
            let ours = mapping.shared().get(range.clone());
            let Some(theirs) = model.get_mut(range) else {
                prop_assert!(ours.is_none());
                continue;
            };
            let ours = ours.expect("the same bounds");
            if is_fill {
                ours.fill(value);
                theirs.fill(value);
            } else {
                let source: Vec<u8> = (0..part).map(|n| value.wrapping_add(n as u8)).collect();
                ours.copy_from_slice(&source);
                theirs.copy_from_slice(&source);
            }
            let theirs = &*theirs;
            let mut copy = vec![!value; part];
            ours.copy_to_slice(&mut copy);
            prop_assert_eq!(&copy, theirs);
            let mut place = vec![MaybeUninit::new(!value); part];
            prop_assert_eq!(&*ours.copy_to_uninit(&mut place), theirs);
            #[cfg(feature = "alloc")]
            prop_assert_eq!(&ours.to_vec(), theirs);
            prop_assert_eq!(bytes(&mapping), &model);
        }
    }
}

#[test]
fn copies_between_different_lengths_panic() {
    let mapping = memory(10);
    let part = mapping.shared().get(3..7).unwrap();
    for len in [0, 3, 5, 10] {
        let mut other = vec![7; len];
        let expected = format!("the shared slice has 4 bytes, the other {len}");
        assert_eq!(panic_message(|| part.copy_from_slice(&other)), expected);
        assert_eq!(panic_message(|| part.copy_to_slice(&mut other)), expected);
        assert_eq!(other, vec![7; len]);
        let mut other = vec![MaybeUninit::new(7); len];
        assert_eq!(
            panic_message(|| _ = part.copy_to_uninit(&mut other)),
            expected
        );
    }
    assert_eq!(bytes(&mapping), [0; 10]);
}

/// Stores and loads a type at every offset of some memory, and past its end.
macro_rules! scalars {
    ($($name:ident: $type:ty, $value:expr;)*) => {
        $(
            #[test]
            fn $name() {
                const SIZE: usize = size_of::<$type>();
                const LEN: usize = 64;
                let mapping = memory(LEN);
                let shared = mapping.shared();
                let value: $type = $value;
                for offset in 0..=LEN - SIZE {
                    shared.fill(0xee);
                    shared.store(offset, value);
                    let mut expected = [0xee; LEN];
                    expected[offset..offset + SIZE].copy_from_slice(&value.to_ne_bytes());
                    assert_eq!(bytes(&mapping), expected, "at offset {offset}");
                    let loaded: $type = shared.load(offset);
                    assert_eq!(loaded.to_ne_bytes(), value.to_ne_bytes(), "at offset {offset}");
                }
                shared.fill(0);
                for offset in [LEN - SIZE + 1, LEN, LEN + 1, usize::MAX - SIZE + 1, usize::MAX] {
                    let expected =
                        format!("{SIZE} bytes at offset {offset} are not inside of {LEN} bytes");
                    assert_eq!(panic_message(|| shared.store(offset, value)), expected);
                    assert_eq!(panic_message(|| _ = shared.load::<$type>(offset)), expected);
                }
                let too_short = shared.get(..SIZE - 1).unwrap();
                assert!(panic_message(|| too_short.store(0, value)).contains("not inside"));
                assert_eq!(bytes(&mapping), [0; LEN]);
            }
        )*
    };
}

scalars! {
    u8_is_stored_and_loaded: u8, 0xfe;
    u16_is_stored_and_loaded: u16, 0xfedc;
    u32_is_stored_and_loaded: u32, 0xfedc_ba98;
    u64_is_stored_and_loaded: u64, 0xfedc_ba98_7654_3210;
    u128_is_stored_and_loaded: u128, 0xfedc_ba98_7654_3210_0123_4567_89ab_cdef;
    usize_is_stored_and_loaded: usize, 0xfedc_ba98_7654_3210;
    i8_is_stored_and_loaded: i8, -2;
    i16_is_stored_and_loaded: i16, -0x1234;
    i32_is_stored_and_loaded: i32, -0x1234_5678;
    i64_is_stored_and_loaded: i64, -0x1234_5678_9abc_def0;
    i128_is_stored_and_loaded: i128, -0x1234_5678_9abc_def0_fedc_ba98_7654_3210;
    isize_is_stored_and_loaded: isize, -0x1234_5678_9abc_def0;
    f32_is_stored_and_loaded: f32, f32::from_bits(0xffa5_5a01);
    f64_is_stored_and_loaded: f64, f64::from_bits(0xfff4_5678_9abc_def1);
}

#[test]
fn handles_are_of_the_memory_of_their_mapping() {
    let mapping = memory(100);
    let shared = mapping.shared();
    let copy = shared;
    assert_eq!((shared.len(), shared.is_empty()), (100, false));
    assert!(shared.get(100..).unwrap().is_empty());
    assert_eq!(copy.as_ptr(), mapping.as_ptr());
    assert_eq!(copy.as_mut_ptr(), mapping.as_mut_ptr());
    let expected = format!("SharedSlice {{ start: {:?}, len: 100 }}", mapping.as_ptr());
    assert_eq!(format!("{shared:?}"), expected);
    // Not even an empty copy or a part of nothing leaves the memory.
    let nothing = shared.get(100..).unwrap();
    nothing.copy_from_slice(&[]);
    nothing.copy_to_slice(&mut []);
    nothing.fill(1);
    assert_eq!(bytes(&mapping), [0; 100]);
}

/// Runs `scribble` again and again on another thread, until `body` has returned.
fn while_scribbling(scribble: impl Fn() + Sync, body: impl FnOnce()) {
    /// Ends the other thread even if the body panics.
    struct Done<'a>(&'a AtomicBool);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let _done = Done(&done);
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                scribble();
            }
        });
        body();
    });
}

#[test]
fn aligned_values_are_never_torn() {
    let mapping = memory(64);
    let shared = mapping.shared();
    let scribble = || {
        for value in [0, u64::MAX] {
            shared.store(8, value);
            shared.store(16, value as u32);
            shared.store(20, value as u16);
        }
    };
    while_scribbling(scribble, || {
        for _ in 0..200_000 {
            assert!([0, u64::MAX].contains(&shared.load(8)));
            assert!([0, u32::MAX].contains(&shared.load(16)));
            assert!([0, u16::MAX].contains(&shared.load(20)));
        }
    });
}

#[test]
fn copies_of_what_is_being_written_mix_old_and_new() {
    let mapping = memory(1000);
    let shared = mapping.shared();
    shared.fill(1);
    let scribble = || {
        shared.fill(2);
        shared.get(1..).unwrap().copy_from_slice(&[1; 999]);
    };
    while_scribbling(scribble, || {
        let mut copy = [0; 999];
        for start in (0..2).cycle().take(20_000) {
            copy.fill(0);
            shared
                .get(start..start + 999)
                .unwrap()
                .copy_to_slice(&mut copy);
            assert!(copy.iter().all(|byte| [1, 2].contains(byte)));
        }
    });
}
