//! Whether anybody has an object, and what happens to those that nobody has.

use super::name::Identity;
use crate::Errno;
use crate::error::{Call, InCall, Result};
use crate::fd::{AsFd as _, BorrowedFd};
use crate::sys::{self, ObjectName, Place};

/// What became of an object that was to be removed if nobody has it.
///
/// See [`SharedMemory::remove_if_orphaned`](super::SharedMemory::remove_if_orphaned) for an
/// example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Removal {
    /// Nobody had it: its name is gone, and its memory too.
    Removed,
    /// Somebody has it open or mapped: it stays.
    InUse,
    /// Whether anybody has it is not known: it stays. This process may not ask, or the name
    /// has just passed to another object.
    Unknown,
}

/// How often to ask, a millisecond apart, before a no is taken.
pub(super) const QUESTIONS: u32 = 4;

/// Whether anybody but this descriptor has the object; `None` if we may not ask.
///
/// While the descriptor is open after an answer of `false`, nobody else can open the object.
pub(super) fn is_in_use(fd: BorrowedFd<'_>, questions: u32) -> Option<bool> {
    // What tells of a broken lease must not be SIGIO, which kills.
    sys::fcntl_setsig(fd, sys::SIGURG).ok()?;
    for question in 0..questions {
        if question > 0 {
            sys::sleep(1_000_000);
        }
        match sys::fcntl_setlease(fd, sys::F_WRLCK) {
            // Given up again when the descriptor is closed.
            Ok(()) => return Some(false),
            // Or somebody else is just asking the same.
            Err(Errno::EAGAIN) => {}
            Err(_) => return None,
        }
    }
    Some(true)
}

pub(super) fn remove_if_orphaned(
    place: Place<'_>,
    name: ObjectName<'_>,
    questions: u32,
) -> Result<Removal> {
    let (fd, stat) = match sys::shm_open(place, name, sys::O_RDONLY, 0) {
        Err(Errno::EACCES) => return Ok(Removal::Unknown),
        opened => opened.in_call(Call::ShmOpen)?,
    };
    match is_in_use(fd.as_fd(), questions) {
        None => Ok(Removal::Unknown),
        Some(true) => Ok(Removal::InUse),
        // The name is another's by now.
        Some(false) if !Identity::new(&stat).has_name(place, name) => Ok(Removal::Unknown),
        Some(false) => {
            sys::shm_unlink(place, name).in_call(Call::ShmUnlink)?;
            Ok(Removal::Removed)
        }
    }
}
