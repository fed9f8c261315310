//! Mappings that become longer or shorter.

use super::{Mapping, Origin};
use crate::access::Access;
#[cfg(target_os = "linux")]
use crate::access::Private;
use crate::error::{Call, Error, InCall, Refused, Result};
#[cfg(target_os = "linux")]
use crate::fd::AsFd;
use crate::fd::BorrowedFd;
use crate::{Errno, sys};

#[cfg(target_os = "linux")]
use core::ptr::NonNull;

const INVALID: Error = Error::new(Call::Mremap, Errno::EINVAL);

/// No flag of `mremap`.
const IN_PLACE: u32 = 0;

impl<A: Access> Mapping<A> {
    /// Maps another length of the same object, which has changed its size or will not be
    /// needed whole, and may move to another address.
    ///
    /// Linux only.
    ///
    /// The mapping starts at the same offset of the object, which [`len`](Self::len) bytes
    /// must reach now: nothing is mapped past the end. The object itself is not resized:
    /// [`SharedMemory::resize`](crate::SharedMemory::resize) and
    /// [`Memfd::resize`](crate::Memfd::resize) do that, and reserve what is added.
    ///
    /// The mapping is taken, so that no slice or handle of it survives:
    ///
    /// ```compile_fail,E0505
    /// # use rawshm::Memfd;
    /// # let memfd = Memfd::create("doc", 8192)?;
    /// # let mapping = memfd.map()?;
    /// let slice = mapping.shared();
    /// let mapping = mapping.remap(&memfd, 4096)?;
    /// slice.store(8000, 1_u8); // no longer there
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    ///
    /// Locked memory stays locked, and what is added is locked as well.
    ///
    /// # Errors
    ///
    /// With the mapping, as it was and where it was:
    ///
    /// - `ENXIO`: the object is not so long.
    /// - `EINVAL`: a length of 0, or more than there are addresses; not the object that is mapped, or no object at all (System V
    ///   segments, memory without a descriptor); huge pages cannot become more.
    /// - `EFAULT`: to become longer, all of it must be one mapping to the kernel. Part of it
    ///   was locked or advised otherwise than the rest.
    /// - `ENOMEM`: no address space, `RLIMIT_AS`, too many mappings; without moving, something
    ///   is mapped behind.
    /// - `EAGAIN`: it is locked, and would be more than `RLIMIT_MEMLOCK` allows.
    /// - `ENODEV`: a device, whose size the kernel does not tell.
    /// - `EPERM`: the range is sealed ([`seal`](Mapping::seal)).
    /// - `EBADF`: the descriptor is not open.
    ///
    /// Where the kernel cannot make it longer, mapping the object anew always works.
    ///
    /// ```
    /// use rawshm::Memfd;
    ///
    /// let memfd = Memfd::options().resizable(true).create("log", 4096)?;
    /// let mapping = memfd.map()?;
    /// mapping.shared().store(0, 7_u8);
    ///
    /// memfd.resize(1 << 20)?;
    /// let mapping = mapping.remap(&memfd, 1 << 20)?;
    /// mapping.shared().store((1 << 20) - 1, 8_u8);
    /// assert_eq!(mapping.shared().load::<u8>(0), 7);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(target_os = "linux")]
    #[doc(alias = "mremap")]
    #[doc(alias = "MREMAP_MAYMOVE")]
    pub fn remap(self, object: impl AsFd, len: usize) -> Result<Self, Refused<Self>> {
        self.remap_as(object.as_fd(), len, sys::MREMAP_MAYMOVE)
    }

