//! What one does to a descriptor: reading and writing, size, reservation, status, owner,
//! mode, flags, leases.
//!
//! Each function is one call of the kernel, under its own name. They take whatever
//! lends a descriptor ([`AsFd`]), the owning types of this crate included.

mod mode;
mod stat;

use crate::flags::flags;

use crate::error::{Call, Error, InCall, Result};
use crate::fd::{AsFd, OwnedFd};
#[cfg(target_os = "linux")]
use crate::number::open_numbers;
use crate::{Errno, sys};

pub use crate::fd::fcntl;
pub use mode::Mode;
pub use stat::{DevT, Stat, Timespec};

flags! {
    /// How a file is opened, and what `fcntl(F_GETFL)` tells of it.
    ///
    /// Bits without a name here are kept and passed on: the kernel decides. See
    /// [open(2)](https://man7.org/linux/man-pages/man2/open.2.html).
    ///
    /// See [`fcntl_getfl`] for an example.
    pub struct OFlags: u32 {
        /// Reading only.
        #[doc(alias = "O_RDONLY")]
        const RDONLY = sys::O_RDONLY;
        /// Writing only; a descriptor that cannot be mapped.
        #[doc(alias = "O_WRONLY")]
        const WRONLY = sys::O_WRONLY;
        /// Reading and writing.
        #[doc(alias = "O_RDWR")]
        const RDWR = sys::O_RDWR;
        /// The bits that hold one of the three above.
        #[doc(alias = "O_ACCMODE")]
        const ACCMODE = sys::O_ACCMODE;
        /// Creates the object if there is none.
        #[doc(alias = "O_CREAT")]
        const CREAT = sys::O_CREAT;
        /// With `CREAT`: `EEXIST` if there is one.
        #[doc(alias = "O_EXCL")]
        const EXCL = sys::O_EXCL;
        /// A terminal does not become the controlling one.
        #[doc(alias = "O_NOCTTY")]
        const NOCTTY = sys::O_NOCTTY;
        /// Sets the size to 0.
        #[doc(alias = "O_TRUNC")]
        const TRUNC = sys::O_TRUNC;
        /// Each write goes to the end.
        #[doc(alias = "O_APPEND")]
        const APPEND = sys::O_APPEND;
        /// Does not wait.
        #[doc(alias = "O_NONBLOCK")]
        const NONBLOCK = sys::O_NONBLOCK;
        /// Each write waits until the data are on the device.
        #[doc(alias = "O_DSYNC")]
        const DSYNC = sys::O_DSYNC;
        /// A signal tells when input or output is possible.
        #[doc(alias = "O_ASYNC")]
        const ASYNC = sys::O_ASYNC;
        /// Goes round the page cache. Linux only.
        #[doc(alias = "O_DIRECT")]
        #[cfg(target_os = "linux")]
        const DIRECT = sys::O_DIRECT;
        /// Set by the kernel on every 64-bit system. Linux only.
        #[doc(alias = "O_LARGEFILE")]
        #[cfg(target_os = "linux")]
        const LARGEFILE = sys::O_LARGEFILE;
        /// `ENOTDIR` if it is not a directory.
        #[doc(alias = "O_DIRECTORY")]
        const DIRECTORY = sys::O_DIRECTORY;
        /// `ELOOP` if it is a symbolic link.
        #[doc(alias = "O_NOFOLLOW")]
        const NOFOLLOW = sys::O_NOFOLLOW;
        /// Reading leaves the access time as it is. Linux only.
        #[doc(alias = "O_NOATIME")]
        #[cfg(target_os = "linux")]
        const NOATIME = sys::O_NOATIME;
        /// Closed when the process executes another program.
        #[doc(alias = "O_CLOEXEC")]
        const CLOEXEC = sys::O_CLOEXEC;
        /// Each write waits until data and metadata are on the device.
        #[doc(alias = "O_SYNC")]
        const SYNC = sys::O_SYNC;
        /// Only a place in the file system, not for reading or writing. Linux only.
        #[doc(alias = "O_PATH")]
        #[cfg(target_os = "linux")]
        const PATH = sys::O_PATH;
        /// A file without a name, in the given directory. Linux only.
        #[doc(alias = "O_TMPFILE")]
        #[cfg(target_os = "linux")]
        const TMPFILE = sys::O_TMPFILE;
        const _ = !0;
    }

    /// Flags of a descriptor.
    ///
    /// Bits without a name here are kept and passed on: the kernel decides. See
    /// [fcntl(2)](https://man7.org/linux/man-pages/man2/fcntl.2.html).
    ///
    /// See [`fcntl_setfd`] for an example.
    pub struct FdFlags: u32 {
        /// Closed when the process executes another program.
        #[doc(alias = "FD_CLOEXEC")]
        const CLOEXEC = sys::FD_CLOEXEC;
        const _ = !0;
    }
}

