//! Typed loads and stores at offsets that the compiler does not know.
//!
//! Ours check that the value is inside, which pointers do not. A peer that checks as well
//! shows what of the difference that is.

use std::hint::black_box;

use rawshm::slice::Scalar;

use crate::Result;
use crate::harness::{Candidate, Random};
use crate::memory::Memory;
use crate::report::Section;
use crate::session::{Group, Session};

pub(crate) const GROUP: Group = Group {
    name: "scalars",
    about: "typed load and store against plain pointers",
    run: sections,
};

/// So many values are accessed in a run, each once; they fit in the first-level cache.
const VALUES: usize = 256;

fn sections(session: &Session) -> Result<Vec<Section>> {
    let memory = Memory::new(VALUES * size_of::<u64>())?;
    let mut loading = Section {
        title: "Typed loads".to_owned(),
        about: "One value at an offset that is known only at run time; aligned. *Chained* loads \
                find the next offset in the value, so that their latency counts. Ours check \
                the bounds; of the peers, plain pointers, only the *checked* do. `ptr::read` is \
                undefined behaviour if somebody else writes.",
        rows: Vec::new(),
    };
    let mut storing = Section {
        title: "Typed stores".to_owned(),
        about: "The same for stores.",
        rows: Vec::new(),
    };
    rows::<u32>(session, &mut loading, &mut storing, &memory)?;
    rows::<u64>(session, &mut loading, &mut storing, &memory)?;
    Ok(vec![loading, storing])
}

trait Value: Scalar {
    const NAME: &'static str;
    fn from_offset(offset: usize) -> Self;
    fn offset(self) -> usize;
}

impl Value for u32 {
    const NAME: &'static str = "u32";

    #[inline(always)]
    fn from_offset(offset: usize) -> Self {
        offset as Self
    }

    #[inline(always)]
    fn offset(self) -> usize {
        self as usize
    }
}

impl Value for u64 {
    const NAME: &'static str = "u64";

    #[inline(always)]
    fn from_offset(offset: usize) -> Self {
        offset as Self
    }

    #[inline(always)]
    fn offset(self) -> usize {
        self as usize
    }
}

fn rows<T: Value>(
    session: &Session,
    loading: &mut Section,
    storing: &mut Section,
    memory: &Memory,
) -> Result<()> {
    let shared = memory.shared.shared();
    let mut offsets: Vec<usize> = (0..VALUES).map(|index| index * size_of::<T>()).collect();
    Random::new().shuffle(&mut offsets);
    let offsets = offsets.as_slice();
    // Each value is the offset of the next.
    for (index, &offset) in offsets.iter().enumerate() {
        let next = offsets[(index + 1) % VALUES];
        shared.store(offset, T::from_offset(next));
    }

    let pointer = Pointer {
        start: shared.as_mut_ptr(),
        len: shared.len(),
    };
    let candidates = vec![
        loads("rawshm", offsets, move |offset| shared.load::<T>(offset)),
        loads("checked `read_volatile`", offsets, move |offset| {
            pointer.check::<T>(offset);
            pointer.read_volatile::<T>(offset)
        }),
        loads("`read_volatile`", offsets, move |offset| {
            pointer.read_volatile::<T>(offset)
        }),
        loads("`ptr::read`", offsets, move |offset| {
            pointer.read::<T>(offset)
        }),
    ];
    session.row(loading, format!("load `{}`", T::NAME), None, candidates)?;
    let candidates = vec![
        chained_loads("rawshm", offsets, move |offset| shared.load::<T>(offset)),
        chained_loads("checked `read_volatile`", offsets, move |offset| {
            pointer.check::<T>(offset);
            pointer.read_volatile::<T>(offset)
        }),
        chained_loads("`read_volatile`", offsets, move |offset| {
            pointer.read_volatile::<T>(offset)
        }),
        chained_loads("`ptr::read`", offsets, move |offset| {
            pointer.read::<T>(offset)
        }),
    ];
    session.row(
        loading,
        format!("chained load `{}`", T::NAME),
        None,
        candidates,
    )?;
    let candidates = vec![
        stores("rawshm", offsets, move |offset, value: T| {
            shared.store(offset, value)
        }),
        stores(
            "checked `write_volatile`",
            offsets,
            move |offset, value: T| {
                pointer.check::<T>(offset);
                pointer.write_volatile(offset, value);
            },
        ),
        stores("`write_volatile`", offsets, move |offset, value: T| {
            pointer.write_volatile(offset, value);
        }),
        stores("`ptr::write`", offsets, move |offset, value: T| {
            pointer.write(offset, value)
        }),
    ];
    session.row(storing, format!("store `{}`", T::NAME), None, candidates)
}

/// What one would use in place of a `SharedSlice`.
#[derive(Clone, Copy)]
struct Pointer {
    start: *mut u8,
    len: usize,
}

impl Pointer {
    #[inline(always)]
    fn at<T>(self, offset: usize) -> *mut T {
        self.start.wrapping_add(offset).cast()
    }

    #[inline(always)]
    fn check<T>(self, offset: usize) {
        assert!(self.len >= size_of::<T>() && offset <= self.len - size_of::<T>());
    }

    #[inline(always)]
    fn read_volatile<T: Value>(self, offset: usize) -> T {
        // SAFETY: offsets are those of aligned values, and nobody writes meanwhile.
        unsafe { self.at::<T>(offset).read_volatile() }
    }

    #[inline(always)]
    fn read<T: Value>(self, offset: usize) -> T {
        // SAFETY: as above.
        unsafe { self.at::<T>(offset).read() }
    }

    #[inline(always)]
    fn write_volatile<T: Value>(self, offset: usize, value: T) {
        // SAFETY: offsets are those of aligned values, and nobody reads meanwhile.
        unsafe { self.at::<T>(offset).write_volatile(value) }
    }

    #[inline(always)]
    fn write<T: Value>(self, offset: usize, value: T) {
        // SAFETY: as above.
        unsafe { self.at::<T>(offset).write(value) }
    }
}

/// A copy of an access, of which the compiler knows that no store changes what it captures.
#[inline(always)]
fn registers<F: Copy>(access: F) -> F {
    access
}

fn loads<'a, T: Value>(
    name: &'static str,
    offsets: &'a [usize],
    load: impl Fn(usize) -> T + Copy + 'a,
) -> Candidate<'a> {
    let all = move || {
        let load = registers(load);
        let mut sum = 0;
        for &offset in offsets {
            sum ^= load(offset).offset();
        }
        black_box(sum);
    };
    Candidate::new(name, all).in_lots_of(VALUES as u32)
}

fn chained_loads<'a, T: Value>(
    name: &'static str,
    offsets: &'a [usize],
    load: impl Fn(usize) -> T + Copy + 'a,
) -> Candidate<'a> {
    let mut offset = offsets[0];
    let all = move || {
        let load = registers(load);
        for _ in 0..VALUES {
            offset = load(offset).offset();
        }
        black_box(offset);
    };
    Candidate::new(name, all).in_lots_of(VALUES as u32)
}

fn stores<'a, T: Value>(
    name: &'static str,
    offsets: &'a [usize],
    store: impl Fn(usize, T) + Copy + 'a,
) -> Candidate<'a> {
    let all = move || {
        let store = registers(store);
        let value = T::from_offset(black_box(0));
        for &offset in offsets {
            store(offset, value);
        }
        black_box(offsets);
    };
    Candidate::new(name, all).in_lots_of(VALUES as u32)
}
