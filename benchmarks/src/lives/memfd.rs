//! Objects without a name.

use std::error::Error;
use std::os::fd::AsFd;

use memfd::{FileSeal, MemfdOptions};
use memmap2::MmapMut;
use rawshm::Memfd;

use super::{VAST, by_size, peer, touch, touch_raw, use_file};
use crate::Result;
use crate::calls::{Calls, Libc, Nix, Rustix};
use crate::harness::Candidate;
use crate::report::Section;
use crate::session::Session;

pub(super) fn sparse(session: &Session) -> Result<Section> {
    let heading = (
        "Life of a memfd, sparse",
        "Created, sized, sealed against shrinking and growing, mapped, written once a page, \
         unmapped, closed. Ours is `Memfd::options().sparse(true)`.",
    );
    by_size(session, VAST, heading, |len| {
        vec![
            Candidate::fallible("rawshm", move || ours(len, true, false)),
            peer("libc", move || life::<Libc>(len)),
            peer("rustix", move || life::<Rustix>(len)),
            peer("nix", move || life::<Nix>(len)),
            peer("`memfd`, `memmap2`", move || memfd_and_memmap2(len)),
        ]
    })
}

pub(super) fn ours(len: usize, sparse: bool, resizable: bool) -> Result<(), rawshm::Error> {
    let options = Memfd::options().sparse(sparse).resizable(resizable);
    let memfd = options.create("benchmark", len as u64)?;
    let mapping = memfd.map()?;
    touch(&mapping);
    mapping.unmap()?;
    rawshm::descriptor::close(memfd)
}

fn life<C: Calls>(len: usize) -> Result<(), C::Error> {
    let memfd = C::memfd_create()?;
    C::ftruncate(memfd.as_fd(), len)?;
    C::add_seals(memfd.as_fd())?;
    use_file::<C>(&memfd, len)?;
    C::close(memfd)
}

fn memfd_and_memmap2(len: usize) -> Result<(), Box<dyn Error>> {
    let memfd = MemfdOptions::default()
        .allow_sealing(true)
        .create("benchmark")?;
    memfd.as_file().set_len(len as u64)?;
    memfd.add_seals(&[FileSeal::SealShrink, FileSeal::SealGrow])?;
    // SAFETY: nobody else knows the file.
    let mut mapping = unsafe { MmapMut::map_mut(memfd.as_file()) }?;
    // SAFETY: mapped for writing while `mapping` lives.
    unsafe { touch_raw(mapping.as_mut_ptr(), len) };
    Ok(())
}
