//! Memory without a name: memfd, handed from process to process as a descriptor.
//!
//! [`memfd_create`], [`add_seals`] and [`seals`] are the kernel's calls. [`Memfd`] owns
//! such memory, [`FrozenMemfd`] one whose contents are final.

//!
//! # macOS
//!
//! The system has no such memory. There a memfd is a shared memory object that is made under a
//! name of 100 random bits, given its size, and stripped of the name at once; the name that is
//! asked for is only checked. A process that is killed in the middle leaves it. All that holds
//! for [objects](crate::shm#macos) holds for it:
//!
//! - A size is set once, whether the memfd is [resizable](MemfdOptions::resizable) or not;
//!   whoever gets the descriptor can rely on it, and [`Memfd::from_fd`] does.
//! - Seals are kept by the [`Memfd`] itself, whose methods obey them. They bind nobody else,
//!   neither [`MapOptions`] nor another process: `add_seals` and
//!   `seals` take a `&Memfd` there.
//! - [`Memfd::freeze`] copies the contents to memory that is read-only from the start, so that
//!   a [`FrozenMemfd`] is one by its making. What is received as a descriptor cannot be told to
//!   be frozen: there is no `TryFrom`, and [`map_frozen`](MapOptions::map_frozen) takes a
//!   `&FrozenMemfd`. What a frozen descriptor is sent to can map it read-only, no more.
//! - [`Memfd::freeze_with`] takes any mapping of that length for one of this memfd: nothing
//!   tells objects apart.
//! - [`FrozenMemfd::map_private`] copies at once instead of page by page.

#[cfg(not(target_os = "linux"))]
mod emulated;
mod handover;

use crate::flags::flags;

use crate::error::{Call, Error, InCall, Refused, Result};
use crate::fd::{AsFd, OwnedFd, owns_descriptor};
#[cfg(target_os = "linux")]
use crate::io::reads_and_writes;
use crate::io::tells_status;
#[cfg(target_os = "linux")]
use crate::mm;
use crate::mm::{Frozen, MapOptions, Mapping, Private, ReadOnly, Shared};
#[cfg(target_os = "linux")]
use crate::reserve::Pages;
use crate::{Errno, reserve, sys};

#[cfg(not(target_os = "linux"))]
pub use emulated::{add_seals, seals};

pub use handover::MissingSeals;

flags! {
    /// How `memfd_create` creates.
    ///
    /// Bits without a name here are kept and passed on: the kernel decides. See
    /// [memfd_create(2)](https://man7.org/linux/man-pages/man2/memfd_create.2.html).
    ///
    /// See [`memfd_create`] for an example.
    pub struct MemfdFlags: u32 {
        /// Closed when the process executes another program.
        #[doc(alias = "MFD_CLOEXEC")]
        const CLOEXEC = sys::MFD_CLOEXEC;
        /// Seals may be set; without it `F_SEAL_SEAL` is.
        #[doc(alias = "MFD_ALLOW_SEALING")]
        const ALLOW_SEALING = sys::MFD_ALLOW_SEALING;
        /// In reserved huge pages, of the default size or of one of the `HUGE_` sizes. Linux only.
        #[doc(alias = "MFD_HUGETLB")]
        #[cfg(target_os = "linux")]
        const HUGETLB = sys::MFD_HUGETLB;
        /// Not executable, and sealed to stay so; seals may be set (Linux 6.3). Linux only.
        #[doc(alias = "MFD_NOEXEC_SEAL")]
        #[cfg(target_os = "linux")]
        const NOEXEC_SEAL = sys::MFD_NOEXEC_SEAL;
        /// Executable (Linux 6.3). Linux only.
        #[doc(alias = "MFD_EXEC")]
        #[cfg(target_os = "linux")]
        const EXEC = sys::MFD_EXEC;
        const _ = !0;
    }

    /// What may not be done to a memfd any more.
    ///
    /// Bits without a name here are kept and passed on: the kernel decides. See
    /// [fcntl(2)](https://man7.org/linux/man-pages/man2/fcntl.2.html).
    ///
    /// See [`add_seals`] for an example.
    pub struct SealFlags: u32 {
        /// No further seals.
        #[doc(alias = "F_SEAL_SEAL")]
        const SEAL = sys::F_SEAL_SEAL;
        /// The size cannot become smaller.
        #[doc(alias = "F_SEAL_SHRINK")]
        const SHRINK = sys::F_SEAL_SHRINK;
        /// The size cannot become larger.
        #[doc(alias = "F_SEAL_GROW")]
        const GROW = sys::F_SEAL_GROW;
        /// The contents cannot change.
        #[doc(alias = "F_SEAL_WRITE")]
        const WRITE = sys::F_SEAL_WRITE;
        /// The contents can change only through mappings that exist (Linux 5.1).
        #[doc(alias = "F_SEAL_FUTURE_WRITE")]
        const FUTURE_WRITE = sys::F_SEAL_FUTURE_WRITE;
        /// The execute permission cannot change (Linux 6.3). Linux only.
        #[doc(alias = "F_SEAL_EXEC")]
        #[cfg(target_os = "linux")]
        const EXEC = sys::F_SEAL_EXEC;
        const _ = !0;
    }
}

