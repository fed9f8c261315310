//! Values of types that `zerocopy` knows to be made of any bytes.

use core::any::type_name;
use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::mem::MaybeUninit;

use zerocopy_08::{FromBytes, Immutable, IntoBytes};

use super::SharedSlice;
use crate::access::{Access, Shared};
use crate::arch::access;

impl<'a, A: Access> SharedSlice<'a, A> {
    /// Copies a value out, at any alignment.
    ///
    /// It is copied byte by byte, like everything: if a peer writes meanwhile it may mix old
    /// and new bytes. Check what was copied, and not what is still shared.
    ///
    /// # Panics
    ///
    /// If it is not all inside.
    ///
    /// ```standalone_crate
    /// # extern crate zerocopy_08 as zerocopy;
    /// use zerocopy::{FromBytes, Immutable, IntoBytes};
    ///
    /// #[derive(FromBytes, IntoBytes, Immutable, PartialEq, Debug)]
    /// #[repr(C)]
    /// struct Header {
    ///     magic: [u8; 4],
    ///     length: u32,
    /// }
    /// # let mapping = rawshm::MapOptions::new().len(100).map_shared_anonymous()?;
    /// let header = Header { magic: *b"demo", length: 92 };
    /// mapping.shared().write_struct(0, &header);
    /// assert_eq!(mapping.shared().read_struct::<Header>(0), header);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    ///
    /// Memory that nobody writes needs no copy: `zerocopy` itself finds the value there.
    ///
    /// ```standalone_crate
    /// # extern crate zerocopy_08 as zerocopy;
    /// use zerocopy::{FromBytes, Immutable, KnownLayout};
    ///
    /// #[derive(FromBytes, Immutable, KnownLayout)]
    /// #[repr(C)]
    /// struct Header {
    ///     magic: [u8; 4],
    ///     length: u32,
    /// }
    /// let memfd = rawshm::Memfd::create("doc", 100)?;
    /// memfd.map()?.shared().write_struct(0, b"demo");
    /// let frozen = memfd.freeze()?.map()?;
    /// let (header, rest) = Header::ref_from_prefix(&frozen).unwrap();
    /// assert_eq!((&header.magic, header.length, rest.len()), (b"demo", 0, 92));
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "zerocopy-08")))]
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn read_struct<T: FromBytes>(self, offset: usize) -> T {
        let place = self.scalar(offset, size_of::<T>());
        let mut value = MaybeUninit::<T>::uninit();
        let destination = value.as_mut_ptr().cast();
        // SAFETY: readable for the value's size, and the destination is as long and ours.
        unsafe { access::copy_from_shared(place, destination, size_of::<T>()) };
        // SAFETY: each of its bytes was just written, and any bytes are a `T`.
        unsafe { value.assume_init() }
    }

    /// The place of a value, at any alignment; `None` if it is not all inside.
    ///
    /// See [`View`] for an example.
    #[cfg_attr(docsrs, doc(cfg(feature = "zerocopy-08")))]
    #[inline]
    #[must_use]
    pub fn view<T>(self, offset: usize) -> Option<View<'a, T, A>> {
        let end = offset.checked_add(size_of::<T>())?;
        self.get(offset..end).map(View::new)
    }

    /// The places of as many values as there are, one behind the other from the start on.
    ///
    /// A type without a size does not compile.
    ///
    /// See [`Views`] for an example.
    #[cfg_attr(docsrs, doc(cfg(feature = "zerocopy-08")))]
    #[inline]
    #[must_use]
    pub fn views<T>(self) -> Views<'a, T, A> {
        const {
            assert!(
                size_of::<T>() != 0,
                "any number of such values fits anywhere"
            )
        };
        let rest = self.len % size_of::<T>();
        Views {
            bytes: self.split_at(self.len - rest).0,
            values: PhantomData,
        }
    }
}

impl SharedSlice<'_, Shared> {
    /// Copies a value in, at any alignment, each byte written once.
    ///
    /// It is copied byte by byte, like everything: a peer may see a part of it. A private
    /// mapping is written through [`shared_mut`](crate::Mapping::shared_mut).
    ///
    /// # Panics
    ///
    /// If it is not all inside.
    ///
    /// See [`read_struct`](Self::read_struct) for an example.
    #[cfg_attr(docsrs, doc(cfg(feature = "zerocopy-08")))]
    #[inline]
    #[track_caller]
    pub fn write_struct<T: IntoBytes + Immutable + ?Sized>(self, offset: usize, value: &T) {
        let bytes = value.as_bytes();
        self.within(offset, bytes.len()).copy_from_slice(bytes);
    }
}

