//! The owner of a mapped range.

use core::ffi::c_void;
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut, Range, RangeBounds};
use core::ptr::NonNull;
use core::slice;

use super::{Access, Advice, Frozen, Hint, MsyncFlags, Private, ProtFlags, ReadOnly, Shared};
use crate::Errno;
use crate::error::{Call, Error, InCall, Refused, Result};
use crate::slice::SharedSlice;
use crate::{range, sys};

#[cfg(target_os = "linux")]
mod pages;
mod resize;
#[cfg(target_os = "linux")]
mod seal;

/// Mapped memory, whose type says who may write: [`Shared`], [`ReadOnly`], [`Private`] or
/// [`Frozen`].
///
/// It is unmapped when it is dropped. A mapping keeps its object alive: neither closing
/// the descriptor nor removing the name takes it away. See the [crate](crate) for the
/// table of the four kinds.
///
/// [`shared`](Self::shared) gives the handle to read and write it with. A `Private` or
/// `Frozen` mapping dereferences to a slice as well.
///
/// ```
/// use rawshm::{Frozen, Mapping, Memfd, Shared};
///
/// let memfd = Memfd::create("doc", 100)?;
/// let mapping: Mapping<Shared> = memfd.map()?;
/// mapping.shared().fill(b'x');
/// mapping.unmap()?;
///
/// let mapping: Mapping<Frozen> = memfd.freeze()?.map()?;
/// assert_eq!(mapping[99], b'x');
/// assert_eq!(mapping.len(), 100);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[must_use = "dropping a mapping unmaps it"]
pub struct Mapping<A: Access> {
    start: NonNull<u8>,
    len: usize,
    page_size: usize,
    origin: Origin,
    access: PhantomData<A>,
}

/// What is behind a mapping: how it is given back, and what it can grow into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Memory without a descriptor.
    Memory,
    /// A part of an object.
    Object {
        device: u64,
        inode: u64,
        offset: u64,
    },
    /// A System V segment, detached as it was attached: the kernel knows the length, which
    /// of huge pages we may not.
    Segment,
}

// SAFETY: the range belongs to the process and not to a thread; it is unmapped once.
unsafe impl<A: Access> Send for Mapping<A> {}
// SAFETY: through `&Mapping` memory that others write is only ever copied or accessed by
// single instructions (`SharedSlice`), and other memory is only read.
unsafe impl<A: Access> Sync for Mapping<A> {}

static_assertions::assert_not_impl_any!(Mapping<Shared>: Deref);
static_assertions::assert_not_impl_any!(Mapping<ReadOnly>: Deref);
static_assertions::assert_not_impl_any!(Mapping<Frozen>: DerefMut);

impl<A: Access> Mapping<A> {
    /// Takes ownership of a mapped range.
    ///
    /// # Safety
    ///
    /// - `len` bytes from `start` on are mapped in whole pages of `page_size`, the caller's
    ///   to unmap; `isize` can hold their length.
    /// - They are readable, and writable for `Shared` and `Private`.
    /// - For `Private` nobody but this process writes them, for `Frozen` nobody at all.
    /// - The origin is what they are of.
    #[inline]
    pub(super) unsafe fn from_raw_parts(
        start: NonNull<u8>,
        len: usize,
        page_size: usize,
        origin: Origin,
    ) -> Self {
        debug_assert!(page_size.is_power_of_two());
        Self {
            start,
            len,
            page_size,
            origin,
            access: PhantomData,
        }
    }

    /// Takes ownership of a segment that is attached.
    ///
    /// # Safety
    ///
    /// As [`from_raw_parts`](Self::from_raw_parts), and the whole segment is attached at
    /// `start`, the caller's to detach. The size of its pages may be larger.
    #[inline]
    pub(crate) unsafe fn from_attached(start: NonNull<u8>, len: usize, page_size: usize) -> Self {
        // SAFETY: the caller's duty.
        unsafe { Self::from_raw_parts(start, len, page_size, Origin::Segment) }
    }

    /// The same range with another answer.
    ///
    /// # Safety
    ///
    /// What [`from_raw_parts`](Self::from_raw_parts) says of `B` holds.
    #[inline]
    unsafe fn retype<B: Access>(self) -> Mapping<B> {
        let this = ManuallyDrop::new(self);
        Mapping {
            start: this.start,
            len: this.len,
            page_size: this.page_size,
            origin: this.origin,
            access: PhantomData,
        }
    }

