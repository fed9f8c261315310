//! Names of POSIX shared memory objects.

#[cfg(target_os = "linux")]
use core::fmt;

use crate::Errno;

use super::NAME_MAX;

/// Whether a NUL is in a text.
#[inline]
pub(crate) fn has_nul(text: &[u8]) -> bool {
    has_any(text, [0])
}

/// Whether one of these bytes is in a text, eight of which are looked at a time.
///
/// The library's own search has room for a panic in it.
#[inline]
fn has_any<const WANTED: usize>(text: &[u8], wanted: [u8; WANTED]) -> bool {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    const TOP: u64 = u64::from_ne_bytes([0x80; 8]);

    let in_eight = |eight: &[u8; 8]| {
        let eight = u64::from_ne_bytes(*eight);
        let found = wanted.map(|byte| {
            // Wanted bytes become zero; a borrow from the top bit up tells of the lowest.
            let others = eight ^ (EACH * u64::from(byte));
            others.wrapping_sub(EACH) & !others & TOP
        });
        found.into_iter().fold(0, |all, each| all | each) != 0
    };
    let Some(last) = text.last_chunk() else {
        return text.iter().any(|byte| wanted.contains(byte));
    };
    let mut rest = text;
    while let Some((eight, after)) = rest.split_first_chunk() {
        if in_eight(eight) {
            return true;
        }
        rest = after;
    }
    // The last eight, some of which may have been looked at.
    in_eight(last)
}

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
        if matches!(name, b"" | b"." | b"..") || has_any(name, [0, b'/']) {
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
