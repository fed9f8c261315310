//! Copies and accesses to memory that others may write.
//!
//! The contract of each function is that of `../portable/access.rs`, its plain twin.
//! Here the bytes are touched by instructions alone, so that they are never part
//! of Rust's memory model and a concurrent write is no data race in it.

#[path = "copy.rs"]
mod copy;

use core::arch::asm;
use core::sync::atomic::{AtomicU8, Ordering};

pub(crate) use copy::{copy_between_shared, copy_from_shared, copy_to_shared, fill};
#[cfg(test)]
#[allow(
    unused_imports,
    reason = "only tests/access.rs, which includes this file, asks"
)]
pub(crate) use copy::{fills, routines, routines as routines_to_our_own};

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

/// Whether the processor has the Large System Extensions: single instructions for what is
/// a loop without them, which a peer that writes the same line all the time could hold up.
#[inline]
fn has_lse() -> bool {
    const UNKNOWN: u8 = 0;
    const ABSENT: u8 = 1;
    const PRESENT: u8 = 2;
    static LSE: AtomicU8 = AtomicU8::new(UNKNOWN);

    #[cold]
    fn detect() -> bool {
        let features: u64;
        // SAFETY: the kernel lets every process read this register (Linux 4.11).
        unsafe {
            asm!(
                "mrs {features}, ID_AA64ISAR0_EL1",
                features = out(reg) features,
                options(nomem, nostack, preserves_flags),
            );
        }
        let present = features >> 20 & 0xf >= 2;
        LSE.store(if present { PRESENT } else { ABSENT }, Ordering::Relaxed);
        present
    }

    // Every Apple processor has them, and none lets programs read the register.
    cfg!(any(target_feature = "lse", target_vendor = "apple"))
        || match LSE.load(Ordering::Relaxed) {
            UNKNOWN => detect(),
            known => known == PRESENT,
        }
}

