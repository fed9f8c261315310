//! Flags and advices of the `mmap` family.

use crate::flags::flags;

#[cfg(target_os = "linux")]
use crate::Errno;
#[cfg(target_os = "linux")]
use crate::error::{Call, Error, Result};
use crate::number::open_numbers;
use crate::sys;

flags! {
    /// What a mapping may be used for.
    ///
    /// Bits without a name here are kept and passed on: the kernel decides. See
    /// [mprotect(2)](https://man7.org/linux/man-pages/man2/mprotect.2.html).
    ///
    /// See [`mmap`](super::mmap) for an example.
    pub struct ProtFlags: u32 {
        /// No access at all.
        #[doc(alias = "PROT_NONE")]
        const NONE = sys::PROT_NONE;
        /// Reading.
        #[doc(alias = "PROT_READ")]
        const READ = sys::PROT_READ;
        /// Writing.
        #[doc(alias = "PROT_WRITE")]
        const WRITE = sys::PROT_WRITE;
        /// Execution.
        #[doc(alias = "PROT_EXEC")]
        const EXEC = sys::PROT_EXEC;
        /// Atomic operations; without effect on these architectures. Linux only.
        #[doc(alias = "PROT_SEM")]
        #[cfg(target_os = "linux")]
        const SEM = sys::PROT_SEM;
        /// Branch target identification, for executable pages.
        #[doc(alias = "PROT_BTI")]
        #[cfg(all(target_os = "linux", target_arch = "aarch64"))]
        const BTI = sys::PROT_BTI;
        /// Memory tags are checked.
        #[doc(alias = "PROT_MTE")]
        #[cfg(all(target_os = "linux", target_arch = "aarch64"))]
        const MTE = sys::PROT_MTE;
        /// `mprotect` only: down to the start of a mapping that grows downwards. Linux only.
        #[doc(alias = "PROT_GROWSDOWN")]
        #[cfg(target_os = "linux")]
        const GROWSDOWN = sys::PROT_GROWSDOWN;
        /// `mprotect` only: up to the end of a mapping that grows upwards. Linux only.
        #[doc(alias = "PROT_GROWSUP")]
        #[cfg(target_os = "linux")]
        const GROWSUP = sys::PROT_GROWSUP;
        const _ = !0;
    }

    /// How `mmap` maps.
    ///
    /// Bits without a name here are kept and passed on: the kernel decides. See
    /// [mmap(2)](https://man7.org/linux/man-pages/man2/mmap.2.html).
    ///
    /// See [`mmap`](super::mmap) for an example.
    pub struct MapFlags: u32 {
        /// No flag: once the opposite of `ANONYMOUS`, ignored today.
        #[doc(alias = "MAP_FILE")]
        const FILE = sys::MAP_FILE;
        /// Writes are seen by everybody who maps the object, and reach it.
        #[doc(alias = "MAP_SHARED")]
        const SHARED = sys::MAP_SHARED;
        /// Writes stay in this mapping: a page is copied when it is first written.
        #[doc(alias = "MAP_PRIVATE")]
        const PRIVATE = sys::MAP_PRIVATE;
        /// As `SHARED`, but unknown flags are refused with `EOPNOTSUPP`. Linux only.
        #[doc(alias = "MAP_SHARED_VALIDATE")]
        #[cfg(target_os = "linux")]
        const SHARED_VALIDATE = sys::MAP_SHARED_VALIDATE;
        /// Pages that the kernel may zero when memory is short (Linux 6.11). Linux only.
        #[doc(alias = "MAP_DROPPABLE")]
        #[cfg(target_os = "linux")]
        const DROPPABLE = sys::MAP_DROPPABLE;
        /// The bits that hold the type of mapping. Linux only.
        #[doc(alias = "MAP_TYPE")]
        #[cfg(target_os = "linux")]
        const TYPE = sys::MAP_TYPE;
        /// Exactly at the address, in place of whatever is mapped there.
        #[doc(alias = "MAP_FIXED")]
        const FIXED = sys::MAP_FIXED;
        /// Zeroed memory, no file behind it.
        #[doc(alias = "MAP_ANONYMOUS")]
        const ANONYMOUS = sys::MAP_ANONYMOUS;
        /// Another name of `ANONYMOUS`.
        #[doc(alias = "MAP_ANON")]
        const ANON = sys::MAP_ANON;
        /// In the first 2 GiB of the address space.
        #[doc(alias = "MAP_32BIT")]
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        const BITS_32 = sys::MAP_32BIT;
        /// Above the first 4 GiB of the address space.
        #[doc(alias = "MAP_ABOVE4G")]
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        const ABOVE4G = sys::MAP_ABOVE4G;
        /// Grows downwards when the page below it is touched, as stacks do. Linux only.
        #[doc(alias = "MAP_GROWSDOWN")]
        #[cfg(target_os = "linux")]
        const GROWSDOWN = sys::MAP_GROWSDOWN;
        /// Ignored today. Linux only.
        #[doc(alias = "MAP_DENYWRITE")]
        #[cfg(target_os = "linux")]
        const DENYWRITE = sys::MAP_DENYWRITE;
        /// Ignored today. Linux only.
        #[doc(alias = "MAP_EXECUTABLE")]
        #[cfg(target_os = "linux")]
        const EXECUTABLE = sys::MAP_EXECUTABLE;
        /// Locks the pages in memory as `mlock` does, but does not fail if some cannot be.
        /// Linux only.
        #[doc(alias = "MAP_LOCKED")]
        #[cfg(target_os = "linux")]
        const LOCKED = sys::MAP_LOCKED;
        /// Reserves no swap space: a write may fail later with a signal.
        #[doc(alias = "MAP_NORESERVE")]
        const NORESERVE = sys::MAP_NORESERVE;
        /// Faults the pages in at once, for reading where the mapping is shared. Linux only.
        #[doc(alias = "MAP_POPULATE")]
        #[cfg(target_os = "linux")]
        const POPULATE = sys::MAP_POPULATE;
        /// Makes `POPULATE` do nothing. Linux only.
        #[doc(alias = "MAP_NONBLOCK")]
        #[cfg(target_os = "linux")]
        const NONBLOCK = sys::MAP_NONBLOCK;
        /// For a stack; without effect on these architectures. Linux only.
        #[doc(alias = "MAP_STACK")]
        #[cfg(target_os = "linux")]
        const STACK = sys::MAP_STACK;
        /// In reserved huge pages, of the default size or of one of the `HUGE_` sizes. Linux only.
        #[doc(alias = "MAP_HUGETLB")]
        #[cfg(target_os = "linux")]
        const HUGETLB = sys::MAP_HUGETLB;
        /// Persistent memory, with `SHARED_VALIDATE` only: writes survive a crash once flushed.
        /// Linux only.
        #[doc(alias = "MAP_SYNC")]
        #[cfg(target_os = "linux")]
        const SYNC = sys::MAP_SYNC;
        /// Exactly at the address, `EEXIST` if anything is mapped there (Linux 4.17). Linux only.
        #[doc(alias = "MAP_FIXED_NOREPLACE")]
        #[cfg(target_os = "linux")]
        const FIXED_NOREPLACE = sys::MAP_FIXED_NOREPLACE;
        /// Not zeroed; honoured only by kernels without memory management. Linux only.
        #[doc(alias = "MAP_UNINITIALIZED")]
        #[cfg(target_os = "linux")]
        const UNINITIALIZED = sys::MAP_UNINITIALIZED;
        const _ = !0;
    }

    /// How `msync` writes back.
    ///
    /// Bits without a name here are kept and passed on: the kernel decides. See
    /// [msync(2)](https://man7.org/linux/man-pages/man2/msync.2.html).
    ///
    /// See [`msync`](super::msync) for an example.
    pub struct MsyncFlags: u32 {
        /// Starts and does not wait.
        #[doc(alias = "MS_ASYNC")]
        const ASYNC = sys::MS_ASYNC;
        /// Other mappings of the file see what was written; `EBUSY` where pages are locked.
        #[doc(alias = "MS_INVALIDATE")]
        const INVALIDATE = sys::MS_INVALIDATE;
        /// Waits until all is written.
        #[doc(alias = "MS_SYNC")]
        const SYNC = sys::MS_SYNC;
        const _ = !0;
    }
}