    /// The length in bytes: what was asked for, or the whole object.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// assert_eq!(MapOptions::new().len(100).map_anonymous()?.len(), 100);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no mapping is empty")]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// The length in bytes that is really mapped: [`len`](Self::len), rounded up to pages.
    ///
    /// Of a System V segment that somebody else made with huge pages it is more.
    ///
    /// ```
    /// # use rawshm::{MapOptions, mm::page_size};
    /// assert_eq!(MapOptions::new().len(100).map_anonymous()?.mapped_len(), page_size());
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn mapped_len(&self) -> usize {
        let last = self.page_size - 1;
        // It was mapped, so that it does not overflow.
        self.len.wrapping_add(last) & !last
    }

    /// The start as a pointer, valid while the mapping lives.
    ///
    /// Reading through it is the reader's to answer for: of `Shared` and `ReadOnly`
    /// mappings every other access than an atomic one may race with a peer's.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// let mapping = MapOptions::new().len(100).map_anonymous()?;
    /// assert_eq!(mapping.as_ptr().addr(), mapping.addr());
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn as_ptr(&self) -> *const u8 {
        self.start.as_ptr()
    }

    /// The address of the start.
    ///
    /// ```
    /// # use rawshm::{MapOptions, mm::page_size};
    /// let mapping = MapOptions::new().len(100).map_anonymous()?;
    /// assert_eq!(mapping.addr() % page_size(), 0);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn addr(&self) -> usize {
        self.start.addr().get()
    }

    /// The handle to read the memory with, and of a `Shared` mapping to write it.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// mapping.shared().store(8, 1.5_f64);
    /// assert_eq!(mapping.shared().load::<f64>(8), 1.5);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn shared(&self) -> SharedSlice<'_, A> {
        // SAFETY: the range is mapped with this access while `self` is borrowed.
        unsafe { SharedSlice::from_raw_parts(self.start, self.len) }
    }

    /// Tells whether the object is still at least as long as the mapping.
    ///
    /// The last byte is read in a way that returns an error where a plain access would end in
    /// `SIGBUS` (see [`slice`](crate::slice#memory-that-may-be-taken-away)). Memory comes in
    /// whole pages: an object that ends within the mapping's last page passes, because every
    /// byte of that page can be accessed. A peer may truncate the object right afterwards; who
    /// cannot bear that copies with methods like
    /// [`try_copy_to_slice`](SharedSlice::try_copy_to_slice).
    ///
    /// Of a sparse object it fills the last page, as every access does. Anonymous memory,
    /// System V segments and frozen memfds cannot be truncated: they pass.
    ///
    /// # Errors
    ///
    /// - `EFAULT`: the object is shorter; or its last page is a hole that cannot be filled (no
    ///   free huge page, a full file system).
    /// - As [`try_copy_to_slice`](SharedSlice::try_copy_to_slice).
    ///
    /// ```
    /// use rawshm::{Errno, Memfd, mm::page_size};
    ///
    /// let memfd = Memfd::options().resizable(true).create("doc", 2 * page_size() as u64)?;
    /// let mapping = memfd.map_read_only()?;
    /// mapping.check()?;
    /// memfd.resize(1)?; // what a peer may do at any time
    /// assert!(mapping.check().unwrap_err() == Errno::EFAULT);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    pub fn check(&self) -> Result<()> {
        self.shared().try_load::<u8>(self.len - 1).map(drop)
    }

    /// Tells the kernel how a range of bytes is used.
    ///
    /// A page that is partly in the range counts as a whole.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the range is not inside of the mapping; the hint does not fit this
    ///   memory, or the kernel does not know it.
    /// - As [`madvise`](super::madvise).
    ///
    /// ```
    /// use rawshm::{Errno, MapOptions, mm::Hint};
    ///
    /// let mapping = MapOptions::new().len(1 << 20).map_anonymous()?;
    /// mapping.advise(..4096, Hint::WillNeed)?;
    /// assert!(mapping.advise(..=1 << 20, Hint::WillNeed).unwrap_err() == Errno::EINVAL);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub fn advise(&self, range: impl RangeBounds<usize>, hint: Hint) -> Result<()> {
        // SAFETY: a hint changes neither contents nor access.
        unsafe { self.advise_unchecked(range, hint.into()) }
    }

    /// Gives any advice at all for a range of bytes.
    ///
    /// A page that is partly in the range counts as a whole.
    ///
    /// # Errors
    ///
    /// As [`advise`](Self::advise).
    ///
    /// # Safety
    ///
    /// - The advice does not change contents that are borrowed as a slice, here or by a
    ///   peer whose mapping is `Private` or `Frozen`.
    /// - It does not take away access: after `DONTFORK` a child must not touch the mapping,
    ///   not even drop it.
    ///
    /// ```
    /// use rawshm::{MapOptions, mm::Advice};
    ///
    /// let mapping = MapOptions::new().len(4096).map_shared_anonymous()?;
    /// // SAFETY: nobody borrows the contents, and no child is forked.
    /// unsafe { mapping.advise_unchecked(.., Advice::DONTFORK) }?;
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub unsafe fn advise_unchecked(
        &self,
        range: impl RangeBounds<usize>,
        advice: Advice,
    ) -> Result<()> {
        let (address, len) = self.pages(range, Call::Madvise)?;
        // SAFETY: the range is inside of the mapping; the caller answers for the advice.
        unsafe { sys::madvise(address, len, advice.raw()) }.in_call(Call::Madvise)
    }

    /// Faults the pages of a range of bytes in and keeps them in memory.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the range is not inside of the mapping.
    /// - As [`mlock`](super::mlock).
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// let mapping = MapOptions::new().len(4096).map_anonymous()?;
    /// mapping.lock(..)?;
    /// mapping.unlock(..)?;
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub fn lock(&self, range: impl RangeBounds<usize>) -> Result<()> {
        let (address, len) = self.pages(range, Call::Mlock)?;
        // SAFETY: the range is inside of the mapping, and locking changes no contents.
        unsafe { sys::mlock(address, len) }.in_call(Call::Mlock)
    }

    /// Lets the pages of a range of bytes be reclaimed again.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the range is not inside of the mapping.
    /// - As [`munlock`](super::munlock).
    ///
    /// See [`lock`](Self::lock) for an example.
    #[inline]
    pub fn unlock(&self, range: impl RangeBounds<usize>) -> Result<()> {
        let (address, len) = self.pages(range, Call::Munlock)?;
        // SAFETY: the range is inside of the mapping, and unlocking changes no contents.
        unsafe { sys::munlock(address, len) }.in_call(Call::Munlock)
    }

    /// Writes a range of bytes back to the file behind it; memory has nothing to write back.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the range is not inside of the mapping, or the flags do not fit each other.
    /// - As [`msync`](super::msync).
    ///
    /// ```
    /// # use rawshm::{MapOptions, mm::MsyncFlags};
    /// let mapping = MapOptions::new().len(4096).map_shared_anonymous()?;
    /// mapping.sync(.., MsyncFlags::SYNC)?;
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub fn sync(&self, range: impl RangeBounds<usize>, flags: MsyncFlags) -> Result<()> {
        let (address, len) = self.pages(range, Call::Msync)?;
        // SAFETY: the range is inside of the mapping; what is behind a private or frozen one
        // nobody else can write, so that there is nothing to invalidate.
        unsafe { sys::msync(address, len, flags.bits()) }.in_call(Call::Msync)
    }

    /// Unmaps, and tells the error that a drop cannot.
    ///
    /// Of a System V segment in a range that is sealed (`mseal`) the kernel reports success
    /// and leaves it attached.
    ///
    /// # Errors
    ///
    /// With the mapping, which is still there:
    ///
    /// - `ENOMEM`: the range was part of a larger one, and there are too many mappings.
    /// - `EPERM`: the range is sealed (`mseal`).
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// MapOptions::new().len(4096).map_anonymous()?.unmap()?;
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub fn unmap(self) -> Result<(), Refused<Self>> {
        let this = ManuallyDrop::new(self);
        // SAFETY: `this` is given up, and nothing borrows it.
        match unsafe { this.unmap_pages() } {
            Ok(()) => Ok(()),
            Err(error) => Err(Refused {
                error,
                value: ManuallyDrop::into_inner(this),
            }),
        }
    }

    /// # Safety
    ///
    /// Nothing uses the range any more, the mapping itself included.
    #[inline]
    unsafe fn unmap_pages(&self) -> Result<()> {
        let start = self.start.as_ptr().cast();
        match self.origin {
            Origin::Memory | Origin::Object { .. } => {
                // SAFETY: the range is ours, and the caller gives it up.
                unsafe { sys::munmap(start, self.mapped_len()) }.in_call(Call::Munmap)
            }
            Origin::Segment => {
                // SAFETY: as above.
                unsafe { sys::shmdt(start) }.in_call(Call::Shmdt)
            }
        }
    }

    /// Sets the protection of the whole mapping.
    ///
    /// # Safety
    ///
    /// Nothing that borrows the mapping needs more than that.
    #[inline]
    unsafe fn protect(&self, protection: ProtFlags) -> Result<()> {
        let start = self.start.as_ptr().cast();
        // SAFETY: the range is ours; the caller answers for its users.
        unsafe { sys::mprotect(start, self.mapped_len(), protection.bits()) }
            .in_call(Call::Mprotect)
    }

    /// Gives a mapping back that could not give up writing: where part of it is sealed, the
    /// kernel has protected the rest by then.
    #[cold]
    fn writable_again(self, error: Error) -> Refused<Self> {
        // SAFETY: it is what everything that borrows such a mapping was promised.
        let undone = unsafe { self.protect(ProtFlags::READ.union(ProtFlags::WRITE)) };
        // The first error is the one to tell.
        let _ = undone;
        Refused { error, value: self }
    }

    /// The pages that hold a range of bytes.
    #[inline]
    fn pages(&self, range: impl RangeBounds<usize>, call: Call) -> Result<(*mut c_void, usize)> {
        let Range { start, end } =
            range::checked(range, self.len).ok_or(Error::new(call, Errno::EINVAL))?;
        let before = start & (self.page_size - 1);
        let address = self.start.as_ptr().wrapping_add(start - before).cast();
        // An empty range holds no page, not even in part.
        let len = if start == end {
            0
        } else {
            end - start + before
        };
        Ok((address, len))
    }
}

