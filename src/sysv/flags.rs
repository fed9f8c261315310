//! Flags, keys and ids.

use core::fmt;

use crate::flags::{flags, flags_without_debug};

use crate::descriptor::Mode;
use crate::sys;

flags! {
    /// How `shmget` finds or creates a segment; the lowest nine bits are the permissions.
    ///
    /// Bits without a name here are kept and passed on: the kernel decides. See
    /// [shmget(2)](https://man7.org/linux/man-pages/man2/shmget.2.html).
    ///
    /// See [`shmget`](super::shmget) for an example.
    pub struct ShmFlags: u32 {
        /// Creates the segment if there is none.
        #[doc(alias = "IPC_CREAT")]
        const CREAT = sys::IPC_CREAT;
        /// With `CREAT`: `EEXIST` if there is one.
        #[doc(alias = "IPC_EXCL")]
        const EXCL = sys::IPC_EXCL;
        /// The owner may read.
        #[doc(alias = "SHM_R")]
        const R = sys::SHM_R;
        /// The owner may write.
        #[doc(alias = "SHM_W")]
        const W = sys::SHM_W;
        /// In reserved huge pages, of the default size or of one of the `HUGE_` sizes. Linux only.
        #[doc(alias = "SHM_HUGETLB")]
        #[cfg(target_os = "linux")]
        const HUGETLB = sys::SHM_HUGETLB;
        /// Reserves no swap space: a write may fail later with a signal. Linux only.
        #[doc(alias = "SHM_NORESERVE")]
        #[cfg(target_os = "linux")]
        const NORESERVE = sys::SHM_NORESERVE;
        const _ = !0;
    }

    /// How `shmat` attaches a segment.
    ///
    /// Bits without a name here are kept and passed on: the kernel decides. See
    /// [shmat(2)](https://man7.org/linux/man-pages/man2/shmat.2.html).
    ///
    /// See [`shmat`](super::shmat) for an example.
    pub struct ShmatFlags: u32 {
        /// For reading only.
        #[doc(alias = "SHM_RDONLY")]
        const RDONLY = sys::SHM_RDONLY;
        /// Rounds the address down to a multiple of `SHMLBA`, the page size here.
        #[doc(alias = "SHM_RND")]
        const RND = sys::SHM_RND;
        /// In place of whatever is mapped in the range. Linux only.
        #[doc(alias = "SHM_REMAP")]
        #[cfg(target_os = "linux")]
        const REMAP = sys::SHM_REMAP;
        /// For execution too. Linux only.
        #[doc(alias = "SHM_EXEC")]
        #[cfg(target_os = "linux")]
        const EXEC = sys::SHM_EXEC;
        const _ = !0;
    }
}

flags_without_debug! {
    /// Permissions of a segment and what the kernel notes beside them.
    ///
    /// Bits without a name here are kept and passed on: the kernel decides. See
    /// [shmctl(2)](https://man7.org/linux/man-pages/man2/shmctl.2.html).
    ///
    /// See [`permissions`](Self::permissions) for an example.
    pub struct IpcMode: u32 {
        /// Destroyed as soon as nobody has it attached. Linux only.
        #[doc(alias = "SHM_DEST")]
        #[cfg(target_os = "linux")]
        const DEST = sys::SHM_DEST;
        /// Its pages are never swapped. Linux only.
        #[doc(alias = "SHM_LOCKED")]
        #[cfg(target_os = "linux")]
        const LOCKED = sys::SHM_LOCKED;
        const _ = !0;
    }
}