#[cfg(target_os = "linux")]
flags! {
    /// How `mlock2` locks.
    ///
    /// Linux only.
    ///
    /// Bits without a name here are kept and passed on: the kernel decides. See
    /// [mlock2(2)](https://man7.org/linux/man-pages/man2/mlock2.2.html).
    ///
    /// See [`mlock2`](super::mlock2) for an example.
    pub struct MlockFlags: u32 {
        /// Locks each page when it is first touched, instead of all now.
        #[doc(alias = "MLOCK_ONFAULT")]
        const ONFAULT = sys::MLOCK_ONFAULT;
        const _ = !0;
    }

    /// What `mlockall` locks.
    ///
    /// Linux only.
    ///
    /// Bits without a name here are kept and passed on: the kernel decides. See
    /// [mlockall(2)](https://man7.org/linux/man-pages/man2/mlockall.2.html).
    ///
    /// See [`mlockall`](super::mlockall) for an example.
    pub struct MlockallFlags: u32 {
        /// All that is mapped now.
        #[doc(alias = "MCL_CURRENT")]
        const CURRENT = sys::MCL_CURRENT;
        /// All that will be mapped.
        #[doc(alias = "MCL_FUTURE")]
        const FUTURE = sys::MCL_FUTURE;
        /// Each page when it is first touched, instead of at once.
        #[doc(alias = "MCL_ONFAULT")]
        const ONFAULT = sys::MCL_ONFAULT;
        const _ = !0;
    }

    /// How `mremap` moves.
    ///
    /// Linux only.
    ///
    /// Bits without a name here are kept and passed on: the kernel decides. See
    /// [mremap(2)](https://man7.org/linux/man-pages/man2/mremap.2.html).
    ///
    /// See [`mremap`](super::mremap) for an example.
    pub struct MremapFlags: u32 {
        /// The mapping may move to another address.
        #[doc(alias = "MREMAP_MAYMOVE")]
        const MAYMOVE = sys::MREMAP_MAYMOVE;
        /// It moves to the given address, in place of whatever is mapped there.
        #[doc(alias = "MREMAP_FIXED")]
        const FIXED = sys::MREMAP_FIXED;
        /// The old range stays mapped, empty (Linux 5.7).
        #[doc(alias = "MREMAP_DONTUNMAP")]
        const DONTUNMAP = sys::MREMAP_DONTUNMAP;
        const _ = !0;
    }
}

