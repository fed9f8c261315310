//! Handles to shared memory: bounds and copies as those of `[u8]`, and accesses that are never torn.

// The derives name the crate so.
#[cfg(feature = "zerocopy-08")]
extern crate zerocopy_08 as zerocopy;

use std::cmp;
use std::mem::MaybeUninit;
use std::ops::{Bound, RangeBounds};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use proptest::prelude::*;
use rawshm::mm::Access;
use rawshm::{MapOptions, Mapping, Memfd, Shared, SharedSlice};

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

/// Whether `body` ends in a panic.
fn panics(body: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(body)).is_err()
}

/// Bytes of which no two neighbours are alike.
fn pattern(len: usize, seed: usize) -> Vec<u8> {
    (0..len).map(|n| (n * 7 + n / 256 + seed) as u8).collect()
}

/// Lengths around those of the blocks that pass through a buffer.
const LONG: [usize; 8] = [2047, 2048, 2049, 4095, 4096, 4097, 10_000, (1 << 18) + 3];

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
fn place<A: Access>(part: Option<SharedSlice<'_, A>>) -> Option<(usize, usize)> {
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
        match expected {
            Some(_) => prop_assert_eq!(place(Some(ours.slice((start, end)))), expected),
            None => prop_assert!(panics(|| _ = ours.slice((start, end)))),
        }
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
fn slice_tells_the_range_in_its_panic() {
    let mapping = memory(10);
    let shared = mapping.shared();
    let message = |range: (Bound<usize>, Bound<usize>)| panic_message(|| _ = shared.slice(range));
    let (from, after) = (Bound::Included, Bound::Excluded);
    let inside = "are not inside of 10 bytes";
    assert_eq!(
        message((from(3), after(11))),
        format!("bytes 3..11 {inside}")
    );
    assert_eq!(message((from(5), after(3))), format!("bytes 5..3 {inside}"));
    assert_eq!(
        message((from(3), from(10))),
        format!("bytes 3..=10 {inside}")
    );
    assert_eq!(
        message((from(11), Bound::Unbounded)),
        format!("bytes 11.. {inside}")
    );
    assert_eq!(
        message((after(10), Bound::Unbounded)),
        format!("bytes 11.. {inside}")
    );
    assert_eq!(
        message((Bound::Unbounded, after(11))),
        format!("bytes 0..11 {inside}")
    );
    assert_eq!(place(Some(shared.slice(3..3))), place(shared.get(3..3)));
}

// --- chunks ----------------------------------------------------------------

#[derive(Clone, Copy, Debug)]
enum Step {
    Next,
    NextBack,
    Nth(usize),
    NthBack(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let count = || prop_oneof![4 => 0..4_usize, 1 => Just(1 << 63), 1 => Just(usize::MAX)];
    prop_oneof![
        Just(Step::Next),
        Just(Step::NextBack),
        count().prop_map(Step::Nth),
        count().prop_map(Step::NthBack),
    ]
}

fn take<I: DoubleEndedIterator>(iterator: &mut I, step: Step) -> Option<I::Item> {
    match step {
        Step::Next => iterator.next(),
        Step::NextBack => iterator.next_back(),
        Step::Nth(n) => iterator.nth(n),
        Step::NthBack(n) => iterator.nth_back(n),
    }
}

proptest! {
    #![proptest_config(configuration())]

    #[test]
    fn chunks_are_those_of_a_slice(
        len in 0..100_usize,
        chunk_len in prop_oneof![4 => 1..20_usize, 1 => 20..200_usize, 1 => Just(usize::MAX)],
        steps in prop::collection::vec(step(), 0..12),
    ) {
        let mapping = memory(100);
        let mut ours = mapping.shared().slice(..len).chunks(chunk_len);
        let mut theirs = bytes(&mapping)[..len].chunks(chunk_len);
        for step in steps {
            prop_assert_eq!(ours.len(), theirs.len());
            prop_assert_eq!(ours.size_hint(), theirs.size_hint());
            prop_assert_eq!(ours.clone().count(), theirs.clone().count());
            prop_assert_eq!(place(ours.clone().last()), place_of(theirs.clone().last()));
            prop_assert_eq!(place(take(&mut ours, step)), place_of(take(&mut theirs, step)));
        }
        let places: Vec<_> = ours.clone().map(|chunk| place(Some(chunk))).collect();
        let expected: Vec<_> = theirs.map(|chunk| place_of(Some(chunk))).collect();
        prop_assert_eq!(&places, &expected);
        let backwards: Vec<_> = ours.by_ref().rev().map(|chunk| place(Some(chunk))).collect();
        prop_assert!(backwards.iter().rev().eq(&expected));
        prop_assert!(ours.next().is_none() && ours.next_back().is_none());
    }
}

#[test]
fn chunks_of_nothing_panic() {
    let mapping = memory(10);
    let chunks = mapping.shared().chunks(10);
    assert!(format!("{chunks:?}").starts_with("Chunks { rest: SharedSlice { start: "));
    assert!(panics(|| _ = mapping.shared().chunks(0)));
}

// --- copies from shared to shared memory -----------------------------------

/// Copies `len` bytes between two offsets of some memory, by each method, and compares with
/// what slices do.
fn check_copy(mapping: &Mapping<Shared>, len: usize, source: usize, destination: usize) {
    let shared = mapping.shared();
    let before = pattern(shared.len(), len);
    let mut expected = before.clone();
    expected.copy_within(source..source + len, destination);
    shared.copy_from_slice(&before);
    shared.copy_within(source..source + len, destination);
    assert!(
        bytes(mapping) == expected,
        "{len} bytes from {source} to {destination}"
    );
    shared.copy_from_slice(&before);
    let parts = [destination, source].map(|start| shared.slice(start..start + len));
    parts[0].copy_from_shared(parts[1]);
    assert!(
        bytes(mapping) == expected,
        "{len} bytes from {source} to {destination}"
    );
}

#[test]
fn copies_may_overlap_at_every_distance() {
    let mapping = memory(640);
    for len in 0..=300 {
        for distance in 0..=len + 1 {
            let mapping = &mapping;
            check_copy(mapping, len, 7, 7 + distance);
            check_copy(mapping, len, 7 + distance, 7);
        }
    }
}

#[test]
fn long_copies_may_overlap() {
    for len in LONG {
        let mapping = memory(2 * len + 50);
        for distance in [0, 1, 7, 64, 2047, 2048, 2049, len - 1, len, len + 1] {
            check_copy(&mapping, len, 7, 7 + distance.min(len + 1));
            check_copy(&mapping, len, 7 + distance.min(len + 1), 7);
        }
    }
}

proptest! {
    #![proptest_config(configuration())]

    #[test]
    fn copy_within_has_the_bounds_of_a_slice(
        len in 1..100_usize,
        start in bound(),
        end in bound(),
        destination in offset(),
    ) {
        let mapping = memory(len);
        let mut model = pattern(len, 0);
        mapping.shared().copy_from_slice(&model);
        let ours = panics(|| mapping.shared().copy_within((start, end), destination));
        let theirs = panics(|| model.copy_within((start, end), destination));
        prop_assert_eq!(ours, theirs);
        prop_assert_eq!(bytes(&mapping), model);
    }
}

#[test]
fn copies_come_from_memory_of_any_kind() {
    fn arrives<A: Access>(source: &Mapping<A>) {
        let destination = memory(5);
        destination.shared().copy_from_shared(source.shared());
        assert_eq!(bytes(&destination), b"bytes");
    }
    // The memfd may be as long as a page.
    let options = MapOptions::new().len(5);
    let memfd = Memfd::create("source", 5).unwrap();
    let source = options.map_shared(&memfd).unwrap();
    source.shared().copy_from_slice(b"bytes");
    arrives(&source);
    drop(source);
    arrives(&options.map_read_only(&memfd).unwrap());
    let frozen = memfd.freeze().unwrap();
    arrives(&options.map_frozen(&frozen).unwrap());
    arrives(&options.map_private(&frozen).unwrap());

    let mut private = MapOptions::new().len(5).map_anonymous().unwrap();
    let source = options.map_frozen(&frozen).unwrap();
    private.shared_mut().copy_from_shared(source.shared());
    assert_eq!(*private, *b"bytes");
}

#[test]
fn two_mappings_of_one_object_may_mix_what_overlaps() {
    const LEN: usize = 5000;
    let memfd = Memfd::create("twice", 2 * LEN as u64).unwrap();
    let map = || MapOptions::new().len(2 * LEN).map_shared(&memfd).unwrap();
    let [first, second] = [map(), map()];
    let before: Vec<u8> = (0..2 * LEN).map(|n| (n / LEN) as u8).collect();
    for (source, destination) in [(0, 100), (100, 0), (0, LEN - 1), (LEN - 1, 0), (LEN, LEN)] {
        first.shared().copy_from_slice(&before);
        let source = second.shared().slice(source..source + LEN);
        let destination = destination..destination + LEN;
        first
            .shared()
            .slice(destination.clone())
            .copy_from_shared(source);
        let after = bytes(&first);
        assert!(after.iter().all(|&byte| byte <= 1));
        assert_eq!(after[..destination.start], before[..destination.start]);
        assert_eq!(after[destination.end..], before[destination.end..]);
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
    let longer = memory(5);
    assert_eq!(
        panic_message(|| part.copy_from_shared(longer.shared())),
        "the shared slice has 4 bytes, the other 5"
    );
    let message = panic_message(|| mapping.shared().copy_within(..4, 7));
    assert_eq!(message, "4 bytes at offset 7 are not inside of 10 bytes");
    assert_eq!(bytes(&mapping), [0; 10]);
}

// --- comparing and finding -------------------------------------------------

/// Compares with `other` by every method, and with what slices say.
fn check_compare(ours: &Mapping<Shared>, theirs: &Mapping<Shared>, other: &[u8]) {
    let (shared, slice) = (ours.shared(), bytes(ours));
    let expected = slice.cmp(other);
    assert_eq!(shared.compare(other), expected);
    assert_eq!(shared.equals(other), expected == cmp::Ordering::Equal);
    let other = {
        let place = theirs.shared().slice(..other.len());
        place.copy_from_slice(other);
        place
    };
    assert_eq!(shared.compare_shared(other), expected);
    assert_eq!(other.compare_shared(shared), expected.reverse());
    assert_eq!(
        shared.equals_shared(other),
        expected == cmp::Ordering::Equal
    );
}

/// Changes one byte at each of these offsets in turn: it is the one that differs, and the
/// one that is found.
fn check_each(len: usize, offsets: impl Iterator<Item = usize>) {
    let (mapping, other) = (memory(len), memory(len));
    let shared = mapping.shared();
    let mut expected = vec![7; len];
    shared.fill(7);
    check_compare(&mapping, &other, &expected);
    check_compare(&mapping, &other, &expected[..len - 1]);
    assert_eq!((shared.find(7), shared.rfind(7)), (Some(0), Some(len - 1)));
    assert_eq!((shared.find(8), shared.rfind(8)), (None, None));
    for offset in offsets {
        for value in [6, 8] {
            expected[offset] = value;
            check_compare(&mapping, &other, &expected);
            check_compare(&mapping, &other, &expected[..=offset]);
            check_compare(&mapping, &other, &expected[..offset]);
        }
        expected[offset] = 7;
        shared.store(offset, 8_u8);
        assert_eq!(
            (shared.find(8), shared.rfind(8)),
            (Some(offset), Some(offset))
        );
        assert_eq!(shared.slice(offset..).find(8), Some(0));
        assert_eq!(shared.slice(..offset).find(8), None);
        assert_eq!(shared.slice(..=offset).rfind(8), Some(offset));
        assert_eq!(shared.slice(offset + 1..).rfind(8), None);
        shared.store(offset, 7_u8);
    }
}

#[test]
fn one_byte_differs_and_is_found_wherever_it_is() {
    for len in (1..40)
        .chain(63..=65)
        .chain(127..=129)
        .chain(255..=257)
        .chain([300])
    {
        check_each(len, 0..len);
    }
}

#[test]
fn one_byte_differs_and_is_found_far_behind() {
    for len in LONG {
        let edges = (0..len).step_by(if len < 20_000 { 64 } else { 1 << 16 });
        let around = edges.flat_map(|edge| edge.saturating_sub(1)..=edge + 1);
        check_each(len, around.chain([len - 1]).filter(|&offset| offset < len));
    }
}

proptest! {
    #![proptest_config(configuration())]

    #[test]
    fn compares_and_finds_as_in_a_slice(
        ours in prop::collection::vec(0..3_u8, 1..300),
        theirs in prop::collection::vec(0..3_u8, 0..300),
        common in 0..300_usize,
        byte in 0..4_u8,
    ) {
        let mapping = memory(ours.len());
        let shared = mapping.shared();
        shared.copy_from_slice(&ours);
        prop_assert_eq!(shared.find(byte), ours.iter().position(|&each| each == byte));
        prop_assert_eq!(shared.rfind(byte), ours.iter().rposition(|&each| each == byte));
        // What begins alike.
        let mut theirs = theirs;
        let common = common.min(ours.len()).min(theirs.len());
        theirs[..common].copy_from_slice(&ours[..common]);
        check_compare(&mapping, &memory(300), &theirs);
    }
}

#[test]
fn nothing_is_equal_to_nothing() {
    let mapping = memory(10);
    let nothing = mapping.shared().slice(10..);
    assert!(nothing.equals(&[]) && nothing.equals_shared(nothing));
    assert_eq!(nothing.compare(&[]), cmp::Ordering::Equal);
    assert_eq!(nothing.compare(&[0]), cmp::Ordering::Less);
    assert_eq!(
        nothing.compare_shared(mapping.shared()),
        cmp::Ordering::Less
    );
    assert_eq!((nothing.find(0), nothing.rfind(0)), (None, None));
    assert_eq!(nothing.chunks(1).len(), 0);
}

// --- typed accesses --------------------------------------------------------

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

                    shared.store_le(offset, value);
                    expected[offset..offset + SIZE].copy_from_slice(&value.to_le_bytes());
                    assert_eq!(bytes(&mapping), expected, "at offset {offset}");
                    let loaded: $type = shared.load_le(offset);
                    assert_eq!(loaded.to_ne_bytes(), value.to_ne_bytes(), "at offset {offset}");

                    shared.store_be(offset, value);
                    expected[offset..offset + SIZE].copy_from_slice(&value.to_be_bytes());
                    assert_eq!(bytes(&mapping), expected, "at offset {offset}");
                    let loaded: $type = shared.load_be(offset);
                    assert_eq!(loaded.to_ne_bytes(), value.to_ne_bytes(), "at offset {offset}");
                }
                shared.fill(0);
                for offset in [LEN - SIZE + 1, LEN, LEN + 1, usize::MAX - SIZE + 1, usize::MAX] {
                    let expected =
                        format!("{SIZE} bytes at offset {offset} are not inside of {LEN} bytes");
                    let accesses: [&dyn Fn(); 6] = [
                        &|| shared.store(offset, value),
                        &|| shared.store_le(offset, value),
                        &|| shared.store_be(offset, value),
                        &|| _ = shared.load::<$type>(offset),
                        &|| _ = shared.load_le::<$type>(offset),
                        &|| _ = shared.load_be::<$type>(offset),
                    ];
                    for access in accesses {
                        assert_eq!(panic_message(access), expected);
                    }
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

// --- values of whole types -------------------------------------------------

#[cfg(feature = "zerocopy-08")]
mod structs {
    use std::mem::offset_of;

    use rawshm::slice::View;
    use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

    use super::*;

    #[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Clone, PartialEq, Debug)]
    #[repr(C)]
    struct Header {
        magic: [u8; 4],
        length: u32,
        position: u64,
        scale: [f32; 2],
    }

    /// Its last bytes are nobody's.
    #[derive(FromBytes, Immutable)]
    #[repr(C)]
    struct Padded {
        long: u64,
        short: u8,
    }

    const HEADER: Header = Header {
        magic: *b"head",
        length: 0x1234_5678,
        position: 0xfedc_ba98_7654_3210,
        scale: [-1.5, 3.0],
    };
    const SIZE: usize = size_of::<Header>();

    #[test]
    fn values_are_written_and_read_at_any_offset() {
        const LEN: usize = 2 * SIZE;
        let mapping = memory(LEN);
        let shared = mapping.shared();
        for offset in 0..=LEN - SIZE {
            let mut expected = [0xee; LEN];
            expected[offset..offset + SIZE].copy_from_slice(HEADER.as_bytes());
            shared.fill(0xee);
            shared.write_struct(offset, &HEADER);
            assert_eq!(bytes(&mapping), expected);
            assert_eq!(shared.read_struct::<Header>(offset), HEADER);

            shared.fill(0xee);
            let view = shared.view(offset).unwrap();
            view.write(&HEADER);
            assert_eq!(bytes(&mapping), expected);
            assert_eq!(view.read(), HEADER);
            assert_eq!(
                place(Some(view.bytes())),
                place(shared.get(offset..offset + SIZE))
            );
        }
        for offset in [
            LEN - SIZE + 1,
            LEN,
            LEN + 1,
            usize::MAX - SIZE + 1,
            usize::MAX,
        ] {
            let expected = format!("{SIZE} bytes at offset {offset} are not inside of {LEN} bytes");
            let read = || _ = shared.read_struct::<Header>(offset);
            assert_eq!(panic_message(read), expected);
            let write = || shared.write_struct(offset, &HEADER);
            assert_eq!(panic_message(write), expected);
            assert!(shared.view::<Header>(offset).is_none());
        }
    }

    #[test]
    fn values_without_a_fixed_size_are_written() {
        let mapping = memory(10);
        mapping.shared().write_struct(2, &b"text"[..]);
        mapping.shared().write_struct(6, "!");
        assert_eq!(bytes(&mapping), b"\0\0text!\0\0\0");
        assert!(panics(|| mapping.shared().write_struct(8, "???")));
    }

    #[test]
    fn padding_may_hold_anything() {
        let mapping = memory(100);
        mapping.shared().fill(0xa5);
        let padded: Padded = mapping.shared().read_struct(3);
        assert_eq!((padded.long, padded.short), (0xa5a5_a5a5_a5a5_a5a5, 0xa5));
    }

    #[test]
    fn fields_have_views_of_their_own() {
        let mapping = memory(100);
        let header: View<'_, Header> = mapping.shared().view(3).unwrap();
        header.write(&HEADER);
        let length = header.field::<u32>(offset_of!(Header, length));
        assert_eq!(length.read(), HEADER.length);
        length.write(&7);
        assert_eq!(length.bytes().load::<u32>(0), 7);
        let scale = header.field::<[f32; 2]>(offset_of!(Header, scale));
        assert_eq!(scale.field::<f32>(4).read(), 3.0);
        scale.write(&[0.5, 0.25]);
        let expected = Header {
            length: 7,
            scale: [0.5, 0.25],
            ..HEADER
        };
        assert_eq!(header.read(), expected);

        let message = panic_message(|| _ = header.field::<u64>(SIZE - 7));
        assert_eq!(
            message,
            format!(
                "8 bytes at offset {} are not inside of {SIZE} bytes",
                SIZE - 7
            )
        );
        assert!(panics(|| _ = header.field::<[u8; SIZE + 1]>(0)));
        assert!(panics(|| _ = header.field::<u8>(usize::MAX)));
        assert_eq!(header.field::<()>(SIZE).bytes().len(), 0);
    }

    #[test]
    fn views_are_as_many_as_fit() {
        for len in 1..4 * SIZE {
            let mapping = memory(len);
            let shared = mapping.shared();
            let views = shared.views::<Header>();
            let count = len / SIZE;
            assert_eq!((views.len(), views.is_empty()), (count, count == 0));
            assert_eq!(
                place(Some(views.bytes())),
                place(shared.get(..count * SIZE))
            );
            let expected: Vec<_> = (0..count)
                .map(|index| place(shared.get(index * SIZE..(index + 1) * SIZE)))
                .collect();
            let places = |views: &mut dyn Iterator<Item = View<'_, Header>>| -> Vec<_> {
                views.map(|view| place(Some(view.bytes()))).collect()
            };
            assert_eq!(places(&mut views.iter()), expected);
            assert_eq!(
                places(&mut (0..count).map(|index| views.get(index).unwrap())),
                expected
            );
            assert_eq!(views.iter().len(), count);
            for index in [count, count + 1, usize::MAX / SIZE + 1, usize::MAX] {
                assert!(views.get(index).is_none());
            }
        }
    }

    #[test]
    fn handles_are_copied_and_shown() {
        let mapping = memory(100);
        let (view, views) = (
            mapping.shared().view::<u32>(4).unwrap(),
            mapping.shared().views::<u32>(),
        );
        let start = mapping.as_ptr();
        let copies = (view, views);
        let expected = format!(
            "(View<u32>({:?}), Views<u32>({start:?}, 25))",
            start.wrapping_add(4)
        );
        assert_eq!(format!("{copies:?}"), expected);
        assert_eq!(format!("{:?}", (view, views)), expected);
    }

    #[test]
    fn memory_of_any_kind_has_views() {
        let memfd = Memfd::create("views", SIZE as u64).unwrap();
        memfd.map().unwrap().shared().write_struct(0, &HEADER);
        let read_only = memfd.map_read_only().unwrap();
        assert_eq!(read_only.shared().view::<Header>(0).unwrap().read(), HEADER);
        drop(read_only);
        let frozen = memfd.freeze().unwrap().map().unwrap();
        assert_eq!(*Header::ref_from_bytes(&frozen).unwrap(), HEADER);
        assert_eq!(frozen.shared().read_struct::<Header>(0), HEADER);

        let mut private = MapOptions::new().len(SIZE).map_anonymous().unwrap();
        private.shared_mut().write_struct(0, &HEADER);
        assert_eq!(*Header::ref_from_bytes(&private).unwrap(), HEADER);
        Header::mut_from_bytes(&mut private).unwrap().length = 1;
        assert_eq!(
            private
                .shared()
                .views::<Header>()
                .get(0)
                .unwrap()
                .read()
                .length,
            1
        );
    }
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

#[test]
fn copies_within_what_is_being_written_mix_old_and_new() {
    const LEN: usize = 5000;
    let mapping = memory(4 * LEN);
    let shared = mapping.shared();
    let (source, _) = shared.split_at(LEN);
    source.fill(1);
    let other = memory(LEN);
    while_scribbling(
        || (1..=2).for_each(|value| source.fill(value)),
        || {
            for start in (0..300).cycle().take(2000) {
                shared.slice(LEN..).fill(0);
                // Overlapping upwards, and not overlapping.
                for to in [start + 1, 2 * LEN] {
                    shared.copy_within(..LEN, to);
                    let end = to + LEN;
                    let copy = shared.slice(LEN.max(to)..end);
                    assert_eq!((copy.find(0), shared.slice(end..).find(1)), (None, None));
                }
                // Overlapping downwards: of what was copied only what was written reappears.
                shared.copy_within(2 * LEN..3 * LEN, 2 * LEN - start);
                assert_eq!(shared.slice(2 * LEN - start..3 * LEN).find(0), None);
                other.shared().copy_from_shared(source);
                assert!(bytes(&other).iter().all(|byte| [1, 2].contains(byte)));
            }
        },
    );
}

#[test]
fn copies_within_write_nothing_in_between() {
    const LEN: usize = 5000;
    let mapping = memory(LEN);
    let shared = mapping.shared();
    shared.fill(1);
    let copies = || {
        shared.copy_within(100.., 0);
        shared.copy_within(..LEN - 100, 100);
        shared.copy_within(..LEN / 2, LEN / 2);
    };
    while_scribbling(copies, || {
        let expected = vec![1; LEN];
        for _ in 0..5000 {
            assert!(shared.equals(&expected));
        }
    });
}

#[test]
fn what_is_being_written_is_compared_and_found_as_it_was_read() {
    const LEN: usize = 5000;
    let [mapping, other] = [memory(LEN), memory(LEN)];
    let shared = mapping.shared();
    other.shared().fill(2);
    shared.fill(2);
    let ones = vec![1; LEN];
    while_scribbling(
        || [2, 3].into_iter().for_each(|value| shared.fill(value)),
        || {
            for _ in 0..1000 {
                assert_eq!(shared.compare(&ones), cmp::Ordering::Greater);
                assert_eq!(shared.compare(&ones[..10]), cmp::Ordering::Greater);
                assert!(!shared.equals(&ones));
                assert_ne!(shared.compare_shared(other.shared()), cmp::Ordering::Less);
                assert_ne!(
                    other.shared().compare_shared(shared),
                    cmp::Ordering::Greater
                );
                assert_eq!((shared.find(1), shared.rfind(1)), (None, None));
                for found in [
                    shared.find(2),
                    shared.rfind(2),
                    shared.find(3),
                    shared.rfind(3),
                ] {
                    assert!(found.is_none_or(|offset| offset < LEN));
                }
            }
        },
    );
}
