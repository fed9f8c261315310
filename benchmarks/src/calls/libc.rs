//! The C library.

use std::ffi::c_void;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use std::ptr;

use super::{Calls, Name};

pub(crate) struct Libc;

/// A result of which -1 means that `errno` has the reason.
fn checked(result: libc::c_int) -> io::Result<libc::c_int> {
    match result {
        -1 => Err(io::Error::last_os_error()),
        result => Ok(result),
    }
}

fn done(result: libc::c_int) -> io::Result<()> {
    checked(result).map(drop)
}

/// The descriptor that a call has returned.
fn owned(result: libc::c_int) -> io::Result<OwnedFd> {
    let fd = checked(result)?;
    // SAFETY: just opened, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn mapped(start: *mut c_void) -> io::Result<*mut c_void> {
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    Ok(start)
}

const READ_WRITE: libc::c_int = libc::PROT_READ | libc::PROT_WRITE;

impl Calls for Libc {
    const NAME: &'static str = "libc";
    type Error = io::Error;

    fn fstat(fd: BorrowedFd<'_>) -> io::Result<i64> {
        let mut stat = std::mem::MaybeUninit::<libc::stat>::uninit();
        // SAFETY: the kernel writes one `stat`.
        done(unsafe { libc::fstat(fd.as_raw_fd(), stat.as_mut_ptr()) })?;
        // SAFETY: written, since the call succeeded.
        Ok(unsafe { stat.assume_init() }.st_size)
    }

    fn ftruncate(fd: BorrowedFd<'_>, len: usize) -> io::Result<()> {
        // SAFETY: touches no memory of ours.
        done(unsafe { libc::ftruncate(fd.as_raw_fd(), len as libc::off_t) })
    }

    fn fallocate(fd: BorrowedFd<'_>, len: usize) -> io::Result<()> {
        // SAFETY: touches no memory of ours.
        done(unsafe { libc::fallocate(fd.as_raw_fd(), 0, 0, len as libc::off_t) })
    }

    fn fcntl_getfd(fd: BorrowedFd<'_>) -> io::Result<()> {
        // SAFETY: touches no memory.
        done(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFD) })
    }

    fn add_seals(fd: BorrowedFd<'_>) -> io::Result<()> {
        let seals = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW;
        // SAFETY: touches no memory.
        done(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_ADD_SEALS, seals) })
    }

    fn dup(fd: BorrowedFd<'_>) -> io::Result<OwnedFd> {
        // SAFETY: touches no memory.
        owned(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 0) })
    }

    fn close(fd: OwnedFd) -> io::Result<()> {
        // SAFETY: nobody else's.
        done(unsafe { libc::close(fd.into_raw_fd()) })
    }

    fn memfd_create() -> io::Result<OwnedFd> {
        let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
        // SAFETY: the name ends with NUL.
        owned(unsafe { libc::memfd_create(c"benchmark".as_ptr(), flags) })
    }

    fn shm_open(name: &Name) -> io::Result<OwnedFd> {
        // SAFETY: the name ends with NUL.
        owned(unsafe { libc::shm_open(name.c.as_ptr(), libc::O_RDWR, 0) })
    }

    fn shm_create(name: &Name) -> io::Result<OwnedFd> {
        let flags = libc::O_RDWR | libc::O_CREAT | libc::O_EXCL;
        // SAFETY: the name ends with NUL.
        owned(unsafe { libc::shm_open(name.c.as_ptr(), flags, 0o600) })
    }

    fn shm_unlink(name: &Name) -> io::Result<()> {
        // SAFETY: the name ends with NUL.
        done(unsafe { libc::shm_unlink(name.c.as_ptr()) })
    }

    fn mmap(fd: BorrowedFd<'_>, len: usize) -> io::Result<*mut c_void> {
        let (nowhere, fd) = (ptr::null_mut(), fd.as_raw_fd());
        // SAFETY: replaces nothing.
        mapped(unsafe { libc::mmap(nowhere, len, READ_WRITE, libc::MAP_SHARED, fd, 0) })
    }

    fn mmap_anonymous(len: usize) -> io::Result<*mut c_void> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: replaces nothing.
        mapped(unsafe { libc::mmap(ptr::null_mut(), len, READ_WRITE, flags, -1, 0) })
    }

    unsafe fn munmap(start: *mut c_void, len: usize) -> io::Result<()> {
        // SAFETY: the caller's duty.
        done(unsafe { libc::munmap(start, len) })
    }

    unsafe fn mprotect(start: *mut c_void, len: usize) -> io::Result<()> {
        // SAFETY: the caller's duty.
        done(unsafe { libc::mprotect(start, len, READ_WRITE) })
    }

    unsafe fn madvise(start: *mut c_void, len: usize) -> io::Result<()> {
        // SAFETY: the caller's duty.
        done(unsafe { libc::madvise(start, len, libc::MADV_NORMAL) })
    }

    unsafe fn msync(start: *mut c_void, len: usize) -> io::Result<()> {
        // SAFETY: the caller's duty.
        done(unsafe { libc::msync(start, len, libc::MS_ASYNC) })
    }

    unsafe fn mlock(start: *mut c_void, len: usize) -> io::Result<()> {
        // SAFETY: the caller's duty.
        done(unsafe { libc::mlock(start, len) })
    }

    unsafe fn munlock(start: *mut c_void, len: usize) -> io::Result<()> {
        // SAFETY: the caller's duty.
        done(unsafe { libc::munlock(start, len) })
    }
}
