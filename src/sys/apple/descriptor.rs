//! The calls on descriptors and files.

use core::ffi::CStr;

use rustix::fs::Mode;
use rustix::io::FdFlags;

use super::{
    O_CLOEXEC, O_NONBLOCK, PATH_MAX, Result, S_IFDIR, S_IFMT, S_IFREG, answer, errno, last_errno,
    lend, page_size, take,
};
use crate::Errno;
use crate::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, IntoRawFd as _, OwnedFd, RawFd};
use crate::sys::emulation::{self, Resize};
use crate::sys::name::has_nul;

/// The fields of `struct stat`, in the widths of Linux.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) st_dev: u64,
    pub(crate) st_ino: u64,
    pub(crate) st_nlink: u64,
    pub(crate) st_mode: u32,
    pub(crate) st_uid: u32,
    pub(crate) st_gid: u32,
    pub(crate) st_rdev: u64,
    pub(crate) st_size: i64,
    pub(crate) st_blksize: i64,
    pub(crate) st_blocks: i64,
    pub(crate) st_atime: i64,
    pub(crate) st_atime_nsec: u64,
    pub(crate) st_mtime: i64,
    pub(crate) st_mtime_nsec: u64,
    pub(crate) st_ctime: i64,
    pub(crate) st_ctime_nsec: u64,
}

impl Stat {
    fn new(stat: &rustix::fs::Stat) -> Self {
        Self {
            st_dev: u64::from(stat.st_dev as u32),
            st_ino: stat.st_ino,
            st_nlink: stat.st_nlink.into(),
            st_mode: stat.st_mode.into(),
            st_uid: stat.st_uid,
            st_gid: stat.st_gid,
            st_rdev: u64::from(stat.st_rdev as u32),
            st_size: stat.st_size,
            st_blksize: stat.st_blksize.into(),
            st_blocks: stat.st_blocks,
            st_atime: stat.st_atime,
            st_atime_nsec: stat.st_atime_nsec as u64,
            st_mtime: stat.st_mtime,
            st_mtime_nsec: stat.st_mtime_nsec as u64,
            st_ctime: stat.st_ctime,
            st_ctime_nsec: stat.st_ctime_nsec as u64,
        }
    }

    /// Whether it is of a shared memory object, of which the system tells no type, device,
    /// inode, block size or time: only size, owner and permissions.
    fn is_of_object(&self) -> bool {
        self.st_mode & S_IFMT == 0
    }
}

#[inline]
pub(crate) fn close(fd: OwnedFd) -> Result<()> {
    // SAFETY: the descriptor was owned, and is given up here.
    unsafe { close_raw(fd.into_raw_fd()) }
}

/// # Safety
///
/// The descriptor is open and the caller's, who does not use it again.
#[inline]
pub(crate) unsafe fn close_raw(fd: RawFd) -> Result<()> {
    // SAFETY: the caller gives the descriptor up.
    unsafe { rustix::io::try_close(fd) }.map_err(errno)
}

/// # Safety
///
/// Nothing uses the range in a way that forbids writing it. It may lack memory.
pub(crate) unsafe fn read_raw(fd: BorrowedFd<'_>, start: *mut u8, len: usize) -> Result<usize> {
    // Not through `rustix`, which wants a slice: there is none of memory that others write.
    // SAFETY: read writes at most `len` bytes; the caller answers for who uses them.
    let read = unsafe { libc::read(fd.as_raw_fd(), start.cast(), len) };
    usize::try_from(read).map_err(|_| last_errno())
}

/// # Safety
///
/// Nothing uses the range in a way that forbids reading it. It may lack memory.
pub(crate) unsafe fn write_raw(fd: BorrowedFd<'_>, start: *const u8, len: usize) -> Result<usize> {
    // SAFETY: write reads at most `len` bytes; the caller answers for who uses them.
    let written = unsafe { libc::write(fd.as_raw_fd(), start.cast(), len) };
    usize::try_from(written).map_err(|_| last_errno())
}

