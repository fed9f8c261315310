//! nix, which calls the C library.

use std::ffi::c_void;
use std::num::NonZeroUsize;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::fd::{FromRawFd, RawFd};
use std::ptr::NonNull;

use nix::errno::Errno;
use nix::fcntl::{self, FallocateFlags, FcntlArg, OFlag, SealFlag};
use nix::sys::memfd::{self, MFdFlags};
use nix::sys::mman::{self, MapFlags, MmapAdvise, MsFlags, ProtFlags};
use nix::sys::stat::{self, Mode};
use nix::{Result, unistd};

use super::{Calls, Name};

pub(crate) struct Nix;

const READ_WRITE: ProtFlags = ProtFlags::PROT_READ.union(ProtFlags::PROT_WRITE);

fn len_of_range(len: usize) -> Result<NonZeroUsize> {
    NonZeroUsize::new(len).ok_or(Errno::EINVAL)
}

fn start_of_range(start: *mut c_void) -> Result<NonNull<c_void>> {
    NonNull::new(start).ok_or(Errno::EFAULT)
}

impl Calls for Nix {
    const NAME: &'static str = "nix";
    type Error = Errno;

    fn fstat(fd: BorrowedFd<'_>) -> Result<i64> {
        stat::fstat(fd).map(|stat| stat.st_size)
    }

    fn ftruncate(fd: BorrowedFd<'_>, len: usize) -> Result<()> {
        unistd::ftruncate(fd, len as i64)
    }

    fn fallocate(fd: BorrowedFd<'_>, len: usize) -> Result<()> {
        fcntl::fallocate(fd, FallocateFlags::empty(), 0, len as i64)
    }

    fn fcntl_getfd(fd: BorrowedFd<'_>) -> Result<()> {
        fcntl::fcntl(fd, FcntlArg::F_GETFD).map(drop)
    }

    fn add_seals(fd: BorrowedFd<'_>) -> Result<()> {
        let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW;
        fcntl::fcntl(fd, FcntlArg::F_ADD_SEALS(seals)).map(drop)
    }

    fn dup(fd: BorrowedFd<'_>) -> Result<OwnedFd> {
        let copy: RawFd = fcntl::fcntl(fd, FcntlArg::F_DUPFD_CLOEXEC(0))?;
        // SAFETY: just opened, and nobody else's.
        Ok(unsafe { OwnedFd::from_raw_fd(copy) })
    }

    fn close(fd: OwnedFd) -> Result<()> {
        unistd::close(fd)
    }

    fn memfd_create() -> Result<OwnedFd> {
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        memfd::memfd_create("benchmark", flags)
    }

    fn shm_open(name: &Name) -> Result<OwnedFd> {
        mman::shm_open(name.text.as_str(), OFlag::O_RDWR, Mode::empty())
    }

    fn shm_create(name: &Name) -> Result<OwnedFd> {
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL;
        mman::shm_open(name.text.as_str(), flags, Mode::S_IRUSR | Mode::S_IWUSR)
    }

    fn shm_unlink(name: &Name) -> Result<()> {
        mman::shm_unlink(name.text.as_str())
    }

    fn mmap(fd: BorrowedFd<'_>, len: usize) -> Result<*mut c_void> {
        let len = len_of_range(len)?;
        // SAFETY: replaces nothing.
        unsafe { mman::mmap(None, len, READ_WRITE, MapFlags::MAP_SHARED, fd, 0) }
            .map(NonNull::as_ptr)
    }

    fn mmap_anonymous(len: usize) -> Result<*mut c_void> {
        let len = len_of_range(len)?;
        // SAFETY: replaces nothing.
        unsafe { mman::mmap_anonymous(None, len, READ_WRITE, MapFlags::MAP_PRIVATE) }
            .map(NonNull::as_ptr)
    }

    unsafe fn munmap(start: *mut c_void, len: usize) -> Result<()> {
        let start = start_of_range(start)?;
        // SAFETY: the caller's duty.
        unsafe { mman::munmap(start, len) }
    }

    unsafe fn mprotect(start: *mut c_void, len: usize) -> Result<()> {
        let start = start_of_range(start)?;
        // SAFETY: the caller's duty.
        unsafe { mman::mprotect(start, len, READ_WRITE) }
    }

    unsafe fn madvise(start: *mut c_void, len: usize) -> Result<()> {
        let start = start_of_range(start)?;
        // SAFETY: the caller's duty.
        unsafe { mman::madvise(start, len, MmapAdvise::MADV_NORMAL) }
    }

    unsafe fn msync(start: *mut c_void, len: usize) -> Result<()> {
        let start = start_of_range(start)?;
        // SAFETY: the caller's duty.
        unsafe { mman::msync(start, len, MsFlags::MS_ASYNC) }
    }

    unsafe fn mlock(start: *mut c_void, len: usize) -> Result<()> {
        let start = start_of_range(start)?;
        // SAFETY: the caller's duty.
        unsafe { mman::mlock(start, len) }
    }

    unsafe fn munlock(start: *mut c_void, len: usize) -> Result<()> {
        let start = start_of_range(start)?;
        // SAFETY: the caller's duty.
        unsafe { mman::munlock(start, len) }
    }
}