    /// As [`remap`](Self::remap), at the same address: pointers into the memory stay valid.
    ///
    /// Linux only.
    ///
    /// # Errors
    ///
    /// As [`remap`](Self::remap); `ENOMEM` too if something is mapped behind it.
    ///
    /// ```
    /// use rawshm::{Memfd, mm::page_size};
    ///
    /// let memfd = Memfd::create("doc", 2 * page_size() as u64)?;
    /// let mapping = memfd.map()?;
    /// let address = mapping.addr();
    /// let mapping = mapping.remap_in_place(&memfd, page_size())?;
    /// let mapping = match mapping.remap_in_place(&memfd, 2 * page_size()) {
    ///     Ok(mapping) => mapping,
    ///     Err(refused) => refused.value, // another thread mapped something there
    /// };
    /// assert_eq!(mapping.addr(), address);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(target_os = "linux")]
    #[doc(alias = "mremap")]
    pub fn remap_in_place(self, object: impl AsFd, len: usize) -> Result<Self, Refused<Self>> {
        self.remap_as(object.as_fd(), len, IN_PLACE)
    }

    /// Unmaps all but the first bytes, whose address stays. Whatever is behind is not resized.
    ///
    /// Bytes after the new end, up to the end of its page, stay mapped and are there again if
    /// an object is [remapped](Self::remap) to more.
    ///
    /// # Errors
    ///
    /// With the mapping, as it was:
    ///
    /// - `EINVAL`: a length of 0, or more than it has; a System V segment, which is detached as
    ///   a whole.
    /// - `EPERM`: the range is sealed ([`seal`](Mapping::seal)).
    /// - `ENOMEM`: the range was part of a larger one, and there are too many mappings.
    ///
    /// ```
    /// # use rawshm::{MapOptions, mm::page_size};
    /// let mapping = MapOptions::new().len(1 << 20).map_shared_anonymous()?;
    /// let mapping = mapping.shrink(100)?;
    /// assert_eq!((mapping.len(), mapping.mapped_len()), (100, page_size()));
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    pub fn shrink(self, len: usize) -> Result<Self, Refused<Self>> {
        if len > self.len {
            return Err(self.refused(INVALID));
        }
        self.with_len(len, IN_PLACE)
    }

    #[cfg(target_os = "linux")]
    fn remap_as(
        self,
        object: BorrowedFd<'_>,
        len: usize,
        flags: u32,
    ) -> Result<Self, Refused<Self>> {
        match self.check_object(object, len) {
            Ok(()) => self.with_len(len, flags),
            Err(error) => Err(self.refused(error)),
        }
    }

    /// Whether it maps this object from the start to the end.
    pub(crate) fn is_all_of(&self, object: BorrowedFd<'_>) -> Result<bool> {
        let stat = sys::fstat(object).in_call(Call::Fstat)?;
        let whole = Origin::Object {
            device: stat.st_dev,
            inode: stat.st_ino,
            offset: 0,
        };
        Ok(self.origin == whole && self.len as u64 == stat.st_size as u64)
    }

    /// Whether this is the object that is mapped, and reaches so far.
    #[cfg(target_os = "linux")]
    fn check_object(&self, object: BorrowedFd<'_>, len: usize) -> Result<()> {
        let Origin::Object {
            device,
            inode,
            offset,
        } = self.origin
        else {
            return Err(INVALID);
        };
        let stat = sys::fstat(object).in_call(Call::Mremap)?;
        if (stat.st_dev, stat.st_ino) != (device, inode) {
            return Err(INVALID);
        }
        if stat.st_mode & sys::S_IFMT != sys::S_IFREG {
            return Err(Error::new(Call::Mremap, Errno::ENODEV));
        }
        let end = offset.checked_add(len as u64);
        if end.is_none_or(|end| end > stat.st_size as u64) {
            return Err(Error::new(Call::Mremap, Errno::ENXIO));
        }
        Ok(())
    }

    /// Changes the length; that what is behind reaches so far is known.
    fn with_len(mut self, len: usize, flags: u32) -> Result<Self, Refused<Self>> {
        match self.set_len(len, flags) {
            Ok(()) => Ok(self),
            Err(error) => Err(self.refused(error)),
        }
    }

