//! Objects with a name.

use rawshm::SharedMemory;
use shared_memory::{ShmemConf, ShmemError};

use super::{LARGE, by_size, named_life, peer, touch, touch_raw};
use crate::Result;
use crate::calls::{Calls, Libc, Name, Nix, Rustix};
use crate::harness::Candidate;
use crate::report::Section;
use crate::session::Session;

pub(super) fn reserved(session: &Session) -> Result<Section> {
    let name = &Name::new("reserved")?;
    let heading = (
        "Life of a named object, reserved",
        "Created, reserved, mapped, written once a page, unmapped, closed, removed. Ours is \
         `SharedMemory::create`; the peers call `fallocate`, which sets the size too, and look \
         at nothing that they know: neither at `RLIMIT_FSIZE`, beyond which a signal would end \
         the program, nor at the size of what they map.",
    );
    by_size(session, LARGE, heading, |len| {
        vec![
            Candidate::fallible("rawshm", move || ours(name, len, false)),
            peer("libc", move || {
                named_life::<Libc>(name, len, Libc::fallocate)
            }),
            peer("rustix", move || {
                named_life::<Rustix>(name, len, Rustix::fallocate)
            }),
            peer("nix", move || named_life::<Nix>(name, len, Nix::fallocate)),
        ]
    })
}

pub(super) fn sparse(session: &Session) -> Result<Section> {
    let name = &Name::new("sparse")?;
    let heading = (
        "Life of a named object, sparse",
        "The same without reservation: ours is `.sparse(true)`, the peers call `ftruncate`. When \
         memory is full the first touch ends the program.",
    );
    by_size(session, LARGE, heading, |len| {
        vec![
            Candidate::fallible("rawshm", move || ours(name, len, true)),
            peer("libc", move || {
                named_life::<Libc>(name, len, Libc::ftruncate)
            }),
            peer("rustix", move || {
                named_life::<Rustix>(name, len, Rustix::ftruncate)
            }),
            peer("nix", move || named_life::<Nix>(name, len, Nix::ftruncate)),
            peer("`shared_memory`", move || shared_memory(name, len)),
        ]
    })
}

pub(super) fn ours(name: &Name, len: usize, sparse: bool) -> Result<(), rawshm::Error> {
    let options = SharedMemory::options().sparse(sparse);
    let memory = options.create(&name.text, len as u64)?;
    let mapping = memory.map()?;
    touch(&mapping);
    mapping.unmap()?;
    rawshm::descriptor::close(memory)?;
    SharedMemory::unlink(&name.text)
}

/// Removes the name when it is dropped.
fn shared_memory(name: &Name, len: usize) -> Result<(), ShmemError> {
    let memory = ShmemConf::new().os_id(&name.text).size(len).create()?;
    // SAFETY: mapped for writing while `memory` lives, which nobody else knows.
    unsafe { touch_raw(memory.as_ptr(), len) };
    Ok(())
}