#[cfg(target_os = "linux")]
flags! {
    /// What `fallocate` does; without a flag it reserves and grows.
    ///
    /// Linux only.
    ///
    /// Bits without a name here are kept and passed on: the kernel decides. See
    /// [fallocate(2)](https://man7.org/linux/man-pages/man2/fallocate.2.html).
    ///
    /// See [`fallocate`] for an example.
    pub struct FallocateFlags: u32 {
        /// The size stays, even if more is reserved.
        #[doc(alias = "FALLOC_FL_KEEP_SIZE")]
        const KEEP_SIZE = sys::FALLOC_FL_KEEP_SIZE;
        /// Frees the range, which reads as zero; with `KEEP_SIZE` only.
        #[doc(alias = "FALLOC_FL_PUNCH_HOLE")]
        const PUNCH_HOLE = sys::FALLOC_FL_PUNCH_HOLE;
        /// Reserved by the kernel.
        #[doc(alias = "FALLOC_FL_NO_HIDE_STALE")]
        const NO_HIDE_STALE = sys::FALLOC_FL_NO_HIDE_STALE;
        /// Takes the range out, the rest moves up.
        #[doc(alias = "FALLOC_FL_COLLAPSE_RANGE")]
        const COLLAPSE_RANGE = sys::FALLOC_FL_COLLAPSE_RANGE;
        /// The range reads as zero and stays reserved.
        #[doc(alias = "FALLOC_FL_ZERO_RANGE")]
        const ZERO_RANGE = sys::FALLOC_FL_ZERO_RANGE;
        /// Inserts a hole, the rest moves down.
        #[doc(alias = "FALLOC_FL_INSERT_RANGE")]
        const INSERT_RANGE = sys::FALLOC_FL_INSERT_RANGE;
        /// Copies what is shared with another file.
        #[doc(alias = "FALLOC_FL_UNSHARE_RANGE")]
        const UNSHARE_RANGE = sys::FALLOC_FL_UNSHARE_RANGE;
        const _ = !0;
    }
}

#[cfg(target_os = "linux")]
open_numbers! {
    /// A lease on a file: who holds one is told before others may open it.
    ///
    /// Linux only.
    ///
    /// Other numbers are passed on: the kernel decides. See
    /// [F_SETLEASE(2const)](https://man7.org/linux/man-pages/man2/F_SETLEASE.2const.html), and
    /// [`fcntl_setlease`] for an example.
    pub struct Lease;
    /// The holder is told when others open it for writing or truncate it.
    #[doc(alias = "F_RDLCK")]
    const RDLCK = sys::F_RDLCK;
    /// The holder is told when others open it at all; granted only if nobody has it open.
    #[doc(alias = "F_WRLCK")]
    const WRLCK = sys::F_WRLCK;
    /// No lease.
    #[doc(alias = "F_UNLCK")]
    const UNLCK = sys::F_UNLCK;
}

#[cfg(target_os = "linux")]
open_numbers! {
    /// Where [`lseek`] counts from.
    ///
    /// Linux only.
    ///
    /// Other numbers are passed on: the kernel decides. See
    /// [lseek(2)](https://man7.org/linux/man-pages/man2/lseek.2.html).
    ///
    /// See [`lseek`] for an example.
    pub struct Whence;
    /// The start.
    #[doc(alias = "SEEK_SET")]
    const SET = sys::SEEK_SET;
    /// The position at the moment.
    #[doc(alias = "SEEK_CUR")]
    const CUR = sys::SEEK_CUR;
    /// The end.
    #[doc(alias = "SEEK_END")]
    const END = sys::SEEK_END;
    /// The next byte that is not in a hole.
    #[doc(alias = "SEEK_DATA")]
    const DATA = sys::SEEK_DATA;
    /// The next hole; the end counts as one.
    #[doc(alias = "SEEK_HOLE")]
    const HOLE = sys::SEEK_HOLE;
}

