//! Reading and writing memory that others may write at the same moment.
//!
//! [`SharedSlice`] is a handle to it: parts, copies in and out and from one handle to
//! another, integers and floats at any offset, comparing and finding. [`SharedAtomic`] is an
//! integer for atomic operations, [`Cursor`] reads and writes from a position on. With the
//! feature `zerocopy-08` values of whole types are copied as well, and `View` is the place
//! of one.
//!
//! # Why this is sound
//!
//! A peer, which is another process or a thread with a handle to the same memory, may write
//! anything at any time. That cannot cause undefined behaviour here:
//!
//! 1. **No reference.** Shared bytes are never behind a Rust reference, by which the compiler
//!    could take them not to change. A handle is a pointer and a length, and borrows the
//!    mapping, so that the memory stays mapped. To keep such memory out of Rust's abstract
//!    machine altogether is what [unsafe-code-guidelines 607][607] calls the safest way.
//! 2. **No access that the compiler sees.** Bytes are read and written by inline assembly
//!    alone, in `arch`. To the compiler each block is a [black box][asm], which may find and
//!    leave any bytes in this memory: no access is left out, repeated or moved, and no two
//!    reads are taken to agree.
//! 3. **Nothing that Rust could not do.** A copy, fill or unaligned access behaves as if it
//!    accessed each byte by a relaxed atomic operation, in any order: what
//!    [RFC 3301][3301] proposes for Rust itself. An aligned access to up to 64 bits behaves
//!    as one relaxed atomic operation, one through a [`SharedAtomic`] as one of its order.
//!    Rust's own atomics are no substitute as yet: where accesses of different sizes race
//!    they are undefined ([345][345]), and the size of its accesses is a peer's choice,
//!    while the processors do define them. Volatile accesses are not atomic; [152][152]
//!    calls them the least bad way until there are better atomics.
//! 4. **Each byte is written once.** What writes shared memory writes each byte exactly once
//!    and nothing else, so that no peer ever sees a byte that was not asked for. Reads may
//!    overlap: the destination keeps one of the values read.
//! 5. **Only values that any bytes make.** Bytes, integers and floats are read, and types
//!    that promise as much (`zerocopy::FromBytes`); never a `bool`, a `char` or a reference.
//! 6. **Nothing read is trusted.** An offset is checked against the length in the handle,
//!    which no peer can reach. Even a pointer out of the memory is only an offset to check
//!    ([`at_address`](SharedSlice::at_address)).
//! 7. **Slices only where nobody else writes.** [`Private`](crate::Private) and
//!    [`Frozen`](crate::Frozen) mappings dereference because the kernel keeps everybody else
//!    from writing, and the borrow of the mapping keeps our own handles from it. Memory that
//!    is ordinary to Rust as well is accessed through a handle as a foreign function would.
//!
//! Rust has no specification of inline assembly as yet ([422][422]), nor the last word on
//! untrusted peers; these rules keep to what the reference says.
//!
//! # What is not promised
//!
//! - **Wholeness.** A copy may mix old and new bytes. So may typed accesses to addresses that
//!   are not a multiple of the size, and those to 128 bits.
//! - **Order.** Neither the bytes of a copy nor accesses to several places are ordered for
//!   a peer; that takes the orders of a [`SharedAtomic`], or fences.
//! - **That it stays.** What was checked in place may be another value when it is used. Copy
//!   first, check the copy, use the copy.
//! - **That it is there.** Who may truncate the object or punch holes into it can make an
//!   access end the process with `SIGBUS`, unless it is by one of the methods
//!   [below](#memory-that-may-be-taken-away).
//!
//! # Memory that may be taken away
//!
//! Whoever may write an object may also truncate it, or punch a hole into it: the pages are
//! gone from every mapping. A plain access beyond the new end, or to a hole that cannot be
//! filled again (no free huge page, a full file system), ends in `SIGBUS`. The methods whose
//! names begin with `try_` return the error `EFAULT` then, and need no handler of signals: the
//! kernel copies, by `process_vm_writev` and `process_vm_readv` on this process itself, or
//! through a pipe where these fail (user-mode emulators lack them, filters of containers may
//! deny them). They are not atomic, not even for aligned values, and where a page goes and
//! comes back meanwhile they may write a byte twice.
//!
//! A copy takes 0.4 µs at least, and from 64 KiB on 1.2 to 2 times as long as a plain one.
//! Through a pipe, which is made for each copy, it takes 2 µs at least, and 2 to 6 times as
//! long. A fault that is found costs a pipe as well.
//!
//! They do not protect from a control group's limit on memory, which may kill when a hole is
//! filled, nor from a peer that changes the contents. Where seals (`SHRINK` and `WRITE`) or
//! System V memory without huge pages rule faults out, the plain copies are as safe.
//! [`Mapping::check`](crate::Mapping::check) asks beforehand, which binds no peer.
//!
//! [607]: https://github.com/rust-lang/unsafe-code-guidelines/issues/607
//! [345]: https://github.com/rust-lang/unsafe-code-guidelines/issues/345
//! [152]: https://github.com/rust-lang/unsafe-code-guidelines/issues/152
//! [422]: https://github.com/rust-lang/unsafe-code-guidelines/issues/422
//! [3301]: https://github.com/rust-lang/rfcs/pull/3301
//! [asm]: https://doc.rust-lang.org/reference/inline-assembly.html#rules-for-inline-assembly

