//! Where and how to map.

use core::ptr::{self, NonNull};

#[cfg(target_os = "linux")]
use super::huge_page_bits;
use super::mapping::Origin;
use super::{Access, Frozen, MapFlags, Mapping, Private, ProtFlags, ReadOnly, Shared};
use crate::Errno;
use crate::error::{Call, Error, InCall, Result};
use crate::fd::{AsFd, BorrowedFd};
#[cfg(not(target_os = "linux"))]
use crate::memfd::FrozenMemfd;
use crate::sys;

/// How to map: which part of an object, where, and how eagerly.
///
/// Nothing that is mapped is ever replaced: an exact address that is taken is an error.
///
/// ```
/// use rawshm::{Errno, MapOptions, Memfd, mm::page_size};
///
/// let memfd = Memfd::create("doc", 2 * page_size() as u64)?;
/// let second_page = MapOptions::new().offset(page_size() as u64).map_shared(&memfd)?;
/// assert_eq!(second_page.len(), page_size());
///
/// let same = MapOptions::new().exactly_at(second_page.addr()).map_shared(&memfd);
/// assert!(same.unwrap_err() == Errno::EEXIST);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct MapOptions {
    offset: u64,
    len: Option<usize>,
    place: Place,
    flags: MapFlags,
    huge_page_size: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Anywhere,
    Near(usize),
    Exactly(usize),
}

/// What is mapped: `len` bytes, in pages of `page_size`, of an object or of fresh memory.
#[derive(Clone, Copy)]
struct Extent {
    len: usize,
    page_size: usize,
    origin: Origin,
}

