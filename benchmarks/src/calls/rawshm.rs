//! Ours.

use std::ffi::c_void;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::ptr;

use rawshm::descriptor::{self, FallocateFlags, Mode, OFlags};
use rawshm::memfd::{self, MemfdFlags, SealFlags};
use rawshm::mm::{self, Advice, MapFlags, MsyncFlags, ProtFlags};
use rawshm::{Error, Result, shm};

use super::{Calls, Name};

pub(crate) struct Rawshm;

const READ_WRITE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

impl Calls for Rawshm {
    const NAME: &'static str = "rawshm";
    type Error = Error;

    fn fstat(fd: BorrowedFd<'_>) -> Result<i64> {
        descriptor::fstat(fd).map(|stat| stat.size() as i64)
    }

    fn ftruncate(fd: BorrowedFd<'_>, len: usize) -> Result<()> {
        descriptor::ftruncate(fd, len as u64)
    }

    fn fallocate(fd: BorrowedFd<'_>, len: usize) -> Result<()> {
        descriptor::fallocate(fd, FallocateFlags::empty(), 0, len as u64)
    }

    fn fcntl_getfd(fd: BorrowedFd<'_>) -> Result<()> {
        descriptor::fcntl_getfd(fd).map(drop)
    }

    fn add_seals(fd: BorrowedFd<'_>) -> Result<()> {
        memfd::add_seals(fd, SealFlags::SHRINK | SealFlags::GROW)
    }

    fn dup(fd: BorrowedFd<'_>) -> Result<OwnedFd> {
        descriptor::dup(fd)
    }

    fn close(fd: OwnedFd) -> Result<()> {
        descriptor::close(fd)
    }

    fn memfd_create() -> Result<OwnedFd> {
        memfd::memfd_create("benchmark", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)
    }

    fn shm_open(name: &Name) -> Result<OwnedFd> {
        shm::shm_open(&name.text, OFlags::RDWR, Mode::empty())
    }

    fn shm_create(name: &Name) -> Result<OwnedFd> {
        let flags = OFlags::RDWR | OFlags::CREAT | OFlags::EXCL;
        shm::shm_open(&name.text, flags, Mode::RUSR | Mode::WUSR)
    }

    fn shm_unlink(name: &Name) -> Result<()> {
        shm::shm_unlink(&name.text)
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
        // SAFETY: the caller's duty.
        unsafe { mm::mprotect(start, len, READ_WRITE) }
    }

    unsafe fn madvise(start: *mut c_void, len: usize) -> Result<()> {
        // SAFETY: the caller's duty.
        unsafe { mm::madvise(start, len, Advice::NORMAL) }
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
