//! Copies and typed accesses to memory that others may write, byte by byte.
//!
//! The naive twin of each architecture's `access.rs`: the tests compare the two,
//! Miri runs this one, and a new architecture starts with it. Every access is a
//! relaxed atomic of one byte, or of a whole value where that is aligned.
//!
//! The contract, here and there:
//!
//! 1. Each byte of shared memory is accessed as if by a relaxed atomic operation.
//! 2. A copy or fill writes each byte of shared memory exactly once, nothing else.
//! 3. A typed access to an aligned address is one access: a value is never torn.
//! 4. Bytes are not ordered among each other; whoever needs an order uses atomics.

use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

/// Copies `len` bytes from shared memory to memory of our own.
///
/// # Safety
///
/// - `source` is mapped and readable for `len` bytes.
/// - `destination` is valid for writes of `len` bytes, which only we access.
#[inline]
pub(crate) unsafe fn copy_from_shared(source: *const u8, destination: *mut u8, len: usize) {
    for index in 0..len {
        // SAFETY: `index` is below `len`, for which the caller vouches.
        let from = unsafe { source.add(index) };
        // SAFETY: as above.
        let to = unsafe { destination.add(index) };
        // SAFETY: `from` is readable.
        let byte = unsafe { load_u8(from) };
        // SAFETY: `to` is writable and nobody else's.
        unsafe { to.write(byte) };
    }
}

/// Copies `len` bytes from memory of our own to shared memory, writing each byte once.
///
/// # Safety
///
/// - `source` is valid for reads of `len` bytes, which nobody writes meanwhile.
/// - `destination` is mapped and writable for `len` bytes.
#[inline]
pub(crate) unsafe fn copy_to_shared(source: *const u8, destination: *mut u8, len: usize) {
    for index in 0..len {
        // SAFETY: `index` is below `len`, for which the caller vouches.
        let from = unsafe { source.add(index) };
        // SAFETY: as above.
        let to = unsafe { destination.add(index) };
        // SAFETY: `from` is readable and nobody writes it.
        let byte = unsafe { from.read() };
        // SAFETY: `to` is writable.
        unsafe { store_u8(to, byte) };
    }
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
    for index in 0..len {
        // SAFETY: `index` is below `len`, for which the caller vouches.
        let from = unsafe { source.add(index) };
        // SAFETY: as above.
        let to = unsafe { destination.add(index) };
        // SAFETY: `from` is readable.
        let byte = unsafe { load_u8(from) };
        // SAFETY: `to` is writable.
        unsafe { store_u8(to, byte) };
    }
}

#[cfg(test)]
type Copy = unsafe fn(*const u8, *mut u8, usize);

/// The one routine, for the tests of an architecture that starts with this file.
#[cfg(test)]
#[allow(dead_code, reason = "only tests ask, and those that include this file")]
pub(crate) fn routines() -> std::vec::Vec<(&'static str, Copy)> {
    std::vec![("portable", copy_between_shared)]
}

#[cfg(test)]
#[allow(unused_imports, reason = "as above")]
pub(crate) use routines as routines_to_our_own;

/// Sets `len` bytes of shared memory to `value`, writing each byte once.
///
/// # Safety
///
/// `destination` is mapped and writable for `len` bytes.
#[inline]
pub(crate) unsafe fn fill(destination: *mut u8, value: u8, len: usize) {
    for index in 0..len {
        // SAFETY: `index` is below `len`, for which the caller vouches.
        let to = unsafe { destination.add(index) };
        // SAFETY: `to` is writable.
        unsafe { store_u8(to, value) };
    }
}

#[cfg(test)]
type Fill = unsafe fn(*mut u8, u8, usize);

/// The one way to fill, as above.
#[cfg(test)]
#[allow(dead_code, reason = "as above")]
pub(crate) fn fills() -> std::vec::Vec<(&'static str, Fill)> {
    std::vec![("portable", fill)]
}

/// Defines the load and the store of one size.
macro_rules! typed {
    ($load:ident, $store:ident, $type:ty, $atomic:ty) => {
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
            // SAFETY: readable for the value's size and aligned, as just checked; the
            // memory is shared, so all accesses to it are atomic ones.
            let atomic = unsafe { <$atomic>::from_ptr(source.cast_mut().cast()) };
            atomic.load(Ordering::Relaxed)
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
            // SAFETY: writable for the value's size and aligned, as just checked; the
            // memory is shared, so all accesses to it are atomic ones.
            let atomic = unsafe { <$atomic>::from_ptr(destination.cast()) };
            atomic.store(value, Ordering::Relaxed);
        }
    };
}

typed!(load_u8, store_u8, u8, AtomicU8);
typed!(load_u16, store_u16, u16, AtomicU16);
typed!(load_u32, store_u32, u32, AtomicU32);
typed!(load_u64, store_u64, u64, AtomicU64);

/// Defines the atomic operations on one size.
macro_rules! atomics {
    ($module:ident, $type:ty, $atomic:ident) => {
        pub(crate) mod $module {
            use core::sync::atomic::{$atomic, Ordering};

            /// # Safety
            ///
            /// `source` is mapped, readable and a multiple of the size.
            #[inline]
            pub(crate) unsafe fn load(source: *const u8, order: Ordering) -> $type {
                // SAFETY: the caller vouches for the address; the memory is shared, so
                // all accesses to it are atomic ones.
                unsafe { $atomic::from_ptr(source.cast_mut().cast()) }.load(order)
            }

            /// # Safety
            ///
            /// `destination` is mapped, writable and a multiple of the size; so of all below.
            #[inline]
            pub(crate) unsafe fn store(destination: *mut u8, value: $type, order: Ordering) {
                // SAFETY: as above.
                unsafe { $atomic::from_ptr(destination.cast()) }.store(value, order);
            }

            /// What was there; `new` is there now if that was `current`.
            #[inline]
            pub(crate) unsafe fn compare_exchange(
                place: *mut u8,
                current: $type,
                new: $type,
                order: Ordering,
            ) -> $type {
                // A failure orders as a load, of which the two last are the strongest.
                let failure = match order {
                    Ordering::Relaxed | Ordering::Release => Ordering::Relaxed,
                    Ordering::SeqCst => Ordering::SeqCst,
                    _ => Ordering::Acquire,
                };
                // SAFETY: as above.
                let atomic = unsafe { $atomic::from_ptr(place.cast()) };
                match atomic.compare_exchange(current, new, order, failure) {
                    Ok(previous) | Err(previous) => previous,
                }
            }

            atomics!(@fetch $type, $atomic: swap fetch_add fetch_and fetch_or fetch_xor);
        }
    };
    (@fetch $type:ty, $atomic:ident: $($name:ident)*) => {
        $(
            #[inline]
            pub(crate) unsafe fn $name(place: *mut u8, value: $type, order: Ordering) -> $type {
                // SAFETY: as above.
                unsafe { $atomic::from_ptr(place.cast()) }.$name(value, order)
            }
        )*
    };
}

atomics!(atomic_u8, u8, AtomicU8);
atomics!(atomic_u16, u16, AtomicU16);
atomics!(atomic_u32, u32, AtomicU32);
atomics!(atomic_u64, u64, AtomicU64);
