//! Reading a directory without allocation.

use core::ffi::CStr;

use super::{
    AT_SYMLINK_NOFOLLOW, O_CLOEXEC, O_DIRECTORY, O_RDONLY, Result, Stat, fstatat, number, openat,
};
use crate::Errno;
use crate::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use crate::syscall::{SYS_getdents64, syscall3};

/// How much one call brings; an entry takes at most 280 bytes.
const BUFFER_SIZE: usize = 2048;

/// A directory, and the entries that the last call brought.
#[derive(Debug)]
pub(super) struct Directory {
    fd: OwnedFd,
    buffer: [u8; BUFFER_SIZE],
    position: usize,
    len: usize,
}

impl Directory {
    pub(super) fn open(directory: RawFd, path: &CStr) -> Result<Self> {
        Ok(Self {
            fd: openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)?,
            buffer: [0; BUFFER_SIZE],
            position: 0,
            len: 0,
        })
    }

    /// The next entry whose name is `wanted`: name and status, links not followed; `None` at
    /// the end.
    pub(super) fn next_entry(
        &mut self,
        wanted: impl Fn(&[u8]) -> bool,
    ) -> Result<Option<(&[u8], Result<Stat>)>> {
        while self.position < self.len || self.fill()? {
            let start = self.position;
            let (name, len) = parse(&self.buffer[start..self.len]).ok_or(Errno::EIO)?;
            self.position += len;
            if wanted(name.to_bytes()) {
                let stat = fstatat(self.fd.as_raw_fd(), name, AT_SYMLINK_NOFOLLOW);
                let (name, _) = parse(&self.buffer[start..self.len]).ok_or(Errno::EIO)?;
                return Ok(Some((name.to_bytes(), stat)));
            }
        }
        Ok(None)
    }

    /// Whether there are more entries.
    fn fill(&mut self) -> Result<bool> {
        let fd = number(self.fd.as_fd());
        let buffer = self.buffer.as_mut_ptr().expose_provenance();
        (self.position, self.len) = (0, 0);
        // SAFETY: getdents64 writes at most BUFFER_SIZE bytes to the buffer.
        self.len = unsafe { syscall3(SYS_getdents64, fd, buffer, BUFFER_SIZE) }?;
        Ok(self.len > 0)
    }
}

/// The name of a `struct linux_dirent64` and its length: after inode and offset (8 bytes
/// each) two bytes of length, one of type, and the name with its NUL.
fn parse(entry: &[u8]) -> Option<(&CStr, usize)> {
    let len = usize::from(u16::from_ne_bytes([*entry.get(16)?, *entry.get(17)?]));
    let name = CStr::from_bytes_until_nul(entry.get(19..len)?).ok()?;
    Some((name, len))
}