/// How the size of huge pages is encoded: its logarithm to base 2, shifted. Linux only.
#[cfg(target_os = "linux")]
impl MemfdFlags {
    /// Where the logarithm starts: bit 26.
    #[doc(alias = "MFD_HUGE_SHIFT")]
    pub const HUGE_SHIFT: u32 = sys::MFD_HUGE_SHIFT;
    /// The bits of the logarithm before they are shifted.
    #[doc(alias = "MFD_HUGE_MASK")]
    pub const HUGE_MASK: u32 = sys::MFD_HUGE_MASK;
    /// Huge pages of 64 KiB.
    #[doc(alias = "MFD_HUGE_64KB")]
    pub const HUGE_64KB: Self = Self::from_bits_retain(sys::MFD_HUGE_64KB);
    /// Huge pages of 512 KiB.
    #[doc(alias = "MFD_HUGE_512KB")]
    pub const HUGE_512KB: Self = Self::from_bits_retain(sys::MFD_HUGE_512KB);
    /// Huge pages of 1 MiB.
    #[doc(alias = "MFD_HUGE_1MB")]
    pub const HUGE_1MB: Self = Self::from_bits_retain(sys::MFD_HUGE_1MB);
    /// Huge pages of 2 MiB.
    #[doc(alias = "MFD_HUGE_2MB")]
    pub const HUGE_2MB: Self = Self::from_bits_retain(sys::MFD_HUGE_2MB);
    /// Huge pages of 8 MiB.
    #[doc(alias = "MFD_HUGE_8MB")]
    pub const HUGE_8MB: Self = Self::from_bits_retain(sys::MFD_HUGE_8MB);
    /// Huge pages of 16 MiB.
    #[doc(alias = "MFD_HUGE_16MB")]
    pub const HUGE_16MB: Self = Self::from_bits_retain(sys::MFD_HUGE_16MB);
    /// Huge pages of 32 MiB.
    #[doc(alias = "MFD_HUGE_32MB")]
    pub const HUGE_32MB: Self = Self::from_bits_retain(sys::MFD_HUGE_32MB);
    /// Huge pages of 256 MiB.
    #[doc(alias = "MFD_HUGE_256MB")]
    pub const HUGE_256MB: Self = Self::from_bits_retain(sys::MFD_HUGE_256MB);
    /// Huge pages of 512 MiB.
    #[doc(alias = "MFD_HUGE_512MB")]
    pub const HUGE_512MB: Self = Self::from_bits_retain(sys::MFD_HUGE_512MB);
    /// Huge pages of 1 GiB.
    #[doc(alias = "MFD_HUGE_1GB")]
    pub const HUGE_1GB: Self = Self::from_bits_retain(sys::MFD_HUGE_1GB);
    /// Huge pages of 2 GiB.
    #[doc(alias = "MFD_HUGE_2GB")]
    pub const HUGE_2GB: Self = Self::from_bits_retain(sys::MFD_HUGE_2GB);
    /// Huge pages of 16 GiB.
    #[doc(alias = "MFD_HUGE_16GB")]
    pub const HUGE_16GB: Self = Self::from_bits_retain(sys::MFD_HUGE_16GB);
}

