//! The kernel's calls through the trap.
//!
//! Functions that can do harm are unsafe; the others are sound whatever their arguments.

mod c_string;
mod constants;
mod control_message;
mod descriptor;
mod directory;
mod errno;
mod futex;
mod memory;
mod process_vm;
mod shm;
mod socket;
mod socket_layout;
mod sysv;
mod sysv_layout;

use crate::Errno;
use crate::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

pub(crate) use crate::arch::layout::Stat;
pub(crate) use constants::*;
pub use control_message::{ControlMessage, ControlMessages, messages};
pub(crate) use descriptor::*;
pub(crate) use errno::{for_each_errno, for_each_errno_alias};
pub(crate) use futex::*;
pub(crate) use memory::*;
pub(crate) use process_vm::*;
pub(crate) use shm::*;
pub(crate) use socket::*;
pub(crate) use sysv::*;
pub(crate) use sysv_layout::*;

type Result<T> = core::result::Result<T, Errno>;

/// A descriptor as the argument of a call; the kernel looks at the low 32 bits.
#[inline]
fn number(fd: BorrowedFd<'_>) -> usize {
    fd.as_raw_fd() as usize
}

/// Takes ownership of a descriptor that a call has just returned.
///
/// # Safety
///
/// The call opened the descriptor for the caller.
#[inline]
unsafe fn owned(fd: usize) -> OwnedFd {
    let fd = fd as RawFd;
    // SAFETY: no descriptor has this number. It spares the standard library's own look.
    unsafe { core::hint::assert_unchecked(fd != -1) };
    // SAFETY: open, and nobody else's, by the caller's word.
    unsafe { OwnedFd::from_raw_fd(fd) }
}
