//! The calls on memory.

use core::ffi::c_void;

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags};

use super::{MAP_ANONYMOUS, Result, answer, errno, lend};
use crate::Errno;
use crate::fd::BorrowedFd;

/// Maps, or returns the error.
///
/// # Safety
///
/// With a fixed address, nothing that is in use is mapped there.
#[inline]
pub(crate) unsafe fn mmap(
    address: *mut c_void,
    len: usize,
    protection: u32,
    flags: u32,
    fd: Option<BorrowedFd<'_>>,
    offset: u64,
) -> Result<*mut c_void> {
    // The system returns 0 for no bytes of an object, which is no address of anything.
    if len == 0 {
        return Err(Errno::EINVAL);
    }
    let protection = ProtFlags::from_bits_retain(protection);
    match fd {
        Some(fd) => {
            let flags = MapFlags::from_bits_retain(flags);
            // SAFETY: the caller answers for what is replaced.
            unsafe { rustix::mm::mmap(address, len, protection, flags, lend(fd), offset) }
        }
        None => {
            let flags = MapFlags::from_bits_retain(flags & !MAP_ANONYMOUS);
            // SAFETY: as above.
            unsafe { rustix::mm::mmap_anonymous(address, len, protection, flags) }
        }
    }
    .map_err(errno)
}

/// # Safety
///
/// Nothing uses the range any more.
#[inline]
pub(crate) unsafe fn munmap(address: *mut c_void, len: usize) -> Result<()> {
    // SAFETY: the caller gives the range up.
    unsafe { rustix::mm::munmap(address, len) }.map_err(errno)
}

/// # Safety
///
/// Nothing uses the range in a way that the new protection forbids.
#[inline]
pub(crate) unsafe fn mprotect(address: *mut c_void, len: usize, protection: u32) -> Result<()> {
    let protection = MprotectFlags::from_bits_retain(protection);
    // SAFETY: the caller answers for the users of the range.
    unsafe { rustix::mm::mprotect(address, len, protection) }.map_err(errno)
}

/// Any advice: `rustix` knows those of `posix_madvise` only.
///
/// # Safety
///
/// The users of the range can bear what the advice does to it.
#[inline]
pub(crate) unsafe fn madvise(address: *mut c_void, len: usize, advice: u32) -> Result<()> {
    // SAFETY: the caller answers for the users of the range.
    answer(unsafe { libc::madvise(address, len, advice as libc::c_int) }).map(drop)
}

/// # Safety
///
/// With `MS_INVALIDATE`, nothing relies on contents that were not written back.
#[inline]
pub(crate) unsafe fn msync(address: *mut c_void, len: usize, flags: u32) -> Result<()> {
    // Not by `rustix` 1.1, which takes the -1 that is returned for the number of the error.
    // SAFETY: the caller answers for the users of the range.
    answer(unsafe { libc::msync(address, len, flags as libc::c_int) }).map(drop)
}

/// # Safety
///
/// Nothing relies on the range not being locked.
#[inline]
pub(crate) unsafe fn mlock(address: *mut c_void, len: usize) -> Result<()> {
    // SAFETY: mlock alters no contents.
    unsafe { rustix::mm::mlock(address, len) }.map_err(errno)
}

/// # Safety
///
/// Nothing relies on the range being locked.
#[inline]
pub(crate) unsafe fn munlock(address: *mut c_void, len: usize) -> Result<()> {
    // SAFETY: the caller answers for the users of the range.
    unsafe { rustix::mm::munlock(address, len) }.map_err(errno)
}

/// The size of a page in bytes.
#[inline]
pub(crate) fn page_size() -> usize {
    rustix::param::page_size()
}

/// There is no such call: whoever copies this way goes through a pipe.
///
/// # Safety
///
/// None to keep; it is unsafe as on Linux.
pub(crate) unsafe fn process_vm_readv(
    _local: *mut u8,
    _remote: *const u8,
    _len: usize,
) -> Result<usize> {
    Err(Errno::ENOSYS)
}

/// There is no such call: whoever copies this way goes through a pipe.
///
/// # Safety
///
/// None to keep; it is unsafe as on Linux.
pub(crate) unsafe fn process_vm_writev(
    _local: *const u8,
    _remote: *mut u8,
    _len: usize,
) -> Result<usize> {
    Err(Errno::ENOSYS)
}