impl ShmFlags {
    /// Of no meaning here: calls on segments do not wait, and the bit is that of `HUGETLB`.
    #[doc(alias = "IPC_NOWAIT")]
    pub const NOWAIT: Self = Self::from_bits_retain(sys::IPC_NOWAIT);
    /// Where the logarithm of the size of huge pages starts: bit 26. Linux only.
    #[doc(alias = "SHM_HUGE_SHIFT")]
    #[cfg(target_os = "linux")]
    pub const HUGE_SHIFT: u32 = sys::SHM_HUGE_SHIFT;
    /// The bits of the logarithm before they are shifted. Linux only.
    #[doc(alias = "SHM_HUGE_MASK")]
    #[cfg(target_os = "linux")]
    pub const HUGE_MASK: u32 = sys::SHM_HUGE_MASK;
    /// Huge pages of 64 KiB. Linux only.
    #[doc(alias = "SHM_HUGE_64KB")]
    #[cfg(target_os = "linux")]
    pub const HUGE_64KB: Self = Self::from_bits_retain(sys::SHM_HUGE_64KB);
    /// Huge pages of 512 KiB. Linux only.
    #[doc(alias = "SHM_HUGE_512KB")]
    #[cfg(target_os = "linux")]
    pub const HUGE_512KB: Self = Self::from_bits_retain(sys::SHM_HUGE_512KB);
    /// Huge pages of 1 MiB. Linux only.
    #[doc(alias = "SHM_HUGE_1MB")]
    #[cfg(target_os = "linux")]
    pub const HUGE_1MB: Self = Self::from_bits_retain(sys::SHM_HUGE_1MB);
    /// Huge pages of 2 MiB. Linux only.
    #[doc(alias = "SHM_HUGE_2MB")]
    #[cfg(target_os = "linux")]
    pub const HUGE_2MB: Self = Self::from_bits_retain(sys::SHM_HUGE_2MB);
    /// Huge pages of 8 MiB. Linux only.
    #[doc(alias = "SHM_HUGE_8MB")]
    #[cfg(target_os = "linux")]
    pub const HUGE_8MB: Self = Self::from_bits_retain(sys::SHM_HUGE_8MB);
    /// Huge pages of 16 MiB. Linux only.
    #[doc(alias = "SHM_HUGE_16MB")]
    #[cfg(target_os = "linux")]
    pub const HUGE_16MB: Self = Self::from_bits_retain(sys::SHM_HUGE_16MB);
    /// Huge pages of 32 MiB. Linux only.
    #[doc(alias = "SHM_HUGE_32MB")]
    #[cfg(target_os = "linux")]
    pub const HUGE_32MB: Self = Self::from_bits_retain(sys::SHM_HUGE_32MB);
    /// Huge pages of 256 MiB. Linux only.
    #[doc(alias = "SHM_HUGE_256MB")]
    #[cfg(target_os = "linux")]
    pub const HUGE_256MB: Self = Self::from_bits_retain(sys::SHM_HUGE_256MB);
    /// Huge pages of 512 MiB. Linux only.
    #[doc(alias = "SHM_HUGE_512MB")]
    #[cfg(target_os = "linux")]
    pub const HUGE_512MB: Self = Self::from_bits_retain(sys::SHM_HUGE_512MB);
    /// Huge pages of 1 GiB. Linux only.
    #[doc(alias = "SHM_HUGE_1GB")]
    #[cfg(target_os = "linux")]
    pub const HUGE_1GB: Self = Self::from_bits_retain(sys::SHM_HUGE_1GB);
    /// Huge pages of 2 GiB. Linux only.
    #[doc(alias = "SHM_HUGE_2GB")]
    #[cfg(target_os = "linux")]
    pub const HUGE_2GB: Self = Self::from_bits_retain(sys::SHM_HUGE_2GB);
    /// Huge pages of 16 GiB. Linux only.
    #[doc(alias = "SHM_HUGE_16GB")]
    #[cfg(target_os = "linux")]
    pub const HUGE_16GB: Self = Self::from_bits_retain(sys::SHM_HUGE_16GB);

    /// The permissions of a segment to be created.
    ///
    /// ```
    /// use rawshm::{descriptor::Mode, sysv::ShmFlags};
    ///
    /// assert_eq!(ShmFlags::from_mode(Mode::RUSR | Mode::WUSR), ShmFlags::R | ShmFlags::W);
    /// ```
    #[inline]
    #[must_use]
    pub const fn from_mode(mode: Mode) -> Self {
        Self::from_bits_retain(mode.bits() & PERMISSIONS)
    }
}

/// The nine bits of permissions; segments have no others.
pub(super) const PERMISSIONS: u32 = 0o777;

impl IpcMode {
    /// The permissions alone.
    ///
    /// ```
    /// use rawshm::{Segment, descriptor::Mode};
    ///
    /// let segment = Segment::create(4096)?.destroy_on_drop();
    /// assert_eq!(segment.stat()?.perm().mode().permissions(), Mode::RUSR | Mode::WUSR);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn permissions(self) -> Mode {
        Mode::from_bits_retain(self.bits() & PERMISSIONS)
    }
}

impl fmt::Debug for IpcMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IpcMode({:#o})", self.bits())
    }
}

/// The name of a segment, by which processes that agree on it find it.
///
/// ```
/// assert_eq!(rawshm::sysv::Key::new(0x5eed).to_string(), "0x00005eed");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[doc(alias = "key_t")]
#[repr(transparent)]
pub struct Key(i32);

impl Key {
    /// No name: `shmget` makes a new segment each time.
    #[doc(alias = "IPC_PRIVATE")]
    pub const PRIVATE: Self = Self(sys::IPC_PRIVATE);

    /// A key of one's own choice; [`ftok`](super::ftok) makes one of a file.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn new(key: i32) -> Self {
        Self(key)
    }

    /// The number.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn raw(self) -> i32 {
        self.0
    }
}

impl From<i32> for Key {
    #[inline]
    fn from(key: i32) -> Self {
        Self(key)
    }
}

impl fmt::Display for Key {
    /// As `ipcs` shows it: `0x` and eight hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}

/// The number that the kernel gave to a segment, the same in every process.
///
/// ```
/// use rawshm::sysv::ShmId;
///
/// let id: ShmId = "65538".parse()?; // as another process printed it
/// assert_eq!(id, ShmId::from_raw(65_538));
/// # Ok::<(), std::num::ParseIntError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[doc(alias = "shmid")]
#[repr(transparent)]
pub struct ShmId(i32);

impl ShmId {
    /// The id with a number; whether there is such a segment the calls tell.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn from_raw(id: i32) -> Self {
        Self(id)
    }

    /// The number.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn raw(self) -> i32 {
        self.0
    }
}

impl From<i32> for ShmId {
    #[inline]
    fn from(id: i32) -> Self {
        Self(id)
    }
}

impl core::str::FromStr for ShmId {
    type Err = core::num::ParseIntError;

    /// The decimal number that [`Display`](fmt::Display) shows.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for ShmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ShmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShmId({self})")
    }
}
