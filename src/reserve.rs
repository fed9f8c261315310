//! Sizes that are reserved: a full file system is an error now, not a signal later.

use crate::error::{Call, Error, InCall, Result};
use crate::fd::BorrowedFd;
use crate::{Errno, sys};

/// How much one call reserves: an interrupted call gives back all that it took.
const CHUNK: u64 = 64 << 20;

/// How often one chunk may be interrupted.
const INTERRUPTIONS: usize = 100;

/// Sets the size and reserves the bytes from `from` on; sparse, where the file system
/// cannot reserve.
pub(crate) fn set_len(fd: BorrowedFd<'_>, from: u64, len: u64) -> Result<()> {
    sys::ftruncate(fd, len).in_call(Call::Ftruncate)?;
    let missing = len.saturating_sub(from);
    // What can never succeed must not take all memory before it fails.
    if missing > sys::available(fd).in_call(Call::Fallocate)? {
        return Err(Error::new(Call::Fallocate, Errno::ENOSPC));
    }
    let mut offset = from;
    while offset < len {
        let chunk = CHUNK.min(len - offset);
        match reserve(fd, offset, chunk) {
            Err(Errno::EOPNOTSUPP | Errno::ENOSYS) => return Ok(()),
            reserved => reserved.in_call(Call::Fallocate)?,
        }
        offset += chunk;
    }
    Ok(())
}

fn reserve(fd: BorrowedFd<'_>, offset: u64, len: u64) -> Result<(), Errno> {
    for _ in 0..INTERRUPTIONS {
        match sys::fallocate(fd, 0, offset, len) {
            Err(Errno::EINTR) => {}
            answer => return answer,
        }
    }
    Err(Errno::EINTR)
}

/// Changes the size and reserves what is added; if that fails the size is as before.
pub(crate) fn resize(fd: BorrowedFd<'_>, len: u64) -> Result<()> {
    let before = sys::fstat(fd).in_call(Call::Fstat)?.st_size as u64;
    let resized = set_len(fd, before, len);
    if resized.is_err() {
        // The first error is the one to tell.
        let _ = sys::ftruncate(fd, before);
    }
    resized
}