impl ProtFlags {
    /// Reading and writing, both flags.
    #[doc(alias = "PROT_RDWR")]
    pub const RDWR: Self = Self::READ.union(Self::WRITE);
}

/// A size of huge pages as `mmap`, `memfd_create` and `shmget` encode it; `EINVAL` if
/// it is no power of two, or smaller than a page.
#[cfg(target_os = "linux")]
pub(crate) fn huge_page_bits(size: usize, call: Call) -> Result<u32> {
    if !size.is_power_of_two() || size < sys::page_size() {
        return Err(Error::new(call, Errno::EINVAL));
    }
    Ok(size.trailing_zeros() << sys::MAP_HUGE_SHIFT)
}

// The three calls encode it alike.
#[cfg(target_os = "linux")]
static_assertions::const_assert_eq!(sys::MAP_HUGE_SHIFT, sys::MFD_HUGE_SHIFT);
#[cfg(target_os = "linux")]
static_assertions::const_assert_eq!(sys::MAP_HUGE_SHIFT, sys::SHM_HUGE_SHIFT);

/// How the size of huge pages is encoded: its logarithm to base 2, shifted. These are values
/// and not bits, so that they are not among the flags. Linux only.
#[cfg(target_os = "linux")]
impl MapFlags {
    /// Where the logarithm starts: bit 26.
    #[doc(alias = "MAP_HUGE_SHIFT")]
    pub const HUGE_SHIFT: u32 = sys::MAP_HUGE_SHIFT;
    /// The bits of the logarithm before they are shifted.
    #[doc(alias = "MAP_HUGE_MASK")]
    pub const HUGE_MASK: u32 = sys::MAP_HUGE_MASK;
    /// Huge pages of 16 KiB.
    #[doc(alias = "MAP_HUGE_16KB")]
    pub const HUGE_16KB: Self = Self::from_bits_retain(sys::MAP_HUGE_16KB);
    /// Huge pages of 64 KiB.
    #[doc(alias = "MAP_HUGE_64KB")]
    pub const HUGE_64KB: Self = Self::from_bits_retain(sys::MAP_HUGE_64KB);
    /// Huge pages of 512 KiB.
    #[doc(alias = "MAP_HUGE_512KB")]
    pub const HUGE_512KB: Self = Self::from_bits_retain(sys::MAP_HUGE_512KB);
    /// Huge pages of 1 MiB.
    #[doc(alias = "MAP_HUGE_1MB")]
    pub const HUGE_1MB: Self = Self::from_bits_retain(sys::MAP_HUGE_1MB);
    /// Huge pages of 2 MiB.
    #[doc(alias = "MAP_HUGE_2MB")]
    pub const HUGE_2MB: Self = Self::from_bits_retain(sys::MAP_HUGE_2MB);
    /// Huge pages of 8 MiB.
    #[doc(alias = "MAP_HUGE_8MB")]
    pub const HUGE_8MB: Self = Self::from_bits_retain(sys::MAP_HUGE_8MB);
    /// Huge pages of 16 MiB.
    #[doc(alias = "MAP_HUGE_16MB")]
    pub const HUGE_16MB: Self = Self::from_bits_retain(sys::MAP_HUGE_16MB);
    /// Huge pages of 32 MiB.
    #[doc(alias = "MAP_HUGE_32MB")]
    pub const HUGE_32MB: Self = Self::from_bits_retain(sys::MAP_HUGE_32MB);
    /// Huge pages of 256 MiB.
    #[doc(alias = "MAP_HUGE_256MB")]
    pub const HUGE_256MB: Self = Self::from_bits_retain(sys::MAP_HUGE_256MB);
    /// Huge pages of 512 MiB.
    #[doc(alias = "MAP_HUGE_512MB")]
    pub const HUGE_512MB: Self = Self::from_bits_retain(sys::MAP_HUGE_512MB);
    /// Huge pages of 1 GiB.
    #[doc(alias = "MAP_HUGE_1GB")]
    pub const HUGE_1GB: Self = Self::from_bits_retain(sys::MAP_HUGE_1GB);
    /// Huge pages of 2 GiB.
    #[doc(alias = "MAP_HUGE_2GB")]
    pub const HUGE_2GB: Self = Self::from_bits_retain(sys::MAP_HUGE_2GB);
    /// Huge pages of 16 GiB.
    #[doc(alias = "MAP_HUGE_16GB")]
    pub const HUGE_16GB: Self = Self::from_bits_retain(sys::MAP_HUGE_16GB);
}

