//! Atomic values in memory that others may write.

use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use super::SharedSlice;
use crate::Errno;
use crate::access::{Access, Shared};
use crate::arch::access;
use crate::error::{Call, Error, Result};

/// An integer in shared memory that is loaded, stored and exchanged atomically.
///
/// A `Copy` handle, never a reference: [`SharedSlice::atomic`] makes it. The methods are
/// those of [`core::sync::atomic`], and order other accesses as those do, those of other
/// processes included. Of [`u32`] and [`i32`] there are also
/// [`wait`](Self::wait) and [`wake`](Self::wake).
///
/// # Peers
///
/// A peer that does not play along can store anything at any time; no operation is unsound
/// or torn by that. Where the processor needs a loop, a peer that writes the same value
/// without pause can keep it from ending: `fetch_and`, `fetch_or` and `fetch_xor` on x86_64,
/// `fetch_min`, `fetch_max` and `fetch_update` everywhere, all but `load` and `store` on
/// aarch64 without the Large System Extensions (before Armv8.1), and on riscv64
/// `compare_exchange`, and of 8 and 16 bits `swap`, `fetch_add` and `fetch_sub` as well, which
/// whoever writes a byte of the same aligned 32 bits can hold up.
///
/// ```
/// use std::sync::atomic::Ordering;
/// use rawshm::MapOptions;
///
/// let mapping = MapOptions::new().len(4096).map_shared_anonymous()?;
/// let count = mapping.shared().atomic_u64(8)?;
/// count.fetch_add(1, Ordering::Relaxed);
/// assert_eq!(count.compare_exchange(1, 5, Ordering::AcqRel, Ordering::Acquire), Ok(1));
/// assert_eq!(count.load(Ordering::Acquire), 5);
/// # Ok::<(), rawshm::Error>(())
/// ```
pub struct SharedAtomic<'a, T: AtomicInteger, A: Access = Shared> {
    place: NonNull<T>,
    mapping: PhantomData<&'a A>,
}

// SAFETY: the memory belongs to the process, and every access is atomic.
unsafe impl<T: AtomicInteger, A: Access> Send for SharedAtomic<'_, T, A> {}
// SAFETY: as above.
unsafe impl<T: AtomicInteger, A: Access> Sync for SharedAtomic<'_, T, A> {}

impl<T: AtomicInteger, A: Access> Clone for SharedAtomic<'_, T, A> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: AtomicInteger, A: Access> Copy for SharedAtomic<'_, T, A> {}

impl<'a, A: Access> SharedSlice<'a, A> {
    /// The atomic integer at an offset in bytes.
    ///
    /// # Errors
    ///
    /// - `EFAULT`: it is not all inside.
    /// - `EINVAL`: its address is not a multiple of its size. A mapping starts at a multiple
    ///   of the page size.
    ///
    /// ```
    /// use rawshm::{Errno, MapOptions};
    ///
    /// let mapping = MapOptions::new().len(4096).map_shared_anonymous()?;
    /// assert!(mapping.shared().atomic::<i16>(4094).is_ok());
    /// assert!(mapping.shared().atomic::<i16>(4095).unwrap_err() == Errno::EFAULT);
    /// assert!(mapping.shared().atomic::<i16>(1).unwrap_err() == Errno::EINVAL);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub fn atomic<T: AtomicInteger>(self, offset: usize) -> Result<SharedAtomic<'a, T, A>> {
        let size = size_of::<T>();
        let part = match offset.checked_add(size) {
            Some(end) => self.get(offset..end),
            None => None,
        };
        let place = part.ok_or(Error::new(Call::Atomic, Errno::EFAULT))?.start;
        if place.addr().get() & (size - 1) != 0 {
            return Err(Error::new(Call::Atomic, Errno::EINVAL));
        }
        Ok(SharedAtomic {
            place: place.cast(),
            mapping: PhantomData,
        })
    }
}

/// `atomic` with the type in its name.
macro_rules! named {
    ($($name:ident: $type:ty;)*) => {
        impl<'a, A: Access> SharedSlice<'a, A> {
            $(
                #[doc = concat!("The atomic `", stringify!($type), "` at an offset in bytes: [`atomic`](Self::atomic).")]
                ///
                /// # Errors
                ///
                /// As [`atomic`](Self::atomic).
                #[inline]
                pub fn $name(self, offset: usize) -> Result<SharedAtomic<'a, $type, A>> {
                    self.atomic(offset)
                }
            )*
        }
    };
}

named! {
    atomic_u8: u8;
    atomic_u16: u16;
    atomic_u32: u32;
    atomic_u64: u64;
}

