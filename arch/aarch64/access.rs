//! Copies and typed accesses to memory that others may write.
//!
//! The contract of each function is that of `../portable/access.rs`, its plain twin.
//! Here the bytes are touched by instructions alone, so that they are never part
//! of Rust's memory model and a concurrent write is no data race in it.

use core::arch::asm;

/// Copies `len` bytes from shared memory to memory of our own.
///
/// # Safety
///
/// - `source` is mapped and readable for `len` bytes.
/// - `destination` is valid for writes of `len` bytes, which only we access.
#[inline]
pub(crate) unsafe fn copy_from_shared(source: *const u8, destination: *mut u8, len: usize) {
    // SAFETY: the duties are the same.
    unsafe { move_bytes(source, destination, len) }
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
    unsafe { move_bytes(source, destination, len) }
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
    unsafe { move_bytes(source, destination, len) }
}

#[inline]
unsafe fn move_bytes(source: *const u8, destination: *mut u8, len: usize) {
    // SAFETY: the caller vouches for both ranges; pairs of registers while 16 bytes
    // are left, then single bytes.
    unsafe {
        asm!(
            "subs {len}, {len}, #16",
            "b.lo 3f",
            "2:",
            "ldp {first}, {second}, [{source}], #16",
            "stp {first}, {second}, [{destination}], #16",
            "subs {len}, {len}, #16",
            "b.hs 2b",
            "3:",
            "adds {len}, {len}, #16",
            "b.eq 5f",
            "4:",
            "ldrb {first:w}, [{source}], #1",
            "strb {first:w}, [{destination}], #1",
            "subs {len}, {len}, #1",
            "b.ne 4b",
            "5:",
            len = inout(reg) len => _,
            source = inout(reg) source => _,
            destination = inout(reg) destination => _,
            first = out(reg) _,
            second = out(reg) _,
            options(nostack),
        );
    }
}

/// Sets `len` bytes of shared memory to `value`, writing each byte once.
///
/// # Safety
///
/// `destination` is mapped and writable for `len` bytes.
#[inline]
pub(crate) unsafe fn fill(destination: *mut u8, value: u8, len: usize) {
    let value = u64::from_ne_bytes([value; 8]);
    // SAFETY: the caller vouches for the range; pairs of registers while 16 bytes
    // are left, then single bytes.
    unsafe {
        asm!(
            "subs {len}, {len}, #16",
            "b.lo 3f",
            "2:",
            "stp {value}, {value}, [{destination}], #16",
            "subs {len}, {len}, #16",
            "b.hs 2b",
            "3:",
            "adds {len}, {len}, #16",
            "b.eq 5f",
            "4:",
            "strb {value:w}, [{destination}], #1",
            "subs {len}, {len}, #1",
            "b.ne 4b",
            "5:",
            len = inout(reg) len => _,
            destination = inout(reg) destination => _,
            value = in(reg) value,
            options(nostack),
        );
    }
}

/// Defines the load and the store of one size.
macro_rules! typed {
    ($load:ident, $store:ident, $type:ty, $load_text:literal, $store_text:literal) => {
        /// Loads one value, at any alignment; in one access where it is aligned.
        ///
        /// # Safety
        ///
        /// `source` is mapped and readable for the size of the value.
        #[inline]
        pub(crate) unsafe fn $load(source: *const u8) -> $type {
            let value: $type;
            // SAFETY: the caller vouches for the address.
            unsafe {
                asm!(
                    $load_text,
                    value = lateout(reg) value,
                    address = in(reg) source,
                    options(nostack, preserves_flags, readonly),
                );
            }
            value
        }

        /// Stores one value, at any alignment; in one access where it is aligned.
        ///
        /// # Safety
        ///
        /// `destination` is mapped and writable for the size of the value.
        #[inline]
        pub(crate) unsafe fn $store(destination: *mut u8, value: $type) {
            // SAFETY: the caller vouches for the address.
            unsafe {
                asm!(
                    $store_text,
                    value = in(reg) value,
                    address = in(reg) destination,
                    options(nostack, preserves_flags),
                );
            }
        }
    };
}

typed!(
    load_u8,
    store_u8,
    u8,
    "ldrb {value:w}, [{address}]",
    "strb {value:w}, [{address}]"
);
typed!(
    load_u16,
    store_u16,
    u16,
    "ldrh {value:w}, [{address}]",
    "strh {value:w}, [{address}]"
);
typed!(
    load_u32,
    store_u32,
    u32,
    "ldr {value:w}, [{address}]",
    "str {value:w}, [{address}]"
);
typed!(
    load_u64,
    store_u64,
    u64,
    "ldr {value}, [{address}]",
    "str {value}, [{address}]"
);