open_numbers! {
    /// What `madvise` is told about a range.
    ///
    /// Other numbers are passed on: the kernel decides. See
    /// [madvise(2)](https://man7.org/linux/man-pages/man2/madvise.2.html). [`Hint`] holds those
    /// that a [`Mapping`](super::Mapping) takes without `unsafe`.
    ///
    /// ```
    /// use rawshm::mm::Advice;
    ///
    /// assert_eq!(Advice::from_raw(4), Advice::DONTNEED);
    /// assert_eq!(Advice::DONTNEED.raw(), 4);
    /// ```
    pub struct Advice;
    /// No particular pattern: the default.
    #[doc(alias = "MADV_NORMAL")]
    const NORMAL = sys::MADV_NORMAL;
    /// Read in no order: reading ahead is of no use.
    #[doc(alias = "MADV_RANDOM")]
    const RANDOM = sys::MADV_RANDOM;
    /// Read in order: read far ahead, drop what was read.
    #[doc(alias = "MADV_SEQUENTIAL")]
    const SEQUENTIAL = sys::MADV_SEQUENTIAL;
    /// Needed soon: reading may start.
    #[doc(alias = "MADV_WILLNEED")]
    const WILLNEED = sys::MADV_WILLNEED;
    /// Not needed: anonymous private pages are zeroed at the next touch, others read anew.
    #[doc(alias = "MADV_DONTNEED")]
    const DONTNEED = sys::MADV_DONTNEED;
    /// The contents may be dropped until the page is written again.
    #[doc(alias = "MADV_FREE")]
    const FREE = sys::MADV_FREE;

    if cfg(target_os = "linux") {
        /// Punches a hole: the pages and their memory behind are freed, and read as zero.
        #[doc(alias = "MADV_REMOVE")]
        const REMOVE = sys::MADV_REMOVE;
        /// A child does not get the range.
        #[doc(alias = "MADV_DONTFORK")]
        const DONTFORK = sys::MADV_DONTFORK;
        /// Undoes `DONTFORK`.
        #[doc(alias = "MADV_DOFORK")]
        const DOFORK = sys::MADV_DOFORK;
        /// Pages that are alike may be merged.
        #[doc(alias = "MADV_MERGEABLE")]
        const MERGEABLE = sys::MADV_MERGEABLE;
        /// Undoes `MERGEABLE`.
        #[doc(alias = "MADV_UNMERGEABLE")]
        const UNMERGEABLE = sys::MADV_UNMERGEABLE;
        /// Transparent huge pages are welcome.
        #[doc(alias = "MADV_HUGEPAGE")]
        const HUGEPAGE = sys::MADV_HUGEPAGE;
        /// No transparent huge pages.
        #[doc(alias = "MADV_NOHUGEPAGE")]
        const NOHUGEPAGE = sys::MADV_NOHUGEPAGE;
        /// Left out of core dumps.
        #[doc(alias = "MADV_DONTDUMP")]
        const DONTDUMP = sys::MADV_DONTDUMP;
        /// Undoes `DONTDUMP`.
        #[doc(alias = "MADV_DODUMP")]
        const DODUMP = sys::MADV_DODUMP;
        /// A child finds zeroes (Linux 4.14).
        #[doc(alias = "MADV_WIPEONFORK")]
        const WIPEONFORK = sys::MADV_WIPEONFORK;
        /// Undoes `WIPEONFORK` (Linux 4.14).
        #[doc(alias = "MADV_KEEPONFORK")]
        const KEEPONFORK = sys::MADV_KEEPONFORK;
        /// First to go when memory is short (Linux 5.4).
        #[doc(alias = "MADV_COLD")]
        const COLD = sys::MADV_COLD;
        /// Written out now, contents kept (Linux 5.4).
        #[doc(alias = "MADV_PAGEOUT")]
        const PAGEOUT = sys::MADV_PAGEOUT;
        /// Faults the pages in for reading (Linux 5.14).
        #[doc(alias = "MADV_POPULATE_READ")]
        const POPULATE_READ = sys::MADV_POPULATE_READ;
        /// Faults the pages in for writing (Linux 5.14).
        #[doc(alias = "MADV_POPULATE_WRITE")]
        const POPULATE_WRITE = sys::MADV_POPULATE_WRITE;
        /// As `DONTNEED`, locked pages too (Linux 5.18).
        #[doc(alias = "MADV_DONTNEED_LOCKED")]
        const DONTNEED_LOCKED = sys::MADV_DONTNEED_LOCKED;
        /// Gathered into transparent huge pages now (Linux 6.1).
        #[doc(alias = "MADV_COLLAPSE")]
        const COLLAPSE = sys::MADV_COLLAPSE;
        /// Treats the pages as broken memory, for tests.
        #[doc(alias = "MADV_HWPOISON")]
        const HWPOISON = sys::MADV_HWPOISON;
        /// Moves the pages elsewhere and takes the memory out of use, for tests.
        #[doc(alias = "MADV_SOFT_OFFLINE")]
        const SOFT_OFFLINE = sys::MADV_SOFT_OFFLINE;
    }
}

