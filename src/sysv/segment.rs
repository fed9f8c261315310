//! The owner of a segment.

use core::ptr::{self, NonNull};

use super::{
    Key, ShmFlags, ShmId, ShmatFlags, ShmidDs, shmat, shmctl_rmid, shmctl_set, shmctl_stat, shmdt,
    shmget,
};
#[cfg(target_os = "linux")]
use super::{shmctl_lock, shmctl_unlock};
use crate::Errno;
use crate::access::{Access, ReadOnly, Shared};
use crate::descriptor::Mode;
use crate::error::{Call, Error, Refused, Result};
#[cfg(target_os = "linux")]
use crate::mm::huge_page_bits;
use crate::mm::{Mapping, page_size};
use crate::sys;

/// A System V segment, which other processes attach by its id or key.
///
/// It outlives the process: [`destroy`](Self::destroy) it, or ask for that with
/// [`destroy_on_drop`](Self::destroy_on_drop). What is attached stays usable all the same,
/// and keeps the memory until it is dropped.
///
/// ```
/// use rawshm::Segment;
///
/// let segment = Segment::create(65_536)?;
/// let mapping = segment.attach()?;
/// mapping.shared().store(0, 42_u32);
///
/// let theirs = Segment::open(segment.id())?.attach_read_only()?; // in another process
/// assert_eq!(theirs.shared().load::<u32>(0), 42);
/// segment.destroy()?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[derive(Debug)]
pub struct Segment {
    id: ShmId,
    /// Of one that somebody else made with huge pages, too small.
    page_size: usize,
    /// The process that wants it destroyed, 0 for none: a forked child is another.
    destroyer: i32,
}

/// How to find or create a [`Segment`].
///
/// ```
/// use rawshm::Segment;
/// use rawshm::sysv::Key;
///
/// # let key = Key::new(0x5eed_0000 | std::process::id() as i32 & 0xffff);
/// let options = Segment::options().key(key).create(true);
/// let segment = options.exclusive(true).open(4096)?.destroy_on_drop();
/// let same = options.open(4096)?;
/// assert_eq!(same.id(), segment.id());
/// # Ok::<(), rawshm::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct SegmentOptions {
    key: Key,
    flags: ShmFlags,
    mode: Mode,
    huge_page_size: Option<usize>,
}

impl SegmentOptions {
    /// The key by which others find it; without one each opening creates a new segment.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub const fn key(mut self, key: Key) -> Self {
        self.key = key;
        self
    }

    /// Whether to create it if there is none with the key.
    ///
    /// See the [type](Self) for an example.
    #[doc(alias = "IPC_CREAT")]
    #[inline]
    pub const fn create(self, create: bool) -> Self {
        self.flag(ShmFlags::CREAT, create)
    }

    /// Whether one that exists is an error, `EEXIST`; with [`create`](Self::create) only.
    ///
    /// See the [type](Self) for an example.
    #[doc(alias = "IPC_EXCL")]
    #[inline]
    pub const fn exclusive(self, exclusive: bool) -> Self {
        self.flag(ShmFlags::EXCL, exclusive)
    }

    /// Whether no swap space is reserved: touching it may then kill when memory is short.
    ///
    /// Linux only.
    ///
    /// See the [type](Self) for an example.
    #[cfg(target_os = "linux")]
    #[doc(alias = "SHM_NORESERVE")]
    #[inline]
    pub const fn no_reserve(self, no_reserve: bool) -> Self {
        self.flag(ShmFlags::NORESERVE, no_reserve)
    }

    /// In reserved huge pages of this many bytes, such as `2 << 20`.
    ///
    /// Linux only.
    ///
    /// See the [type](Self) for an example.
    #[cfg(target_os = "linux")]
    #[doc(alias = "SHM_HUGETLB")]
    #[inline]
    pub const fn huge_pages(mut self, size: usize) -> Self {
        self.huge_page_size = Some(size);
        self
    }

    /// The permissions of a new one, and what is asked of one that exists; without it the
    /// owner may read and write. The umask does not count.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub const fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    const fn flag(mut self, flag: ShmFlags, set: bool) -> Self {
        self.flags = match set {
            true => self.flags.union(flag),
            false => self.flags.difference(flag),
        };
        self
    }

    /// Finds or creates a segment of a size in bytes. One that exists has at least that
    /// many; 0 takes any size.
    ///
    /// # Errors
    ///
    /// - As [`shmget`].
    /// - `EINVAL`: [`huge_pages`](Self::huge_pages) of a size that is no power of two, or
    ///   smaller than a page.
    ///
    /// See the [type](Self) for an example.
    pub fn open(self, len: usize) -> Result<Segment> {
        let pages = match self.huge_page_size {
            #[cfg(target_os = "linux")]
            Some(size) => {
                let bits = huge_page_bits(size, Call::Shmget)?;
                ShmFlags::HUGETLB.union(ShmFlags::from_bits_retain(bits))
            }
            _ => ShmFlags::empty(),
        };
        let flags = self
            .flags
            .union(ShmFlags::from_mode(self.mode))
            .union(pages);
        Ok(Segment {
            id: shmget(self.key, len, flags)?,
            page_size: self.huge_page_size.unwrap_or(page_size()),
            destroyer: 0,
        })
    }
}

