//! Sizes that are reserved: a full file system is an error now, not a signal later.

use crate::error::{Call, Error, InCall, Result};
use crate::fd::BorrowedFd;
use crate::{Errno, sys};

/// How much one call reserves at most. What is interrupted gives back all that it took.
const CHUNK: u64 = 64 << 20;

/// What takes no more is reserved without asking first how much there is: the kernel gives as
/// little back by itself, and the question would take longer than the pages.
const SMALL: u64 = 1 << 20;

/// How often the reservation of a single page may be interrupted.
const INTERRUPTIONS: u32 = 100;

/// The pages of a file, as far as its creator knows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pages {
    /// Those of the processor: any size will do.
    Small,
    /// Perhaps huge ones, which a size must be a multiple of.
    Unknown,
}

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
pub(crate) fn set_first_len(
    fd: BorrowedFd<'_>,
    len: u64,
    sparse: bool,
    pages: Pages,
) -> Result<()> {
    if sparse {
        return sys::ftruncate(fd, len).in_call(Call::Ftruncate);
    }
    set_len(fd, 0, len, pages)
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
    set_len(fd, from, len, Pages::Unknown)
}

/// Sets the size of a file that has `from` bytes, and reserves what is added before anybody
/// sees the new size. Where the file system cannot reserve, it is sparse.
///
/// If that fails the size is as before, and what was reserved is given back.
fn set_len(fd: BorrowedFd<'_>, from: u64, len: u64, pages: Pages) -> Result<()> {
    if len > from {
        // What can never succeed must not take all memory before it fails.
        let added = whole_pages(len).saturating_sub(whole_pages(from));
        if added > SMALL && added > sys::available(fd) {
            return Err(not_reserved(fd, Errno::ENOSPC));
        }
        match reserve(fd, from, len, pages) {
            Ok(Reserved::AndSized) => return Ok(()),
            Ok(Reserved::NotSized) => {}
            Err(errno) => {
                give_back(fd, from, len);
                return Err(not_reserved(fd, errno));
            }
        }
    }
    let sized = sys::ftruncate(fd, len).in_call(Call::Ftruncate);
    if sized.is_err() {
        give_back(fd, from, len);
    }
    sized
}

/// Whether what is reserved is inside of the file.
enum Reserved {
    AndSized,
    NotSized,
}

/// Reserves a range beyond the end. The end stays where it is until the last chunk is there,
/// which takes it along, since that saves a call; of huge pages it may be refused, which only
/// `ftruncate` does.
///
/// Chunk by chunk, and in smaller ones after an interruption: before Linux 6.11 a signal
/// that comes again and again would let none of the large ones ever end.
fn reserve(fd: BorrowedFd<'_>, from: u64, len: u64, pages: Pages) -> Result<Reserved, Errno> {
    let page_size = sys::page_size() as u64;
    let (mut offset, mut chunk, mut interruptions) = (from, CHUNK, 0);
    while offset < len {
        let step = chunk.min(len - offset);
        let sizing = pages == Pages::Small && offset + step == len;
        let reserved = match sizing {
            true => sys::reserve_and_size(fd, offset, step),
            false => sys::reserve(fd, offset, step),
        };
        match reserved {
            Ok(()) if sizing => return Ok(Reserved::AndSized),
            Ok(()) => {
                offset += step;
                (chunk, interruptions) = (CHUNK.min(chunk * 2), 0);
            }
            Err(Errno::EINTR) if chunk > page_size => chunk /= 2,
            Err(Errno::EINTR) if interruptions < INTERRUPTIONS => interruptions += 1,
            Err(Errno::EOPNOTSUPP | Errno::ENOSYS) => break,
            Err(errno) => return Err(errno),
        }
    }
    Ok(Reserved::NotSized)
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
