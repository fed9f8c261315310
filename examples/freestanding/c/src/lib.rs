//! The handful of calls that a C program needs; `rawshm.h` says what they do.
//!
//! They answer as the kernel does: 0 or more, or minus the number of the error.

#![no_std]

use core::ffi::{CStr, c_char, c_int, c_uint, c_void};

use rawshm::descriptor::{self, Mode, OFlags};
use rawshm::fd::{BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use rawshm::memfd::{self, MemfdFlags};
use rawshm::mm::{self, MapFlags, ProtFlags};
use rawshm::{Errno, shm};

/// # Safety
///
/// The name ends with NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rawshm_shm_open(
    name: *const c_char,
    flags: c_uint,
    mode: c_uint,
) -> c_int {
    // SAFETY: the caller's word.
    let name = unsafe { CStr::from_ptr(name) };
    let (flags, mode) = (
        OFlags::from_bits_retain(flags),
        Mode::from_bits_retain(mode),
    );
    descriptor_or_error(shm::shm_open(name.to_bytes(), flags, mode))
}

/// # Safety
///
/// The name ends with NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rawshm_shm_unlink(name: *const c_char) -> c_int {
    // SAFETY: the caller's word.
    let name = unsafe { CStr::from_ptr(name) };
    zero_or_error(shm::shm_unlink(name.to_bytes()))
}

/// # Safety
///
/// The name ends with NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rawshm_memfd_create(name: *const c_char, flags: c_uint) -> c_int {
    // SAFETY: the caller's word.
    let name = unsafe { CStr::from_ptr(name) };
    let flags = MemfdFlags::from_bits_retain(flags);
    descriptor_or_error(memfd::memfd_create(name.to_bytes(), flags))
}

/// # Safety
///
/// What is mapped of the file beyond the new size is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rawshm_ftruncate(fd: c_int, len: u64) -> c_int {
    if fd < 0 {
        return minus(Errno::EBADF);
    }
    // SAFETY: it is not -1, and of what is not open the kernel says so.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    zero_or_error(descriptor::ftruncate(fd, len))
}

/// # Safety
///
/// - `address` may be written.
/// - With `MAP_FIXED` nothing uses what is mapped where it says; `*address` says where.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rawshm_mmap(
    address: *mut *mut c_void,
    len: usize,
    protection: c_uint,
    flags: c_uint,
    fd: c_int,
    offset: u64,
) -> c_int {
    // SAFETY: the caller's word.
    let wanted = unsafe { address.read() };
    let protection = ProtFlags::from_bits_retain(protection);
    let flags = MapFlags::from_bits_retain(flags);
    let mapped = if flags.contains(MapFlags::ANONYMOUS) {
        // SAFETY: the caller answers for what is replaced.
        unsafe { mm::mmap_anonymous(wanted, len, protection, flags) }
    } else if fd < 0 {
        return minus(Errno::EBADF);
    } else {
        // SAFETY: it is not -1, and of what is not open the kernel says so.
        let fd = unsafe { BorrowedFd::borrow_raw(fd) };
        // SAFETY: the caller answers for what is replaced.
        unsafe { mm::mmap(wanted, len, protection, flags, fd, offset) }
    };
    zero_or_error(mapped.map(|start| {
        // SAFETY: the caller's word.
        unsafe { address.write(start) }
    }))
}

/// # Safety
///
/// Nothing uses the range any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rawshm_munmap(address: *mut c_void, len: usize) -> c_int {
    // SAFETY: the caller gives it up.
    zero_or_error(unsafe { mm::munmap(address, len) })
}

/// # Safety
///
/// The descriptor is the caller's, who does not use it again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rawshm_close(fd: c_int) -> c_int {
    if fd < 0 {
        return minus(Errno::EBADF);
    }
    // SAFETY: the caller gives it up.
    zero_or_error(descriptor::close(unsafe { OwnedFd::from_raw_fd(fd) }))
}

fn descriptor_or_error(result: rawshm::Result<OwnedFd>) -> c_int {
    result.map_or_else(minus, IntoRawFd::into_raw_fd)
}

fn zero_or_error(result: rawshm::Result<()>) -> c_int {
    result.map_or_else(minus, |()| 0)
}

fn minus(errno: impl Into<Errno>) -> c_int {
    -errno.into().raw()
}

/// Nothing here panics, and then this is left out.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
