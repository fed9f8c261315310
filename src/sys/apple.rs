//! The system's calls on macOS: through `rustix`, and `libc` for what that lacks.
//!
//! Functions that can do harm are unsafe; the others are sound whatever their arguments.
//! What macOS has no like of does not exist here, nor does what rests on it above.
//!
//! Descriptors pass by their numbers between the types of this crate and those of `rustix`,
//! which are the standard library's or its own as its features say, whatever ours are.

mod constants;
mod descriptor;
mod errno;
mod memory;
mod shm;
mod socket;
mod sysv;

use crate::Errno;
use crate::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

pub(crate) use super::emulation::Seals;
pub(crate) use constants::*;
pub(crate) use descriptor::*;
pub(crate) use errno::{for_each_errno, for_each_errno_alias};
pub(crate) use memory::*;
pub(crate) use shm::*;
pub(crate) use socket::*;
pub(crate) use sysv::*;

type Result<T> = core::result::Result<T, Errno>;

/// What the system said.
#[inline]
fn errno(error: rustix::io::Errno) -> Errno {
    Errno::from_raw(error.raw_os_error()).unwrap_or(Errno::EIO)
}

/// What a call of `libc` said that has just returned -1.
#[cold]
fn last_errno() -> Errno {
    // SAFETY: the place is this thread's own.
    let place = unsafe { libc::__error() };
    // SAFETY: as above.
    Errno::from_raw(unsafe { *place }).unwrap_or(Errno::EIO)
}

/// The answer of a call of `libc` that returns a negative number if it fails.
#[inline]
fn answer(result: libc::c_int) -> Result<u32> {
    u32::try_from(result).map_err(|_| last_errno())
}

/// A descriptor for `rustix`.
#[inline]
fn lend(fd: BorrowedFd<'_>) -> rustix::fd::BorrowedFd<'_> {
    // SAFETY: open for as long as it is borrowed.
    unsafe { rustix::fd::BorrowedFd::borrow_raw(fd.as_raw_fd()) }
}

/// A descriptor of `rustix`, as ours.
#[inline]
fn take(fd: rustix::fd::OwnedFd) -> OwnedFd {
    use rustix::fd::IntoRawFd as _;

    // SAFETY: it was owned, and is given up here.
    unsafe { OwnedFd::from_raw_fd(fd.into_raw_fd()) }
}