impl Segment {
    /// Creates a segment of a size in bytes, zeroed, without a key, which only its owner may
    /// read and write.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: 0 bytes, or more than `kernel.shmmax`.
    /// - `ENOSPC`: as many segments as `kernel.shmmni` allows, or as many pages as
    ///   `kernel.shmall`.
    /// - `ENOMEM`: no memory.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub fn create(len: usize) -> Result<Self> {
        Self::options().create(true).open(len)
    }

    /// The segment with an id, if there is one.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: no such segment.
    /// - `EIDRM`: it is destroyed at this moment.
    /// - `EACCES`: its mode does not allow reading.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub fn open(id: ShmId) -> Result<Self> {
        shmctl_stat(id)?;
        Ok(Self {
            id,
            page_size: page_size(),
            destroyer: 0,
        })
    }

    /// How to find or create one otherwise.
    ///
    /// See [`SegmentOptions`] for an example.
    #[inline]
    pub const fn options() -> SegmentOptions {
        SegmentOptions {
            key: Key::PRIVATE,
            flags: ShmFlags::empty(),
            mode: Mode::RUSR.union(Mode::WUSR),
            huge_page_size: None,
        }
    }

    /// The id, to be told to others.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn id(&self) -> ShmId {
        self.id
    }

    /// The size in bytes, as it was asked for.
    ///
    /// # Errors
    ///
    /// As [`stat`](Self::stat).
    ///
    /// ```
    /// assert_eq!(rawshm::Segment::create(100)?.destroy_on_drop().len()?, 100);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[expect(clippy::len_without_is_empty, reason = "no segment is empty")]
    pub fn len(&self) -> Result<usize> {
        self.stat().map(|stat| stat.segsz())
    }

    /// Size, owner, mode, times, and how many have it attached.
    ///
    /// # Errors
    ///
    /// - `EINVAL`, `EIDRM`: it is destroyed.
    /// - `EACCES`: its mode does not allow reading.
    ///
    /// ```
    /// let segment = rawshm::Segment::create(100)?.destroy_on_drop();
    /// let _mapping = segment.attach()?;
    /// assert_eq!(segment.stat()?.nattch(), 1);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub fn stat(&self) -> Result<ShmidDs> {
        shmctl_stat(self.id)
    }

    /// Attaches it for reading and writing. Dropping the mapping detaches.
    ///
    /// # Errors
    ///
    /// - `EINVAL`, `EIDRM`: it is destroyed.
    /// - `EACCES`: its mode does not allow reading and writing.
    /// - `ENOMEM`: no address space or no memory, too many mappings.
    ///
    /// See the [type](Self) for an example.
    pub fn attach(&self) -> Result<Mapping<Shared>> {
        // SAFETY: readable and writable, and `Shared` promises no more.
        unsafe { self.attach_as(0, ShmatFlags::empty()) }
    }

    /// Attaches it for reading.
    ///
    /// # Errors
    ///
    /// As [`attach`](Self::attach); `EACCES` if its mode does not allow reading.
    ///
    /// See the [type](Self) for an example.
    pub fn attach_read_only(&self) -> Result<Mapping<ReadOnly>> {
        // SAFETY: readable, and `ReadOnly` promises no more.
        unsafe { self.attach_as(0, ShmatFlags::RDONLY) }
    }

    /// Attaches it at an address, for reading and writing. Nothing is replaced.
    ///
    /// # Errors
    ///
    /// - `EEXIST`: something is mapped there; of huge pages, or the address is not a
    ///   multiple of their size.
    /// - `EINVAL`: the address is 0 or not a multiple of the page size.
    /// - `ENOMEM`: the address is beyond those that a process can have.
    /// - `EPERM`: the address is below `vm.mmap_min_addr`.
    /// - As [`attach`](Self::attach).
    ///
    /// ```
    /// use rawshm::{Errno, Segment};
    ///
    /// let segment = Segment::create(100)?.destroy_on_drop();
    /// let address = 0x30_0000_0000; // free in most processes
    /// let mapping = segment.attach_at(address)?;
    /// assert_eq!(mapping.addr(), address);
    /// assert!(segment.attach_at(address).unwrap_err() == Errno::EEXIST);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    pub fn attach_at(&self, address: usize) -> Result<Mapping<Shared>> {
        // SAFETY: readable and writable, and `Shared` promises no more.
        unsafe { self.attach_exactly(address, ShmatFlags::empty()) }
    }

    /// Attaches it at an address, for reading. Nothing is replaced.
    ///
    /// # Errors
    ///
    /// As [`attach_at`](Self::attach_at); `EACCES` if its mode does not allow reading.
    ///
    /// ```
    /// let segment = rawshm::Segment::create(100)?.destroy_on_drop();
    /// let address = 0x30_1000_0000; // free in most processes
    /// assert_eq!(segment.attach_read_only_at(address)?.addr(), address);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    pub fn attach_read_only_at(&self, address: usize) -> Result<Mapping<ReadOnly>> {
        // SAFETY: readable, and `ReadOnly` promises no more.
        unsafe { self.attach_exactly(address, ShmatFlags::RDONLY) }
    }

    /// # Safety
    ///
    /// What is attached with these flags keeps what `A` promises.
    unsafe fn attach_exactly<A: Access>(
        &self,
        address: usize,
        flags: ShmatFlags,
    ) -> Result<Mapping<A>> {
        if address == 0 || address % page_size() != 0 {
            return Err(Error::new(Call::Shmat, Errno::EINVAL));
        }
        // SAFETY: the caller's duty.
        match unsafe { self.attach_as(address, flags) } {
            // The kernel says the same of an address that is taken, of a segment that is not
            // there and of an end past all addresses: the first is left if not the others.
            Err(error) if error == Errno::EINVAL => match self.len() {
                Ok(len) if address.checked_add(len).is_some() => {
                    Err(Error::new(Call::Shmat, Errno::EEXIST))
                }
                _ => Err(error),
            },
            attached => attached,
        }
    }

    /// # Safety
    ///
    /// What is attached with these flags keeps what `A` promises.
    unsafe fn attach_as<A: Access>(&self, address: usize, flags: ShmatFlags) -> Result<Mapping<A>> {
        let address = ptr::with_exposed_provenance(address);
        // SAFETY: no flag here replaces what is mapped.
        let start = unsafe { shmat(self.id, address, flags) }?;
        // The size is asked for only now: while it is attached the id cannot become that of
        // another segment.
        match (self.len(), NonNull::new(start.cast())) {
            (Ok(len), Some(start)) => {
                // SAFETY: the segment of this length is attached there for us alone; the
                // rest is the caller's duty.
                Ok(unsafe { Mapping::from_attached(start, len, self.page_size) })
            }
            (len, _) => {
                // SAFETY: just attached for us, and nobody uses it.
                unsafe { shmdt(start) }?;
                Err(len.err().unwrap_or(Error::new(Call::Shmat, Errno::EINVAL)))
            }
        }
    }

    /// Sets owner and group; `None` leaves as it is.
    ///
    /// # Errors
    ///
    /// - As [`shmctl_set`](super::shmctl_set).
    /// - `EACCES` of `shmctl(IPC_STAT)`: its mode does not allow reading.
    ///
    /// ```
    /// let segment = rawshm::Segment::create(100)?.destroy_on_drop();
    /// let owner = segment.stat()?.perm().uid();
    /// segment.set_owner(Some(owner), None)?;
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    pub fn set_owner(&self, owner: Option<u32>, group: Option<u32>) -> Result<()> {
        let perm = self.stat()?.perm();
        let (owner, group) = (owner.unwrap_or(perm.uid()), group.unwrap_or(perm.gid()));
        shmctl_set(self.id, owner, group, perm.mode().permissions())
    }

    /// Sets the permissions; who has it attached keeps what the mapping may do.
    ///
    /// The owner's own permission to read is needed to set others:
    /// [`shmctl_set`](super::shmctl_set) works without.
    ///
    /// # Errors
    ///
    /// As [`set_owner`](Self::set_owner).
    ///
    /// ```
    /// use rawshm::descriptor::Mode;
    ///
    /// let segment = rawshm::Segment::create(100)?.destroy_on_drop();
    /// segment.set_mode(Mode::RUSR)?;
    /// assert_eq!(segment.stat()?.perm().mode().permissions(), Mode::RUSR);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    pub fn set_mode(&self, mode: Mode) -> Result<()> {
        let perm = self.stat()?.perm();
        shmctl_set(self.id, perm.uid(), perm.gid(), mode)
    }

    /// Keeps its pages in memory once they were touched.
    ///
    /// Linux only.
    ///
    /// # Errors
    ///
    /// As [`shmctl_lock`].
    ///
    /// ```
    /// let segment = rawshm::Segment::create(100)?.destroy_on_drop();
    /// segment.lock()?;
    /// segment.unlock()?;
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(target_os = "linux")]
    #[inline]
    pub fn lock(&self) -> Result<()> {
        shmctl_lock(self.id)
    }

    /// Lets its pages be swapped again.
    ///
    /// Linux only.
    ///
    /// # Errors
    ///
    /// As [`shmctl_unlock`].
    ///
    /// See [`lock`](Self::lock) for an example.
    #[cfg(target_os = "linux")]
    #[inline]
    pub fn unlock(&self) -> Result<()> {
        shmctl_unlock(self.id)
    }

    /// Destroys it as soon as nobody has it attached.
    ///
    /// # Errors
    ///
    /// With the segment, as it was:
    ///
    /// - `EINVAL`, `EIDRM`: it is destroyed already, and nobody has it attached any more.
    /// - `EPERM`: neither its owner nor its creator nor privileged.
    ///
    /// See the [type](Self) for an example.
    pub fn destroy(mut self) -> Result<(), Refused<Self>> {
        match shmctl_rmid(self.id) {
            Ok(()) => {
                self.destroyer = 0;
                Ok(())
            }
            Err(error) => Err(Refused { error, value: self }),
        }
    }

    /// Destroys the segment with an id as soon as nobody has it attached.
    ///
    /// # Errors
    ///
    /// As [`shmctl_rmid`].
    ///
    /// ```
    /// let id = rawshm::Segment::create(100)?.id(); // dropped, and still there
    /// rawshm::Segment::destroy_by_id(id)?;
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub fn destroy_by_id(id: ShmId) -> Result<()> {
        shmctl_rmid(id)
    }

    /// Destroys it when this value is dropped, by this process: a forked child that drops
    /// its copy does not, unless it has the same number in a pid namespace of its own.
    ///
    /// Whoever destroys it by other means leaves an id that may become that of another
    /// segment: then keep this value from being dropped.
    ///
    /// ```
    /// use rawshm::{Errno, Segment};
    ///
    /// let segment = Segment::create(100)?.destroy_on_drop();
    /// let id = segment.id();
    /// drop(segment);
    /// assert!(Segment::open(id).unwrap_err() == Errno::EINVAL);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[must_use = "dropping it destroys the segment"]
    pub fn destroy_on_drop(mut self) -> Self {
        self.destroyer = sys::getpid();
        self
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        if self.destroyer != 0 && self.destroyer == sys::getpid() {
            // A destructor has nobody to tell; `destroy` does.
            let _ = shmctl_rmid(self.id);
        }
    }
}