/// `ssize_t read(int fd, void *buf, size_t count)`: reads from the position on, and goes on
/// behind it. Returns how many bytes were read, 0 at the end.
///
/// Linux only.
///
/// # Errors
///
/// - `EBADF`: the descriptor is not open for reading.
/// - `EISDIR`: it is a directory.
/// - `EINVAL`: position and length together are over 2⁶³ − 1.
/// - `EINTR`, `EAGAIN`: of other files than shared memory.
///
/// # Reference
///
/// [read(2)](https://man7.org/linux/man-pages/man2/read.2.html)
///
/// ```
/// use rawshm::{Memfd, descriptor};
///
/// let memfd = Memfd::create("doc", 6)?;
/// assert_eq!(descriptor::read(&memfd, &mut [1; 4])?, 4);
/// assert_eq!(descriptor::read(&memfd, &mut [1; 4])?, 2);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[cfg(target_os = "linux")]
#[inline]
pub fn read(fd: impl AsFd, buffer: &mut [u8]) -> Result<usize> {
    sys::read(fd.as_fd(), buffer).in_call(Call::Read)
}

/// `ssize_t write(int fd, const void *buf, size_t count)`: writes from the position on, and
/// goes on behind it; past the end the file grows. Returns how many bytes were written.
///
/// Linux only.
///
/// # Errors
///
/// - `EBADF`: the descriptor is not open for writing.
/// - `EPERM`: a seal forbids writing, or growing.
/// - `ENOSPC`: the file system is full.
/// - `EFBIG`: past the largest size, or `RLIMIT_FSIZE` (where the signal `SIGXFSZ` comes
///   first).
/// - `EINVAL`: position and length together are over 2⁶³ − 1.
/// - `EINTR`, `EAGAIN`, `EPIPE`: of other files than shared memory.
///
/// # Reference
///
/// [write(2)](https://man7.org/linux/man-pages/man2/write.2.html)
///
/// ```
/// use rawshm::{Memfd, descriptor};
///
/// let memfd = Memfd::create("doc", 6)?;
/// assert_eq!(descriptor::write(&memfd, b"text")?, 4);
/// assert_eq!(memfd.map()?.shared().load::<u8>(3), b't');
/// # Ok::<(), rawshm::Error>(())
/// ```
#[cfg(target_os = "linux")]
#[inline]
pub fn write(fd: impl AsFd, bytes: &[u8]) -> Result<usize> {
    sys::write(fd.as_fd(), bytes).in_call(Call::Write)
}

/// `ssize_t pread(int fd, void *buf, size_t count, off_t offset)`: reads from an offset on;
/// the position stays. Returns how many bytes were read, 0 at the end.
///
/// Linux only.
///
/// # Errors
///
/// - `EBADF`: the descriptor is not open for reading.
/// - `EINVAL`: offset and length together are over 2⁶³ − 1.
/// - `EISDIR`: it is a directory.
/// - `ESPIPE`: it is a pipe.
///
/// # Reference
///
/// [pread(2)](https://man7.org/linux/man-pages/man2/pread.2.html)
///
/// ```
/// use rawshm::{Memfd, descriptor};
///
/// let memfd = Memfd::create("doc", 6)?;
/// assert_eq!(descriptor::pread(&memfd, &mut [1; 4], 5)?, 1);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[cfg(target_os = "linux")]
#[inline]
pub fn pread(fd: impl AsFd, buffer: &mut [u8], offset: u64) -> Result<usize> {
    sys::pread(fd.as_fd(), buffer, offset).in_call(Call::Pread)
}