/// `int memfd_create(const char *name, unsigned int flags)`: makes a file in memory, empty
/// and without a place in any directory.
///
/// The name, at most 249 bytes, is only shown (as `/memfd:name`, in `/proc/self/fd`);
/// several may bear the same. The flags are passed as they are: without
/// [`MemfdFlags::CLOEXEC`] programs that are executed inherit the descriptor.
///
/// # Errors
///
/// - `EINVAL`: a name of more than 249 bytes or with a NUL in it; flags that the kernel
///   does not know, or that do not fit each other.
/// - `EMFILE`, `ENFILE`: the process, or the system, has too many open files.
/// - `ENOMEM`: no memory.
/// - `ENODEV`: the kernel has no huge pages, or not of that size.
/// - `EACCES`: `vm.memfd_noexec` forbids executable ones.
///
/// # Reference
///
/// [memfd_create(2)](https://man7.org/linux/man-pages/man2/memfd_create.2.html)
///
/// ```
/// use rawshm::descriptor::ftruncate;
/// use rawshm::memfd::{MemfdFlags, memfd_create};
///
/// let fd = memfd_create("pixels", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
/// ftruncate(&fd, 640 * 480 * 4)?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[inline]
pub fn memfd_create(name: impl AsRef<[u8]>, flags: MemfdFlags) -> Result<OwnedFd> {
    sys::memfd_create(name.as_ref(), flags.bits()).in_call(Call::MemfdCreate)
}

/// `int fcntl(int fd, F_ADD_SEALS, int seals)`: forbids what the seals say, for good and for
/// everybody.
///
/// # Errors
///
/// - `EBUSY`: `WRITE`, and there is a shared mapping through a descriptor that is open for
///   writing (a mapping that itself is read-only counts too, and so does the copy that a
///   forked child has until it executes a program).
/// - `EPERM`: [`SealFlags::SEAL`] is set, as it always is on a POSIX object, or the
///   descriptor is not open for writing.
/// - `EINVAL`: neither memfd nor POSIX object, or a seal that the kernel does not know.
/// - `EBADF`: the descriptor is not open.
///
/// # Reference
///
/// [F_ADD_SEALS(2const)](https://man7.org/linux/man-pages/man2/F_ADD_SEALS.2const.html)
///
/// ```
/// use rawshm::memfd::{self, MemfdFlags, SealFlags};
///
/// let fd = memfd::memfd_create("doc", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
/// memfd::add_seals(&fd, SealFlags::GROW)?;
/// assert_eq!(memfd::seals(&fd)?, SealFlags::GROW);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[doc(alias = "F_ADD_SEALS")]
#[cfg(target_os = "linux")]
#[inline]
pub fn add_seals(fd: impl AsFd, seals: SealFlags) -> Result<()> {
    sys::add_seals(fd.as_fd(), seals.bits()).in_call(Call::AddSeals)
}

/// `int fcntl(int fd, F_GET_SEALS)`: tells the seals.
///
/// # Errors
///
/// - `EINVAL`: neither memfd nor POSIX object.
/// - `EBADF`: the descriptor is not open.
///
/// # Reference
///
/// [F_GET_SEALS(2const)](https://man7.org/linux/man-pages/man2/F_GET_SEALS.2const.html)
///
/// See [`add_seals`] for an example.
#[doc(alias = "F_GET_SEALS")]
#[cfg(target_os = "linux")]
#[inline]
pub fn seals(fd: impl AsFd) -> Result<SealFlags> {
    sys::seals(fd.as_fd())
        .map(SealFlags::from_bits_retain)
        .in_call(Call::Seals)
}

/// Memory without a name, which others reach through its descriptor.
///
/// Its memory is reserved when it is created, so that touching it later cannot fail for want
/// of space (a control group or the system short of memory can still kill). Its
/// size is sealed unless [`MemfdOptions::resizable`] says otherwise: nobody who gets the
/// descriptor can shorten it under our hands. It is freed when the last descriptor and
/// mapping are gone.
///
/// ```
/// use rawshm::Memfd;
///
/// let memfd = Memfd::create("doc", 4096)?;
/// memfd.map()?.shared().copy_from_slice(&[7; 4096]);
/// assert_eq!(memfd.map_read_only()?.shared().load::<u8>(4095), 7);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[derive(Debug)]
pub struct Memfd {
    fd: OwnedFd,
    #[cfg(not(target_os = "linux"))]
    seals: sys::Seals,
}

