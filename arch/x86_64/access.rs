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
    // SAFETY: the caller vouches for both ranges; the direction flag is clear on
    // entry to every block of inline assembly.
    unsafe {
        asm!(
            "rep movsb",
            inout("rcx") len => _,
            inout("rsi") source => _,
            inout("rdi") destination => _,
            options(nostack, preserves_flags),
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
    // SAFETY: the caller vouches for the range; the direction flag is clear on
    // entry to every block of inline assembly.
    unsafe {
        asm!(
            "rep stosb",
            inout("rcx") len => _,
            inout("rdi") destination => _,
            in("al") value,
            options(nostack, preserves_flags),
        );
    }
}

/// Defines the load and the store of one size.
macro_rules! typed {
    ($load:ident, $store:ident, $type:ty, $class:ident, $load_text:literal, $store_text:literal) => {
        /// Loads one value, at any alignment; in one access where it is aligned.
        ///
        /// # Safety
        ///
        /// `source` is mapped and readable for the size of the value.
        #[inline]
        pub(crate) unsafe fn $load(source: *const u8) -> $type {
            let value;
            // SAFETY: the caller vouches for the address.
            unsafe {
                asm!(
                    $load_text,
                    value = lateout($class) value,
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
                    value = in($class) value,
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
    reg_byte,
    "mov {value}, byte ptr [{address}]",
    "mov byte ptr [{address}], {value}"
);
typed!(
    load_u16,
    store_u16,
    u16,
    reg,
    "movzx {value:e}, word ptr [{address}]",
    "mov word ptr [{address}], {value:x}"
);
typed!(
    load_u32,
    store_u32,
    u32,
    reg,
    "mov {value:e}, dword ptr [{address}]",
    "mov dword ptr [{address}], {value:e}"
);
typed!(
    load_u64,
    store_u64,
    u64,
    reg,
    "mov {value}, qword ptr [{address}]",
    "mov qword ptr [{address}], {value}"
);