/// The advices that change neither the contents of a mapping nor the access to it.
///
/// ```
/// use rawshm::{MapOptions, mm::Hint};
///
/// let mapping = MapOptions::new().len(1 << 20).map_anonymous()?;
/// mapping.advise(.., Hint::Sequential)?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Hint {
    /// [`Advice::NORMAL`]
    Normal,
    /// [`Advice::RANDOM`]
    Random,
    /// [`Advice::SEQUENTIAL`]
    Sequential,
    /// [`Advice::WILLNEED`]
    WillNeed,
    /// [`Advice::DOFORK`]. Linux only.
    #[cfg(target_os = "linux")]
    DoFork,
    /// [`Advice::MERGEABLE`]. Linux only.
    #[cfg(target_os = "linux")]
    Mergeable,
    /// [`Advice::UNMERGEABLE`]. Linux only.
    #[cfg(target_os = "linux")]
    Unmergeable,
    /// [`Advice::HUGEPAGE`]. Linux only.
    #[cfg(target_os = "linux")]
    HugePage,
    /// [`Advice::NOHUGEPAGE`]. Linux only.
    #[cfg(target_os = "linux")]
    NoHugePage,
    /// [`Advice::DONTDUMP`]. Linux only.
    #[cfg(target_os = "linux")]
    DontDump,
    /// [`Advice::DODUMP`]. Linux only.
    #[cfg(target_os = "linux")]
    DoDump,
    /// [`Advice::KEEPONFORK`]. Linux only.
    #[cfg(target_os = "linux")]
    KeepOnFork,
    /// [`Advice::COLD`]. Linux only.
    #[cfg(target_os = "linux")]
    Cold,
    /// [`Advice::PAGEOUT`]. Linux only.
    #[cfg(target_os = "linux")]
    PageOut,
    /// [`Advice::POPULATE_READ`]. Linux only.
    #[cfg(target_os = "linux")]
    PopulateRead,
    /// [`Advice::POPULATE_WRITE`]. Linux only.
    #[cfg(target_os = "linux")]
    PopulateWrite,
}