impl Mapping<Shared> {
    /// The start as a pointer to write through; see [`as_ptr`](Self::as_ptr).
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// assert_eq!(mapping.as_mut_ptr().addr(), mapping.addr());
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn as_mut_ptr(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// Gives up writing; others may go on.
    ///
    /// Sealing the object against writing still sees a writable mapping in it: only
    /// unmapping makes way for that.
    ///
    /// # Errors
    ///
    /// With the mapping, unchanged:
    ///
    /// - `ENOMEM`: too many mappings.
    /// - `EPERM`: the range is sealed (`mseal`).
    /// - `EINVAL`: a System V segment that somebody else made with huge pages.
    ///
    /// ```
    /// # use rawshm::{MapOptions, Mapping, ReadOnly};
    /// let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// mapping.shared().fill(7);
    /// let mapping: Mapping<ReadOnly> = mapping.into_read_only()?;
    /// assert_eq!(mapping.shared().load::<u8>(99), 7);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    pub fn into_read_only(self) -> Result<Mapping<ReadOnly>, Refused<Self>> {
        // SAFETY: `self` is owned, so that nothing borrows it.
        match unsafe { self.protect(ProtFlags::READ) } {
            // SAFETY: the pages are readable, and `ReadOnly` promises no more.
            Ok(()) => Ok(unsafe { self.retype() }),
            Err(error) => Err(self.writable_again(error)),
        }
    }
}

