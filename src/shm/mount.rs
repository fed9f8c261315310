//! The file system that objects are in.

use crate::flags::flags;

use super::DEV_SHM;
use crate::error::{Call, InCall, Result};
use crate::fd::{AsFd, BorrowedFd, OwnedFd};
use crate::sys;

flags! {
    /// How a file system is mounted.
    ///
    /// Bits without a name here are kept and passed on: the kernel decides. See
    /// [mount(2)](https://man7.org/linux/man-pages/man2/mount.2.html).
    ///
    /// See [`mount`] for an example.
    pub struct MountFlags: u32 {
        /// Nothing in it may be written or created.
        #[doc(alias = "MS_RDONLY")]
        const RDONLY = sys::MS_RDONLY;
        /// Set-user-id and set-group-id bits have no effect.
        #[doc(alias = "MS_NOSUID")]
        const NOSUID = sys::MS_NOSUID;
        /// Device files cannot be opened.
        #[doc(alias = "MS_NODEV")]
        const NODEV = sys::MS_NODEV;
        /// Programs cannot be executed, nor files mapped for execution.
        #[doc(alias = "MS_NOEXEC")]
        const NOEXEC = sys::MS_NOEXEC;
        /// Each write waits until it is on the device.
        #[doc(alias = "MS_SYNCHRONOUS")]
        const SYNCHRONOUS = sys::MS_SYNCHRONOUS;
        /// Changes flags and size of what is mounted there.
        #[doc(alias = "MS_REMOUNT")]
        const REMOUNT = sys::MS_REMOUNT;
        /// Mandatory locks; without effect from Linux 5.15 on.
        #[doc(alias = "MS_MANDLOCK")]
        const MANDLOCK = sys::MS_MANDLOCK;
        /// Changes of directories wait until they are on the device.
        #[doc(alias = "MS_DIRSYNC")]
        const DIRSYNC = sys::MS_DIRSYNC;
        /// No symbolic link is followed (Linux 5.10).
        #[doc(alias = "MS_NOSYMFOLLOW")]
        const NOSYMFOLLOW = sys::MS_NOSYMFOLLOW;
        /// Reading leaves access times as they are.
        #[doc(alias = "MS_NOATIME")]
        const NOATIME = sys::MS_NOATIME;
        /// Reading a directory leaves its access time as it is.
        #[doc(alias = "MS_NODIRATIME")]
        const NODIRATIME = sys::MS_NODIRATIME;
        /// Shows a directory at a second place: not for a new file system.
        #[doc(alias = "MS_BIND")]
        const BIND = sys::MS_BIND;
        /// Moves what is mounted elsewhere: not for a new file system.
        #[doc(alias = "MS_MOVE")]
        const MOVE = sys::MS_MOVE;
        /// With what is mounted below, too.
        #[doc(alias = "MS_REC")]
        const REC = sys::MS_REC;
        /// Some messages are kept out of the kernel's log.
        #[doc(alias = "MS_SILENT")]
        const SILENT = sys::MS_SILENT;
        /// The old name of `SILENT`, which means the contrary of what it says.
        #[doc(alias = "MS_VERBOSE")]
        const VERBOSE = sys::MS_VERBOSE;
        /// Access control lists count; the kernel's own.
        #[doc(alias = "MS_POSIXACL")]
        const POSIXACL = sys::MS_POSIXACL;
        /// Makes the mount one that cannot be shown elsewhere.
        #[doc(alias = "MS_UNBINDABLE")]
        const UNBINDABLE = sys::MS_UNBINDABLE;
        /// Makes the mount one that tells no other namespace of changes, and hears of none.
        #[doc(alias = "MS_PRIVATE")]
        const PRIVATE = sys::MS_PRIVATE;
        /// Makes the mount one that only hears of changes.
        #[doc(alias = "MS_SLAVE")]
        const SLAVE = sys::MS_SLAVE;
        /// Makes the mount one that tells its peers of changes, and hears of theirs.
        #[doc(alias = "MS_SHARED")]
        const SHARED = sys::MS_SHARED;
        /// Access times are kept only as far as a reader needs them to be; the default.
        #[doc(alias = "MS_RELATIME")]
        const RELATIME = sys::MS_RELATIME;
        /// Mounted by the kernel; its own.
        #[doc(alias = "MS_KERNMOUNT")]
        const KERNMOUNT = sys::MS_KERNMOUNT;
        /// Files have a number that changes with them.
        #[doc(alias = "MS_I_VERSION")]
        const I_VERSION = sys::MS_I_VERSION;
        /// Reading always sets the access time.
        #[doc(alias = "MS_STRICTATIME")]
        const STRICTATIME = sys::MS_STRICTATIME;
        /// Times are kept in memory until something else is written.
        #[doc(alias = "MS_LAZYTIME")]
        const LAZYTIME = sys::MS_LAZYTIME;
        /// Mounted by another file system; the kernel's own.
        #[doc(alias = "MS_SUBMOUNT")]
        const SUBMOUNT = sys::MS_SUBMOUNT;
        /// Locks are this machine's only; the kernel's own.
        #[doc(alias = "MS_NOREMOTELOCK")]
        const NOREMOTELOCK = sys::MS_NOREMOTELOCK;
        /// No file has security attributes; the kernel's own.
        #[doc(alias = "MS_NOSEC")]
        const NOSEC = sys::MS_NOSEC;
        /// The mount is complete; the kernel's own.
        #[doc(alias = "MS_BORN")]
        const BORN = sys::MS_BORN;
        /// The mount is in use; the kernel's own.
        #[doc(alias = "MS_ACTIVE")]
        const ACTIVE = sys::MS_ACTIVE;
        /// Users cannot mount it; the kernel's own.
        #[doc(alias = "MS_NOUSER")]
        const NOUSER = sys::MS_NOUSER;
        /// The flags of a file system that `REMOUNT` can change.
        #[doc(alias = "MS_RMT_MASK")]
        const RMT_MASK = sys::MS_RMT_MASK;
        /// A mark that Linux before 2.4 wanted in the upper half; ignored since.
        #[doc(alias = "MS_MGC_VAL")]
        const MGC_VAL = sys::MS_MGC_VAL;
        /// Where that mark is.
        #[doc(alias = "MS_MGC_MSK")]
        const MGC_MSK = sys::MS_MGC_MSK;
        const _ = !0;
    }
}

