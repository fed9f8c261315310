//! rustix, which makes system calls itself as ours does.

use std::ffi::c_void;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::ptr;

use rustix::fs::{self, FallocateFlags, MemfdFlags, Mode, SealFlags};
use rustix::io::{self, Errno, Result};
use rustix::mm::{self, Advice, MapFlags, MprotectFlags, MsyncFlags, ProtFlags};
use rustix::shm::{self, OFlags};

use super::{Calls, Name};

pub(crate) struct Rustix;

const READ_WRITE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

impl Calls for Rustix {
    const NAME: &'static str = "rustix";
    type Error = Errno;

    fn fstat(fd: BorrowedFd<'_>) -> Result<i64> {
        fs::fstat(fd).map(|stat| stat.st_size)
    }

    fn ftruncate(fd: BorrowedFd<'_>, len: usize) -> Result<()> {
        fs::ftruncate(fd, len as u64)
    }

    fn fallocate(fd: BorrowedFd<'_>, len: usize) -> Result<()> {
        fs::fallocate(fd, FallocateFlags::empty(), 0, len as u64)
    }

    fn fcntl_getfd(fd: BorrowedFd<'_>) -> Result<()> {
        io::fcntl_getfd(fd).map(drop)
    }

    fn add_seals(fd: BorrowedFd<'_>) -> Result<()> {
        fs::fcntl_add_seals(fd, SealFlags::SHRINK | SealFlags::GROW)
    }

    fn dup(fd: BorrowedFd<'_>) -> Result<OwnedFd> {
        io::fcntl_dupfd_cloexec(fd, 0)
    }

    /// Its own `close` is unsafe and ignores errors too.
    fn close(fd: OwnedFd) -> Result<()> {
        drop(fd);
        Ok(())
    }

    fn memfd_create() -> Result<OwnedFd> {
        fs::memfd_create("benchmark", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)
    }

    fn shm_open(name: &Name) -> Result<OwnedFd> {
        shm::open(&name.text, OFlags::RDWR, Mode::empty())
    }

    fn shm_create(name: &Name) -> Result<OwnedFd> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
        shm::open(&name.text, flags, Mode::RUSR | Mode::WUSR)
    }

    fn shm_unlink(name: &Name) -> Result<()> {
        shm::unlink(&name.text)
    }

    fn mmap(fd: BorrowedFd<'_>, len: usize) -> Result<*mut c_void> {
        // SAFETY: replaces nothing.
        unsafe { mm::mmap(ptr::null_mut(), len, READ_WRITE, MapFlags::SHARED, fd, 0) }
    }

    fn mmap_anonymous(len: usize) -> Result<*mut c_void> {
        // SAFETY: replaces nothing.
        unsafe { mm::mmap_anonymous(ptr::null_mut(), len, READ_WRITE, MapFlags::PRIVATE) }
    }

    unsafe fn munmap(start: *mut c_void, len: usize) -> Result<()> {
        // SAFETY: the caller's duty.
        unsafe { mm::munmap(start, len) }
    }

    unsafe fn mprotect(start: *mut c_void, len: usize) -> Result<()> {
        let flags = MprotectFlags::READ | MprotectFlags::WRITE;
        // SAFETY: the caller's duty.
        unsafe { mm::mprotect(start, len, flags) }
    }

    unsafe fn madvise(start: *mut c_void, len: usize) -> Result<()> {
        // SAFETY: the caller's duty.
        unsafe { mm::madvise(start, len, Advice::Normal) }
    }

    unsafe fn msync(start: *mut c_void, len: usize) -> Result<()> {
        // SAFETY: the caller's duty.
        unsafe { mm::msync(start, len, MsyncFlags::ASYNC) }
    }

    unsafe fn mlock(start: *mut c_void, len: usize) -> Result<()> {
        // SAFETY: the caller's duty.
        unsafe { mm::mlock(start, len) }
    }

    unsafe fn munlock(start: *mut c_void, len: usize) -> Result<()> {
        // SAFETY: the caller's duty.
        unsafe { mm::munlock(start, len) }
    }
}