use core::fmt;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ops::{Bound, RangeBounds};
use core::ptr::NonNull;

use crate::access::{Access, Shared};
use crate::arch::access;
use crate::range;

mod atomic;
#[forbid(unsafe_code)]
mod chunks;
#[forbid(unsafe_code)]
mod compare;
mod copies;
mod faults;
mod scalar;
#[cfg(feature = "zerocopy-08")]
mod structs;

pub use crate::cursor::{Cursor, Memory, MemoryMut};
pub use atomic::{AtomicInteger, SharedAtomic};
pub use chunks::Chunks;
pub use scalar::Scalar;
#[cfg(feature = "zerocopy-08")]
#[cfg_attr(docsrs, doc(cfg(feature = "zerocopy-08")))]
pub use structs::{View, Views};

/// How many bytes are copied at a time where they pass through a buffer of ours: few enough
/// for any stack.
const BLOCK: usize = 2048;

/// A part of a mapping, to copy from and, if it is [`Shared`], to copy to.
///
/// A `Copy` handle that borrows the mapping. Lengths and offsets are in bytes. Methods
/// panic where those of `[u8]` do, and return `None` where those do.
///
/// ```
/// use rawshm::Memfd;
///
/// let mapping = Memfd::create("doc", 4096)?.map()?;
/// let shared = mapping.shared();
/// shared.store(0, 4_u32);
/// shared.get(4..8).unwrap().copy_from_slice(b"text");
///
/// let mut text = [0; 4];
/// shared.get(4..8).unwrap().copy_to_slice(&mut text);
/// assert_eq!(&text, b"text");
/// # Ok::<(), rawshm::Error>(())
/// ```
pub struct SharedSlice<'a, A: Access = Shared> {
    start: NonNull<u8>,
    len: usize,
    mapping: PhantomData<&'a A>,
}

// SAFETY: the memory belongs to the process, and every access is one that any thread may
// make at any time.
unsafe impl<A: Access> Send for SharedSlice<'_, A> {}
// SAFETY: as above.
unsafe impl<A: Access> Sync for SharedSlice<'_, A> {}