/// Defines the atomic operations on one size.
///
/// A block of assembly that may touch memory keeps the compiler from moving other accesses
/// past it; what the processor may move is said by the instructions.
macro_rules! atomics {
    (
        $module:ident, $type:ty, $modifier:literal, $suffix:literal,
        $load:ident, $store:ident
    ) => {
        pub(crate) mod $module {
            use core::arch::asm;
            use core::sync::atomic::Ordering;

            use super::has_lse;

            /// # Safety
            ///
            /// `source` is mapped, readable and a multiple of the size.
            #[inline]
            pub(crate) unsafe fn load(source: *const u8, order: Ordering) -> $type {
                if order == Ordering::Relaxed {
                    // SAFETY: the duties are the same.
                    return unsafe { super::$load(source) };
                }
                let value: u64;
                // SAFETY: the caller vouches for the address.
                unsafe {
                    asm!(
                        concat!("ldar", $suffix, " {value", $modifier, "}, [{address}]"),
                        value = lateout(reg) value,
                        address = in(reg) source,
                        options(nostack, preserves_flags),
                    );
                }
                value as $type
            }

            /// # Safety
            ///
            /// `destination` is mapped, writable and a multiple of the size; so of all below.
            #[inline]
            pub(crate) unsafe fn store(destination: *mut u8, value: $type, order: Ordering) {
                if order == Ordering::Relaxed {
                    // SAFETY: the duties are the same.
                    return unsafe { super::$store(destination, value) };
                }
                // SAFETY: the caller vouches for the address.
                unsafe {
                    asm!(
                        concat!("stlr", $suffix, " {value", $modifier, "}, [{address}]"),
                        value = in(reg) value as u64,
                        address = in(reg) destination,
                        options(nostack, preserves_flags),
                    );
                }
            }

            /// What was there; `new` is there now if that was `current`.
            #[inline]
            pub(crate) unsafe fn compare_exchange(
                place: *mut u8,
                current: $type,
                new: $type,
                order: Ordering,
            ) -> $type {
                let current = current as u64;
                let previous: u64;
                if has_lse() {
                    macro_rules! single {
                        ($order:literal) => {
                            // SAFETY: the caller vouches for the address.
                            unsafe {
                                asm!(
                                    ".arch_extension lse",
                                    concat!(
                                        "cas", $order, $suffix, " {previous", $modifier,
                                        "}, {new", $modifier, "}, [{address}]",
                                    ),
                                    previous = inout(reg) current => previous,
                                    new = in(reg) new as u64,
                                    address = in(reg) place,
                                    options(nostack, preserves_flags),
                                )
                            }
                        };
                    }
                    match order {
                        Ordering::Relaxed => single!(""),
                        Ordering::Acquire => single!("a"),
                        Ordering::Release => single!("l"),
                        _ => single!("al"),
                    }
                } else {
                    // SAFETY: the caller vouches for the address.
                    unsafe {
                        asm!(
                            "2:",
                            concat!("ldaxr", $suffix, " {previous", $modifier, "}, [{address}]"),
                            concat!("cmp {previous", $modifier, "}, {current", $modifier, "}"),
                            "b.ne 3f",
                            concat!("stlxr", $suffix, " {failed:w}, {new", $modifier, "}, [{address}]"),
                            "cbnz {failed:w}, 2b",
                            "b 4f",
                            "3:",
                            "clrex",
                            "4:",
                            previous = out(reg) previous,
                            failed = out(reg) _,
                            current = in(reg) current,
                            new = in(reg) new as u64,
                            address = in(reg) place,
                            options(nostack),
                        );
                    }
                }
                previous as $type
            }

            /// What one instruction of the Large System Extensions does, or a loop.
            macro_rules! fetch {
                ($name:ident: $single:literal of $operand:expr, $step:expr) => {
                    #[inline]
                    pub(crate) unsafe fn $name(
                        place: *mut u8,
                        value: $type,
                        order: Ordering,
                    ) -> $type {
                        let value = value as u64;
                        let previous: u64;
                        if has_lse() {
                            let operand: fn(u64) -> u64 = $operand;
                            macro_rules! single {
                                ($order:literal) => {
                                    // SAFETY: the caller vouches for the address.
                                    unsafe {
                                        asm!(
                                            ".arch_extension lse",
                                            concat!(
                                                $single, $order, $suffix, " {value", $modifier,
                                                "}, {previous", $modifier, "}, [{address}]",
                                            ),
                                            value = in(reg) operand(value),
                                            previous = out(reg) previous,
                                            address = in(reg) place,
                                            options(nostack, preserves_flags),
                                        )
                                    }
                                };
                            }
                            match order {
                                Ordering::Relaxed => single!(""),
                                Ordering::Acquire => single!("a"),
                                Ordering::Release => single!("l"),
                                _ => single!("al"),
                            }
                        } else {
                            // SAFETY: the caller vouches for the address.
                            unsafe {
                                asm!(
                                    "2:",
                                    concat!(
                                        "ldaxr", $suffix, " {previous", $modifier, "}, [{address}]"
                                    ),
                                    $step,
                                    concat!(
                                        "stlxr", $suffix, " {failed:w}, {new", $modifier,
                                        "}, [{address}]"
                                    ),
                                    "cbnz {failed:w}, 2b",
                                    value = in(reg) value,
                                    previous = out(reg) previous,
                                    new = out(reg) _,
                                    failed = out(reg) _,
                                    address = in(reg) place,
                                    options(nostack, preserves_flags),
                                );
                            }
                        }
                        previous as $type
                    }
                };
            }

            fetch!(swap: "swp" of |value| value, "mov {new}, {value}");
            fetch!(fetch_add: "ldadd" of |value| value, "add {new}, {previous}, {value}");
            fetch!(fetch_and: "ldclr" of |value| !value, "and {new}, {previous}, {value}");
            fetch!(fetch_or: "ldset" of |value| value, "orr {new}, {previous}, {value}");
            fetch!(fetch_xor: "ldeor" of |value| value, "eor {new}, {previous}, {value}");
        }
    };
}

atomics!(atomic_u8, u8, ":w", "b", load_u8, store_u8);
atomics!(atomic_u16, u16, ":w", "h", load_u16, store_u16);
atomics!(atomic_u32, u32, ":w", "", load_u32, store_u32);
atomics!(atomic_u64, u64, "", "", load_u64, store_u64);