/// `ssize_t pwrite(int fd, const void *buf, size_t count, off_t offset)`: writes from an
/// offset on; the position stays. Past the end the file grows. Returns how many bytes were
/// written.
///
/// Linux only.
///
/// # Errors
///
/// - As [`write()`].
/// - `EINVAL`: offset and length together are over 2⁶³ − 1.
/// - `ESPIPE`: it is a pipe.
///
/// # Reference
///
/// [pwrite(2)](https://man7.org/linux/man-pages/man2/pwrite.2.html)
///
/// ```
/// use rawshm::{Memfd, descriptor};
///
/// let memfd = Memfd::create("doc", 6)?;
/// assert_eq!(descriptor::pwrite(&memfd, b"text", 1)?, 4);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[cfg(target_os = "linux")]
#[inline]
pub fn pwrite(fd: impl AsFd, bytes: &[u8], offset: u64) -> Result<usize> {
    sys::pwrite(fd.as_fd(), bytes, offset).in_call(Call::Pwrite)
}

/// `off_t lseek(int fd, off_t offset, int whence)`: moves the position, and returns it in
/// bytes from the start.
///
/// Linux only.
///
/// # Errors
///
/// - `EINVAL`: it would be before the start or over 2⁶³ − 1; not a whence that the kernel
///   knows.
/// - `ENXIO`: `DATA` or `HOLE`, and there is none behind the offset.
/// - `ESPIPE`: it is a pipe.
/// - `EBADF`: the descriptor is not open.
///
/// # Reference
///
/// [lseek(2)](https://man7.org/linux/man-pages/man2/lseek.2.html)
///
/// ```
/// use rawshm::{Memfd, descriptor, descriptor::Whence};
///
/// let memfd = Memfd::create("doc", 6)?;
/// assert_eq!(descriptor::lseek(&memfd, -2, Whence::END)?, 4);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[cfg(target_os = "linux")]
#[inline]
pub fn lseek(fd: impl AsFd, offset: i64, whence: Whence) -> Result<u64> {
    sys::lseek(fd.as_fd(), offset, whence.raw()).in_call(Call::Lseek)
}

/// `int ftruncate(int fd, off_t length)`: sets the size, in bytes.
///
/// What is added reads as zero and takes no memory until it is touched: where the
/// file system is full by then, the touch raises `SIGBUS`. [`fallocate`] reserves.
///
/// # Errors
///
/// - `EINVAL`: the descriptor is not open for writing or not of a file, or the size is
///   over 2⁶³ − 1; on hugetlbfs, not a multiple of the page size.
/// - `EPERM`: a seal forbids it.
/// - `EFBIG`: larger than the file system's limit, or than `RLIMIT_FSIZE` (where the
///   signal `SIGXFSZ` comes first).
/// - `EBADF`: the descriptor is not open.
///
/// # Reference
///
/// [ftruncate(2)](https://man7.org/linux/man-pages/man2/ftruncate.2.html)
///
/// ```
/// use rawshm::descriptor::{fstat, ftruncate};
/// use rawshm::memfd::{MemfdFlags, memfd_create};
///
/// let fd = memfd_create("doc", MemfdFlags::CLOEXEC)?;
/// ftruncate(&fd, 4096)?;
/// assert_eq!(fstat(&fd)?.size(), 4096);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[inline]
pub fn ftruncate(fd: impl AsFd, len: u64) -> Result<()> {
    sys::ftruncate(fd.as_fd(), len).in_call(Call::Ftruncate)
}

/// `int fallocate(int fd, int mode, off_t offset, off_t len)`: reserves, frees or moves
/// a range of bytes.
///
/// Linux only.
///
/// Without flags the range is reserved and the size grows to its end: touching it later
/// cannot fail for want of space.
///
/// # Errors
///
/// - `EINVAL`: `len` is 0, offset or length is over 2⁶³ − 1; older kernels, of flags that do
///   not fit each other.
/// - `EBADF`: the descriptor is not open for writing.
/// - `ENOSPC`: the file system is full; for memory, `/dev/shm` or the commit limit.
/// - `EFBIG`: past the largest size, or `RLIMIT_FSIZE` (where the signal `SIGXFSZ` comes
///   first).
/// - `EPERM`: a seal forbids it.
/// - `ENOMEM`: no memory.
/// - `EINTR`: a signal came before all was reserved.
/// - `EOPNOTSUPP`: the file system does not support it, or not with these flags; flags that
///   do not fit each other.
/// - `ENODEV`: neither a file nor a directory.
/// - `ESPIPE`: a pipe.
///
/// # Reference
///
/// [fallocate(2)](https://man7.org/linux/man-pages/man2/fallocate.2.html)
///
/// ```
/// use rawshm::descriptor::{FallocateFlags, fallocate, fstat};
/// use rawshm::memfd::{MemfdFlags, memfd_create};
///
/// let fd = memfd_create("doc", MemfdFlags::CLOEXEC)?;
/// fallocate(&fd, FallocateFlags::empty(), 0, 4096)?;
/// assert!(fstat(&fd)?.blocks() * 512 >= 4096); // really there
/// # Ok::<(), rawshm::Error>(())
/// ```
#[cfg(target_os = "linux")]
#[inline]
pub fn fallocate(fd: impl AsFd, flags: FallocateFlags, offset: u64, len: u64) -> Result<()> {
    sys::fallocate(fd.as_fd(), flags.bits(), offset, len).in_call(Call::Fallocate)
}

