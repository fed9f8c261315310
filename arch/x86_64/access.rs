//! Copies and accesses to memory that others may write.
//!
//! The contract of each function is that of `../portable/access.rs`, its plain twin.
//! Here the bytes are touched by instructions alone, so that they are never part
//! of Rust's memory model and a concurrent write is no data race in it.

#[path = "copy.rs"]
mod copy;

use core::arch::asm;

pub(crate) use copy::{copy_between_shared, copy_from_shared, copy_to_shared, fill};
#[cfg(test)]
#[allow(
    unused_imports,
    reason = "only tests/access.rs, which includes this file, asks"
)]
pub(crate) use copy::{fills, routines, routines_to_our_own};

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

/// Defines the atomic operations on one size.
///
/// Every load is an acquire and every store a release on this processor, and every locked
/// instruction is sequentially consistent; a block of assembly that may touch memory keeps
/// the compiler from moving other accesses past it.
macro_rules! atomics {
    (
        $module:ident, $type:ty, $class:ident, $modifier:literal, $accumulator:tt,
        $load:ident, $store:ident
    ) => {
        pub(crate) mod $module {
            use core::arch::asm;
            use core::sync::atomic::Ordering;

            /// # Safety
            ///
            /// `source` is mapped, readable and a multiple of the size.
            #[inline]
            pub(crate) unsafe fn load(source: *const u8, order: Ordering) -> $type {
                if order == Ordering::Relaxed {
                    // SAFETY: the duties are the same.
                    return unsafe { super::$load(source) };
                }
                let value;
                // SAFETY: the caller vouches for the address.
                unsafe {
                    asm!(
                        concat!("mov {value", $modifier, "}, [{address}]"),
                        value = lateout($class) value,
                        address = in(reg) source,
                        options(nostack, preserves_flags),
                    );
                }
                value
            }

            /// # Safety
            ///
            /// `destination` is mapped, writable and a multiple of the size; so of all below.
            #[inline]
            pub(crate) unsafe fn store(destination: *mut u8, value: $type, order: Ordering) {
                if order == Ordering::SeqCst {
                    // SAFETY: the duties are the same.
                    unsafe { swap(destination, value, order) };
                } else {
                    // SAFETY: the duties are the same.
                    unsafe { super::$store(destination, value) }
                }
            }

            #[inline]
            pub(crate) unsafe fn swap(place: *mut u8, value: $type, _: Ordering) -> $type {
                let previous;
                // SAFETY: the caller vouches for the address.
                unsafe {
                    asm!(
                        concat!("xchg [{address}], {value", $modifier, "}"),
                        value = inout($class) value => previous,
                        address = in(reg) place,
                        options(nostack, preserves_flags),
                    );
                }
                previous
            }

            /// What was there; `new` is there now if that was `current`.
            #[inline]
            pub(crate) unsafe fn compare_exchange(
                place: *mut u8,
                current: $type,
                new: $type,
                _: Ordering,
            ) -> $type {
                let previous;
                // SAFETY: the caller vouches for the address.
                unsafe {
                    asm!(
                        concat!("lock cmpxchg [{address}], {new", $modifier, "}"),
                        new = in($class) new,
                        address = in(reg) place,
                        inout($accumulator) current => previous,
                        options(nostack),
                    );
                }
                previous
            }

            #[inline]
            pub(crate) unsafe fn fetch_add(place: *mut u8, value: $type, _: Ordering) -> $type {
                let previous;
                // SAFETY: the caller vouches for the address.
                unsafe {
                    asm!(
                        concat!("lock xadd [{address}], {value", $modifier, "}"),
                        value = inout($class) value => previous,
                        address = in(reg) place,
                        options(nostack),
                    );
                }
                previous
            }

            atomics!(@loop fetch_and "and" $type, $class, $modifier, $accumulator);
            atomics!(@loop fetch_or "or" $type, $class, $modifier, $accumulator);
            atomics!(@loop fetch_xor "xor" $type, $class, $modifier, $accumulator);
        }
    };
    // What the processor has no instruction for that tells the value before.
    (
        @loop $name:ident $instruction:literal
        $type:ty, $class:ident, $modifier:literal, $accumulator:tt
    ) => {
        #[inline]
        pub(crate) unsafe fn $name(place: *mut u8, value: $type, _: Ordering) -> $type {
            let previous;
            // SAFETY: the caller vouches for the address.
            unsafe {
                asm!(
                    concat!("mov ", $accumulator, ", [{address}]"),
                    "2:",
                    concat!("mov {new", $modifier, "}, ", $accumulator),
                    concat!($instruction, " {new", $modifier, "}, {value", $modifier, "}"),
                    concat!("lock cmpxchg [{address}], {new", $modifier, "}"),
                    "jne 2b",
                    new = out($class) _,
                    value = in($class) value,
                    address = in(reg) place,
                    out($accumulator) previous,
                    options(nostack),
                );
            }
            previous
        }
    };
}

atomics!(atomic_u8, u8, reg_byte, "", "al", load_u8, store_u8);
atomics!(atomic_u16, u16, reg, ":x", "ax", load_u16, store_u16);
atomics!(atomic_u32, u32, reg, ":e", "eax", load_u32, store_u32);
atomics!(atomic_u64, u64, reg, ":r", "rax", load_u64, store_u64);
