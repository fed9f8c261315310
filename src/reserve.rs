//! Sizes that are reserved: a full file system is an error now, not a signal later.

use crate::error::{Call, Error, InCall, Result};
use crate::fd::BorrowedFd;
use crate::{Errno, sys};

/// How much one call reserves at most. What is interrupted gives back all that it took.
const CHUNK: u64 = 64 << 20;

/// How often the reservation of a single page may be interrupted.
const INTERRUPTIONS: u32 = 100;

/// Refuses a size that no file of this process can have: larger than the kernel counts
/// (`EINVAL`), or than `RLIMIT_FSIZE` (`EFBIG`; the kernel would send `SIGXFSZ` as well).
pub(crate) fn check_limit(len: u64) -> Result<()> {
    let errno = if i64::try_from(len).is_err() {
        Errno::EINVAL
    } else if len > sys::file_size_limit() {
        Errno::EFBIG
    } else {
        return Ok(());
    };
    Err(Error::new(Call::Ftruncate, errno))
}

/// Sets the size of a file that was just created, after [`check_limit`]; reserved unless it is
/// to be sparse.
pub(crate) fn set_first_len(fd: BorrowedFd<'_>, len: u64, sparse: bool) -> Result<()> {
    if sparse {
        return sys::ftruncate(fd, len).in_call(Call::Ftruncate);
    }
    set_len(fd, 0, len)
}

/// Changes the size from whatever it is.
pub(crate) fn resize(fd: BorrowedFd<'_>, len: u64) -> Result<()> {
    let stat = sys::fstat(fd).in_call(Call::Fstat)?;
    let from = stat.st_size as u64;
    if len > from {
        check_limit(len)?;
        // What `ftruncate` would say when a huge page is reserved already.
        if len % stat.st_blksize as u64 != 0 && sys::is_hugetlbfs(fd).in_call(Call::Fstatfs)? {
            return Err(Error::new(Call::Ftruncate, Errno::EINVAL));
        }
    }
    set_len(fd, from, len)
}

/// Sets the size of a file that has `from` bytes, and reserves what is added before anybody
/// sees the new size. Where the file system cannot reserve, it is sparse.
///
/// If that fails the size is as before, and what was reserved is given back.
fn set_len(fd: BorrowedFd<'_>, from: u64, len: u64) -> Result<()> {
    if len > from {
        // What can never succeed must not take all memory before it fails.
        if whole_pages(len).saturating_sub(whole_pages(from)) > sys::available(fd) {
            return Err(not_reserved(fd, Errno::ENOSPC));
        }
        if let Err(errno) = reserve(fd, from, len) {
            give_back(fd, from, len);
            return Err(not_reserved(fd, errno));
        }
    }
    let sized = sys::ftruncate(fd, len).in_call(Call::Ftruncate);
    if sized.is_err() {
        give_back(fd, from, len);
    }
    sized
}

/// Reserves a range beyond the end, which stays where it is.
///
/// Chunk by chunk, and in smaller ones after an interruption: before Linux 6.11 a signal
/// that comes again and again would let none of the large ones ever end.
fn reserve(fd: BorrowedFd<'_>, from: u64, len: u64) -> Result<(), Errno> {
    let page_size = sys::page_size() as u64;
    let (mut offset, mut chunk, mut interruptions) = (from, CHUNK, 0);
    while offset < len {
        let step = chunk.min(len - offset);
        match sys::reserve(fd, offset, step) {
            Ok(()) => {
                offset += step;
                (chunk, interruptions) = (CHUNK.min(chunk * 2), 0);
            }
            Err(Errno::EINTR) if chunk > page_size => chunk /= 2,
            Err(Errno::EINTR) if interruptions < INTERRUPTIONS => interruptions += 1,
            Err(Errno::EOPNOTSUPP | Errno::ENOSYS) => return Ok(()),
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// What there is too little of is not the same for huge pages.
#[cold]
fn not_reserved(fd: BorrowedFd<'_>, errno: Errno) -> Error {
    let call = match sys::is_hugetlbfs(fd) {
        Ok(true) => Call::FallocateHugetlb,
        _ => Call::Fallocate,
    };
    Error::new(call, errno)
}

/// What so many bytes take.
fn whole_pages(len: u64) -> u64 {
    let page_size = sys::page_size() as u64;
    len.div_ceil(page_size).saturating_mul(page_size)
}

/// Frees what was reserved beyond the end, wherever others have put that meanwhile.
fn give_back(fd: BorrowedFd<'_>, from: u64, len: u64) {
    let Ok(stat) = sys::fstat(fd) else { return };
    let end = from.max(stat.st_size as u64);
    if len > end {
        sys::give_back(fd, end, len - end);
    }
}