/// `int fstat(int fd, struct stat *statbuf)`: tells size, owner, mode and times of a file.
///
/// # Errors
///
/// - `EBADF`: the descriptor is not open.
///
/// # Reference
///
/// [fstat(2)](https://man7.org/linux/man-pages/man2/fstat.2.html)
///
/// ```
/// let memfd = rawshm::Memfd::create("doc", 10)?;
/// let stat = rawshm::descriptor::fstat(&memfd)?;
/// assert_eq!((stat.size(), stat.nlink()), (10, 0));
/// assert!(stat.mode().is_regular() && stat.blocks() * 512 >= stat.size());
/// println!("{}:{} {}", stat.dev().major(), stat.dev().minor(), stat.ino());
/// println!("changed {} s after 1970", stat.mtime().seconds);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[inline]
pub fn fstat(fd: impl AsFd) -> Result<Stat> {
    sys::fstat(fd.as_fd())
        .map(Stat::from_sys)
        .in_call(Call::Fstat)
}

/// `int fchmod(int fd, mode_t mode)`: sets the permissions; descriptors that are open keep
/// what they may do.
///
/// # Errors
///
/// - `EPERM`: neither the owner nor privileged; of a memfd with `F_SEAL_EXEC`, a change of
///   the execute permission.
/// - `EROFS`: on a read-only file system.
/// - `EBADF`: the descriptor is not open, or is one of `O_PATH`.
///
/// # Reference
///
/// [fchmod(2)](https://man7.org/linux/man-pages/man2/fchmod.2.html)
///
/// ```
/// use rawshm::{Memfd, descriptor, descriptor::Mode};
///
/// let memfd = Memfd::create("doc", 1)?;
/// descriptor::fchmod(&memfd, Mode::RUSR)?;
/// assert_eq!(descriptor::fstat(&memfd)?.mode().permissions(), Mode::RUSR);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[inline]
pub fn fchmod(fd: impl AsFd, mode: Mode) -> Result<()> {
    sys::fchmod(fd.as_fd(), mode.bits()).in_call(Call::Fchmod)
}

/// `int fchown(int fd, uid_t owner, gid_t group)`: sets owner and group; `None` leaves as it is.
///
/// # Errors
///
/// - `EPERM`: another owner needs privilege, another group needs to be one of the caller's.
/// - `EINVAL`: an id that the user namespace does not map; 2³² − 1, which is no id.
/// - `EROFS`: on a read-only file system.
/// - `EBADF`: the descriptor is not open, or is one of `O_PATH`.
///
/// # Reference
///
/// [fchown(2)](https://man7.org/linux/man-pages/man2/fchown.2.html)
///
/// ```
/// use rawshm::{Memfd, descriptor};
///
/// let memfd = Memfd::create("doc", 1)?;
/// let mine = descriptor::fstat(&memfd)?;
/// descriptor::fchown(&memfd, Some(mine.uid()), None)?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[inline]
pub fn fchown(fd: impl AsFd, owner: Option<u32>, group: Option<u32>) -> Result<()> {
    const UNCHANGED: u32 = u32::MAX;
    if owner == Some(UNCHANGED) || group == Some(UNCHANGED) {
        return Err(Error::new(Call::Fchown, Errno::EINVAL));
    }
    let (owner, group) = (owner.unwrap_or(UNCHANGED), group.unwrap_or(UNCHANGED));
    sys::fchown(fd.as_fd(), owner, group).in_call(Call::Fchown)
}

