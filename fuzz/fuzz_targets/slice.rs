//! Shared slices: copies, values, atomics, ranges and chunks against a plain `Vec`.
//!
//! The memory stands between guard pages, as does what is copied to and from; all of it is
//! compared, so that no byte outside changes.

#![no_main]

use std::cell::RefCell;
use std::mem::MaybeUninit;
use std::ops::Bound;
use std::sync::atomic::{
    AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicU8, AtomicU16, AtomicU32,
    AtomicU64, AtomicUsize, Ordering,
};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use rawshm::slice::Chunks;
use rawshm::{Errno, SharedSlice};
use rawshm_fuzz::guarded::Guarded;
use rawshm_fuzz::panics::unless_it_panics;
use rawshm_fuzz::{errno, leaks, pattern};

/// Enough for more than one block of the routines that go by blocks.
const PAGES: usize = 3;

#[derive(Arbitrary, Debug)]
struct Input {
    /// Whether the slice ends at the guard page behind, or starts at the one before.
    at_end: bool,
    len: u16,
    seed: u8,
    operations: Vec<Operation>,
}

#[derive(Arbitrary, Debug)]
enum Operation {
    Range(Bound<Place>, Bound<Place>),
    AtAddress(Place, Place),
    Split(Place),
    Read {
        start: u16,
        len: u16,
        how: Read,
        at_end: bool,
    },
    Write {
        start: u16,
        len: u16,
        how: Write,
        at_end: bool,
        seed: u8,
    },
    Load {
        place: Place,
        what: Scalar,
        end: Endian,
    },
    Store {
        place: Place,
        what: Scalar,
        end: Endian,
        value: u128,
    },
    CopyWithin {
        start: u16,
        len: u16,
        to: Place,
    },
    CopyFromShared {
        start: u16,
        len: u16,
        to: u16,
        seed: u8,
    },
    Compare {
        start: u16,
        len: u16,
        change: Option<(u16, u8)>,
        more: i8,
        shared: bool,
    },
    Find {
        start: u16,
        len: u16,
        byte: u8,
    },
    Chunks {
        start: u16,
        len: u16,
        chunk: u16,
        steps: Vec<Step>,
    },
    Atomic {
        place: Place,
        what: Integer,
        operation: Atomic,
        value: u64,
        order: Order,
        other: Order,
    },
}

/// An offset, most often inside.
#[derive(Arbitrary, Debug, Clone, Copy)]
enum Place {
    Inside(u16),
    FromEnd(i8),
    Far(usize),
}

