//! Copies and accesses to memory that others may write.
//!
//! The contract of each function is that of `../portable/access.rs`, its plain twin.
//! Here the bytes are touched by instructions alone, so that they are never part
//! of Rust's memory model and a concurrent write is no data race in it.
//!
//! Orders are made of fences and bits as in the manual of the processor, volume I, appendix
//! "Memory Model": with the stronger of the mappings that it gives for C, so that they hold
//! against a peer that was compiled with either.

#[path = "copy.rs"]
mod copy;

use core::arch::asm;

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
            if !source.cast::<$type>().is_aligned() {
                let mut bytes = [0; size_of::<$type>()];
                // SAFETY: `source` is readable for the value's size, `bytes` is as long.
                unsafe { copy_from_shared(source, bytes.as_mut_ptr(), bytes.len()) };
                return <$type>::from_ne_bytes(bytes);
            }
            let value: $type;
            // SAFETY: the caller vouches for the address.
            unsafe {
                asm!(
                    concat!($load_text, " {value}, 0({address})"),
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
            if !destination.cast::<$type>().is_aligned() {
                let bytes = value.to_ne_bytes();
                // SAFETY: `destination` is writable for the value's size, `bytes` is as long.
                unsafe { copy_to_shared(bytes.as_ptr(), destination, bytes.len()) };
                return;
            }
            // SAFETY: the caller vouches for the address.
            unsafe {
                asm!(
                    concat!($store_text, " {value}, 0({address})"),
                    value = in(reg) value,
                    address = in(reg) destination,
                    options(nostack, preserves_flags),
                );
            }
        }
    };
}

typed!(load_u8, store_u8, u8, "lbu", "sb");
typed!(load_u16, store_u16, u16, "lhu", "sh");
typed!(load_u32, store_u32, u32, "lwu", "sw");
typed!(load_u64, store_u64, u64, "ld", "sd");

/// Expands to the assembly of an operation with the bits of an order.
macro_rules! with_order {
    ($order:expr, $operation:ident) => {
        match $order {
            Ordering::Relaxed => $operation!(""),
            Ordering::Acquire => $operation!(".aq"),
            Ordering::Release => $operation!(".rl"),
            _ => $operation!(".aqrl"),
        }
    };
}

/// Defines the atomic operations on one size.
///
/// A block of assembly that may touch memory keeps the compiler from moving other accesses
/// past it; what the processor may move is said by the instructions. Loops have the strongest
/// order, and the form for which the processor promises that they end, unless others write
/// the same place all the time.
macro_rules! atomics {
    (
        $module:ident, $type:ty, $load:ident, $load_text:literal, $store:ident, $store_text:literal,
        $exchanges:ident!($($parameter:tt)*)
    ) => {
        pub(crate) mod $module {
            use core::arch::asm;
            use core::sync::atomic::Ordering;

            /// # Safety
            ///
            /// `source` is mapped, readable and a multiple of the size.
            #[inline]
            pub(crate) unsafe fn load(source: *const u8, order: Ordering) -> $type {
                let value: $type;
                macro_rules! fenced {
                    ($before:literal) => {
                        // SAFETY: the caller vouches for the address.
                        unsafe {
                            asm!(
                                $before,
                                concat!($load_text, " {value}, 0({address})"),
                                "fence r, rw",
                                value = out(reg) value,
                                address = in(reg) source,
                                options(nostack, preserves_flags),
                            )
                        }
                    };
                }
                match order {
                    // SAFETY: the duties are the same.
                    Ordering::Relaxed => return unsafe { super::$load(source) },
                    Ordering::SeqCst => fenced!("fence rw, rw"),
                    _ => fenced!(""),
                }
                value
            }

            /// # Safety
            ///
            /// `destination` is mapped, writable and a multiple of the size; so of all below.
            #[inline]
            pub(crate) unsafe fn store(destination: *mut u8, value: $type, order: Ordering) {
                macro_rules! fenced {
                    ($after:literal) => {
                        // SAFETY: the caller vouches for the address.
                        unsafe {
                            asm!(
                                "fence rw, w",
                                concat!($store_text, " {value}, 0({address})"),
                                $after,
                                value = in(reg) value,
                                address = in(reg) destination,
                                options(nostack, preserves_flags),
                            )
                        }
                    };
                }
                match order {
                    // SAFETY: the duties are the same.
                    Ordering::Relaxed => unsafe { super::$store(destination, value) },
                    Ordering::SeqCst => fenced!("fence rw, rw"),
                    _ => fenced!(""),
                }
            }

            $exchanges!($type, $($parameter)*);
        }
    };
}

