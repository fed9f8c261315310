//! Names of POSIX shared memory objects.

#[cfg(target_os = "linux")]
use core::fmt;
use core::mem::MaybeUninit;

use crate::Errno;
use crate::arch::chunk::has_nul_or_slash;

use super::NAME_MAX;

/// Whether a NUL is in a text. The library's own search has room for a panic in it.
#[inline]
pub(crate) fn has_nul(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, 0))
}

/// Copies a text of which a name is made; whether a NUL or a slash is in it.
///
/// Each byte is loaded once, in a chunk that is looked at and stored. The last chunk may begin
/// in the one before it.
///
/// # Safety
///
/// `to` is valid for writes of as many bytes, none of which is part of the text.
#[inline(always)]
unsafe fn copy_and_look(mut text: &[u8], mut to: *mut u8) -> bool {
    while let (33.., Some((&chunk, rest))) = (text.len(), text.split_first_chunk()) {
        // SAFETY: the text has so many bytes.
        unsafe { to.cast::<[u8; 16]>().write(chunk) };
        if has_nul_or_slash([chunk]) {
            return true;
        }
        // SAFETY: as above.
        to = unsafe { to.add(chunk.len()) };
        text = rest;
    }
    // SAFETY: there is room for the rest of the text.
    if let Some(ends) = unsafe { copy_ends::<16>(text, to) } {
        return has_nul_or_slash(ends);
    }
    // SAFETY: as above.
    if let Some(ends) = unsafe { copy_ends::<8>(text, to) } {
        return has_nul_or_slash(repeated::<8, 1>(ends));
    }
    // SAFETY: as above.
    if let Some(ends) = unsafe { copy_ends::<4>(text, to) } {
        return has_nul_or_slash(repeated::<4, 2>(ends));
    }
    // SAFETY: as above.
    if let Some(ends) = unsafe { copy_ends::<2>(text, to) } {
        return has_nul_or_slash(repeated::<2, 4>(ends));
    }
    // SAFETY: as above.
    if let Some(ends) = unsafe { copy_ends::<1>(text, to) } {
        return has_nul_or_slash(repeated::<1, 8>(ends));
    }
    false
}

/// Copies the first and the last so many bytes, which may overlap; `None` if the text is shorter.
///
/// # Safety
///
/// As for [`copy_and_look`].
#[inline(always)]
unsafe fn copy_ends<const LEN: usize>(text: &[u8], to: *mut u8) -> Option<[[u8; LEN]; 2]> {
    let (&first, &last) = (text.first_chunk::<LEN>()?, text.last_chunk::<LEN>()?);
    // SAFETY: the text has so many bytes.
    unsafe { to.cast::<[u8; LEN]>().write(first) };
    // SAFETY: as above.
    let end = unsafe { to.add(text.len() - LEN) };
    // SAFETY: these are the last ones of them.
    unsafe { end.cast::<[u8; LEN]>().write(last) };
    Some([first, last])
}

/// Two ends so many times that they are 16 bytes.
#[inline(always)]
fn repeated<const LEN: usize, const TIMES: usize>(ends: [[u8; LEN]; 2]) -> [[u8; 16]; 1] {
    const { assert!(2 * LEN * TIMES == 16) };
    let ends = [ends; TIMES];
    let chunk = ends.as_flattened().as_flattened().first_chunk();
    [*chunk.unwrap_or(&[0; 16])]
}

/// A name that may reach the kernel: one path component, which is not `.` or `..`.
#[derive(Clone, Copy)]
pub(crate) struct ObjectName<'a>(&'a [u8]);

impl<'a> ObjectName<'a> {
    /// Checks a name as glibc does, and refuses `.` and `..` too.
    ///
    /// Leading slashes are dropped. `EINVAL`: nothing is left, or a slash or NUL is
    /// inside; then `ENAMETOOLONG`: it is too long.
    pub(crate) fn new(name: &'a [u8]) -> Result<Self, Errno> {
        let mut room = [MaybeUninit::<u8>::uninit(); NAME_MAX];
        // SAFETY: there is room for a name.
        unsafe { Self::copied(name, room.as_mut_ptr().cast()) }
    }

