//! Copies to and from memory that others may write.
//!
//! One routine serves every direction: it goes upwards, reads a byte before it writes
//! anything above it, and writes each byte once, in pairs of registers of 16 bytes.

use core::arch::asm;

use super::{store_u8, store_u16, store_u32, store_u64};

/// Copies shorter than this are one, two, four bytes and so on, as their sum needs.
const SHORT: usize = 64;

/// From here on it pays to go to an aligned address first.
const ALIGNED: usize = 512;

/// Copies `len` bytes from shared memory to memory of our own.
///
/// # Safety
///
/// - `source` is mapped and readable for `len` bytes.
/// - `destination` is valid for writes of `len` bytes, which only we access.
#[inline]
pub(crate) unsafe fn copy_from_shared(source: *const u8, destination: *mut u8, len: usize) {
    // SAFETY: the duties are the same.
    unsafe { copy(source, destination, len) }
}

/// Copies `len` bytes from memory of our own to shared memory, writing each byte once.
///
/// # Safety
///
/// - `source` is valid for reads of `len` bytes, which nobody writes meanwhile.
/// - `destination` is mapped and writable for `len` bytes.
#[inline]
pub(crate) unsafe fn copy_to_shared(source: *const u8, destination: *mut u8, len: usize) {
    // SAFETY: the duties are the same.
    unsafe { copy(source, destination, len) }
}

/// Copies `len` bytes of shared memory to shared memory, upwards, writing each byte once.
///
/// # Safety
///
/// - `source` is mapped and readable for `len` bytes.
/// - `destination` is mapped and writable for `len` bytes; where the two overlap, it is
///   below `source`.
#[inline]
pub(crate) unsafe fn copy_between_shared(source: *const u8, destination: *mut u8, len: usize) {
    // SAFETY: the duties are the same.
    unsafe { copy(source, destination, len) }
}

/// # Safety
///
/// As [`copy_between_shared`]; so of every function below that copies.
#[inline]
unsafe fn copy(source: *const u8, destination: *mut u8, len: usize) {
    if len.is_power_of_two() && len < SHORT {
        // Of a length that the compiler knows, one move remains.
        // SAFETY: the duties are the same.
        unsafe { copy_pieces(source, destination, len) }
    } else {
        // SAFETY: the duties are the same.
        unsafe { copy_any(source, destination, len) }
    }
}

#[cfg(test)]
type Copy = unsafe fn(*const u8, *mut u8, usize);

/// All routines, for the tests.
#[cfg(test)]
#[allow(
    dead_code,
    reason = "only tests/access.rs, which includes this file, asks"
)]
pub(crate) fn routines() -> std::vec::Vec<(&'static str, Copy)> {
    std::vec![("the chosen", copy), ("out of line", copy_any)]
}

#[cfg(test)]
type Fill = unsafe fn(*mut u8, u8, usize);

/// All ways to fill, for the tests.
#[cfg(test)]
#[allow(
    dead_code,
    reason = "only tests/access.rs, which includes this file, asks"
)]
pub(crate) fn fills() -> std::vec::Vec<(&'static str, Fill)> {
    std::vec![("the chosen", fill)]
}

#[inline(never)]
unsafe fn copy_any(source: *const u8, destination: *mut u8, len: usize) {
    if len < SHORT {
        // SAFETY: the duties are the same.
        return unsafe { copy_pieces(source, destination, len) };
    }
    let head = match len < ALIGNED {
        true => 0,
        false => destination.addr().wrapping_neg() % 16,
    };
    // SAFETY: the first bytes of the copy.
    unsafe { copy_pieces(source, destination, head) };
    let (mut source, mut destination) = (source.wrapping_add(head), destination.wrapping_add(head));
    let rest = len - head;
    // SAFETY: as many turns as there are whole ones, of which there is one at least.
    unsafe {
        asm!(
            "2:",
            "ldp {first:q}, {second:q}, [{source}]",
            "ldp {third:q}, {fourth:q}, [{source}, #32]",
            "add {source}, {source}, #64",
            "subs {turns}, {turns}, #1",
            "stp {first:q}, {second:q}, [{destination}]",
            "stp {third:q}, {fourth:q}, [{destination}, #32]",
            "add {destination}, {destination}, #64",
            "b.ne 2b",
            first = out(vreg) _,
            second = out(vreg) _,
            third = out(vreg) _,
            fourth = out(vreg) _,
            turns = inout(reg) rest / SHORT => _,
            source = inout(reg) source,
            destination = inout(reg) destination,
            options(nostack),
        );
    }
    // SAFETY: the last bytes.
    unsafe { copy_pieces(source, destination, rest % SHORT) }
}