/// `int fcntl(int fd, F_GETFD)`: tells the flags of a descriptor.
///
/// # Errors
///
/// - `EBADF`: the descriptor is not open.
///
/// # Reference
///
/// [F_GETFD(2const)](https://man7.org/linux/man-pages/man2/F_GETFD.2const.html)
///
/// ```
/// use rawshm::{Memfd, descriptor, descriptor::FdFlags};
///
/// assert_eq!(descriptor::fcntl_getfd(Memfd::create("doc", 1)?)?, FdFlags::CLOEXEC);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[doc(alias = "F_GETFD")]
#[inline]
pub fn fcntl_getfd(fd: impl AsFd) -> Result<FdFlags> {
    sys::fcntl_getfd(fd.as_fd())
        .map(FdFlags::from_bits_retain)
        .in_call(Call::FcntlGetfd)
}

/// `int fcntl(int fd, F_SETFD, int flags)`: sets the flags of a descriptor.
///
/// Without `CLOEXEC` every program that is executed inherits it, by whatever thread: to lend a
/// descriptor to one child, clear the flag in that child, between `fork` and `exec`.
///
/// # Errors
///
/// - `EBADF`: the descriptor is not open.
///
/// # Reference
///
/// [F_SETFD(2const)](https://man7.org/linux/man-pages/man2/F_SETFD.2const.html)
///
/// ```
/// use rawshm::{Memfd, descriptor, descriptor::FdFlags};
///
/// let memfd = Memfd::create("doc", 1)?;
/// descriptor::fcntl_setfd(&memfd, FdFlags::empty())?; // a child is to inherit it
/// assert_eq!(descriptor::fcntl_getfd(&memfd)?, FdFlags::empty());
/// # Ok::<(), rawshm::Error>(())
/// ```
#[doc(alias = "F_SETFD")]
#[inline]
pub fn fcntl_setfd(fd: impl AsFd, flags: FdFlags) -> Result<()> {
    sys::fcntl_setfd(fd.as_fd(), flags.bits()).in_call(Call::FcntlSetfd)
}

/// `int fcntl(int fd, F_GETFL)`: tells how the file was opened, and its status flags.
///
/// # Errors
///
/// - `EBADF`: the descriptor is not open.
///
/// # Reference
///
/// [F_GETFL(2const)](https://man7.org/linux/man-pages/man2/F_GETFL.2const.html)
///
/// ```
/// use rawshm::{Memfd, descriptor, descriptor::OFlags};
///
/// let flags = descriptor::fcntl_getfl(Memfd::create("doc", 1)?)?;
/// assert_eq!(flags & OFlags::ACCMODE, OFlags::RDWR);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[doc(alias = "F_GETFL")]
#[inline]
pub fn fcntl_getfl(fd: impl AsFd) -> Result<OFlags> {
    sys::fcntl_getfl(fd.as_fd())
        .map(OFlags::from_bits_retain)
        .in_call(Call::FcntlGetfl)
}

/// `int fcntl(int fd, F_GETLEASE)`: tells the lease that this open file holds.
///
/// Linux only.
///
/// # Errors
///
/// - `EBADF`: the descriptor is not open.
///
/// # Reference
///
/// [F_GETLEASE(2const)](https://man7.org/linux/man-pages/man2/F_GETLEASE.2const.html)
///
/// See [`fcntl_setlease`] for an example.
#[cfg(target_os = "linux")]
#[doc(alias = "F_GETLEASE")]
#[inline]
pub fn fcntl_getlease(fd: impl AsFd) -> Result<Lease> {
    sys::fcntl_getlease(fd.as_fd())
        .map(Lease::from_raw)
        .in_call(Call::FcntlGetlease)
}