impl Place {
    fn of(self, len: usize) -> usize {
        match self {
            Self::Inside(offset) => usize::from(offset) % (len + 1),
            Self::FromEnd(offset) => len.wrapping_add_signed(isize::from(offset)),
            Self::Far(offset) => offset,
        }
    }
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Read {
    Slice,
    Uninit,
    Vec,
    TrySlice,
    TryUninit,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Write {
    Slice,
    Fill,
    TrySlice,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Scalar {
    U8,
    U16,
    U32,
    U64,
    Usize,
    U128,
    I8,
    I16,
    I32,
    I64,
    Isize,
    I128,
    F32,
    F64,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Endian {
    Native,
    Little,
    Big,
    Try,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Step {
    Next,
    NextBack,
    Nth(u8),
    NthBack(u8),
    FarNth(usize),
    FarNthBack(usize),
    Len,
    Last,
    Count,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Integer {
    U8,
    U16,
    U32,
    U64,
    Usize,
    I8,
    I16,
    I32,
    I64,
    Isize,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Atomic {
    Load,
    Store,
    Swap,
    Exchange { current: bool },
    ExchangeWeak { current: bool },
    Add,
    Sub,
    And,
    Or,
    Xor,
    Max,
    Min,
    Update { refuse: bool },
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Order {
    Relaxed,
    Acquire,
    Release,
    AcqRel,
    SeqCst,
}

impl From<Order> for Ordering {
    fn from(order: Order) -> Self {
        match order {
            Order::Relaxed => Self::Relaxed,
            Order::Acquire => Self::Acquire,
            Order::Release => Self::Release,
            Order::AcqRel => Self::AcqRel,
            Order::SeqCst => Self::SeqCst,
        }
    }
}

struct Memory {
    shared: Guarded,
    other: Guarded,
    ours: Guarded,
    /// What `shared` should hold.
    model: Vec<u8>,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::new(Memory {
        shared: Guarded::new(PAGES),
        other: Guarded::new(PAGES),
        ours: Guarded::new(PAGES),
        model: Vec::new(),
    });
}

fuzz_target!(|input: Input| {
    MEMORY.with_borrow_mut(|memory| {
        let Memory {
            shared,
            other,
            ours,
            model,
        } = memory;
        *model = pattern(input.seed, shared.all().len());
        shared.all().copy_from_slice(model);
        let len = usize::from(input.len) % (shared.all().len() + 1);
        let (start, slice) = shared.part(input.at_end, len);
        assert_eq!((slice.len(), slice.is_empty()), (len, len == 0));
        for operation in &input.operations {
            let part = &mut model[start..start + len];
            run(operation, slice, part, other, ours);
            assert!(
                bytes(shared.all()) == model,
                "{operation:?} left other bytes"
            );
        }
    });
    leaks::check();
});

/// What is in memory, read by nothing that is tested here.
fn bytes<'a>(slice: SharedSlice<'a>) -> &'a [u8] {
    // SAFETY: readable while it is borrowed, and nothing writes it meanwhile.
    unsafe { std::slice::from_raw_parts(slice.as_ptr(), slice.len()) }
}

/// A range inside.
fn inside(start: u16, len: u16, of: usize) -> std::ops::Range<usize> {
    let start = usize::from(start) % (of + 1);
    start..start + usize::from(len) % (of - start + 1)
}

fn run(
    operation: &Operation,
    slice: SharedSlice<'_>,
    model: &mut [u8],
    other: &mut Guarded,
    ours: &mut Guarded,
) {
    let all = model.len();
    match *operation {
        Operation::Range(start, end) => {
            let range = (start.map(|start| start.of(all)), end.map(|end| end.of(all)));
            let part = slice.get(range);
            let expected = model.get(range);
            assert_eq!(part.map(bytes), expected);
            let place = |part: SharedSlice<'_>| part.as_ptr().addr() - slice.as_ptr().addr();
            let model_place = |part: &[u8]| part.as_ptr().addr() - model.as_ptr().addr();
            assert_eq!(part.map(place), expected.map(model_place));
            let panicking = unless_it_panics(|| slice.slice(range).len());
            assert_eq!(panicking, expected.map(<[u8]>::len));
        }
        Operation::AtAddress(start, len) => {
            let (start, len) = (start.of(all), len.of(all));
            let address = slice.as_ptr().addr().wrapping_add(start);
            let part = slice.at_address(address, len);
            let start = address.checked_sub(slice.as_ptr().addr());
            let range = start.and_then(|start| Some(start..start.checked_add(len)?));
            assert_eq!(part.map(bytes), range.and_then(|range| model.get(range)));
        }
        Operation::Split(place) => {
            let place = place.of(all);
            let parts = slice.split_at_checked(place);
            let parts = parts.map(|(before, after)| (bytes(before), bytes(after)));
            let expected = (place <= all).then(|| model.split_at(place));
            assert_eq!(parts, expected);
            let panicking = unless_it_panics(|| slice.split_at(place).0.len());
            assert_eq!(panicking, expected.map(|(before, _)| before.len()));
        }
        Operation::Read {
            start,
            len,
            how,
            at_end,
        } => {
            let range = inside(start, len, all);
            read(slice.slice(range.clone()), &model[range], how, at_end, ours);
        }
        Operation::Write {
            start,
            len,
            how,
            at_end,
            seed,
        } => {
            let range = inside(start, len, all);
            let (part, model) = (slice.slice(range.clone()), &mut model[range]);
            let source = ours.bytes(at_end, part.len());
            source.copy_from_slice(&pattern(seed, part.len()));
            match how {
                Write::Slice => part.copy_from_slice(source),
                Write::TrySlice => part.try_copy_from_slice(source).unwrap(),
                Write::Fill => {
                    part.fill(seed);
                    source.fill(seed);
                }
            }
            model.copy_from_slice(source);
        }
        Operation::Load { place, what, end } => {
            scalar(slice, model, place.of(all), what, end, None);
        }
        Operation::Store {
            place,
            what,
            end,
            value,
        } => {
            scalar(slice, model, place.of(all), what, end, Some(value));
        }
        Operation::CopyWithin { start, len, to } => {
            let (range, to) = (inside(start, len, all), to.of(all));
            let copied = unless_it_panics(|| slice.copy_within(range.clone(), to));
            let fits = to.checked_add(range.len()).is_some_and(|end| end <= all);
            assert_eq!(copied.is_some(), fits);
            if fits {
                model.copy_within(range, to);
            }
        }
        Operation::CopyFromShared {
            start,
            len,
            to,
            seed,
        } => {
            let range = inside(start, len, all);
            let to = inside(to, 0, all - range.len()).start;
            let to = to..to + range.len();
            let (source, _) = (other.part(seed % 2 == 0, range.len()).1, ());
            source.copy_from_slice(&pattern(seed, range.len()));
            slice.slice(to.clone()).copy_from_shared(source);
            model[to.clone()].copy_from_slice(bytes(source));
            // And back to where the other one is.
            source.copy_from_shared(slice.slice(range.clone()));
            assert_eq!(bytes(source), &model[range.clone()]);
            // Both in the same memory, which may overlap.
            slice
                .slice(to.clone())
                .copy_from_shared(slice.slice(range.clone()));
            model.copy_within(range, to.start);
        }
        Operation::Compare {
            start,
            len,
            change,
            more,
            shared,
        } => {
            let range = inside(start, len, all);
            let (part, model) = (slice.slice(range.clone()), &model[range]);
            let mut with = model.to_vec();
            if let (Some((place, value)), false) = (change, with.is_empty()) {
                let place = usize::from(place) % with.len();
                with[place] = value;
            }
            match more {
                0.. => with.extend(std::iter::repeat_n(1, more as usize)),
                _ => with.truncate(with.len().saturating_sub(usize::from(more.unsigned_abs()))),
            }
            with.truncate(other.all().len());
            let expected = (model.cmp(&with), model == with);
            if shared {
                let with = {
                    let (_, place) = other.part(true, with.len());
                    place.copy_from_slice(&with);
                    place
                };
                assert_eq!(
                    (part.compare_shared(with), part.equals_shared(with)),
                    expected
                );
            } else {
                let place = ours.bytes(true, with.len());
                place.copy_from_slice(&with);
                assert_eq!((part.compare(place), part.equals(place)), expected);
            }
        }
        Operation::Find { start, len, byte } => {
            let range = inside(start, len, all);
            let (part, model) = (slice.slice(range.clone()), &model[range]);
            assert_eq!(part.find(byte), model.iter().position(|&each| each == byte));
            assert_eq!(
                part.rfind(byte),
                model.iter().rposition(|&each| each == byte)
            );
        }
        Operation::Chunks {
            start,
            len,
            chunk,
            ref steps,
        } => {
            let range = inside(start, len, all);
            let (part, model) = (slice.slice(range.clone()), &model[range]);
            if chunk == 0 {
                assert!(unless_it_panics(|| part.chunks(0).len()).is_none());
            } else {
                chunks(part.chunks(chunk.into()), model.chunks(chunk.into()), steps);
            }
        }
        Operation::Atomic {
            place,
            what,
            operation,
            value,
            order,
            other,
        } => {
            let orders = (order.into(), other.into());
            atomic(slice, model, place.of(all), what, operation, value, orders);
        }
    }
}

fn read(part: SharedSlice<'_>, model: &[u8], how: Read, at_end: bool, ours: &mut Guarded) {
    let (start, len) = (ours.part(at_end, part.len()).0, part.len());
    let all = ours.all().len();
    ours.bytes(true, all).fill(0xa5);
    let place = ours.bytes(at_end, len);
    match how {
        Read::Slice => part.copy_to_slice(place),
        Read::TrySlice => part.try_copy_to_slice(place).unwrap(),
        Read::Vec => {
            let copied = part.to_vec();
            assert_eq!(copied, model);
            place.copy_from_slice(&copied);
        }
        Read::Uninit | Read::TryUninit => {
            let uninit = place.as_mut_ptr().cast::<MaybeUninit<u8>>();
            // SAFETY: the same bytes, which may be uninitialized as well.
            let uninit = unsafe { std::slice::from_raw_parts_mut(uninit, len) };
            let written = match how {
                Read::Uninit => part.copy_to_uninit(uninit),
                _ => part.try_copy_to_uninit(uninit).unwrap(),
            };
            assert_eq!(written, model);
        }
    }
    let around = ours.bytes(true, all);
    let (before, rest) = around.split_at(start);
    let (copied, after) = rest.split_at(len);
    assert_eq!(copied, model);
    let is_left = |bytes: &[u8]| bytes.iter().all(|&byte| byte == 0xa5);
    assert!(is_left(before) && is_left(after), "{how:?} wrote outside");
}

fn scalar(
    slice: SharedSlice<'_>,
    model: &mut [u8],
    offset: usize,
    what: Scalar,
    end: Endian,
    value: Option<u128>,
) {
    macro_rules! of {
        ($type:ty, $from:expr) => {{
            let size = size_of::<$type>();
            let range = offset.checked_add(size).map(|end| offset..end);
            let place = range.and_then(|range| model.get_mut(range));
            if let Some(value) = value {
                let value: $type = $from(value);
                let stored = unless_it_panics(|| match end {
                    Endian::Native => slice.store(offset, value),
                    Endian::Little => slice.store_le(offset, value),
                    Endian::Big => slice.store_be(offset, value),
                    Endian::Try => slice.try_store(offset, value).unwrap(),
                });
                assert_eq!(stored.is_some(), place.is_some());
                if let Some(place) = place {
                    place.copy_from_slice(&match end {
                        Endian::Native | Endian::Try => value.to_ne_bytes(),
                        Endian::Little => value.to_le_bytes(),
                        Endian::Big => value.to_be_bytes(),
                    });
                }
            } else {
                let loaded: Option<$type> = unless_it_panics(|| match end {
                    Endian::Native => slice.load(offset),
                    Endian::Little => slice.load_le(offset),
                    Endian::Big => slice.load_be(offset),
                    Endian::Try => slice.try_load(offset).unwrap(),
                });
                let expected = place.map(|place| {
                    let bytes = (&*place).try_into().unwrap();
                    match end {
                        Endian::Native | Endian::Try => <$type>::from_ne_bytes(bytes),
                        Endian::Little => <$type>::from_le_bytes(bytes),
                        Endian::Big => <$type>::from_be_bytes(bytes),
                    }
                });
                // By their bytes: what is not a number equals nothing.
                let bits = |value: $type| value.to_ne_bytes();
                assert_eq!(loaded.map(bits), expected.map(bits));
            }
        }};
        ($type:ty) => {
            of!($type, |value: u128| value as $type)
        };
    }
    match what {
        Scalar::U8 => of!(u8),
        Scalar::U16 => of!(u16),
        Scalar::U32 => of!(u32),
        Scalar::U64 => of!(u64),
        Scalar::Usize => of!(usize),
        Scalar::U128 => of!(u128),
        Scalar::I8 => of!(i8),
        Scalar::I16 => of!(i16),
        Scalar::I32 => of!(i32),
        Scalar::I64 => of!(i64),
        Scalar::Isize => of!(isize),
        Scalar::I128 => of!(i128),
        Scalar::F32 => of!(f32, |value: u128| f32::from_bits(value as u32)),
        Scalar::F64 => of!(f64, |value: u128| f64::from_bits(value as u64)),
    }
}

fn chunks(mut ours: Chunks<'_>, mut model: std::slice::Chunks<'_, u8>, steps: &[Step]) {
    for step in steps {
        let (chunk, expected) = match *step {
            Step::Next => (ours.next(), model.next()),
            Step::NextBack => (ours.next_back(), model.next_back()),
            Step::Nth(n) => (ours.nth(n.into()), model.nth(n.into())),
            Step::NthBack(n) => (ours.nth_back(n.into()), model.nth_back(n.into())),
            Step::FarNth(n) => (ours.nth(n), model.nth(n)),
            Step::FarNthBack(n) => (ours.nth_back(n), model.nth_back(n)),
            Step::Last => (ours.clone().last(), model.clone().last()),
            Step::Count => {
                assert_eq!(ours.clone().count(), model.clone().count());
                continue;
            }
            Step::Len => {
                assert_eq!(ours.len(), model.len());
                continue;
            }
        };
        assert_eq!(chunk.map(bytes), expected);
    }
    assert!(ours.map(bytes).eq(model));
}

fn atomic(
    slice: SharedSlice<'_>,
    model: &mut [u8],
    offset: usize,
    what: Integer,
    operation: Atomic,
    value: u64,
    (order, other): (Ordering, Ordering),
) {
    macro_rules! of {
        ($type:ty, $atomic:ty) => {{
            let size = size_of::<$type>();
            let ours = errno(slice.atomic::<$type>(offset));
            let range = offset.checked_add(size).map(|end| offset..end);
            let address = slice.as_ptr().addr().wrapping_add(offset);
            let place = match range.and_then(|range| model.get_mut(range)) {
                None => return assert_eq!(ours.err(), Some(Errno::EFAULT)),
                Some(_) if address % size != 0 => {
                    return assert_eq!(ours.err(), Some(Errno::EINVAL));
                }
                Some(place) => place,
            };
            let ours = ours.expect("inside and aligned");
            let before = <$type>::from_ne_bytes((&*place).try_into().unwrap());
            let model = <$atomic>::new(before);
            let value = value as $type;
            let current = |same: bool| {
                if same {
                    before
                } else {
                    before.wrapping_add(value)
                }
            };
            macro_rules! both {
                        ($method:ident $arguments:tt) => {{
                            let expected = unless_it_panics(|| model.$method $arguments);
                            assert_eq!(unless_it_panics(|| ours.$method $arguments), expected);
                        }};
                    }
            match operation {
                Atomic::Load => both!(load(order)),
                Atomic::Store => both!(store(value, order)),
                Atomic::Swap => both!(swap(value, order)),
                Atomic::Exchange { current: same } => {
                    both!(compare_exchange(current(same), value, order, other))
                }
                // Nobody else is there to make it fail by chance, on these processors.
                Atomic::ExchangeWeak { current: same } => {
                    both!(compare_exchange_weak(current(same), value, order, other))
                }
                Atomic::Add => both!(fetch_add(value, order)),
                Atomic::Sub => both!(fetch_sub(value, order)),
                Atomic::And => both!(fetch_and(value, order)),
                Atomic::Or => both!(fetch_or(value, order)),
                Atomic::Xor => both!(fetch_xor(value, order)),
                Atomic::Max => both!(fetch_max(value, order)),
                Atomic::Min => both!(fetch_min(value, order)),
                Atomic::Update { refuse } => {
                    let next = |before: $type| (!refuse).then(|| before.wrapping_mul(value));
                    both!(fetch_update(order, other, next))
                }
            }
            place.copy_from_slice(&model.into_inner().to_ne_bytes());
        }};
    }
    match what {
        Integer::U8 => of!(u8, AtomicU8),
        Integer::U16 => of!(u16, AtomicU16),
        Integer::U32 => of!(u32, AtomicU32),
        Integer::U64 => of!(u64, AtomicU64),
        Integer::Usize => of!(usize, AtomicUsize),
        Integer::I8 => of!(i8, AtomicI8),
        Integer::I16 => of!(i16, AtomicI16),
        Integer::I32 => of!(i32, AtomicI32),
        Integer::I64 => of!(i64, AtomicI64),
        Integer::Isize => of!(isize, AtomicIsize),
    }
}