/// Copies less than 64 bytes as the powers of two that they are the sum of.
#[inline(always)]
unsafe fn copy_pieces(mut source: *const u8, mut destination: *mut u8, len: usize) {
    macro_rules! piece {
        ($size:literal: $load:literal, $store:literal, $class:ident) => {
            if len & $size != 0 {
                // SAFETY: the caller vouches for both addresses.
                unsafe {
                    asm!(
                        concat!($load, ", [{source}]"),
                        concat!($store, ", [{destination}]"),
                        first = out($class) _,
                        second = out($class) _,
                        source = in(reg) source,
                        destination = in(reg) destination,
                        options(nostack, preserves_flags),
                    );
                }
                source = source.wrapping_add($size);
                destination = destination.wrapping_add($size);
            }
        };
    }
    piece!(32: "ldp {first:q}, {second:q}", "stp {first:q}, {second:q}", vreg);
    piece!(16: "ldp {first}, {second}", "stp {first}, {second}", reg);
    if len & 8 != 0 {
        // SAFETY: the first of what remains.
        let value = unsafe { super::load_u64(source) };
        // SAFETY: as above.
        unsafe { store_u64(destination, value) };
        source = source.wrapping_add(8);
        destination = destination.wrapping_add(8);
    }
    if len & 4 != 0 {
        // SAFETY: as above.
        let value = unsafe { super::load_u32(source) };
        // SAFETY: as above.
        unsafe { store_u32(destination, value) };
        source = source.wrapping_add(4);
        destination = destination.wrapping_add(4);
    }
    if len & 2 != 0 {
        // SAFETY: as above.
        let value = unsafe { super::load_u16(source) };
        // SAFETY: as above.
        unsafe { store_u16(destination, value) };
        source = source.wrapping_add(2);
        destination = destination.wrapping_add(2);
    }
    if len & 1 != 0 {
        // SAFETY: the last byte.
        let value = unsafe { super::load_u8(source) };
        // SAFETY: as above.
        unsafe { store_u8(destination, value) };
    }
}

/// Sets `len` bytes of shared memory to `value`, writing each byte once.
///
/// # Safety
///
/// `destination` is mapped and writable for `len` bytes.
#[inline]
pub(crate) unsafe fn fill(destination: *mut u8, value: u8, len: usize) {
    let mut destination = destination;
    let value = u64::from_ne_bytes([value; 8]);
    let turns = len / SHORT;
    if turns > 0 {
        // SAFETY: as many turns as there are whole ones.
        unsafe {
            asm!(
                "2:",
                "stp {value}, {value}, [{destination}]",
                "stp {value}, {value}, [{destination}, #16]",
                "stp {value}, {value}, [{destination}, #32]",
                "stp {value}, {value}, [{destination}, #48]",
                "add {destination}, {destination}, #64",
                "subs {turns}, {turns}, #1",
                "b.ne 2b",
                value = in(reg) value,
                turns = inout(reg) turns => _,
                destination = inout(reg) destination,
                options(nostack),
            );
        }
    }
    for _ in 0..len % SHORT / 8 {
        // SAFETY: as many as there are whole ones.
        unsafe { store_u64(destination, value) };
        destination = destination.wrapping_add(8);
    }
    if len & 4 != 0 {
        // SAFETY: the first of what remains.
        unsafe { store_u32(destination, value as u32) };
        destination = destination.wrapping_add(4);
    }
    if len & 2 != 0 {
        // SAFETY: as above.
        unsafe { store_u16(destination, value as u16) };
        destination = destination.wrapping_add(2);
    }
    if len & 1 != 0 {
        // SAFETY: the last byte.
        unsafe { store_u8(destination, value as u8) };
    }
}