impl<'a, T: AtomicInteger, A: Access> SharedAtomic<'a, T, A> {
    /// Loads the value.
    ///
    /// # Panics
    ///
    /// If the order is `Release` or `AcqRel`.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn load(self, order: Ordering) -> T {
        if matches!(order, Ordering::Release | Ordering::AcqRel) {
            no_such_order("load", order);
        }
        // SAFETY: the place is inside of readable memory, and aligned.
        unsafe { T::load(self.place.as_ptr(), order) }
    }

    /// The place as a pointer, valid as long as the mapping is borrowed.
    ///
    /// ```
    /// # let mapping = rawshm::MapOptions::new().len(4096).map_shared_anonymous()?;
    /// let handle = mapping.shared().atomic_u32(64)?;
    /// assert_eq!(handle.as_ptr().addr(), mapping.addr() + 64);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn as_ptr(self) -> *const T {
        self.place.as_ptr()
    }
}

/// Defines the methods that every instruction has under the same name.
macro_rules! fetches {
    ($($(#[$documentation:meta])* $name:ident;)*) => {
        $(
            $(#[$documentation])*
            ///
            /// Returns what was there before.
            #[inline]
            pub fn $name(self, value: T, order: Ordering) -> T {
                // SAFETY: the place is inside of writable memory, and aligned.
                unsafe { T::$name(self.place.as_ptr(), value, order) }
            }
        )*
    };
}

impl<'a, T: AtomicInteger> SharedAtomic<'a, T, Shared> {
    /// Stores a value.
    ///
    /// # Panics
    ///
    /// If the order is `Acquire` or `AcqRel`.
    ///
    /// ```
    /// # use std::sync::atomic::Ordering;
    /// # let mapping = rawshm::MapOptions::new().len(4096).map_shared_anonymous()?;
    /// let ready = mapping.shared().atomic_u8(0)?;
    /// mapping.shared().get(64..68).unwrap().copy_from_slice(b"text");
    /// ready.store(1, Ordering::Release);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn store(self, value: T, order: Ordering) {
        if matches!(order, Ordering::Acquire | Ordering::AcqRel) {
            no_such_order("store", order);
        }
        // SAFETY: the place is inside of writable memory, and aligned.
        unsafe { T::store(self.place.as_ptr(), value, order) }
    }

    /// Stores `new` if the value is `current`.
    ///
    /// # Errors
    ///
    /// The value, which was another; nothing is stored.
    ///
    /// # Panics
    ///
    /// If `failure` is `Release` or `AcqRel`.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[track_caller]
    pub fn compare_exchange(
        self,
        current: T,
        new: T,
        success: Ordering,
        failure: Ordering,
    ) -> core::result::Result<T, T> {
        let order = match (success, failure) {
            (_, Ordering::Release | Ordering::AcqRel) => no_such_order("load", failure),
            (_, Ordering::SeqCst) => Ordering::SeqCst,
            (Ordering::Relaxed, Ordering::Acquire) => Ordering::Acquire,
            (Ordering::Release, Ordering::Acquire) => Ordering::AcqRel,
            _ => success,
        };
        // SAFETY: the place is inside of writable memory, and aligned.
        let previous = unsafe { T::compare_exchange(self.place.as_ptr(), current, new, order) };
        if previous == current {
            Ok(previous)
        } else {
            Err(previous)
        }
    }

    /// Stores `new` if the value is `current`; for loops, as it may fail without a reason.
    ///
    /// On the processors so far it does not.
    ///
    /// # Errors
    ///
    /// The value, which need not be another; nothing is stored.
    ///
    /// # Panics
    ///
    /// If `failure` is `Release` or `AcqRel`.
    ///
    /// ```
    /// # use std::sync::atomic::Ordering::{Acquire, Relaxed};
    /// # let mapping = rawshm::MapOptions::new().len(4096).map_shared_anonymous()?;
    /// let lock = mapping.shared().atomic_u32(0)?;
    /// while lock.compare_exchange_weak(0, 1, Acquire, Relaxed).is_err() {}
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn compare_exchange_weak(
        self,
        current: T,
        new: T,
        success: Ordering,
        failure: Ordering,
    ) -> core::result::Result<T, T> {
        self.compare_exchange(current, new, success, failure)
    }

    fetches! {
        /// Stores a value.
        ///
        /// ```
        /// # use std::sync::atomic::Ordering;
        /// # let mapping = rawshm::MapOptions::new().len(4096).map_shared_anonymous()?;
        /// let owner = mapping.shared().atomic_u32(0)?;
        /// assert_eq!(owner.swap(7, Ordering::AcqRel), 0);
        /// # Ok::<(), rawshm::Error>(())
        /// ```
        swap;
        /// Adds, wrapping around.
        ///
        /// See the [type](Self) for an example.
        fetch_add;
        /// Bitwise "and".
        ///
        /// ```
        /// # use std::sync::atomic::Ordering;
        /// # let mapping = rawshm::MapOptions::new().len(4096).map_shared_anonymous()?;
        /// let bits = mapping.shared().atomic_u8(0)?;
        /// assert_eq!(bits.fetch_or(0b1100, Ordering::Relaxed), 0b0000);
        /// assert_eq!(bits.fetch_and(0b0110, Ordering::Relaxed), 0b1100);
        /// assert_eq!(bits.fetch_xor(0b0101, Ordering::Relaxed), 0b0100);
        /// assert_eq!(bits.load(Ordering::Relaxed), 0b0001);
        /// # Ok::<(), rawshm::Error>(())
        /// ```
        fetch_and;
        /// Bitwise "or".
        ///
        /// See [`fetch_and`](Self::fetch_and) for an example.
        fetch_or;
        /// Bitwise "exclusive or".
        ///
        /// See [`fetch_and`](Self::fetch_and) for an example.
        fetch_xor;
    }

    /// Subtracts, wrapping around.
    ///
    /// Returns what was there before.
    ///
    /// ```
    /// # use std::sync::atomic::Ordering;
    /// # let mapping = rawshm::MapOptions::new().len(4096).map_shared_anonymous()?;
    /// let readers = mapping.shared().atomic::<i32>(0)?;
    /// readers.fetch_sub(1, Ordering::Release);
    /// assert_eq!(readers.load(Ordering::Acquire), -1);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub fn fetch_sub(self, value: T, order: Ordering) -> T {
        self.fetch_add(value.negated(), order)
    }

    /// Stores the larger of the two.
    ///
    /// Returns what was there before.
    ///
    /// ```
    /// # use std::sync::atomic::Ordering;
    /// # let mapping = rawshm::MapOptions::new().len(4096).map_shared_anonymous()?;
    /// let highest = mapping.shared().atomic::<i64>(0)?;
    /// highest.fetch_max(9, Ordering::Relaxed);
    /// assert_eq!(highest.fetch_min(-9, Ordering::Relaxed), 9);
    /// assert_eq!(highest.load(Ordering::Relaxed), -9);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub fn fetch_max(self, value: T, order: Ordering) -> T {
        self.update(order, |previous| previous.max(value))
    }

    /// Stores the smaller of the two.
    ///
    /// Returns what was there before.
    ///
    /// See [`fetch_max`](Self::fetch_max) for an example.
    #[inline]
    pub fn fetch_min(self, value: T, order: Ordering) -> T {
        self.update(order, |previous| previous.min(value))
    }

    /// Stores what a function makes of the value, asked again until nobody came between.
    ///
    /// Returns what was there before.
    ///
    /// # Errors
    ///
    /// The value for which the function returned `None`.
    ///
    /// # Panics
    ///
    /// If `fetch` is `Release` or `AcqRel`.
    ///
    /// ```
    /// # use std::sync::atomic::Ordering::{AcqRel, Acquire};
    /// # let mapping = rawshm::MapOptions::new().len(4096).map_shared_anonymous()?;
    /// let free = mapping.shared().atomic_u32(0)?;
    /// assert_eq!(free.fetch_update(AcqRel, Acquire, |free| free.checked_sub(1)), Err(0));
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn fetch_update(
        self,
        store: Ordering,
        fetch: Ordering,
        mut function: impl FnMut(T) -> Option<T>,
    ) -> core::result::Result<T, T> {
        let mut previous = self.load(fetch);
        while let Some(new) = function(previous) {
            match self.compare_exchange_weak(previous, new, store, fetch) {
                Ok(previous) => return Ok(previous),
                Err(other) => previous = other,
            }
        }
        Err(previous)
    }

    #[inline]
    fn update(self, order: Ordering, function: impl Fn(T) -> T) -> T {
        let updated = self.fetch_update(order, Ordering::Relaxed, |value| Some(function(value)));
        match updated {
            Ok(previous) | Err(previous) => previous,
        }
    }

    /// The standard library's atomic at this place.
    ///
    /// # Safety
    ///
    /// - For as long as the reference lives, no one accesses the value but by atomic
    ///   operations of the same size: no copy of this crate's that touches it either, and no
    ///   peer that does not keep to that.
    /// - The object is not truncated meanwhile.
    ///
    /// ```
    /// # use std::sync::atomic::{AtomicU32, Ordering};
    /// # let mapping = rawshm::MapOptions::new().len(4096).map_shared_anonymous()?;
    /// let handle = mapping.shared().atomic_u32(0)?;
    /// // SAFETY: nobody else has this memory.
    /// let atomic: &AtomicU32 = unsafe { handle.as_std() };
    /// atomic.fetch_nand(5, Ordering::Relaxed);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub unsafe fn as_std(self) -> &'a T::Standard {
        // SAFETY: the place is inside of memory that is mapped for 'a, and aligned; the
        // caller answers for everybody who accesses it.
        unsafe { self.place.cast().as_ref() }
    }
}

