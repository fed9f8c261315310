//! Strings for the kernel, put together on the stack.

use core::ffi::CStr;
use core::mem::MaybeUninit;

/// Room for a string of at most `SIZE` bytes, the NUL at the end included.
///
/// The string stays where it is made: a value that held it would be copied about.
pub(super) struct CString<const SIZE: usize>(MaybeUninit<[u8; SIZE]>);

impl<const SIZE: usize> CString<SIZE> {
    #[inline]
    pub(super) const fn new() -> Self {
        Self(MaybeUninit::uninit())
    }

    /// Joins the parts and adds a NUL.
    ///
    /// # Safety
    ///
    /// - No part holds a NUL.
    /// - The parts and the NUL have `SIZE` bytes at most.
    #[inline]
    pub(super) unsafe fn join<const PARTS: usize>(&mut self, parts: [&[u8]; PARTS]) -> &CStr {
        let start: *mut u8 = self.0.as_mut_ptr().cast();
        let mut len = 0;
        for part in parts {
            debug_assert!(part.len() < SIZE - len, "too long");
            // SAFETY: within the room, by the caller's word.
            let place = unsafe { start.add(len) };
            // SAFETY: so is the end of the part, and the room is borrowed mutably.
            unsafe { place.copy_from_nonoverlapping(part.as_ptr(), part.len()) };
            len += part.len();
        }
        // SAFETY: all is written, and there is room for one byte more, by the caller's word.
        unsafe { self.ended(len) }
    }

    /// Joins a beginning, what is written behind it, and a NUL.
    ///
    /// # Safety
    ///
    /// - `write` writes as many bytes as it says to where it is told.
    /// - Neither these nor the beginning hold a NUL.
    /// - All of them and the NUL have `SIZE` bytes at most.
    #[inline]
    pub(super) unsafe fn join_with<E>(
        &mut self,
        beginning: &[u8],
        write: impl FnOnce(*mut u8) -> Result<usize, E>,
    ) -> Result<&CStr, E> {
        let start: *mut u8 = self.0.as_mut_ptr().cast();
        // SAFETY: there is room for it, by the caller's word, which is borrowed mutably.
        unsafe { start.copy_from_nonoverlapping(beginning.as_ptr(), beginning.len()) };
        // SAFETY: within the room, by the caller's word.
        let len = write(unsafe { start.add(beginning.len()) })?;
        // SAFETY: so much is written, and there is room for one byte more, by the caller's word.
        Ok(unsafe { self.ended(beginning.len() + len) })
    }

    /// Adds the NUL.
    ///
    /// # Safety
    ///
    /// So many bytes are written, none of which is NUL, and there is room for one more.
    #[inline]
    unsafe fn ended(&mut self, len: usize) -> &CStr {
        let start: *mut u8 = self.0.as_mut_ptr().cast();
        // SAFETY: there is room for one byte more, by the caller's word.
        let end = unsafe { start.add(len) };
        // SAFETY: as above.
        unsafe { end.write(0) };
        // SAFETY: the first `len` bytes and the NUL are written, and borrowed with `self`.
        let bytes = unsafe { core::slice::from_raw_parts(start, len + 1) };
        // SAFETY: the last byte is NUL, and by the caller's word no other.
        unsafe { CStr::from_bytes_with_nul_unchecked(bytes) }
    }
}

/// A number in decimal digits.
pub(super) struct Decimal {
    digits: [u8; Self::MOST],
    start: usize,
}

impl Decimal {
    /// How many digits there are at most.
    pub(super) const MOST: usize = 20;

    pub(super) fn new(mut number: u64) -> Self {
        let (mut digits, mut start) = ([0; Self::MOST], Self::MOST);
        for digit in digits.iter_mut().rev() {
            start -= 1;
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        Self { digits, start }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        // Never past the end: there is no way to panic.
        self.digits.get(self.start..).unwrap_or_default()
    }
}