    /// Checks a name as [`new`](Self::new) does, and copies what is left of it meanwhile.
    ///
    /// # Safety
    ///
    /// `to` is valid for writes of `NAME_MAX` bytes, none of which is part of the name.
    #[inline(always)]
    pub(crate) unsafe fn copied(mut name: &'a [u8], to: *mut u8) -> Result<Self, Errno> {
        if let [b'/', ..] = name {
            name = without_slashes(name);
        }
        if !matches!(name.len(), 1..=NAME_MAX) {
            return Err(wrong_length(name));
        }
        let is_dots = name.len() <= 2 && matches!(name, b"." | b"..");
        // SAFETY: it is no longer than the room.
        if is_dots || unsafe { copy_and_look(name, to) } {
            return Err(Errno::EINVAL);
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

/// The name behind its leading slashes.
#[cold]
fn without_slashes(mut name: &[u8]) -> &[u8] {
    while let [b'/', rest @ ..] = name {
        name = rest;
    }
    name
}

/// What is wrong with a name that is empty or too long.
#[cold]
fn wrong_length(name: &[u8]) -> Errno {
    if name.is_empty() || name.iter().any(|byte| matches!(byte, 0 | b'/')) {
        Errno::EINVAL
    } else {
        Errno::ENAMETOOLONG
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
    use std::{vec, vec::Vec};

    use super::{NAME_MAX, ObjectName, has_nul};
    use crate::Errno;

    /// What a name is to come to, said without haste.
    fn expected(name: &[u8]) -> Result<&[u8], Errno> {
        let slashes = name.iter().take_while(|&&byte| byte == b'/').count();
        let name = &name[slashes..];
        if [&b""[..], b".", b".."].contains(&name) || name.contains(&0) || name.contains(&b'/') {
            Err(Errno::EINVAL)
        } else if name.len() > NAME_MAX {
            Err(Errno::ENAMETOOLONG)
        } else {
            Ok(name)
        }
    }

    /// Checks a name with exactly so much room, and what is written to it and behind it.
    fn check(name: &[u8]) {
        const UNTOUCHED: u8 = 0xa5;

        let expected = expected(name);
        let mut room = [UNTOUCHED; NAME_MAX + 16];
        // SAFETY: there is more room than for a name.
        let copied = unsafe { ObjectName::copied(name, room.as_mut_ptr()) };
        assert_eq!(copied.map(ObjectName::as_bytes), expected, "{name:?}");
        assert_eq!(ObjectName::new(name).map(ObjectName::as_bytes), expected);
        if let Ok(name) = expected {
            let (written, behind) = room.split_at(name.len());
            assert_eq!(written, name);
            assert!(behind.iter().all(|&byte| byte == UNTOUCHED), "{name:?}");
        }
    }

    #[test]
    fn names_of_every_length_are_copied_and_nothing_behind_them() {
        for len in 0..=300 {
            let different: Vec<u8> = (0..len).map(|index| 0x30 + index as u8 % 0xd0).collect();
            check(&different);
            // As large an allocation as the name, so that Miri sees whoever reads past it.
            check(&[b"///", &different[..]].concat().into_boxed_slice());
        }
    }

    #[test]
    fn a_nul_or_slash_is_found_wherever_it_is() {
        for len in 1..=300 {
            // Neighbours of what is refused, and the same with the top bit.
            for other in [1, b'.', b'0', 0x80, 0xaf, 0xff] {
                let mut name = vec![other; len];
                check(&name);
                for place in 0..len {
                    for refused in [0, b'/'] {
                        name[place] = refused;
                        check(&name);
                    }
                    name[place] = other;
                }
            }
        }
    }

    #[test]
    fn dots_are_refused_alone_only() {
        for name in [
            "", ".", "..", "...", ".a", "a.", "a", "/.", "//..", "/...", "..a", "/",
        ] {
            check(name.as_bytes());
        }
    }

    #[test]
    fn has_nul_finds_one_wherever_it_is() {
        for len in 0..70 {
            for other in [1, 0x7f, 0x80, 0xff] {
                let mut text = vec![other; len];
                assert!(!has_nul(&text), "{len} times {other:#x}");
                for place in 0..len {
                    text[place] = 0;
                    assert!(has_nul(&text), "at {place} of {len}");
                    text[place] = other;
                }
            }
        }
    }
}
