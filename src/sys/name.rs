//! Names of POSIX shared memory objects.

#[cfg(target_os = "linux")]
use core::fmt;

use crate::Errno;

use super::NAME_MAX;

/// A name that may reach the kernel: one path component, which is not `.` or `..`.
#[derive(Clone, Copy)]
pub(crate) struct ObjectName<'a>(&'a [u8]);

impl<'a> ObjectName<'a> {
    /// Checks a name as glibc does, and refuses `.` and `..` too.
    ///
    /// Leading slashes are dropped. `EINVAL`: nothing is left, or a slash or NUL is
    /// inside; then `ENAMETOOLONG`: it is too long.
    pub(crate) fn new(mut name: &'a [u8]) -> Result<Self, Errno> {
        while let [b'/', rest @ ..] = name {
            name = rest;
        }
        if matches!(name, b"" | b"." | b"..") || name.iter().any(|&byte| matches!(byte, b'/' | 0)) {
            return Err(Errno::EINVAL);
        }
        if name.len() > NAME_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        Ok(Self(name))
    }

    /// The checked bytes, 1 to `NAME_MAX` of them.
    pub(crate) const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The name, kept without allocation.
    #[cfg(target_os = "linux")]
    pub(crate) fn to_owned(self) -> OwnedName {
        let (mut bytes, len) = ([0; NAME_MAX], self.0.len());
        bytes[..len].copy_from_slice(self.0);
        OwnedName { bytes, len }
    }
}

/// A checked name that is kept.
#[cfg(target_os = "linux")]
#[derive(Clone)]
pub(crate) struct OwnedName {
    bytes: [u8; NAME_MAX],
    len: usize,
}

#[cfg(target_os = "linux")]
impl OwnedName {
    #[inline]
    pub(crate) fn borrow(&self) -> ObjectName<'_> {
        ObjectName(&self.bytes[..self.len])
    }
}

#[cfg(target_os = "linux")]
impl fmt::Debug for OwnedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.borrow().as_bytes().escape_ascii())
    }
}