static_assertions::assert_not_impl_any!(SharedSlice<'static>: core::ops::Deref, AsRef<[u8]>);

impl<A: Access> Clone for SharedSlice<'_, A> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: Access> Copy for SharedSlice<'_, A> {}

impl<'a, A: Access> SharedSlice<'a, A> {
    /// A handle to memory that is not a [`Mapping`](crate::Mapping).
    ///
    /// # Safety
    ///
    /// - For as long as `'a`, `len` bytes from `start` on stay mapped and readable, and
    ///   writable for [`Shared`]; `isize` can hold `len`.
    /// - While anyone accesses them through the handle, no Rust reference to them exists
    ///   that promises more than these accesses keep.
    ///
    /// ```
    /// use core::ptr::NonNull;
    /// use rawshm::{Shared, SharedSlice};
    ///
    /// let mut memory = [0_u8; 8];
    /// let start = NonNull::from(&mut memory).cast();
    /// // SAFETY: the array lives longer, and nothing refers to it meanwhile.
    /// let shared: SharedSlice<'_, Shared> = unsafe { SharedSlice::from_raw_parts(start, 8) };
    /// shared.fill(1);
    /// assert_eq!(memory, [1; 8]);
    /// ```
    #[inline]
    #[must_use]
    pub const unsafe fn from_raw_parts(start: NonNull<u8>, len: usize) -> Self {
        Self {
            start,
            len,
            mapping: PhantomData,
        }
    }

    /// The length in bytes.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// assert_eq!(mapping.shared().len(), 100);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn len(self) -> usize {
        self.len
    }

    /// Whether there are no bytes.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// assert!(mapping.shared().get(100..).unwrap().is_empty());
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The start as a pointer, valid as long as the mapping is borrowed.
    ///
    /// Every access through it that is not atomic may race with a peer's.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// assert_eq!(mapping.shared().as_ptr(), mapping.as_ptr());
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn as_ptr(self) -> *const u8 {
        self.start.as_ptr()
    }

    /// The part in a range of bytes, `None` if it is not all inside.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// let shared = mapping.shared();
    /// assert_eq!(shared.get(10..).unwrap().len(), 90);
    /// assert!(shared.get(..=100).is_none());
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn get(self, range: impl RangeBounds<usize>) -> Option<Self> {
        let range = range::checked(range, self.len)?;
        // SAFETY: the range is inside.
        Some(unsafe { self.part(range.start, range.len()) })
    }

    /// The part in a range of bytes.
    ///
    /// # Panics
    ///
    /// If it is not all inside; [`get`](Self::get) is `None` then.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// mapping.shared().slice(..4).copy_from_slice(b"text");
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn slice(self, range: impl RangeBounds<usize>) -> Self {
        let range = (range.start_bound().cloned(), range.end_bound().cloned());
        match self.get(range) {
            Some(part) => part,
            None => range_out_of_bounds(range, self.len),
        }
    }

    /// The part at an address that the memory itself holds, `None` if it is not all inside.
    ///
    /// Following a pointer in shared memory is safe in this way, whatever a peer wrote
    /// there. It means something if the peer mapped the object at the same address.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// let shared = mapping.shared();
    /// shared.store(0, mapping.addr() + 40);
    /// let pointer: usize = shared.load(0);
    /// assert_eq!(shared.at_address(pointer, 60).unwrap().len(), 60);
    /// assert!(shared.at_address(pointer, 61).is_none());
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn at_address(self, address: usize, len: usize) -> Option<Self> {
        let start = address.checked_sub(self.start.addr().get())?;
        self.get(start..start.checked_add(len)?)
    }

    /// The parts before and from an offset on.
    ///
    /// # Panics
    ///
    /// If `middle` is past the end.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// let (header, text) = mapping.shared().split_at(24);
    /// assert_eq!((header.len(), text.len()), (24, 76));
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn split_at(self, middle: usize) -> (Self, Self) {
        match self.split_at_checked(middle) {
            Some(parts) => parts,
            None => out_of_bounds(middle, 0, self.len),
        }
    }

    /// The parts before and from an offset on, `None` if it is past the end.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// assert!(mapping.shared().split_at_checked(101).is_none());
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn split_at_checked(self, middle: usize) -> Option<(Self, Self)> {
        Some((self.get(..middle)?, self.get(middle..)?))
    }

    /// Copies all bytes out.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[track_caller]
    pub fn copy_to_slice(self, destination: &mut [u8]) {
        same_len(self.len, destination.len());
        // SAFETY: readable for `len` bytes, and the destination is as long and ours.
        unsafe { access::copy_from_shared(self.start.as_ptr(), destination.as_mut_ptr(), self.len) }
    }

    /// Copies all bytes out, to memory that is not initialized yet.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    ///
    /// ```
    /// # use core::mem::MaybeUninit;
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// let mut place = [MaybeUninit::uninit(); 100];
    /// let bytes: &mut [u8] = mapping.shared().copy_to_uninit(&mut place);
    /// assert_eq!(bytes, [0; 100]);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn copy_to_uninit(self, destination: &mut [MaybeUninit<u8>]) -> &mut [u8] {
        same_len(self.len, destination.len());
        let start = destination.as_mut_ptr().cast::<u8>();
        // SAFETY: readable for `len` bytes, and the destination is as long and ours.
        unsafe { access::copy_from_shared(self.start.as_ptr(), start, self.len) };
        // SAFETY: each of the bytes was just written.
        unsafe { core::slice::from_raw_parts_mut(start, self.len) }
    }

    /// Copies all bytes out, to a new `Vec`.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// mapping.shared().fill(3);
    /// assert_eq!(mapping.shared().to_vec(), [3; 100]);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(feature = "alloc")]
    #[cfg_attr(docsrs, doc(cfg(feature = "alloc")))]
    #[must_use]
    pub fn to_vec(self) -> alloc::vec::Vec<u8> {
        let mut bytes = alloc::vec::Vec::with_capacity(self.len);
        self.copy_to_uninit(&mut bytes.spare_capacity_mut()[..self.len]);
        // SAFETY: as many bytes were just written.
        unsafe { bytes.set_len(self.len) };
        bytes
    }

    /// Loads an integer or float, in the processor's byte order.
    ///
    /// At an offset that makes the address a multiple of its size, a value of up to 64 bits
    /// is read by one access and never torn; elsewhere it may mix old and new bytes.
    ///
    /// # Panics
    ///
    /// If it is not all inside.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// mapping.shared().store(8, -2_i16);
    /// assert_eq!(mapping.shared().load::<i16>(8), -2);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn load<T: Scalar>(self, offset: usize) -> T {
        let place = self.scalar(offset, size_of::<T>());
        // SAFETY: readable, all of the value's bytes.
        unsafe { T::load(place) }
    }

    /// # Safety
    ///
    /// `start + len` is at most the length.
    #[inline]
    unsafe fn part(self, start: usize, len: usize) -> Self {
        // SAFETY: inside, by the caller's word.
        let start = unsafe { self.start.add(start) };
        // SAFETY: part of memory for which the same holds.
        unsafe { Self::from_raw_parts(start, len) }
    }

    /// The part of `len` bytes at an offset.
    #[inline]
    #[track_caller]
    fn within(self, offset: usize, len: usize) -> Self {
        if self.len < len || offset > self.len - len {
            out_of_bounds(offset, len, self.len);
        }
        // SAFETY: inside, as just checked.
        unsafe { self.part(offset, len) }
    }

    /// The place of a value of `len` bytes that is all inside.
    #[inline]
    #[track_caller]
    fn scalar(self, offset: usize, len: usize) -> *mut u8 {
        self.within(offset, len).start.as_ptr()
    }
}