/// The place of a `T` in shared memory; made by [`SharedSlice::view`].
///
/// A `Copy` handle to as many bytes, at any alignment, and never a reference to them:
/// values are copied out and in, byte by byte. A number that a peer may write meanwhile, and
/// that must not be torn, is loaded from the [`bytes`](Self::bytes) of its field.
///
/// ```standalone_crate
/// # extern crate zerocopy_08 as zerocopy;
/// use core::mem::offset_of;
/// use zerocopy::{FromBytes, Immutable, IntoBytes};
/// use rawshm::slice::View;
///
/// #[derive(FromBytes, IntoBytes, Immutable)]
/// #[repr(C)]
/// struct Header {
///     magic: [u8; 4],
///     length: u32,
/// }
/// # let mapping = rawshm::MapOptions::new().len(100).map_shared_anonymous()?;
/// let header: View<'_, Header> = mapping.shared().view(0).unwrap();
/// header.write(&Header { magic: *b"demo", length: 92 });
///
/// let length = header.field::<u32>(offset_of!(Header, length));
/// assert_eq!(length.read(), 92);
/// length.bytes().store(0, 93_u32); // all of it at once
/// assert_eq!(header.read().length, 93);
///
/// assert!(mapping.shared().view::<Header>(93).is_none());
/// # Ok::<(), rawshm::Error>(())
/// ```
pub struct View<'a, T, A: Access = Shared> {
    /// As many as a `T` has.
    bytes: SharedSlice<'a, A>,
    value: PhantomData<fn() -> T>,
}

impl<'a, T, A: Access> View<'a, T, A> {
    /// All of the bytes, of which there are as many as a `T` has.
    #[inline]
    fn new(bytes: SharedSlice<'a, A>) -> Self {
        debug_assert_eq!(bytes.len(), size_of::<T>());
        Self {
            bytes,
            value: PhantomData,
        }
    }

    /// Its bytes, of which there are `size_of::<T>()`.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn bytes(self) -> SharedSlice<'a, A> {
        self.bytes
    }

    /// Copies the value out.
    ///
    /// See [`SharedSlice::read_struct`] for what a peer can do to it, and the [type](Self)
    /// for an example.
    #[inline]
    #[must_use]
    pub fn read(self) -> T
    where
        T: FromBytes,
    {
        self.bytes.read_struct(0)
    }

    /// The place of a field, given by [`offset_of!`](core::mem::offset_of) and its type.
    ///
    /// # Panics
    ///
    /// If a `U` at this offset is not all inside.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn field<U>(self, offset: usize) -> View<'a, U, A> {
        View::new(self.bytes.within(offset, size_of::<U>()))
    }
}

impl<T: IntoBytes + Immutable> View<'_, T, Shared> {
    /// Copies a value in, each byte written once.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub fn write(self, value: &T) {
        self.bytes.write_struct(0, value);
    }
}

impl<T, A: Access> Clone for View<'_, T, A> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, A: Access> Copy for View<'_, T, A> {}

impl<T, A: Access> fmt::Debug for View<'_, T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "View<{}>({:?})", type_name::<T>(), self.bytes.as_ptr())
    }
}

/// The places of values of one type, one behind the other; made by [`SharedSlice::views`].
///
/// ```standalone_crate
/// # extern crate zerocopy_08 as zerocopy;
/// use zerocopy::{FromBytes, Immutable, IntoBytes};
/// use rawshm::slice::Views;
///
/// #[derive(FromBytes, IntoBytes, Immutable)]
/// #[repr(C)]
/// struct Slot {
///     number: u32,
///     text: [u8; 8],
/// }
/// # let mapping = rawshm::MapOptions::new().len(100).map_shared_anonymous()?;
/// let slots: Views<'_, Slot> = mapping.shared().views();
/// assert_eq!(slots.len(), 8);
/// slots.get(7).unwrap().write(&Slot { number: 1, text: [0; 8] });
/// assert!(slots.get(8).is_none());
///
/// let sum: u32 = slots.iter().map(|slot| slot.read().number).sum();
/// assert_eq!(sum, 1);
/// # Ok::<(), rawshm::Error>(())
/// ```
pub struct Views<'a, T, A: Access = Shared> {
    /// A multiple of the size of a `T`, which is not 0.
    bytes: SharedSlice<'a, A>,
    values: PhantomData<fn() -> T>,
}

impl<'a, T, A: Access> Views<'a, T, A> {
    /// How many values there are.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn len(self) -> usize {
        self.bytes.len() / size_of::<T>()
    }

    /// Whether there are none.
    ///
    /// ```
    /// # let mapping = rawshm::MapOptions::new().len(100).map_shared_anonymous()?;
    /// assert!(mapping.shared().slice(..7).views::<u64>().is_empty());
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.bytes.is_empty()
    }

    /// The place of one of them, `None` if there are not so many.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub fn get(self, index: usize) -> Option<View<'a, T, A>> {
        self.bytes.view(index.checked_mul(size_of::<T>())?)
    }

    /// The places one after the other.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub fn iter(
        self,
    ) -> impl ExactSizeIterator<Item = View<'a, T, A>> + DoubleEndedIterator + FusedIterator + Clone
    {
        self.bytes.chunks(size_of::<T>()).map(View::new)
    }

    /// The bytes of all of them.
    ///
    /// ```
    /// # let mapping = rawshm::MapOptions::new().len(100).map_shared_anonymous()?;
    /// assert_eq!(mapping.shared().views::<u64>().bytes().len(), 96);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn bytes(self) -> SharedSlice<'a, A> {
        self.bytes
    }
}

impl<T, A: Access> Clone for Views<'_, T, A> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, A: Access> Copy for Views<'_, T, A> {}

impl<T, A: Access> fmt::Debug for Views<'_, T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, len) = (self.bytes.as_ptr(), self.len());
        write!(f, "Views<{}>({start:?}, {len})", type_name::<T>())
    }
}
