//! What a started process does.

use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU32, Ordering};

use rawshm::SharedMemory;
use shared_memory::ShmemConf;

use super::{LEN, WORD};
use crate::Result;
use crate::calls::{Calls, Libc, Name};

/// The first argument of such a process. The second is the way, the third the object's name.
pub(crate) const CHILD: &str = "--attach";

#[derive(Clone, Copy)]
pub(super) enum Way {
    Rawshm,
    Libc,
    SharedMemory,
    Nothing,
}

impl Way {
    const ALL: [Self; 4] = [Self::Rawshm, Self::Libc, Self::SharedMemory, Self::Nothing];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rawshm => "rawshm",
            Self::Libc => "libc",
            Self::SharedMemory => "shared_memory",
            Self::Nothing => "nothing",
        }
    }
}

pub(crate) fn run(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    let (way, name) = arguments.next().zip(arguments.next()).ok_or("no name")?;
    let is_meant = |known: &&Way| known.name() == way;
    let way = Way::ALL.iter().find(is_meant).ok_or("no such way")?;
    let word = match way {
        Way::Rawshm => {
            let memory = SharedMemory::open(&name)?;
            memory.map()?.shared().load(0)
        }
        Way::Libc => libc(name)?,
        Way::SharedMemory => {
            let memory = ShmemConf::new().os_id(name).open()?;
            // SAFETY: a page is mapped while `memory` lives.
            unsafe { read(memory.as_ptr()) }
        }
        Way::Nothing => WORD,
    };
    if word != WORD {
        return Err(format!("{word:#x} was read instead of {WORD:#x}").into());
    }
    Ok(())
}

fn libc(name: String) -> Result<u32> {
    let fd = Libc::shm_open(&Name::of(name)?)?;
    let start = Libc::mmap(fd.as_fd(), LEN)?;
    // SAFETY: just mapped.
    let word = unsafe { read(start.cast()) };
    // SAFETY: nobody uses it any more.
    unsafe { Libc::munmap(start, LEN) }?;
    Libc::close(fd)?;
    Ok(word)
}

/// # Safety
///
/// The start of a page that is mapped.
unsafe fn read(start: *mut u8) -> u32 {
    // SAFETY: mapped, aligned, and others access it by atomics or not at all.
    let word = unsafe { AtomicU32::from_ptr(start.cast()) };
    word.load(Ordering::Relaxed)
}