impl SharedSlice<'_, Shared> {
    /// The start as a pointer to write through; see [`as_ptr`](Self::as_ptr).
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// assert_eq!(mapping.shared().as_mut_ptr(), mapping.as_mut_ptr());
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn as_mut_ptr(self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// Copies all bytes in, each written once.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[track_caller]
    pub fn copy_from_slice(self, source: &[u8]) {
        same_len(self.len, source.len());
        // SAFETY: writable for `len` bytes, and the source is as long and borrowed.
        unsafe { access::copy_to_shared(source.as_ptr(), self.start.as_ptr(), self.len) }
    }

    /// Sets all bytes to one value, each written once.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// mapping.shared().fill(9);
    /// assert_eq!(mapping.shared().load::<u16>(0), 0x0909);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub fn fill(self, value: u8) {
        // SAFETY: writable for `len` bytes.
        unsafe { access::fill(self.start.as_ptr(), value, self.len) }
    }

    /// Stores an integer or float, in the processor's byte order.
    ///
    /// At an offset that makes the address a multiple of its size, a value of up to 64 bits
    /// is written by one access and never seen torn.
    ///
    /// # Panics
    ///
    /// If it is not all inside.
    ///
    /// See [`load`](Self::load) for an example.
    #[inline]
    #[track_caller]
    pub fn store<T: Scalar>(self, offset: usize, value: T) {
        let place = self.scalar(offset, size_of::<T>());
        // SAFETY: writable, all of the value's bytes.
        unsafe { value.store(place) }
    }
}

impl<A: Access> fmt::Debug for SharedSlice<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSlice")
            .field("start", &self.start)
            .field("len", &self.len)
            .finish()
    }
}

#[inline]
#[track_caller]
fn same_len(shared: usize, slice: usize) {
    if shared != slice {
        lengths_differ(shared, slice);
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn lengths_differ(shared: usize, slice: usize) -> ! {
    panic!("the shared slice has {shared} bytes, the other {slice}")
}

#[cold]
#[inline(never)]
#[track_caller]
fn out_of_bounds(offset: usize, len: usize, of: usize) -> ! {
    panic!("{len} bytes at offset {offset} are not inside of {of} bytes")
}

#[cold]
#[inline(never)]
#[track_caller]
fn range_out_of_bounds((start, end): (Bound<usize>, Bound<usize>), of: usize) -> ! {
    let start = match start {
        Bound::Included(start) => start,
        Bound::Excluded(before) => before.saturating_add(1),
        Bound::Unbounded => 0,
    };
    match end {
        Bound::Included(last) => panic!("bytes {start}..={last} are not inside of {of} bytes"),
        Bound::Excluded(end) => panic!("bytes {start}..{end} are not inside of {of} bytes"),
        Bound::Unbounded => panic!("bytes {start}.. are not inside of {of} bytes"),
    }
}
