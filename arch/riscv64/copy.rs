//! Copies to and from memory that others may write.
//!
//! One routine serves every direction: it goes upwards, reads a byte before it writes
//! anything above it, and writes each byte once. No access is misaligned, because the kernel
//! or the firmware may have to emulate those; where source and destination lie differently,
//! aligned words of the source are shifted together.

use core::arch::asm;

use super::{load_u8, store_u8};

/// The size of a register.
const WORD: usize = 8;

/// What the unrolled loops do in one turn.
const TURN: usize = 8 * WORD;

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

#[cfg(test)]
type Copy = unsafe fn(*const u8, *mut u8, usize);

/// All routines, for the tests.
#[cfg(test)]
#[allow(
    dead_code,
    reason = "only tests/access.rs, which includes this file, asks"
)]
pub(crate) fn routines() -> std::vec::Vec<(&'static str, Copy)> {
    std::vec![("the one", copy), ("bytes", copy_bytes)]
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
    std::vec![("the one", fill)]
}

/// # Safety
///
/// As [`copy_between_shared`]; so of every function below that copies.
#[inline(never)]
unsafe fn copy(source: *const u8, destination: *mut u8, len: usize) {
    let head = bytes_to_alignment(destination, len);
    // SAFETY: not more than `len` bytes.
    unsafe { copy_bytes(source, destination, head) };
    let (source, destination) = (source.wrapping_add(head), destination.wrapping_add(head));
    let len = len - head;
    let done = if source.addr() % WORD == 0 {
        let words = len / WORD * WORD;
        // SAFETY: whole words of the rest, aligned on both sides.
        unsafe { copy_words(source, destination, words) };
        words
    } else {
        // SAFETY: the destination is aligned, if a whole word is left; the source is not.
        unsafe { copy_shifted(source, destination, len) }
    };
    let (source, destination) = (source.wrapping_add(done), destination.wrapping_add(done));
    // SAFETY: what remains.
    unsafe { copy_bytes(source, destination, len - done) }
}

/// The bytes before the first address that is a multiple of a word's size, at most `len`.
#[inline]
fn bytes_to_alignment(address: *const u8, len: usize) -> usize {
    len.min(address.addr().wrapping_neg() % WORD)
}

/// Copies byte by byte.
#[inline]
unsafe fn copy_bytes(source: *const u8, destination: *mut u8, len: usize) {
    if len == 0 {
        return;
    }
    // SAFETY: as many turns as there are bytes, of which there is one at least.
    unsafe {
        asm!(
            "2:",
            "lbu {value}, 0({source})",
            "addi {source}, {source}, 1",
            "sb {value}, 0({destination})",
            "addi {destination}, {destination}, 1",
            "bne {source}, {end}, 2b",
            value = out(reg) _,
            source = inout(reg) source => _,
            destination = inout(reg) destination => _,
            end = in(reg) source.wrapping_add(len),
            options(nostack, preserves_flags),
        );
    }
}

/// Copies whole words; both addresses and `len` are multiples of a word's size.
#[inline]
unsafe fn copy_words(source: *const u8, destination: *mut u8, len: usize) {
    let (mut source, mut destination) = (source, destination);
    let unrolled = len / TURN * TURN;
    if unrolled > 0 {
        let end = source.wrapping_add(unrolled);
        // SAFETY: as many turns as there are whole ones, of which there is one at least.
        unsafe {
            asm!(
                "2:",
                "ld {a}, 0({source})",
                "ld {b}, 8({source})",
                "ld {c}, 16({source})",
                "ld {d}, 24({source})",
                "ld {e}, 32({source})",
                "ld {f}, 40({source})",
                "ld {g}, 48({source})",
                "ld {h}, 56({source})",
                "addi {source}, {source}, 64",
                "sd {a}, 0({destination})",
                "sd {b}, 8({destination})",
                "sd {c}, 16({destination})",
                "sd {d}, 24({destination})",
                "sd {e}, 32({destination})",
                "sd {f}, 40({destination})",
                "sd {g}, 48({destination})",
                "sd {h}, 56({destination})",
                "addi {destination}, {destination}, 64",
                "bne {source}, {end}, 2b",
                a = out(reg) _,
                b = out(reg) _,
                c = out(reg) _,
                d = out(reg) _,
                e = out(reg) _,
                f = out(reg) _,
                g = out(reg) _,
                h = out(reg) _,
                source = inout(reg) source,
                destination = inout(reg) destination,
                end = in(reg) end,
                options(nostack, preserves_flags),
            );
        }
    }
    if len > unrolled {
        let end = source.wrapping_add(len - unrolled);
        // SAFETY: as many turns as there are words left, of which there is one at least.
        unsafe {
            asm!(
                "2:",
                "ld {value}, 0({source})",
                "addi {source}, {source}, 8",
                "sd {value}, 0({destination})",
                "addi {destination}, {destination}, 8",
                "bne {source}, {end}, 2b",
                value = out(reg) _,
                source = inout(reg) source => _,
                destination = inout(reg) destination => _,
                end = in(reg) end,
                options(nostack, preserves_flags),
            );
        }
    }
}