/// The end to read from, and the end to write to, close-on-exec and without blocking.
///
/// The flags are set one after the other: a program that another thread executes in between
/// inherits both ends.
pub(crate) fn pipe2(flags: u32) -> Result<(OwnedFd, OwnedFd)> {
    debug_assert_eq!(flags, O_CLOEXEC | O_NONBLOCK);
    let (reader, writer) = rustix::pipe::pipe().map_err(errno)?;
    for end in [&reader, &writer] {
        rustix::io::fcntl_setfd(end, FdFlags::CLOEXEC).map_err(errno)?;
        rustix::io::ioctl_fionbio(end, true).map_err(errno)?;
    }
    Ok((take(reader), take(writer)))
}

#[inline]
pub(crate) fn dup(fd: BorrowedFd<'_>) -> Result<OwnedFd> {
    rustix::io::fcntl_dupfd_cloexec(lend(fd), 0)
        .map(take)
        .map_err(errno)
}

#[inline]
pub(crate) fn dup_inheritable(fd: BorrowedFd<'_>) -> Result<OwnedFd> {
    rustix::io::dup(lend(fd)).map(take).map_err(errno)
}

/// A second descriptor of whatever has this number, which need not be open; close-on-exec.
pub(crate) fn dup_number(number: RawFd) -> Result<OwnedFd> {
    // SAFETY: F_DUPFD_CLOEXEC changes nothing of what has the number.
    let copy = answer(unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 0) })?;
    // SAFETY: fcntl opened it.
    Ok(unsafe { OwnedFd::from_raw_fd(copy as RawFd) })
}

/// Any command: `rustix` has a function for each that it knows.
///
/// # Safety
///
/// The command must be sound with this argument, which may be a pointer.
pub(crate) unsafe fn fcntl(fd: BorrowedFd<'_>, command: u32, argument: usize) -> Result<usize> {
    // SAFETY: the caller answers for the command.
    answer(unsafe { libc::fcntl(fd.as_raw_fd(), command as libc::c_int, argument) })
        .map(|answer| answer as usize)
}

#[inline]
pub(crate) fn fcntl_getfd(fd: BorrowedFd<'_>) -> Result<u32> {
    rustix::io::fcntl_getfd(lend(fd))
        .map(|flags| flags.bits())
        .map_err(errno)
}

/// The flags of whatever has this number, which need not be open.
pub(crate) fn fcntl_getfd_number(number: RawFd) -> Result<u32> {
    // SAFETY: F_GETFD changes nothing.
    answer(unsafe { libc::fcntl(number, libc::F_GETFD) })
}

/// Sets the flags of whatever has this number, which need not be open.
pub(crate) fn fcntl_setfd_number(number: RawFd, flags: u32) -> Result<()> {
    // SAFETY: F_SETFD touches no memory.
    answer(unsafe { libc::fcntl(number, libc::F_SETFD, flags as libc::c_int) }).map(drop)
}

#[inline]
pub(crate) fn fcntl_setfd(fd: BorrowedFd<'_>, flags: u32) -> Result<()> {
    rustix::io::fcntl_setfd(lend(fd), FdFlags::from_bits_retain(flags)).map_err(errno)
}

#[inline]
pub(crate) fn fcntl_getfl(fd: BorrowedFd<'_>) -> Result<u32> {
    rustix::fs::fcntl_getfl(lend(fd))
        .map(|flags| flags.bits())
        .map_err(errno)
}

/// The seals that any descriptor of an object has by what the system is: its size is set once.
///
/// `EINVAL`, as the kernel of Linux says, for what is no object.
pub(crate) fn seals(fd: BorrowedFd<'_>) -> Result<u32> {
    let stat = Stat::new(&rustix::fs::fstat(lend(fd)).map_err(errno)?);
    if !stat.is_of_object() {
        return Err(Errno::EINVAL);
    }
    Ok(emulation::seals_of_size(stat.st_size as u64))
}

/// Sets the size; of an object, the only time that its size is set.
pub(crate) fn ftruncate(fd: BorrowedFd<'_>, len: u64) -> Result<()> {
    let stat = Stat::new(&rustix::fs::fstat(lend(fd)).map_err(errno)?);
    if stat.is_of_object() {
        let plan = emulation::plan_resize(stat.st_size as u64, len, page_size() as u64)?;
        if plan == Resize::Nothing {
            return Ok(());
        }
    }
    rustix::fs::ftruncate(lend(fd), len).map_err(errno)
}

/// Nothing can be reserved.
pub(crate) fn reserve(_fd: BorrowedFd<'_>, _offset: u64, _len: u64) -> Result<()> {
    Err(Errno::EOPNOTSUPP)
}