/// How to create a [`Memfd`].
///
/// ```
/// use rawshm::Memfd;
///
/// let memfd = Memfd::options().resizable(true).create("doc", 4096)?;
/// memfd.resize(8192)?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct MemfdOptions {
    resizable: bool,
    sparse: bool,
    #[cfg(target_os = "linux")]
    huge_page_size: Option<usize>,
}

impl MemfdOptions {
    /// Whether the size may change: then whoever gets the descriptor can shorten it, and
    /// touching what is gone raises `SIGBUS`. (On macOS it may only be set later, once.)
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub const fn resizable(mut self, resizable: bool) -> Self {
        self.resizable = resizable;
        self
    }

    /// Whether memory is taken only when it is touched: where there is none by then, the
    /// touch raises `SIGBUS`.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub const fn sparse(mut self, sparse: bool) -> Self {
        self.sparse = sparse;
        self
    }

    /// In reserved huge pages of this many bytes, such as `2 << 20`.
    ///
    /// Linux only.
    ///
    /// The size is rounded up to whole pages. Needs Linux 4.16: before it such memory
    /// cannot be sealed (`EINVAL`). `ENOSPC` of `fallocate(MFD_HUGETLB)`: fewer huge pages
    /// are free than that.
    ///
    /// ```
    /// # use rawshm::Memfd;
    /// match Memfd::options().huge_pages(2 << 20).create("doc", 1) {
    ///     Ok(memfd) => assert_eq!(memfd.len()?, 2 << 20),
    ///     Err(error) => println!("no huge pages are reserved: {error}"),
    /// }
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(target_os = "linux")]
    #[doc(alias = "MFD_HUGETLB")]
    #[inline]
    pub const fn huge_pages(mut self, size: usize) -> Self {
        self.huge_page_size = Some(size);
        self
    }

    /// Creates it with a size in bytes.
    ///
    /// # Errors
    ///
    /// As [`Memfd::create`].
    ///
    /// See the [type](Self) for an example.
    #[cfg(target_os = "linux")]
    pub fn create(self, name: impl AsRef<[u8]>, len: u64) -> Result<Memfd> {
        let mut flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let (mut size, mut pages) = (len, Pages::Small);
        if let Some(page_size) = self.huge_page_size {
            let bits = mm::huge_page_bits(page_size, Call::MemfdCreate)?;
            flags |= MemfdFlags::HUGETLB | MemfdFlags::from_bits_retain(bits);
            let whole = len.checked_next_multiple_of(page_size as u64);
            size = whole.ok_or(Error::new(Call::Ftruncate, Errno::EINVAL))?;
            pages = Pages::Unknown;
        }
        reserve::check_limit(size)?;
        let fd = create_not_executable(name.as_ref(), flags)?;
        reserve::set_first_len(fd.as_fd(), size, self.sparse, pages)?;
        if !self.resizable {
            add_seals(&fd, SealFlags::SHRINK | SealFlags::GROW)?;
        }
        Ok(Memfd { fd })
    }
}

/// Nothing is executed there.
#[cfg(not(target_os = "linux"))]
pub(crate) fn create_not_executable(name: &[u8], flags: MemfdFlags) -> Result<OwnedFd> {
    memfd_create(name, flags)
}

/// Kernels before 6.3 do not know `NOEXEC_SEAL`.
#[cfg(target_os = "linux")]
pub(crate) fn create_not_executable(name: &[u8], flags: MemfdFlags) -> Result<OwnedFd> {
    match memfd_create(name, flags | MemfdFlags::NOEXEC_SEAL) {
        Err(error) if error == Errno::EINVAL => memfd_create(name, flags),
        created => created,
    }
}