impl Default for MapOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl MapOptions {
    /// The whole object, anywhere.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub const fn new() -> Self {
        Self {
            offset: 0,
            len: None,
            place: Place::Anywhere,
            flags: MapFlags::empty(),
            huge_page_size: None,
        }
    }

    /// Where in the object the mapping starts, in bytes: a multiple of the page size.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub const fn offset(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }

    /// How many bytes to map; without it, all from the offset to the end of the object.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub const fn len(mut self, len: usize) -> Self {
        self.len = Some(len);
        self
    }

    /// A hint: at this address if it is free, else elsewhere.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// let hint = 0x20_0000_0000;
    /// let mapping = MapOptions::new().len(4096).at(hint).map_anonymous()?;
    /// println!("hint {hint:#x}, mapped at {:#x}", mapping.addr());
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub const fn at(mut self, hint: usize) -> Self {
        self.place = Place::Near(hint);
        self
    }

    /// At this address, or the error `EEXIST` if anything is mapped there; `ENOMEM` if it is
    /// beyond those that a process can have.
    ///
    /// Pointers into the memory mean the same in each process that maps it at one address.
    ///
    /// See the [type](Self) for an example.
    #[doc(alias = "MAP_FIXED_NOREPLACE")]
    #[inline]
    pub const fn exactly_at(mut self, address: usize) -> Self {
        self.place = Place::Exactly(address);
        self
    }

    /// Faults the pages in at once; those of a shared mapping for reading only. That some
    /// could not be is no error here: [`Mapping::prefault`] tells, faults for writing and
    /// is faster.
    ///
    /// Linux only.
    ///
    /// See the [type](Self) for an example.
    #[cfg(target_os = "linux")]
    #[doc(alias = "MAP_POPULATE")]
    #[inline]
    pub const fn populate(mut self) -> Self {
        self.flags = self.flags.union(MapFlags::POPULATE);
        self
    }

    /// Locks the pages in memory. That some could not be is no error here:
    /// [`Mapping::lock`] tells. More than `RLIMIT_MEMLOCK` allows is `EAGAIN`.
    ///
    /// Linux only.
    ///
    /// See the [type](Self) for an example.
    #[cfg(target_os = "linux")]
    #[doc(alias = "MAP_LOCKED")]
    #[inline]
    pub const fn locked(mut self) -> Self {
        self.flags = self.flags.union(MapFlags::LOCKED);
        self
    }

    /// Anonymous memory in reserved huge pages of this many bytes, such as `2 << 20`.
    ///
    /// Linux only.
    ///
    /// A file has the pages of its file system: give this option to the memfd instead.
    ///
    /// ```
    /// # use rawshm::{Errno, MapOptions};
    /// match MapOptions::new().len(1).huge_pages(2 << 20).map_anonymous() {
    ///     Ok(mapping) => assert_eq!(mapping.mapped_len(), 2 << 20),
    ///     Err(error) => println!("no huge pages are reserved: {error}"),
    /// }
    /// ```
    #[cfg(target_os = "linux")]
    #[doc(alias = "MAP_HUGETLB")]
    #[inline]
    pub const fn huge_pages(mut self, size: usize) -> Self {
        self.huge_page_size = Some(size);
        self
    }

    /// Maps an object for reading and writing, shared with others.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the object or the length is empty; an offset that is not a multiple of the
    ///   page size; an exact address that is 0 or not such a multiple;
    ///   [`huge_pages`](Self::huge_pages) of a file.
    /// - `ENXIO`: offset and length reach past the end of the object.
    /// - `EEXIST`: [`exactly_at`](Self::exactly_at), and something is mapped there.
    /// - `EACCES`: the descriptor is not open for reading and writing, as a directory or an
    ///   end of a pipe never is.
    /// - `EPERM`: a seal forbids writing; an address below `vm.mmap_min_addr`;
    ///   [`locked`](Self::locked), and `RLIMIT_MEMLOCK` is 0.
    /// - `ENODEV`: it cannot be mapped (a directory, a pipe), or only with a
    ///   [`len`](Self::len) (a device).
    /// - `ENOMEM`: no address space or no memory, `RLIMIT_AS`, too many mappings.
    /// - `EAGAIN`: [`locked`](Self::locked) beyond `RLIMIT_MEMLOCK`.
    /// - `EBADF`: the descriptor is not open.
    ///
    /// ```
    /// # use rawshm::{MapOptions, Memfd};
    /// let memfd = Memfd::create("doc", 100)?;
    /// let mapping = MapOptions::new().populate().map_shared(&memfd)?;
    /// mapping.shared().fill(1);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    pub fn map_shared(&self, fd: impl AsFd) -> Result<Mapping<Shared>> {
        // SAFETY: readable and writable, and `Shared` promises no more.
        unsafe { self.map_file(fd.as_fd(), ProtFlags::RDWR, MapFlags::SHARED) }
    }

    /// Maps an object for reading, shared with others who may write.
    ///
    /// # Errors
    ///
    /// As [`map_shared`](Self::map_shared); `EACCES` if the descriptor is not open for
    /// reading. Writing it need not be.
    ///
    /// ```
    /// # use rawshm::{MapOptions, Memfd};
    /// let memfd = Memfd::create("doc", 100)?;
    /// let mapping = MapOptions::new().map_read_only(&memfd)?;
    /// assert_eq!(mapping.shared().load::<u8>(0), 0);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    pub fn map_read_only(&self, fd: impl AsFd) -> Result<Mapping<ReadOnly>> {
        // SAFETY: readable, and `ReadOnly` promises no more.
        unsafe { self.map_file(fd.as_fd(), ProtFlags::READ, MapFlags::SHARED) }
    }

    /// Maps an object that nobody can write or shorten any more: a memfd with the seals
    /// `WRITE` and `SHRINK`.
    ///
    /// # Errors
    ///
    /// - `EPERM` of `fcntl(F_GET_SEALS)`: a seal is missing.
    ///   POSIX objects never have them.
    /// - `EINVAL` of `fcntl(F_GET_SEALS)`: neither memfd nor POSIX object.
    /// - As [`map_shared`](Self::map_shared).
    ///
    /// ```
    /// # use rawshm::{MapOptions, Memfd};
    /// let memfd = Memfd::create("doc", 100)?;
    /// assert!(MapOptions::new().map_frozen(&memfd).is_err()); // not frozen yet
    /// let mapping = MapOptions::new().map_frozen(&memfd.freeze()?)?;
    /// assert_eq!(&mapping[..4], [0; 4]);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(target_os = "linux")]
    pub fn map_frozen(&self, fd: impl AsFd) -> Result<Mapping<Frozen>> {
        let fd = fd.as_fd();
        check_frozen(fd)?;
        // SAFETY: readable; the seals rule out writing, holes and truncation for good, and
        // this mapping is not writable either.
        let shared = unsafe { self.map_file(fd, ProtFlags::READ, MapFlags::SHARED) };
        match shared {
            // Kernels before 6.7 refuse any shared mapping of a memfd sealed against writing.
            Err(error) if error == Errno::EPERM => {
                // SAFETY: as above; what is copied on write nobody writes here.
                unsafe { self.map_file(fd, ProtFlags::READ, MapFlags::PRIVATE) }
            }
            mapped => mapped,
        }
    }

    /// Maps an object that nobody can write or shorten any more, copying each page that we
    /// write: a memfd with the seals `WRITE` and `SHRINK`.
    ///
    /// Of other objects such a mapping would show what others write, until the page is
    /// copied: no slice of it would be sound.
    ///
    /// # Errors
    ///
    /// As [`map_frozen`](Self::map_frozen).
    ///
    /// ```
    /// # use rawshm::{MapOptions, Memfd};
    /// let memfd = Memfd::create("doc", 100)?.freeze()?;
    /// let mut ours = MapOptions::new().map_private(&memfd)?;
    /// ours[0] = 1;
    /// assert_eq!(memfd.map()?[0], 0);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(target_os = "linux")]
    #[doc(alias = "MAP_PRIVATE")]
    pub fn map_private(&self, fd: impl AsFd) -> Result<Mapping<Private>> {
        let fd = fd.as_fd();
        check_frozen(fd)?;
        // SAFETY: readable and writable; the seals rule out that others write, punch or
        // truncate, and what we write is copied first.
        unsafe { self.map_file(fd, ProtFlags::RDWR, MapFlags::PRIVATE) }
    }

    /// Maps an object that nobody can write or shorten any more. The system cannot tell which
    /// those are: only the type does. (On Linux any descriptor can be given, and the kernel is
    /// asked.)
    ///
    /// # Errors
    ///
    /// As [`map_shared`](Self::map_shared).
    ///
    /// ```
    /// # use rawshm::{MapOptions, Memfd};
    /// let memfd = Memfd::create("doc", 100)?;
    /// let mapping = MapOptions::new().map_frozen(&memfd.freeze()?)?;
    /// assert_eq!(&mapping[..4], [0; 4]);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(not(target_os = "linux"))]
    pub fn map_frozen(&self, memfd: &FrozenMemfd) -> Result<Mapping<Frozen>> {
        // SAFETY: readable; a `FrozenMemfd` is only ever made of a descriptor that cannot write
        // to an object whose size is set and that no other descriptor or mapping can write.
        unsafe { self.map_file(memfd.as_fd(), ProtFlags::READ, MapFlags::SHARED) }
    }

    /// A copy of an object that nobody can write or shorten any more, for us to write to: the
    /// system maps no object privately.
    ///
    /// # Errors
    ///
    /// As [`map_frozen`](Self::map_frozen).
    ///
    /// ```
    /// # use rawshm::{MapOptions, Memfd};
    /// let memfd = Memfd::create("doc", 100)?.freeze()?;
    /// let mut ours = MapOptions::new().map_private(&memfd)?;
    /// ours[0] = 1;
    /// assert_eq!(memfd.map()?[0], 0);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(not(target_os = "linux"))]
    #[doc(alias = "MAP_PRIVATE")]
    pub fn map_private(&self, memfd: &FrozenMemfd) -> Result<Mapping<Private>> {
        let whole = Self {
            place: Place::Anywhere,
            ..*self
        };
        let frozen = whole.map_frozen(memfd)?;
        let memory = Self {
            offset: 0,
            len: Some(frozen.len()),
            ..*self
        };
        let mut ours = memory.map_anonymous()?;
        ours.copy_from_slice(&frozen);
        Ok(ours)
    }

    /// Maps zeroed memory of this process; a child after `fork` gets a copy.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: [`len`](Self::len) is missing or 0; an offset; an exact address that is 0
    ///   or not a multiple of the page size; not a size of huge pages that the kernel has.
    /// - `ENOMEM`: no address space or no memory.
    /// - `ENOMEM` of `mmap(MAP_HUGETLB)`: fewer huge pages are free than that.
    /// - `EEXIST`, `EPERM`, `EAGAIN`: as [`map_shared`](Self::map_shared).
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// let mut mapping = MapOptions::new().len(1 << 20).map_anonymous()?;
    /// mapping[..4].copy_from_slice(b"text");
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    pub fn map_anonymous(&self) -> Result<Mapping<Private>> {
        // SAFETY: readable and writable, and nobody else's.
        unsafe { self.map_memory(MapFlags::PRIVATE) }
    }

    /// Maps zeroed memory that is shared with the children that are forked from now on.
    ///
    /// # Errors
    ///
    /// As [`map_anonymous`](Self::map_anonymous).
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// let mapping = MapOptions::new().len(4096).map_shared_anonymous()?;
    /// mapping.shared().store(0, 1_u64);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    pub fn map_shared_anonymous(&self) -> Result<Mapping<Shared>> {
        // SAFETY: readable and writable, and `Shared` promises no more.
        unsafe { self.map_memory(MapFlags::SHARED) }
    }

    /// # Safety
    ///
    /// Protection, type of mapping and object keep what `A` promises.
    unsafe fn map_file<A: Access>(
        &self,
        fd: BorrowedFd<'_>,
        protection: ProtFlags,
        kind: MapFlags,
    ) -> Result<Mapping<A>> {
        let extent = self.extent_of_file(fd)?;
        // SAFETY: the caller's duty.
        unsafe { self.map(extent, protection, kind, Some(fd)) }
    }

    /// # Safety
    ///
    /// Fresh memory mapped in this way keeps what `A` promises.
    unsafe fn map_memory<A: Access>(&self, kind: MapFlags) -> Result<Mapping<A>> {
        let len = self.len.ok_or(INVALID)?;
        if self.offset != 0 {
            return Err(INVALID);
        }
        let (pages, page_size) = match self.huge_page_size {
            #[cfg(target_os = "linux")]
            Some(size) => {
                let bits = huge_page_bits(size, Call::Mmap)?;
                let pages = MapFlags::HUGETLB.union(MapFlags::from_bits_retain(bits));
                (pages, size)
            }
            _ => (MapFlags::empty(), sys::page_size()),
        };
        let kind = kind.union(MapFlags::ANONYMOUS).union(pages);
        let extent = Extent {
            len,
            page_size,
            origin: Origin::Memory,
        };
        // SAFETY: the caller's duty.
        match unsafe { self.map(extent, ProtFlags::RDWR, kind, None) } {
            // What there is too little of is not the same.
            Err(error) if self.huge_page_size.is_some() && error.call() == Call::Mmap => {
                Err(Error::new(Call::MmapHugetlb, error.errno()))
            }
            mapped => mapped,
        }
    }

    /// What to map of a file, so that all of it is there now.
    fn extent_of_file(&self, fd: BorrowedFd<'_>) -> Result<Extent> {
        if self.huge_page_size.is_some() {
            return Err(INVALID);
        }
        let stat = sys::fstat(fd).in_call(Call::Mmap)?;
        let len = if stat.st_mode & sys::S_IFMT == sys::S_IFREG {
            let beyond = Error::new(Call::Mmap, Errno::ENXIO);
            let rest = (stat.st_size as u64)
                .checked_sub(self.offset)
                .ok_or(beyond)?;
            let rest =
                usize::try_from(rest).map_err(|_| Error::new(Call::Mmap, Errno::EOVERFLOW))?;
            match self.len {
                Some(len) if len > rest => return Err(beyond),
                Some(len) => len,
                None => rest,
            }
        } else {
            // A device has no size to check against, and no whole to map.
            self.len.ok_or(Error::new(Call::Mmap, Errno::ENODEV))?
        };
        let mut page_size = sys::page_size();
        let block_size = stat.st_blksize as usize;
        if block_size > page_size && sys::is_hugetlbfs(fd).in_call(Call::Mmap)? {
            page_size = block_size;
        }
        let origin = Origin::Object {
            device: stat.st_dev,
            inode: stat.st_ino,
            offset: self.offset,
        };
        Ok(Extent {
            len,
            page_size,
            origin,
        })
    }

    /// # Safety
    ///
    /// What is mapped in this way keeps what `A` promises.
    unsafe fn map<A: Access>(
        &self,
        Extent {
            len,
            page_size,
            origin,
        }: Extent,
        protection: ProtFlags,
        kind: MapFlags,
        fd: Option<BorrowedFd<'_>>,
    ) -> Result<Mapping<A>> {
        if len == 0 {
            return Err(INVALID);
        }
        let mapped_len = len
            .checked_next_multiple_of(page_size)
            .ok_or(Error::new(Call::Mmap, Errno::ENOMEM))?;
        let (address, place) = match self.place {
            Place::Anywhere => (0, 0),
            Place::Near(hint) => (hint, 0),
            // Kernels that take it for a hint would round it.
            Place::Exactly(address) if address == 0 || address % sys::page_size() != 0 => {
                return Err(INVALID);
            }
            Place::Exactly(address) => (address, sys::MAP_FIXED_NOREPLACE),
        };
        let flags = kind.union(self.flags).bits() | place;
        let hint = ptr::with_exposed_provenance_mut(address);
        // SAFETY: no flag here replaces what is mapped.
        let start =
            unsafe { sys::mmap(hint, mapped_len, protection.bits(), flags, fd, self.offset) }
                .in_call(Call::Mmap)?;
        // Kernels before 4.17 take FIXED_NOREPLACE for a hint; macOS has nothing else.
        let elsewhere = matches!(self.place, Place::Exactly(_)) && start.addr() != address;
        match NonNull::new(start.cast()) {
            Some(start) if !elsewhere => {
                // SAFETY: freshly mapped for us, `len` bytes in whole pages of this size; no
                // address space is larger than `isize`; the rest is the caller's duty.
                Ok(unsafe { Mapping::from_raw_parts(start, len, page_size, origin) })
            }
            _ => {
                // SAFETY: freshly mapped for us, and nobody uses it.
                unsafe { sys::munmap(start, mapped_len) }.in_call(Call::Munmap)?;
                Err(Error::new(Call::Mmap, Errno::EEXIST))
            }
        }
    }
}

const INVALID: Error = Error::new(Call::Mmap, Errno::EINVAL);

/// `EPERM` unless nobody can write or shorten the object any more.
///
/// `F_SEAL_FUTURE_WRITE` is not enough: it leaves mappings that are writable already.
#[cfg(target_os = "linux")]
fn check_frozen(fd: BorrowedFd<'_>) -> Result<()> {
    let seals = sys::seals(fd).in_call(Call::Seals)?;
    let needed = sys::F_SEAL_WRITE | sys::F_SEAL_SHRINK;
    if seals & needed == needed {
        Ok(())
    } else {
        Err(Error::new(Call::Seals, Errno::EPERM))
    }
}
