//! Memory without a file.

use memmap2::MmapMut;
use rawshm::MapOptions;
use vm_memory::MmapRegion;

use super::{LARGE, PAGE, by_size, peer, touch_and_unmap, touch_raw};
use crate::Result;
use crate::calls::{Calls, Libc, Rustix};
use crate::harness::Candidate;
use crate::report::Section;
use crate::session::Session;

pub(super) fn section(session: &Session) -> Result<Section> {
    let heading = (
        "Life of anonymous memory",
        "Mapped, written once a page, unmapped.",
    );
    by_size(session, LARGE, heading, |len| {
        vec![
            Candidate::fallible("rawshm", move || ours(len)),
            peer("libc", move || life::<Libc>(len)),
            peer("rustix", move || life::<Rustix>(len)),
            peer("memmap2", move || {
                let mut mapping = MmapMut::map_anon(len)?;
                // SAFETY: mapped for writing while `mapping` lives.
                unsafe { touch_raw(mapping.as_mut_ptr(), len) };
                Ok::<(), std::io::Error>(())
            }),
            peer("vm-memory", move || {
                let region = MmapRegion::<()>::new(len)?;
                // SAFETY: mapped for writing while `region` lives.
                unsafe { touch_raw(region.as_ptr(), len) };
                Ok::<(), vm_memory::mmap::MmapRegionError>(())
            }),
            peer("mmap-rs", move || {
                let mut mapping = mmap_rs::MmapOptions::new(len)?.map_mut()?;
                // SAFETY: mapped for writing while `mapping` lives.
                unsafe { touch_raw(mapping.as_mut_ptr(), len) };
                Ok::<(), mmap_rs::Error>(())
            }),
        ]
    })
}

fn ours(len: usize) -> Result<(), rawshm::Error> {
    let mut mapping = MapOptions::new().len(len).map_anonymous()?;
    for byte in mapping.iter_mut().step_by(PAGE) {
        // Else the compiler knows that nobody reads it.
        *std::hint::black_box(byte) = 1;
    }
    Ok(mapping.unmap()?)
}

fn life<C: Calls>(len: usize) -> Result<(), C::Error> {
    let start = C::mmap_anonymous(len)?;
    // SAFETY: just mapped.
    unsafe { touch_and_unmap::<C>(start, len) }
}
