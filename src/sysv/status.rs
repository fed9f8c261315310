//! What the kernel tells of segments and their limits.

use core::fmt;

use super::{IpcMode, Key};
use crate::sys;

/// Key, owner and mode of a segment: `struct ipc_perm`.
///
/// ```
/// let segment = rawshm::Segment::create(4096)?.destroy_on_drop();
/// let perm = segment.stat()?.perm();
/// assert_eq!(perm.uid(), perm.cuid());
/// # Ok::<(), rawshm::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[doc(alias = "ipc_perm")]
pub struct IpcPerm(pub(super) sys::IpcPerm);

impl IpcPerm {
    /// The key; [`Key::PRIVATE`] also once the segment is marked to be destroyed.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn key(&self) -> Key {
        Key::new(self.0.key)
    }

    /// The owner's user id.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn uid(&self) -> u32 {
        self.0.uid
    }

    /// The owner's group id.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn gid(&self) -> u32 {
        self.0.gid
    }

    /// The creator's user id.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn cuid(&self) -> u32 {
        self.0.cuid
    }

    /// The creator's group id.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn cgid(&self) -> u32 {
        self.0.cgid
    }

    /// Permissions, and whether it is locked or marked to be destroyed.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn mode(&self) -> IpcMode {
        IpcMode::from_bits_retain(self.0.mode)
    }

    /// How often the place of this id in the kernel's table was used before.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn seq(&self) -> u16 {
        self.0.seq
    }
}

impl fmt::Debug for IpcPerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IpcPerm")
            .field("key", &self.key())
            .field("uid", &self.uid())
            .field("gid", &self.gid())
            .field("cuid", &self.cuid())
            .field("cgid", &self.cgid())
            .field("mode", &self.mode())
            .field("seq", &self.seq())
            .finish()
    }
}

/// The status of a segment: `struct shmid_ds`.
///
/// ```
/// let segment = rawshm::Segment::create(5000)?.destroy_on_drop();
/// let stat = segment.stat()?;
/// assert_eq!((stat.segsz(), stat.nattch()), (5000, 0));
/// assert_eq!(stat.cpid(), std::process::id() as i32);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[doc(alias = "shmid_ds")]
pub struct ShmidDs(pub(super) sys::ShmidDs);

impl ShmidDs {
    /// Key, owner and mode.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn perm(&self) -> IpcPerm {
        IpcPerm(self.0.shm_perm)
    }

    /// The size in bytes, as it was asked for.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn segsz(&self) -> usize {
        self.0.shm_segsz
    }

    /// When it was last attached, in seconds since 1970; 0 for never.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn atime(&self) -> i64 {
        self.0.shm_atime
    }

    /// When it was last detached, in seconds since 1970; 0 for never.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn dtime(&self) -> i64 {
        self.0.shm_dtime
    }

    /// When it was created or last changed by `IPC_SET`, in seconds since 1970.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn ctime(&self) -> i64 {
        self.0.shm_ctime
    }

    /// The process that created it; 0 if that is not of this pid namespace.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn cpid(&self) -> i32 {
        self.0.shm_cpid
    }

    /// The process that last attached or detached it; 0 for none, or one that this pid
    /// namespace does not see.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn lpid(&self) -> i32 {
        self.0.shm_lpid
    }

    /// How many times it is attached at the moment.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn nattch(&self) -> u64 {
        self.0.shm_nattch
    }
}

impl fmt::Debug for ShmidDs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShmidDs")
            .field("perm", &self.perm())
            .field("segsz", &self.segsz())
            .field("atime", &self.atime())
            .field("dtime", &self.dtime())
            .field("ctime", &self.ctime())
            .field("cpid", &self.cpid())
            .field("lpid", &self.lpid())
            .field("nattch", &self.nattch())
            .finish()
    }
}

/// The limits of this IPC namespace: `struct shminfo`, out of `/proc/sys/kernel/shm*`.
///
/// Linux only.
///
/// ```
/// let (limits, _highest) = rawshm::sysv::shmctl_ipc_info()?;
/// assert!(limits.shmmin() <= limits.shmmax());
/// # Ok::<(), rawshm::Error>(())
/// ```
#[cfg(target_os = "linux")]
#[derive(Clone, Copy, PartialEq, Eq)]
#[doc(alias = "shminfo")]
pub struct Shminfo(pub(super) sys::Shminfo);

#[cfg(target_os = "linux")]
impl Shminfo {
    /// The largest segment, in bytes (`kernel.shmmax`).
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn shmmax(&self) -> u64 {
        self.0.shmmax
    }

    /// The smallest segment, in bytes: 1.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn shmmin(&self) -> u64 {
        self.0.shmmin
    }

    /// How many segments there may be (`kernel.shmmni`).
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn shmmni(&self) -> u64 {
        self.0.shmmni
    }

    /// How many segments a process may attach; the kernel does not heed it.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn shmseg(&self) -> u64 {
        self.0.shmseg
    }

    /// How much all segments together may take, in pages (`kernel.shmall`).
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn shmall(&self) -> u64 {
        self.0.shmall
    }
}

#[cfg(target_os = "linux")]
impl fmt::Debug for Shminfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shminfo")
            .field("shmmax", &self.shmmax())
            .field("shmmin", &self.shmmin())
            .field("shmmni", &self.shmmni())
            .field("shmseg", &self.shmseg())
            .field("shmall", &self.shmall())
            .finish()
    }
}

/// What the segments of this IPC namespace take: `struct shm_info`.
///
/// Linux only.
///
/// ```
/// let segment = rawshm::Segment::create(4096)?.destroy_on_drop();
/// let (info, _highest) = rawshm::sysv::shmctl_shm_info()?;
/// assert!(info.used_ids() >= 1);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[cfg(target_os = "linux")]
#[derive(Clone, Copy, PartialEq, Eq)]
#[doc(alias = "shm_info")]
pub struct ShmInfo(pub(super) sys::ShmInfo);

#[cfg(target_os = "linux")]
impl ShmInfo {
    /// How many segments there are.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn used_ids(&self) -> i32 {
        self.0.used_ids
    }

    /// The sizes of all of them together, in pages.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn shm_tot(&self) -> u64 {
        self.0.shm_tot
    }

    /// How many of these pages are in memory.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn shm_rss(&self) -> u64 {
        self.0.shm_rss
    }

    /// How many of these pages are swapped.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn shm_swp(&self) -> u64 {
        self.0.shm_swp
    }
}

#[cfg(target_os = "linux")]
impl fmt::Debug for ShmInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShmInfo")
            .field("used_ids", &self.used_ids())
            .field("shm_tot", &self.shm_tot())
            .field("shm_rss", &self.shm_rss())
            .field("shm_swp", &self.shm_swp())
            .finish()
    }
}