/// `int mount(const char *source, const char *target, const char *filesystemtype, unsigned
/// long mountflags, const void *data)`: mounts a tmpfs at `/dev/shm`, where there is none, as
/// in an initramfs.
///
/// The size is in bytes, rounded up to pages; 0 is no limit, and without a size it is half of
/// the memory. Everybody may create objects there (mode 1777). The directory is made if it is
/// missing, and removed again if nothing can be mounted there. What is mounted already is
/// covered: ask [`available`] first. With [`MountFlags::REMOUNT`] its size is changed instead,
/// and its other flags are those that are given.
///
/// # Errors
///
/// - `EPERM`: it takes `CAP_SYS_ADMIN`.
/// - `ENOENT` of `mkdir`: there is no `/dev`.
/// - `EROFS`, `EACCES` of `mkdir`: there is no `/dev/shm`, and it may not be made.
/// - `ENODEV`: the kernel has no tmpfs.
/// - `EINVAL`: `REMOUNT`, and nothing is mounted there; more is in use than the new size; these
///   flags do not go together.
/// - `ENOTDIR`: `/dev/shm` is something else.
/// - `ENOMEM`: no memory. `ENOSPC`: too many mounts (`fs.mount-max`).
///
/// # Reference
///
/// [mount(2)](https://man7.org/linux/man-pages/man2/mount.2.html),
/// [tmpfs(5)](https://man7.org/linux/man-pages/man5/tmpfs.5.html)
///
/// ```
/// use rawshm::shm::{self, MountFlags};
///
/// if !shm::available() {
///     shm::mount(MountFlags::NOSUID | MountFlags::NODEV, Some(64 << 20))?;
/// }
/// # Ok::<(), rawshm::Error>(())
/// ```
pub fn mount(flags: MountFlags, size: Option<u64>) -> Result<()> {
    let made = sys::make_directory(0o1777).in_call(Call::Mkdir)?;
    let mounted = sys::mount_objects(flags.bits(), size).in_call(Call::Mount);
    if made && mounted.is_err() {
        // The first error is the one to tell.
        let _ = sys::remove_directory();
    }
    mounted
}

