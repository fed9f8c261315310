//! Strings for the kernel, put together on the stack.

use core::ffi::CStr;
use core::mem::MaybeUninit;

/// At most `SIZE` bytes, the NUL at the end included.
pub(super) struct CString<const SIZE: usize> {
    bytes: [MaybeUninit<u8>; SIZE],
    /// How many of them are written.
    len: usize,
}

impl<const SIZE: usize> CString<SIZE> {
    /// Joins the parts and adds a NUL.
    ///
    /// # Panics
    ///
    /// If they do not fit.
    ///
    /// # Safety
    ///
    /// No part holds a NUL.
    #[inline]
    pub(super) unsafe fn join<const PARTS: usize>(parts: [&[u8]; PARTS]) -> Self {
        let mut string = Self {
            bytes: [const { MaybeUninit::uninit() }; SIZE],
            len: 0,
        };
        for part in parts {
            string.push(part);
        }
        string.push(&[0]);
        string
    }

    #[inline]
    fn push(&mut self, part: &[u8]) {
        let places = &mut self.bytes[self.len..][..part.len()];
        for (place, byte) in places.iter_mut().zip(part) {
            place.write(*byte);
        }
        self.len += part.len();
    }

    #[inline]
    pub(super) fn as_c_str(&self) -> &CStr {
        let start: *const u8 = self.bytes.as_ptr().cast();
        // SAFETY: the first `len` bytes are written, and borrowed with `self`.
        let bytes = unsafe { core::slice::from_raw_parts(start, self.len) };
        // SAFETY: the last byte is NUL, and by the word of `join`'s caller no other.
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
    const MOST: usize = 20;

    pub(super) fn new(mut number: u64) -> Self {
        let (mut digits, mut start) = ([b'0'; Self::MOST], Self::MOST);
        loop {
            start -= 1;
            digits[start] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                return Self { digits, start };
            }
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.digits[self.start..]
    }
}