// A device's number: the major one in the highest of 32 bits, the minor one in the others.

pub(crate) const fn major(device: u64) -> u32 {
    (device >> 24) as u32 & 0xff
}

pub(crate) const fn minor(device: u64) -> u32 {
    device as u32 & 0xff_ffff
}

pub(crate) const fn makedev(major: u32, minor: u32) -> u64 {
    ((major & 0xff) << 24 | (minor & 0xff_ffff)) as u64
}

/// As [`reserve`].
pub(crate) fn reserve_and_size(_fd: BorrowedFd<'_>, _offset: u64, _len: u64) -> Result<()> {
    Err(Errno::EOPNOTSUPP)
}

/// There is nothing to give back.
pub(crate) fn give_back(_fd: BorrowedFd<'_>, _offset: u64, _len: u64) {}

/// How much more there is, the system does not tell.
pub(crate) fn available(_fd: BorrowedFd<'_>) -> u64 {
    u64::MAX
}

/// There is no such file system.
pub(crate) fn is_hugetlbfs(_fd: BorrowedFd<'_>) -> Result<bool> {
    Ok(false)
}

/// `RLIMIT_FSIZE` does not count for objects.
pub(crate) fn file_size_limit() -> u64 {
    u64::MAX
}

/// Size, owner, mode. An object is given the type of a regular file, as it has on Linux, and
/// the size of a page for its blocks.
pub(crate) fn fstat(fd: BorrowedFd<'_>) -> Result<Stat> {
    let mut stat = Stat::new(&rustix::fs::fstat(lend(fd)).map_err(errno)?);
    if stat.is_of_object() {
        stat.st_mode |= S_IFREG;
        stat.st_blksize = page_size() as i64;
    }
    Ok(stat)
}

/// Refuses what is not a regular file, as objects are.
pub(crate) fn check_regular(stat: &Stat) -> Result<()> {
    match stat.st_mode & S_IFMT {
        S_IFREG => Ok(()),
        S_IFDIR => Err(Errno::EISDIR),
        _ => Err(Errno::ENXIO),
    }
}

#[inline]
pub(crate) fn fchmod(fd: BorrowedFd<'_>, mode: u32) -> Result<()> {
    rustix::fs::fchmod(lend(fd), Mode::from_bits_retain(mode as libc::mode_t)).map_err(errno)
}

/// An id of -1 is left as it is.
#[inline]
pub(crate) fn fchown(fd: BorrowedFd<'_>, user: u32, group: u32) -> Result<()> {
    let user = (user != u32::MAX).then(|| rustix::fs::Uid::from_raw(user));
    let group = (group != u32::MAX).then(|| rustix::fs::Gid::from_raw(group));
    rustix::fs::fchown(lend(fd), user, group).map_err(errno)
}

/// The status of a file by its path, links followed.
///
/// `EINVAL` for a NUL in the path, `ENAMETOOLONG` as the system says itself.
pub(crate) fn stat(path: &[u8]) -> Result<Stat> {
    let mut bytes = [0; PATH_MAX];
    if has_nul(path) {
        return Err(Errno::EINVAL);
    }
    if path.len() >= PATH_MAX {
        return Err(Errno::ENAMETOOLONG);
    }
    bytes[..path.len()].copy_from_slice(path);
    let path = CStr::from_bytes_until_nul(&bytes).map_err(|_| Errno::EINVAL)?;
    rustix::fs::stat(path)
        .map(|stat| Stat::new(&stat))
        .map_err(errno)
}

/// Sleeps for less than a second; a signal ends it early.
pub(crate) fn sleep(nanoseconds: u32) {
    let time = rustix::time::Timespec {
        tv_sec: 0,
        tv_nsec: nanoseconds.into(),
    };
    // Sleeping less is no error.
    let _ = rustix::thread::nanosleep(&time);
}

/// What the clock shows that nobody sets.
pub(crate) fn monotonic_time() -> Result<core::time::Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Ok(core::time::Duration::new(
        time.tv_sec as u64,
        time.tv_nsec as u32,
    ))
}

/// The number of this process, asked anew: a child after `fork` has another.
pub(crate) fn getpid() -> i32 {
    rustix::process::getpid().as_raw_nonzero().get()
}
