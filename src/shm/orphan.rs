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
    /// Somebody has it open or mapped, or is just opening it: it stays.
    InUse,
    /// Whether anybody has it is not known: it stays. This process may not ask, or the name
    /// has just passed to another object.
    Unknown,
}

/// How often to ask, a millisecond apart, before a no is taken.
pub(super) const QUESTIONS: u32 = 4;

/// Who has an object besides the descriptor that was asked about.
pub(super) enum Holder<'fd> {
    Nobody(Lease<'fd>),
    Somebody,
}

/// As long as it lives nobody else can open the object.
pub(super) struct Lease<'fd>(BorrowedFd<'fd>);

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        // Closing is not enough: a child that was forked meanwhile has the descriptor too.
        // What fails here was given up already.
        let _ = sys::fcntl_setlease(self.0, sys::F_UNLCK);
    }
}

/// Who has the object; `None` if we may not ask.
pub(super) fn holder(fd: BorrowedFd<'_>, questions: u32) -> Option<Holder<'_>> {
    // What tells of a broken lease must not be SIGIO, which kills.
    sys::fcntl_setsig(fd, sys::SIGURG).ok()?;
    for question in 0..questions {
        if question > 0 {
            sys::sleep(1_000_000);
        }
        match sys::fcntl_setlease(fd, sys::F_WRLCK) {
            Ok(()) => return Some(Holder::Nobody(Lease(fd))),
            // Or somebody else is just asking the same.
            Err(Errno::EAGAIN) => {}
            Err(_) => return None,
        }
    }
    Some(Holder::Somebody)
}

pub(super) fn remove_if_orphaned(
    place: Place<'_>,
    name: ObjectName<'_>,
    questions: u32,
) -> Result<Removal> {
    let (fd, stat) = match sys::shm_open_with_stat(place, name, sys::O_RDONLY, 0) {
        Err(Errno::EACCES) => return Ok(Removal::Unknown),
        opened => opened.in_call(Call::ShmOpen)?,
    };
    let _lease = match holder(fd.as_fd(), questions) {
        None => return Ok(Removal::Unknown),
        Some(Holder::Somebody) => return Ok(Removal::InUse),
        Some(Holder::Nobody(lease)) => lease,
    };
    // Or the name is another's by now.
    if !Identity::new(&stat).has_name(place, name) {
        return Ok(Removal::Unknown);
    }
    // Somebody is opening it and waits for the lease, or has got it: the kernel takes it from
    // who keeps it for longer than 45 seconds.
    if sys::fcntl_getlease(fd.as_fd()) != Ok(sys::F_WRLCK) {
        return Ok(Removal::InUse);
    }
    sys::shm_unlink(place, name).in_call(Call::ShmUnlink)?;
    Ok(Removal::Removed)
}