impl<T: AtomicInteger, A: Access> fmt::Debug for SharedAtomic<'_, T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedAtomic").field(&self.place).finish()
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn no_such_order(access: &str, order: Ordering) -> ! {
    panic!("a {access} has no order {order:?}")
}

mod private {
    use core::sync::atomic::Ordering;

    /// What the architecture offers for each size; the trait behind it is closed.
    ///
    /// # Safety
    ///
    /// `Standard` has the size and alignment of the type. Of each method: `place` is mapped,
    /// readable and writable (`load`: readable), and a multiple of the type's size.
    pub unsafe trait Atomic: Copy + Ord {
        /// The standard library's type of the same layout.
        type Standard;

        unsafe fn load(place: *const Self, order: Ordering) -> Self;
        unsafe fn store(place: *mut Self, value: Self, order: Ordering);
        unsafe fn swap(place: *mut Self, value: Self, order: Ordering) -> Self;
        unsafe fn compare_exchange(
            place: *mut Self,
            current: Self,
            new: Self,
            order: Ordering,
        ) -> Self;
        unsafe fn fetch_add(place: *mut Self, value: Self, order: Ordering) -> Self;
        unsafe fn fetch_and(place: *mut Self, value: Self, order: Ordering) -> Self;
        unsafe fn fetch_or(place: *mut Self, value: Self, order: Ordering) -> Self;
        unsafe fn fetch_xor(place: *mut Self, value: Self, order: Ordering) -> Self;
        fn negated(self) -> Self;
    }
}