/// Operations on whole words: instructions, and a loop to compare.
macro_rules! words {
    ($type:ty, $signed:ty, $suffix:literal) => {
        /// What was there; `new` is there now if that was `current`.
        #[inline]
        pub(crate) unsafe fn compare_exchange(
            place: *mut u8,
            current: $type,
            new: $type,
            _order: Ordering,
        ) -> $type {
            let previous: u64;
            // SAFETY: the caller vouches for the address.
            unsafe {
                asm!(
                    "2:",
                    concat!("lr.", $suffix, ".aqrl {previous}, ({address})"),
                    "bne {previous}, {current}, 3f",
                    concat!("sc.", $suffix, ".rl {failed}, {new}, ({address})"),
                    "bnez {failed}, 2b",
                    "3:",
                    previous = out(reg) previous,
                    failed = out(reg) _,
                    // With the sign that the load gives it.
                    current = in(reg) i64::from(current as $signed),
                    new = in(reg) u64::from(new),
                    address = in(reg) place,
                    options(nostack, preserves_flags),
                );
            }
            previous as $type
        }

        words!(@fetch $type, $suffix: swap "amoswap", fetch_add "amoadd", fetch_and "amoand",
            fetch_or "amoor", fetch_xor "amoxor");
    };
    (@fetch $type:ty, $suffix:literal: $($name:ident $instruction:literal),*) => {
        $(
            #[inline]
            pub(crate) unsafe fn $name(place: *mut u8, value: $type, order: Ordering) -> $type {
                let previous: u64;
                macro_rules! single {
                    ($order:literal) => {
                        // SAFETY: the caller vouches for the address.
                        unsafe {
                            asm!(
                                concat!(
                                    $instruction, ".", $suffix, $order,
                                    " {previous}, {value}, ({address})",
                                ),
                                value = in(reg) u64::from(value),
                                previous = lateout(reg) previous,
                                address = in(reg) place,
                                options(nostack, preserves_flags),
                            )
                        }
                    };
                }
                with_order!(order, single);
                previous as $type
            }
        )*
    };
}

/// Operations on a part of a word, by those on the aligned word of 32 bits that it is in.
///
/// That word is in the same page, and therefore mapped and writable as well. Its other bytes
/// keep their values even while others write them: the processor lets no store to any byte
/// of the word happen between the load and the store of one such operation. Rust's own
/// atomics of 8 and 16 bits are made so, too.
macro_rules! parts {
    ($type:ty,) => {
        /// The word that the place is in, and how far the place's bits are shifted there.
        #[inline]
        fn word(place: *mut u8) -> (*mut u8, usize) {
            let byte = place.addr() % size_of::<u32>();
            (place.wrapping_sub(byte), 8 * byte)
        }

        /// What was there; `new` is there now if that was `current`.
        #[inline]
        pub(crate) unsafe fn compare_exchange(
            place: *mut u8,
            current: $type,
            new: $type,
            _order: Ordering,
        ) -> $type {
            let (word, shift) = word(place);
            let previous: u64;
            // SAFETY: the caller vouches for the place, and so for the word.
            unsafe {
                asm!(
                    "2:",
                    "lr.w.aqrl {previous}, ({word})",
                    "and {new}, {previous}, {mask}",
                    "bne {new}, {current}, 3f",
                    "xor {new}, {previous}, {change}",
                    "sc.w.rl {new}, {new}, ({word})",
                    "bnez {new}, 2b",
                    "3:",
                    previous = out(reg) previous,
                    new = out(reg) _,
                    mask = in(reg) u64::from(<$type>::MAX) << shift,
                    current = in(reg) u64::from(current) << shift,
                    change = in(reg) u64::from(current ^ new) << shift,
                    word = in(reg) word,
                    options(nostack, preserves_flags),
                );
            }
            (previous >> shift) as $type
        }

        parts!(@single $type: fetch_and "amoand" !0, fetch_or "amoor" 0, fetch_xor "amoxor" 0);
        parts!(@loop $type: swap "mv {new}, {value}", fetch_add "add {new}, {previous}, {value}");
    };
    // One instruction, whose operand leaves the other bytes as they are.
    (@single $type:ty: $($name:ident $instruction:literal $others:expr),*) => {
        $(
            #[inline]
            pub(crate) unsafe fn $name(place: *mut u8, value: $type, order: Ordering) -> $type {
                let (word, shift) = word(place);
                let others: u64 = $others & !(u64::from(<$type>::MAX) << shift);
                let previous: u64;
                macro_rules! single {
                    ($order:literal) => {
                        // SAFETY: the caller vouches for the place, and so for the word.
                        unsafe {
                            asm!(
                                concat!($instruction, ".w", $order, " {previous}, {value}, ({word})"),
                                value = in(reg) u64::from(value) << shift | others,
                                previous = lateout(reg) previous,
                                word = in(reg) word,
                                options(nostack, preserves_flags),
                            )
                        }
                    };
                }
                with_order!(order, single);
                (previous >> shift) as $type
            }
        )*
    };
    (@loop $type:ty: $($name:ident $step:literal),*) => {
        $(
            #[inline]
            pub(crate) unsafe fn $name(place: *mut u8, value: $type, _order: Ordering) -> $type {
                let (word, shift) = word(place);
                let previous: u64;
                // SAFETY: the caller vouches for the place, and so for the word.
                unsafe {
                    asm!(
                        "2:",
                        "lr.w.aqrl {previous}, ({word})",
                        $step,
                        // The other bytes as they were.
                        "xor {new}, {new}, {previous}",
                        "and {new}, {new}, {mask}",
                        "xor {new}, {new}, {previous}",
                        "sc.w.rl {new}, {new}, ({word})",
                        "bnez {new}, 2b",
                        previous = out(reg) previous,
                        new = out(reg) _,
                        value = in(reg) u64::from(value) << shift,
                        mask = in(reg) u64::from(<$type>::MAX) << shift,
                        word = in(reg) word,
                        options(nostack, preserves_flags),
                    );
                }
                (previous >> shift) as $type
            }
        )*
    };
}

atomics!(atomic_u8, u8, load_u8, "lbu", store_u8, "sb", parts!());
atomics!(atomic_u16, u16, load_u16, "lhu", store_u16, "sh", parts!());
atomics!(
    atomic_u32,
    u32,
    load_u32,
    "lwu",
    store_u32,
    "sw",
    words!(i32, "w")
);
atomics!(
    atomic_u64,
    u64,
    load_u64,
    "ld",
    store_u64,
    "sd",
    words!(i64, "d")
);
