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

/// Whether one of these bytes is in a text.
///
/// The library's own search has room for a panic in it, and looks at a byte at a time where a
/// text is as short as names are. Here compilers make a few wide comparisons of each chunk.
#[inline]
fn has_any<const WANTED: usize>(text: &[u8], wanted: [u8; WANTED]) -> bool {
    // The last chunk may begin in the one before it.
    if let Some(last) = text.last_chunk::<16>() {
        let mut rest = text;
        while let Some((chunk, after)) = rest.split_first_chunk::<16>() {
            if chunk_has_any(chunk, wanted) {
                return true;
            }
            rest = after;
        }
        return chunk_has_any(last, wanted);
    }
    if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        return chunk_has_any(first, wanted) | chunk_has_any(last, wanted);
    }
    text.iter().any(|byte| wanted.contains(byte))
}

#[inline]
fn chunk_has_any<const LEN: usize, const WANTED: usize>(
    chunk: &[u8; LEN],
    wanted: [u8; WANTED],
) -> bool {
    // Without a way out and in bytes, so that all are looked at together.
    let is_wanted = |byte: u8| {
        wanted
            .iter()
            .fold(0, |is, &each| is | u8::from(each == byte))
    };
    chunk.iter().fold(0, |found, &byte| found | is_wanted(byte)) != 0
}

/// A name that may reach the kernel: one path component, which is not `.` or `..`.
#[derive(Clone, Copy)]
pub(crate) struct ObjectName<'a>(&'a [u8]);

impl<'a> ObjectName<'a> {
    /// Checks a name as glibc does, and refuses `.` and `..` too.
    ///
    /// Leading slashes are dropped. `EINVAL`: nothing is left, or a slash or NUL is
    /// inside; then `ENAMETOOLONG`: it is too long.
    #[inline]
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

#[cfg(test)]
mod tests {
    use std::vec;

    use super::{has_any, has_nul};

    #[test]
    fn has_any_finds_a_byte_wherever_it_is() {
        for len in 0..70 {
            // Neighbours of what is wanted, and the same with the top bit.
            for other in [1, b'.', b'0', 0x80, 0xaf, 0xff] {
                let mut text = vec![other; len];
                assert!(!has_any(&text, [0, b'/']), "{len} times {other:#x}");
                assert!(!has_nul(&text), "{len} times {other:#x}");
                for place in 0..len {
                    for wanted in [0, b'/'] {
                        text[place] = wanted;
                        assert!(has_any(&text, [0, b'/']), "{wanted} at {place} of {len}");
                        assert_eq!(has_nul(&text), wanted == 0, "{wanted} at {place} of {len}");
                    }
                    text[place] = other;
                }
            }
        }
    }
}