/// `int fcntl(int fd, F_SETLEASE, int lease)`: takes or gives up a lease.
///
/// Linux only.
///
/// [`Lease::WRLCK`] is granted only if nobody else has the file open or mapped, in
/// whatever process, user or namespace. When somebody opens it later, the holder gets
/// the signal `SIGIO`, which kills unless handled: set a harmless one first with
/// [`fcntl_setsig`].
///
/// # Errors
///
/// - `EAGAIN`: somebody has it open in a way that the lease excludes (of a memfd the kernel
///   always thinks so); [`Lease::UNLCK`] without a lease.
/// - `EACCES`: neither the owner nor `CAP_LEASE`.
/// - `EINVAL`: not a lease, or not a regular file.
/// - `ENOMEM`: the kernel has no memory for it.
/// - `EBADF`: the descriptor is not open.
///
/// # Reference
///
/// [F_SETLEASE(2const)](https://man7.org/linux/man-pages/man2/F_SETLEASE.2const.html)
///
/// ```
/// use rawshm::SharedMemory;
/// use rawshm::descriptor::{Lease, fcntl_getlease, fcntl_setlease, fcntl_setsig};
///
/// const SIGURG: i32 = 23; // ignored unless handled
/// # let name = format!("rawshm-doc-lease-{}", std::process::id());
/// # let name = name.as_str();
/// let memory = SharedMemory::create(name, 4096)?;
/// # SharedMemory::unlink(name)?;
/// # if cfg!(target_arch = "aarch64") { return Ok(()); } // emulators lack leases
/// fcntl_setsig(&memory, SIGURG)?;
/// fcntl_setlease(&memory, Lease::WRLCK)?; // so nobody else has it
/// assert_eq!(fcntl_getlease(&memory)?, Lease::WRLCK);
/// fcntl_setlease(&memory, Lease::UNLCK)?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[cfg(target_os = "linux")]
#[doc(alias = "F_SETLEASE")]
#[inline]
pub fn fcntl_setlease(fd: impl AsFd, lease: Lease) -> Result<()> {
    sys::fcntl_setlease(fd.as_fd(), lease.raw()).in_call(Call::FcntlSetlease)
}

/// `int fcntl(int fd, F_SETSIG, int sig)`: chooses the signal that tells of a broken lease.
///
/// Linux only.
///
/// 0 is the default, `SIGIO`.
///
/// # Errors
///
/// - `EINVAL`: not the number of a signal.
/// - `EBADF`: the descriptor is not open.
///
/// # Reference
///
/// [F_SETSIG(2const)](https://man7.org/linux/man-pages/man2/F_SETSIG.2const.html)
///
/// See [`fcntl_setlease`] for an example.
#[cfg(target_os = "linux")]
#[doc(alias = "F_SETSIG")]
#[inline]
pub fn fcntl_setsig(fd: impl AsFd, signal: i32) -> Result<()> {
    sys::fcntl_setsig(fd.as_fd(), signal).in_call(Call::FcntlSetsig)
}

/// `int fcntl(int fd, F_DUPFD_CLOEXEC, 0)`: a second descriptor of the same open file,
/// close-on-exec.
///
/// # Errors
///
/// - `EMFILE`: the process has as many descriptors as `RLIMIT_NOFILE` allows; `EINVAL` if that
///   is 0.
/// - `EBADF`: the descriptor is not open.
///
/// # Reference
///
/// [F_DUPFD_CLOEXEC(2const)](https://man7.org/linux/man-pages/man2/F_DUPFD_CLOEXEC.2const.html)
///
/// ```
/// use rawshm::{Memfd, descriptor};
///
/// let memfd = Memfd::create("doc", 1)?;
/// let second = descriptor::dup(&memfd)?;
/// assert_eq!(descriptor::fstat(&second)?.ino(), descriptor::fstat(&memfd)?.ino());
/// # Ok::<(), rawshm::Error>(())
/// ```
#[doc(alias = "F_DUPFD_CLOEXEC")]
#[inline]
pub fn dup(fd: impl AsFd) -> Result<OwnedFd> {
    sys::dup(fd.as_fd()).in_call(Call::Dup)
}

/// `int close(int fd)`: closes a descriptor and tells the error that a drop cannot.
///
/// The descriptor is gone in either case; memory that is mapped stays mapped.
///
/// # Errors
///
/// - `EIO`, `ENOSPC`, `EDQUOT`: an earlier write failed; not with shared memory.
/// - `EINTR`: a signal came.
///
/// # Reference
///
/// [close(2)](https://man7.org/linux/man-pages/man2/close.2.html)
///
/// ```
/// use rawshm::{Memfd, descriptor};
///
/// descriptor::close(Memfd::create("doc", 1)?)?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[inline]
pub fn close(fd: impl Into<OwnedFd>) -> Result<()> {
    sys::close(fd.into()).in_call(Call::Close)
}
