//! Whole lives of memory: made, mapped, written once a page, and gone again.

mod anonymous;
mod costs;
mod existing;
mod memfd;
mod named;

use std::ffi::c_void;
use std::os::fd::AsFd;

use rawshm::{Mapping, Shared};

use crate::Result;
use crate::calls::{Calls, Name};
use crate::copies::size;
use crate::harness::{Bound, Candidate, Target};
use crate::machine;
use crate::report::Section;
use crate::session::{Group, Session};

pub(crate) const GROUP: Group = Group {
    name: "lives",
    about: "memory from its creation to its end, 4 KiB to 4 GiB",
    run: sections,
};

static PEERS: Target = Target {
    text: "life cycles: at least 0.98 times the fastest peer that does the same",
    bound: Bound::RatioAtLeast(0.98),
};

const SIZES: [usize; 6] = [4 << 10, 64 << 10, 1 << 20, 64 << 20, LARGE, VAST];

/// The largest size that `--quick` makes.
const QUICK: usize = 1 << 20;

const PAGE: usize = 4096;

/// Larger ones take long.
const LARGE: usize = 1 << 30;

/// For a few sections, which show how it goes on.
const VAST: usize = 4 << 30;

/// Sizes up to one, as far as there is memory for them.
fn sizes(session: &Session, largest: usize) -> impl Iterator<Item = usize> {
    let most = if session.quick {
        QUICK
    } else {
        // One candidate's memory at a time, and as much again for everybody else.
        machine::available_memory().unwrap_or(usize::MAX) / 2
    };
    SIZES
        .into_iter()
        .filter(move |&len| len <= largest.min(most))
}

fn sections(session: &Session) -> Result<Vec<Section>> {
    Ok(vec![
        named::reserved(session)?,
        named::sparse(session)?,
        memfd::sparse(session)?,
        anonymous::section(session)?,
        existing::section(session)?,
        costs::section(session)?,
    ])
}

/// A section with a row for each of the sizes.
fn by_size<'a>(
    session: &Session,
    largest: usize,
    (title, about): (&str, &'static str),
    candidates: impl Fn(usize) -> Vec<Candidate<'a>>,
) -> Result<Section> {
    let mut section = Section {
        title: title.to_owned(),
        about,
        rows: Vec::new(),
    };
    for len in sizes(session, largest) {
        session.row(&mut section, size(len), Some(len), candidates(len))?;
    }
    Ok(section)
}

/// A peer, held to the target.
fn peer<'a, E: Into<Box<dyn std::error::Error>>>(
    name: &'static str,
    life: impl FnMut() -> Result<(), E> + 'a,
) -> Candidate<'a> {
    Candidate::fallible(name, life).held_to(&PEERS)
}

/// Writes a byte to each page of ours.
fn touch(mapping: &Mapping<Shared>) {
    let shared = mapping.shared();
    for offset in (0..shared.len()).step_by(PAGE) {
        shared.store(offset, 1_u8);
    }
}

/// Writes a byte to each page.
///
/// # Safety
///
/// The range is mapped for writing, and nobody else uses it.
unsafe fn touch_raw(start: *mut u8, len: usize) {
    for offset in (0..len).step_by(PAGE) {
        let byte = start.wrapping_add(offset);
        // SAFETY: inside of the range.
        unsafe { byte.write_volatile(1) };
    }
}

/// Maps, touches and unmaps a file.
fn use_file<C: Calls>(fd: impl AsFd, len: usize) -> Result<(), C::Error> {
    let start = C::mmap(fd.as_fd(), len)?;
    // SAFETY: just mapped.
    unsafe { touch_and_unmap::<C>(start, len) }
}

/// # Safety
///
/// The range is mapped for writing, and nobody else uses it.
unsafe fn touch_and_unmap<C: Calls>(start: *mut c_void, len: usize) -> Result<(), C::Error> {
    // SAFETY: the caller's duty.
    unsafe { touch_raw(start.cast(), len) };
    // SAFETY: as above.
    unsafe { C::munmap(start, len) }
}

/// An object of a size with a name, and its end.
fn named_life<C: Calls>(
    name: &Name,
    len: usize,
    set_len: impl FnOnce(std::os::fd::BorrowedFd<'_>, usize) -> Result<(), C::Error>,
) -> Result<(), C::Error> {
    let fd = C::shm_create(name)?;
    set_len(fd.as_fd(), len)?;
    use_file::<C>(&fd, len)?;
    C::close(fd)?;
    C::shm_unlink(name)
}
