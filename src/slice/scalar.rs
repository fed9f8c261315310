//! The integers and floats, and how each is loaded and stored.

use core::convert::identity;

use super::SharedSlice;
use crate::access::{Access, Shared};
use crate::arch::access;

impl<A: Access> SharedSlice<'_, A> {
    /// Loads an integer or float, the least significant byte first.
    ///
    /// Like [`load`](Self::load) in everything else.
    ///
    /// # Panics
    ///
    /// If it is not all inside.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// mapping.shared().slice(1..5).copy_from_slice(&[0x78, 0x56, 0x34, 0x12]);
    /// assert_eq!(mapping.shared().load_le::<u32>(1), 0x1234_5678);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn load_le<T: Scalar>(self, offset: usize) -> T {
        little_endian(self.load(offset))
    }

    /// Loads an integer or float, the most significant byte first.
    ///
    /// Like [`load`](Self::load) in everything else.
    ///
    /// # Panics
    ///
    /// If it is not all inside.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// mapping.shared().slice(1..5).copy_from_slice(&[0x12, 0x34, 0x56, 0x78]);
    /// assert_eq!(mapping.shared().load_be::<u32>(1), 0x1234_5678);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn load_be<T: Scalar>(self, offset: usize) -> T {
        big_endian(self.load(offset))
    }
}

impl SharedSlice<'_, Shared> {
    /// Stores an integer or float, the least significant byte first.
    ///
    /// Like [`store`](Self::store) in everything else.
    ///
    /// # Panics
    ///
    /// If it is not all inside.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// mapping.shared().store_le(0, 0x1234_u16);
    /// assert!(mapping.shared().slice(..2).equals(&[0x34, 0x12]));
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn store_le<T: Scalar>(self, offset: usize, value: T) {
        self.store(offset, little_endian(value));
    }

    /// Stores an integer or float, the most significant byte first.
    ///
    /// Like [`store`](Self::store) in everything else.
    ///
    /// # Panics
    ///
    /// If it is not all inside.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// mapping.shared().store_be(0, 1.0_f64);
    /// assert!(mapping.shared().slice(..8).equals(&[0x3f, 0xf0, 0, 0, 0, 0, 0, 0]));
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn store_be<T: Scalar>(self, offset: usize, value: T) {
        self.store(offset, big_endian(value));
    }
}

/// From the processor's byte order to this one, and back.
#[inline]
fn little_endian<T: Scalar>(value: T) -> T {
    if cfg!(target_endian = "little") {
        value
    } else {
        value.swap_bytes()
    }
}

/// From the processor's byte order to this one, and back.
#[inline]
fn big_endian<T: Scalar>(value: T) -> T {
    if cfg!(target_endian = "big") {
        value
    } else {
        value.swap_bytes()
    }
}

mod private {
    /// How a value is loaded and stored; the trait behind it is closed.
    pub trait Access: Sized {
        /// # Safety
        ///
        /// `place` is mapped and readable for the size of the value.
        unsafe fn load(place: *const u8) -> Self;

        /// # Safety
        ///
        /// `place` is mapped and writable for the size of the value.
        unsafe fn store(self, place: *mut u8);

        /// The value whose bytes are in the other order.
        fn swap_bytes(self) -> Self;
    }
}

/// The integers and floats, which [`SharedSlice::load`] and [`SharedSlice::store`] take.
///
/// ```
/// fn third<T: rawshm::slice::Scalar>(shared: rawshm::SharedSlice<'_>) -> T {
///     shared.load(2 * size_of::<T>())
/// }
/// let mapping = rawshm::MapOptions::new().len(100).map_shared_anonymous()?;
/// assert_eq!(third::<u16>(mapping.shared()), 0);
/// # Ok::<(), rawshm::Error>(())
/// ```
pub trait Scalar: private::Access + Copy {}

/// Types that one instruction loads and stores: how they become bits and are made of them.
macro_rules! scalars {
    ($($type:ty: $load:ident, $store:ident, $from_bits:expr, $to_bits:expr;)*) => {
        $(
            impl Scalar for $type {}

            impl private::Access for $type {
                #[inline]
                unsafe fn load(place: *const u8) -> Self {
                    // SAFETY: the caller's duty.
                    let bits = unsafe { access::$load(place) };
                    $from_bits(bits)
                }

                #[inline]
                unsafe fn store(self, place: *mut u8) {
                    let bits = $to_bits(self);
                    // SAFETY: the caller's duty.
                    unsafe { access::$store(place, bits) }
                }

                #[inline]
                fn swap_bytes(self) -> Self {
                    $from_bits($to_bits(self).swap_bytes())
                }
            }
        )*
    };
}

scalars! {
    u8: load_u8, store_u8, identity, identity;
    u16: load_u16, store_u16, identity, identity;
    u32: load_u32, store_u32, identity, identity;
    u64: load_u64, store_u64, identity, identity;
    usize: load_u64, store_u64, |bits| bits as usize, |value| value as u64;
    i8: load_u8, store_u8, |bits| bits as i8, |value| value as u8;
    i16: load_u16, store_u16, |bits| bits as i16, |value| value as u16;
    i32: load_u32, store_u32, |bits| bits as i32, |value| value as u32;
    i64: load_u64, store_u64, |bits| bits as i64, |value| value as u64;
    isize: load_u64, store_u64, |bits| bits as isize, |value| value as u64;
    f32: load_u32, store_u32, f32::from_bits, f32::to_bits;
    f64: load_u64, store_u64, f64::from_bits, f64::to_bits;
}

// Else `usize` and `isize` would need other instructions.
static_assertions::assert_eq_size!(usize, u64);

/// Types wider than any access that is never torn.
macro_rules! wide_scalars {
    ($($type:ty)*) => {
        $(
            impl Scalar for $type {}

            impl private::Access for $type {
                #[inline]
                unsafe fn load(place: *const u8) -> Self {
                    let mut bytes = [0; size_of::<Self>()];
                    // SAFETY: readable for the value's size, by the caller's word.
                    unsafe { access::copy_from_shared(place, bytes.as_mut_ptr(), bytes.len()) };
                    Self::from_ne_bytes(bytes)
                }

                #[inline]
                unsafe fn store(self, place: *mut u8) {
                    let bytes = self.to_ne_bytes();
                    // SAFETY: writable for the value's size, by the caller's word.
                    unsafe { access::copy_to_shared(bytes.as_ptr(), place, bytes.len()) }
                }

                #[inline]
                fn swap_bytes(self) -> Self {
                    Self::swap_bytes(self)
                }
            }
        )*
    };
}

wide_scalars! { u128 i128 }