    fn set_len(&mut self, len: usize, flags: u32) -> Result<()> {
        if len == 0 || matches!(self.origin, Origin::Segment) {
            return Err(INVALID);
        }
        let old_len = self.mapped_len();
        let new_len = len
            .checked_next_multiple_of(self.page_size)
            .ok_or(Error::new(Call::Mremap, Errno::ENOMEM))?;
        let start = self.start.as_ptr();
        if new_len < old_len {
            let rest = start.wrapping_add(new_len).cast();
            // SAFETY: the rest is ours, and `self` is borrowed mutably, so that nothing uses it.
            unsafe { sys::munmap(rest, old_len - new_len) }.in_call(Call::Munmap)?;
        }
        #[cfg(not(target_os = "linux"))]
        debug_assert!(new_len <= old_len && flags == IN_PLACE, "only shrinks");
        #[cfg(target_os = "linux")]
        if new_len > old_len {
            let nowhere = core::ptr::null_mut();
            // SAFETY: the range is ours, and `self` is borrowed mutably, so that nothing uses
            // it; no flag here replaces what is mapped elsewhere.
            let moved = unsafe { sys::mremap(start.cast(), old_len, new_len, flags, nowhere) }
                .in_call(Call::Mremap)?;
            // SAFETY: the kernel itself never chooses the address 0.
            self.start = unsafe { NonNull::new_unchecked(moved.cast()) };
        }
        self.len = len;
        Ok(())
    }

    #[cold]
    fn refused(self, error: Error) -> Refused<Self> {
        Refused { error, value: self }
    }
}

#[cfg(target_os = "linux")]
impl Mapping<Private> {
    /// Changes the length of memory that has no object behind it, and may move to another
    /// address. What is added is zeroed.
    ///
    /// Linux only.
    ///
    /// The mapping is taken, so that no slice of it survives:
    ///
    /// ```compile_fail,E0505
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_anonymous()?;
    /// let slice = &mapping[..];
    /// let mapping = mapping.resize(1 << 20)?;
    /// assert_eq!(slice[0], 0); // may be elsewhere now
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    ///
    /// Locked memory stays locked, and what is added is locked as well.
    ///
    /// # Errors
    ///
    /// With the mapping, as it was and where it was:
    ///
    /// - `EINVAL`: a length of 0, or more than there are addresses; a frozen object is behind it, of which
    ///   [`remap`](Self::remap) maps more; huge pages cannot become more.
    /// - `EFAULT`, `ENOMEM`, `EAGAIN`, `EPERM`: as [`remap`](Self::remap).
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// let mut mapping = MapOptions::new().len(4).map_anonymous()?;
    /// mapping.copy_from_slice(b"text");
    /// let mapping = mapping.resize(1 << 20)?;
    /// assert_eq!(&mapping[..6], b"text\0\0");
    /// assert_eq!(mapping.len(), 1 << 20);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[doc(alias = "mremap")]
    pub fn resize(self, len: usize) -> Result<Self, Refused<Self>> {
        self.resize_as(len, sys::MREMAP_MAYMOVE)
    }

    /// As [`resize`](Self::resize), at the same address: pointers into the memory stay valid.
    ///
    /// Linux only.
    ///
    /// # Errors
    ///
    /// As [`resize`](Self::resize); `ENOMEM` too if something is mapped behind it.
    ///
    /// ```
    /// # use rawshm::{MapOptions, Refused};
    /// let mapping = MapOptions::new().len(4096).map_anonymous()?;
    /// let address = mapping.addr();
    /// let mapping = mapping.resize_in_place(1 << 20).unwrap_or_else(|refused| refused.value);
    /// assert_eq!(mapping.addr(), address); // whether longer or not
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[doc(alias = "mremap")]
    pub fn resize_in_place(self, len: usize) -> Result<Self, Refused<Self>> {
        self.resize_as(len, IN_PLACE)
    }

    fn resize_as(self, len: usize, flags: u32) -> Result<Self, Refused<Self>> {
        let old_len = self.len;
        if len > old_len && !matches!(self.origin, Origin::Memory) {
            return Err(self.refused(INVALID));
        }
        let rest_of_page = self.mapped_len();
        let mut resized = self.with_len(len, flags)?;
        if len > old_len {
            // What was cut off here is not to come back.
            resized[old_len..len.min(rest_of_page)].fill(0);
        }
        Ok(resized)
    }
}