impl From<Hint> for Advice {
    #[inline]
    fn from(hint: Hint) -> Self {
        match hint {
            Hint::Normal => Self::NORMAL,
            Hint::Random => Self::RANDOM,
            Hint::Sequential => Self::SEQUENTIAL,
            Hint::WillNeed => Self::WILLNEED,
            #[cfg(target_os = "linux")]
            Hint::DoFork => Self::DOFORK,
            #[cfg(target_os = "linux")]
            Hint::Mergeable => Self::MERGEABLE,
            #[cfg(target_os = "linux")]
            Hint::Unmergeable => Self::UNMERGEABLE,
            #[cfg(target_os = "linux")]
            Hint::HugePage => Self::HUGEPAGE,
            #[cfg(target_os = "linux")]
            Hint::NoHugePage => Self::NOHUGEPAGE,
            #[cfg(target_os = "linux")]
            Hint::DontDump => Self::DONTDUMP,
            #[cfg(target_os = "linux")]
            Hint::DoDump => Self::DODUMP,
            #[cfg(target_os = "linux")]
            Hint::KeepOnFork => Self::KEEPONFORK,
            #[cfg(target_os = "linux")]
            Hint::Cold => Self::COLD,
            #[cfg(target_os = "linux")]
            Hint::PageOut => Self::PAGEOUT,
            #[cfg(target_os = "linux")]
            Hint::PopulateRead => Self::POPULATE_READ,
            #[cfg(target_os = "linux")]
            Hint::PopulateWrite => Self::POPULATE_WRITE,
        }
    }
}