impl Memfd {
    /// Creates memory of a size in bytes, reserved and zeroed, its size sealed.
    ///
    /// # Errors
    ///
    /// - As [`memfd_create`].
    /// - `ENOSPC` of `fallocate`: there is not so much memory.
    /// - `EINTR` of `fallocate`: again and again a signal came.
    /// - `EFBIG` of `ftruncate`: larger than `RLIMIT_FSIZE`.
    /// - `EINVAL` of `ftruncate`: over 2⁶³ − 1.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub fn create(name: impl AsRef<[u8]>, len: u64) -> Result<Self> {
        Self::options().create(name, len)
    }

    /// How to create one otherwise.
    ///
    /// See [`MemfdOptions`] for an example.
    #[inline]
    pub fn options() -> MemfdOptions {
        MemfdOptions::default()
    }

    /// Sets the size of one that is [resizable](MemfdOptions::resizable); what is added is
    /// reserved. Mappings keep their length.
    ///
    /// Processes that resize it at the same time must agree on who does: the last one wins.
    ///
    /// # Errors
    ///
    /// - `EPERM`: the size is sealed.
    /// - `ENOSPC` of `fallocate`: there is not so much memory; the size is as before.
    /// - `EINTR` of `fallocate`: again and again a signal came; the size is as before.
    /// - `EFBIG` of `ftruncate`: larger than `RLIMIT_FSIZE`.
    /// - `EINVAL` of `ftruncate`: over 2⁶³ − 1, or of huge pages not a multiple of theirs.
    ///
    /// See [`MemfdOptions`] for an example.
    pub fn resize(&self, len: u64) -> Result<()> {
        #[cfg(not(target_os = "linux"))]
        self.check_resize(len)?;
        reserve::resize(self.fd.as_fd(), len)
    }

    /// Maps all of it for reading and writing.
    ///
    /// # Errors
    ///
    /// As [`MapOptions::map_shared`], which also maps a part of it or at an address.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub fn map(&self) -> Result<Mapping<Shared>> {
        #[cfg(not(target_os = "linux"))]
        self.seals.check_map_writable().in_call(Call::Mmap)?;
        MapOptions::new().map_shared(&self.fd)
    }

    /// Maps all of it for reading.
    ///
    /// # Errors
    ///
    /// As [`MapOptions::map_read_only`].
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub fn map_read_only(&self) -> Result<Mapping<ReadOnly>> {
        MapOptions::new().map_read_only(&self.fd)
    }

    /// Makes the contents final: nobody can write, shorten or lengthen it any more.
    ///
    /// A mapping of ours is in the way: [`freeze_with`](Self::freeze_with) takes it.
    ///
    /// # Errors
    ///
    /// With the memfd, as it was:
    ///
    /// - `EBUSY`: somebody maps it through a descriptor that is open for writing, whether
    ///   the mapping itself is writable or not; a child that another thread forks has a copy
    ///   of ours until it executes a program. Or direct input or output to its pages is not
    ///   over yet.
    /// - `EPERM`: somebody sealed it against further seals.
    ///
    /// ```
    /// use rawshm::Memfd;
    ///
    /// let memfd = Memfd::create("doc", 4)?;
    /// memfd.map()?.shared().copy_from_slice(b"text"); // unmapped at once
    /// let frozen = memfd.freeze()?;
    /// assert_eq!(&*frozen.map()?, b"text");
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(target_os = "linux")]
    pub fn freeze(self) -> Result<FrozenMemfd, Refused<Self>> {
        let seals = SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        match add_seals(&self.fd, seals) {
            Ok(()) => Ok(FrozenMemfd { fd: self.fd }),
            Err(error) => Err(Refused { error, value: self }),
        }
    }

    /// Makes the contents final, and takes the mapping that they were written through: it must
    /// be gone first.
    ///
    /// The mapping is one of all of this memfd, as [`map`](Self::map) makes it.
    ///
    /// # Errors
    ///
    /// With the memfd, as it was, and the mapping, at the same address unless another thread
    /// has taken that meanwhile:
    ///
    /// - As [`freeze`](Self::freeze).
    /// - `EINVAL`: the mapping is not as long as the memfd.
    /// - As [`Mapping::unmap`].
    ///
    /// ```
    /// use rawshm::{Errno, Memfd, Refused};
    ///
    /// let memfd = Memfd::create("doc", 4)?;
    /// let (mapping, other) = (memfd.map()?, memfd.map_read_only()?);
    /// mapping.shared().copy_from_slice(b"text");
    ///
    /// let Refused { error, value } = memfd.freeze_with(mapping).unwrap_err();
    /// assert!(error == Errno::EBUSY); // the other one counts too
    /// drop(other);
    /// let mapping = value.mapping.expect("no seal forbids writing");
    /// let frozen = value.memfd.freeze_with(mapping)?;
    /// assert_eq!(&*frozen.map()?, b"text");
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    pub fn freeze_with(self, mapping: Mapping<Shared>) -> Result<FrozenMemfd, Refused<Unfrozen>> {
        let refused = |error, memfd, mapping| {
            let value = Unfrozen { memfd, mapping };
            Err(Refused { error, value })
        };
        if let Err(error) = self.check_freezable(&mapping) {
            return refused(error, self, Some(mapping));
        }
        let address = mapping.addr();
        if let Err(Refused { error, value }) = mapping.unmap() {
            return refused(error, self, Some(value));
        }
        match self.freeze() {
            Ok(frozen) => Ok(frozen),
            Err(Refused { error, value }) => {
                let place = MapOptions::new().exactly_at(address);
                let again = place.map_shared(&value).or_else(|_| value.map());
                refused(error, value, again.ok())
            }
        }
    }

    /// Tells before anything is unmapped what freezing is sure to fail with.
    fn check_freezable(&self, mapping: &Mapping<Shared>) -> Result<()> {
        let errno = if !mapping.is_all_of(self.fd.as_fd())? {
            Errno::EINVAL
        } else if seals(self)?.contains(SealFlags::SEAL) {
            Errno::EPERM
        } else {
            return Ok(());
        };
        Err(Error::new(Call::AddSeals, errno))
    }
}