/// The integers of 8 to 64 bits, which a [`SharedAtomic`] can be.
///
/// ```
/// use std::sync::atomic::Ordering::Relaxed;
/// use rawshm::slice::{AtomicInteger, SharedAtomic};
///
/// fn take<T: AtomicInteger + Default>(place: SharedAtomic<'_, T>) -> T {
///     place.swap(T::default(), Relaxed)
/// }
/// let mapping = rawshm::MapOptions::new().len(100).map_shared_anonymous()?;
/// assert_eq!(take(mapping.shared().atomic::<u16>(0)?), 0);
/// # Ok::<(), rawshm::Error>(())
/// ```
pub trait AtomicInteger: private::Atomic + fmt::Debug {}

macro_rules! integers {
    ($($type:ty: $module:ident, $bits:ty, $standard:ident;)*) => {
        $(
            static_assertions::assert_eq_size!($type, $bits, core::sync::atomic::$standard);
            static_assertions::assert_eq_align!($type, core::sync::atomic::$standard);

            impl AtomicInteger for $type {}

            // SAFETY: see the assertions.
            unsafe impl private::Atomic for $type {
                type Standard = core::sync::atomic::$standard;

                #[inline]
                unsafe fn load(place: *const Self, order: Ordering) -> Self {
                    // SAFETY: the caller's duty.
                    unsafe { access::$module::load(place.cast(), order) as Self }
                }

                #[inline]
                unsafe fn store(place: *mut Self, value: Self, order: Ordering) {
                    // SAFETY: the caller's duty.
                    unsafe { access::$module::store(place.cast(), value as $bits, order) }
                }

                #[inline]
                unsafe fn compare_exchange(
                    place: *mut Self,
                    current: Self,
                    new: Self,
                    order: Ordering,
                ) -> Self {
                    let (place, current, new) = (place.cast(), current as $bits, new as $bits);
                    // SAFETY: the caller's duty.
                    unsafe { access::$module::compare_exchange(place, current, new, order) as Self }
                }

                integers!(@fetch $module, $bits: swap fetch_add fetch_and fetch_or fetch_xor);

                #[inline]
                fn negated(self) -> Self {
                    self.wrapping_neg()
                }
            }
        )*
    };
    (@fetch $module:ident, $bits:ty: $($name:ident)*) => {
        integers!(@each $($name, $module, $bits;)*);
    };
    (@each $($name:ident, $module:ident, $bits:ty;)*) => {
        $(
            #[inline]
            unsafe fn $name(place: *mut Self, value: Self, order: Ordering) -> Self {
                // SAFETY: the caller's duty.
                unsafe { access::$module::$name(place.cast(), value as $bits, order) as Self }
            }
        )*
    };
}

integers! {
    u8: atomic_u8, u8, AtomicU8;
    u16: atomic_u16, u16, AtomicU16;
    u32: atomic_u32, u32, AtomicU32;
    u64: atomic_u64, u64, AtomicU64;
    usize: atomic_u64, u64, AtomicUsize;
    i8: atomic_u8, u8, AtomicI8;
    i16: atomic_u16, u16, AtomicI16;
    i32: atomic_u32, u32, AtomicI32;
    i64: atomic_u64, u64, AtomicI64;
    isize: atomic_u64, u64, AtomicIsize;
}