/// What must hold for a slice of memory that others can write.
macro_rules! slices_of_shared_memory {
    ($access:ty) => {
        impl Mapping<$access> {
            /// The memory as a slice, if the caller knows that nobody writes it.
            ///
            /// # Safety
            ///
            /// - While the slice lives nobody writes this memory: no process, no thread, no
            ///   [`SharedSlice`] of ours.
            /// - Nobody truncates the object or punches holes into it.
            ///
            /// ```
            /// # use rawshm::MapOptions;
            /// let mapping = MapOptions::new().len(4).map_shared_anonymous()?;
            /// // SAFETY: nobody else has this memory.
            /// assert_eq!(unsafe { mapping.as_slice() }, [0; 4]);
            /// # Ok::<(), rawshm::Error>(())
            /// ```
            #[inline]
            #[must_use]
            pub const unsafe fn as_slice(&self) -> &[u8] {
                // SAFETY: the range is mapped while `self` is borrowed, and the caller
                // knows that nobody writes it.
                unsafe { slice::from_raw_parts(self.start.as_ptr(), self.len) }
            }
        }
    };
}

slices_of_shared_memory!(Shared);
slices_of_shared_memory!(ReadOnly);

impl Mapping<Shared> {
    /// The memory as a slice to write to, if the caller knows that nobody else touches it.
    ///
    /// # Safety
    ///
    /// - While the slice lives nobody reads or writes this memory otherwise: no process, no
    ///   thread.
    /// - Nobody truncates the object or punches holes into it.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// let mut mapping = MapOptions::new().len(4).map_shared_anonymous()?;
    /// // SAFETY: nobody else has this memory.
    /// unsafe { mapping.as_mut_slice() }.copy_from_slice(b"text");
    /// assert_eq!(mapping.shared().load::<u8>(3), b't');
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const unsafe fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: the range is mapped and writable while `self` is borrowed, and the
        // caller knows that nobody else touches it.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl Mapping<Private> {
    /// The start as a pointer to write through.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// let mut mapping = MapOptions::new().len(100).map_anonymous()?;
    /// assert_eq!(mapping.as_mut_ptr().addr(), mapping.addr());
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn as_mut_ptr(&mut self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// The handle to write the memory with, for code that takes any kind of memory.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// let mut mapping = MapOptions::new().len(100).map_anonymous()?;
    /// mapping.shared_mut().store(0, 7_u8);
    /// assert_eq!(mapping[0], 7);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn shared_mut(&mut self) -> SharedSlice<'_, Shared> {
        // SAFETY: the range is mapped and writable while `self` is borrowed, mutably, so
        // that no slice of it exists.
        unsafe { SharedSlice::from_raw_parts(self.start, self.len) }
    }

