//! Mapping what exists.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use memmap2::MmapMut;
use rawshm::{MapOptions, Memfd};
use vm_memory::{FileOffset, MmapRegion};

use super::{VAST, peer, sizes};
use crate::Result;
use crate::calls::{Calls, Libc, Rustix};
use crate::copies::size;
use crate::harness::Candidate;
use crate::report::Section;
use crate::session::Session;

pub(super) fn section(session: &Session) -> Result<Section> {
    let mut section = Section {
        title: "Mapping a descriptor, and unmapping it".to_owned(),
        about: "All of a memfd, whose length ours asks for (`fstat`), so that it never maps \
                beyond the end, where an access would end the program. libc and rustix ask too, \
                memmap2 does so itself; *libc, unasked*, vm-memory and mmap-rs take the \
                caller's word for it, and no target is about them.",
        rows: Vec::new(),
    };
    let memfd = Memfd::options().sparse(true).resizable(true);
    let file = &File::from(OwnedFd::from(memfd.create("benchmark", 0)?));
    let shared = &Arc::new(file.try_clone()?);
    for len in sizes(session, VAST) {
        file.set_len(len as u64)?;
        let candidates = vec![
            Candidate::fallible("rawshm", || ours(file)),
            peer("libc", || asked::<Libc>(file)),
            peer("rustix", || asked::<Rustix>(file)),
            // SAFETY: nobody accesses it.
            peer("memmap2", || unsafe { MmapMut::map_mut(file) }.map(drop)),
            Candidate::fallible("libc, unasked", || unasked::<Libc>(file, len)),
            Candidate::fallible("vm-memory", || {
                let part = FileOffset::from_arc(Arc::clone(shared), 0);
                MmapRegion::<()>::from_file(part, len).map(drop)
            }),
            Candidate::fallible("mmap-rs", || mmap_rs(file, len)),
        ];
        session.row(&mut section, size(len), None, candidates)?;
    }
    Ok(section)
}

fn ours(file: &File) -> Result<(), rawshm::Error> {
    Ok(MapOptions::new().map_shared(file)?.unmap()?)
}

fn asked<C: Calls>(file: &File) -> Result<(), C::Error> {
    let len = C::fstat(file.as_fd())?;
    unasked::<C>(file, len as usize)
}

fn unasked<C: Calls>(file: &File, len: usize) -> Result<(), C::Error> {
    let start = C::mmap(file.as_fd(), len)?;
    // SAFETY: just mapped, and used by nobody.
    unsafe { C::munmap(start, len) }
}

fn mmap_rs(file: &File, len: usize) -> Result<(), mmap_rs::Error> {
    let options = mmap_rs::MmapOptions::new(len)?.with_flags(mmap_rs::MmapFlags::SHARED);
    // SAFETY: nobody accesses it.
    let options = unsafe { options.with_file(file, 0) };
    options.map_mut().map(drop)
}