/// Whether there is a `/dev/shm` whose files are kept in memory.
///
/// ```
/// if !rawshm::shm::available() {
///     println!("use a memfd, or mount a tmpfs at /dev/shm");
/// }
/// ```
#[must_use]
pub fn available() -> bool {
    sys::open_place(DEV_SHM).is_ok_and(|directory| sys::is_in_memory(directory.as_fd()) == Ok(true))
}

/// Opens a directory by its path, for [`SharedMemoryOptions::directory`], [`list_in`] and
/// [`space_in`], which take a directory opened by other means as well.
///
/// It is opened with `O_PATH`, so that one may also enter what one may not read; to list it
/// takes the right to read all the same. A relative path starts from the current directory.
///
/// [`SharedMemoryOptions::directory`]: super::SharedMemoryOptions::directory
/// [`list_in`]: super::list_in
///
/// # Errors
///
/// - `ENOENT`: there is none. `ENOTDIR`: it is something else.
/// - `EACCES`: a directory on the way may not be searched.
/// - `ELOOP`: too many symbolic links.
/// - `EINVAL`: a NUL in the path. `ENAMETOOLONG`: 4096 bytes or more, or 256 in a part.
/// - `EMFILE`, `ENFILE`: the process, or the system, has too many open files.
///
/// ```
/// let directory = rawshm::shm::open_directory("/dev/shm")?;
/// println!("{:?}", rawshm::shm::space_in(&directory)?);
/// # Ok::<(), rawshm::Error>(())
/// ```
pub fn open_directory(path: impl AsRef<[u8]>) -> Result<OwnedFd> {
    sys::open_directory(path.as_ref()).in_call(Call::OpenDirectory)
}

/// How much a file system may hold.
///
/// See [`space`] for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    total: Option<u64>,
    free: Option<u64>,
}

impl Space {
    /// How many bytes it may hold; `None` if only memory and swap space limit it.
    ///
    /// See [`space`] for an example.
    #[inline]
    #[must_use]
    pub const fn total(&self) -> Option<u64> {
        self.total
    }

    /// How many more bytes this process can have of it; `None` as for [`total`](Self::total).
    ///
    /// See [`space`] for an example.
    #[inline]
    #[must_use]
    pub const fn free(&self) -> Option<u64> {
        self.free
    }

    fn of(directory: BorrowedFd<'_>) -> Result<Self> {
        let space = sys::space(directory).in_call(Call::Fstatfs)?;
        let (total, free) = space.unzip();
        Ok(Self { total, free })
    }
}

/// How much `/dev/shm` may hold.
///
/// In a container it is often 64 MiB, whatever the machine has. That so much is free promises
/// nothing: others may take it meanwhile, and memory may be short before.
///
/// # Errors
///
/// - `ENOENT` of `open`: there is no `/dev/shm`.
/// - `EMFILE`, `ENFILE`: the process, or the system, has too many open files.
///
/// # Reference
///
/// [fstatfs(2)](https://man7.org/linux/man-pages/man2/fstatfs.2.html)
///
/// ```
/// let space = rawshm::shm::space()?;
/// if space.free().is_some_and(|free| free < 1 << 20) {
///     println!("only {:?} bytes are left of {:?}", space.free(), space.total());
/// }
/// # Ok::<(), rawshm::Error>(())
/// ```
pub fn space() -> Result<Space> {
    let directory = sys::open_place(DEV_SHM).in_call(Call::OpenDirectory)?;
    Space::of(directory.as_fd())
}

/// How much the file system that a directory is in may hold, as [`space`] tells of `/dev/shm`.
///
/// # Errors
///
/// None that a descriptor which is open can cause, on most file systems.
///
/// See [`open_directory`] for an example.
pub fn space_in(directory: &impl AsFd) -> Result<Space> {
    Space::of(directory.as_fd())
}