/// Copies whole words to an aligned destination from a source that is not, and returns how
/// many bytes those were.
///
/// Each word is made of the last bytes of one aligned word of the source and the first bytes
/// of the next. Only words that are all within the source are loaded.
#[inline]
unsafe fn copy_shifted(source: *const u8, destination: *mut u8, len: usize) -> usize {
    let ahead = bytes_to_alignment(source, len);
    let words = (len - ahead) / WORD * WORD;
    if words == 0 {
        return 0;
    }
    let mut carry = 0;
    for index in 0..ahead {
        // SAFETY: the bytes before the first aligned word, less than a word of them.
        let byte = unsafe { load_u8(source.wrapping_add(index)) };
        carry |= u64::from(byte) << (8 * index);
    }
    let first = source.wrapping_add(ahead);
    // SAFETY: as many turns as there are whole words behind those bytes, at least one; each
    // writes as many bytes as it reads.
    unsafe {
        asm!(
            "2:",
            "ld {word}, 0({source})",
            "addi {source}, {source}, 8",
            "sll {merged}, {word}, {left}",
            "or {merged}, {merged}, {carry}",
            "sd {merged}, 0({destination})",
            "srl {carry}, {word}, {right}",
            "addi {destination}, {destination}, 8",
            "bne {source}, {end}, 2b",
            word = out(reg) _,
            merged = out(reg) _,
            carry = inout(reg) carry => _,
            left = in(reg) 8 * ahead,
            right = in(reg) 8 * (WORD - ahead),
            source = inout(reg) first => _,
            destination = inout(reg) destination => _,
            end = in(reg) first.wrapping_add(words),
            options(nostack, preserves_flags),
        );
    }
    words
}

/// Sets `len` bytes of shared memory to `value`, writing each byte once.
///
/// # Safety
///
/// `destination` is mapped and writable for `len` bytes.
#[inline(never)]
pub(crate) unsafe fn fill(destination: *mut u8, value: u8, len: usize) {
    let head = bytes_to_alignment(destination, len);
    // SAFETY: not more than `len` bytes.
    unsafe { fill_bytes(destination, value, head) };
    let (mut destination, rest) = (destination.wrapping_add(head), len - head);
    let word = u64::from_ne_bytes([value; WORD]);
    let unrolled = rest / TURN * TURN;
    if unrolled > 0 {
        let end = destination.wrapping_add(unrolled);
        // SAFETY: as many turns as there are whole ones, of which there is one at least.
        unsafe {
            asm!(
                "2:",
                "sd {word}, 0({destination})",
                "sd {word}, 8({destination})",
                "sd {word}, 16({destination})",
                "sd {word}, 24({destination})",
                "sd {word}, 32({destination})",
                "sd {word}, 40({destination})",
                "sd {word}, 48({destination})",
                "sd {word}, 56({destination})",
                "addi {destination}, {destination}, 64",
                "bne {destination}, {end}, 2b",
                word = in(reg) word,
                destination = inout(reg) destination,
                end = in(reg) end,
                options(nostack, preserves_flags),
            );
        }
    }
    for _ in 0..rest % TURN / WORD {
        // SAFETY: as many as there are whole words left.
        unsafe { super::store_u64(destination, word) };
        destination = destination.wrapping_add(WORD);
    }
    // SAFETY: what remains.
    unsafe { fill_bytes(destination, value, rest % WORD) }
}

/// Fills byte by byte.
///
/// # Safety
///
/// As [`fill`].
#[inline]
unsafe fn fill_bytes(destination: *mut u8, value: u8, len: usize) {
    for index in 0..len {
        // SAFETY: `index` is below `len`, for which the caller vouches.
        unsafe { store_u8(destination.wrapping_add(index), value) };
    }
}