/// What comes back if [`Memfd::freeze_with`] is refused.
///
/// See [`Memfd::freeze_with`] for an example.
#[derive(Debug)]
pub struct Unfrozen {
    /// The memfd, as it was.
    pub memfd: Memfd,
    /// All of it mapped anew, neither locked nor advised; [`addr`](Mapping::addr) differs only
    /// if another thread has mapped something there meanwhile.
    ///
    /// `None` if a seal (`FUTURE_WRITE`) forbids to map it for writing once more, or there are
    /// too many mappings by now.
    pub mapping: Option<Mapping<Shared>>,
}

/// A memfd whose contents are final: it has the seals `WRITE` and `SHRINK`.
///
/// Everybody who maps it can have a plain slice of it.
///
/// ```
/// use rawshm::fd::OwnedFd;
/// use rawshm::{FrozenMemfd, Memfd};
///
/// // One process freezes it and sends the descriptor ...
/// let fd: OwnedFd = Memfd::create("doc", 100)?.freeze()?.into();
/// // ... and the one that receives it asks the kernel, not the sender.
/// let frozen = FrozenMemfd::try_from(fd)?;
/// let bytes: &[u8] = &frozen.map()?;
/// assert_eq!(bytes, [0; 100]);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[derive(Debug)]
pub struct FrozenMemfd {
    fd: OwnedFd,
}

impl FrozenMemfd {
    /// Maps all of it: a plain slice.
    ///
    /// # Errors
    ///
    /// As [`MapOptions::map_frozen`].
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub fn map(&self) -> Result<Mapping<Frozen>> {
        MapOptions::new().map_frozen(self)
    }

    /// Maps all of it for writing too; what we write stays ours (copy on write).
    ///
    /// # Errors
    ///
    /// As [`MapOptions::map_private`].
    ///
    /// ```
    /// let frozen = rawshm::Memfd::create("doc", 10)?.freeze()?;
    /// let mut ours = frozen.map_private()?;
    /// ours.fill(1);
    /// assert_eq!(&*frozen.map()?, [0; 10]);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub fn map_private(&self) -> Result<Mapping<Private>> {
        MapOptions::new().map_private(self)
    }
}

owns_descriptor!(Memfd, FrozenMemfd);
#[cfg(target_os = "linux")]
reads_and_writes!(Memfd);
tells_status!(Memfd, FrozenMemfd);