    /// Drops the contents of a range of whole pages, which read as they did at first: zero,
    /// or the frozen object behind. Their memory is freed.
    ///
    /// Linux only.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the range is not inside of the mapping; it does not start at a page, or
    ///   ends neither at a page nor at the end; or part of it is locked.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// let mut mapping = MapOptions::new().len(100).map_anonymous()?;
    /// mapping[0] = 7;
    /// mapping.discard(..)?;
    /// assert_eq!(mapping[0], 0);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(target_os = "linux")]
    #[doc(alias = "MADV_DONTNEED")]
    pub fn discard(&mut self, range: impl RangeBounds<usize>) -> Result<()> {
        let invalid = Error::new(Call::Madvise, Errno::EINVAL);
        let Range { start, end } = range::checked(range, self.len).ok_or(invalid)?;
        let whole = |offset: usize| offset % sys::page_size() == 0;
        // To the end means with the last page, whose rest nobody sees; a huge one counts
        // only as a whole.
        let end = if end == self.len {
            self.mapped_len()
        } else {
            end
        };
        if !whole(start) || !whole(end) {
            return Err(invalid);
        }
        let address = self.start.as_ptr().wrapping_add(start).cast();
        // SAFETY: `self` is borrowed mutably, so that no slice of it sees the change, and
        // the pages are inside of the mapping.
        unsafe { sys::madvise(address, end - start, sys::MADV_DONTNEED) }.in_call(Call::Madvise)
    }

    /// Gives up writing for good, so that a plain slice of it can be shared between threads.
    ///
    /// # Errors
    ///
    /// With the mapping, unchanged:
    ///
    /// - `ENOMEM`: too many mappings.
    /// - `EPERM`: the range is sealed (`mseal`).
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// let mut mapping = MapOptions::new().len(4).map_anonymous()?;
    /// mapping.copy_from_slice(b"text");
    /// assert_eq!(&*mapping.into_frozen()?, b"text");
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    pub fn into_frozen(self) -> Result<Mapping<Frozen>, Refused<Self>> {
        // SAFETY: `self` is owned, so that nothing borrows it.
        match unsafe { self.protect(ProtFlags::READ) } {
            // SAFETY: nobody else could write the pages, and now we cannot either.
            Ok(()) => Ok(unsafe { self.retype() }),
            Err(error) => Err(self.writable_again(error)),
        }
    }
}

impl Deref for Mapping<Private> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: mapped while `self` is borrowed; nobody else writes it, and we only
        // through `&mut self`.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl DerefMut for Mapping<Private> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: mapped and writable while `self` is borrowed, and nobody else's.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl Deref for Mapping<Frozen> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: mapped while `self` is borrowed, and nobody can write it.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl<A: Access> Drop for Mapping<A> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: nothing borrows the mapping when it is dropped.
        let result = unsafe { self.unmap_pages() };
        // A destructor has nobody to tell; `unmap` does.
        let _ = result;
    }
}

impl<A: Access> fmt::Debug for Mapping<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(A::MAPPING)
            .field("start", &self.start)
            .field("len", &self.len)
            .field("mapped_len", &self.mapped_len())
            .finish()
    }
}

impl AsRef<[u8]> for Mapping<Private> {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl AsMut<[u8]> for Mapping<Private> {
    #[inline]
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}

impl AsRef<[u8]> for Mapping<Frozen> {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self
    }
}
