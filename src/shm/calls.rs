//! The calls, one to one.

use crate::descriptor::{Mode, OFlags};
use crate::error::{Call, InCall, Result};
use crate::fd::OwnedFd;
use crate::memfd::{MemfdFlags, create_not_executable};
use crate::sys;

/// `int shm_open(const char *name, int oflag, mode_t mode)`: opens an object, or creates it.
///
/// The descriptor is close-on-exec. `O_NOFOLLOW` and `O_NONBLOCK` are added, so that what
/// somebody planted under the name cannot lead elsewhere or make the call wait. On an object
/// they have no effect, except that a lease is waited for some milliseconds and not longer.
/// The mode counts when it is created, less the umask.
///
/// An object that exists is opened without `O_CREAT`, which the kernel refuses on somebody
/// else's file in a sticky directory (`fs.protected_regular`).
///
/// # Errors
///
/// - `EINVAL`: the name is empty, `.` or `..`, or holds a slash or a NUL;
///   [`OFlags::TMPFILE`], which takes a directory.
/// - `ENAMETOOLONG`: the name has more than 255 bytes.
/// - `ENOENT`: there is no such object and `CREAT` is not set, or no `/dev/shm`.
/// - `EEXIST`: `CREAT` and `EXCL` are set, and the name is taken.
/// - `EACCES`: the object's mode does not allow it, or the directory does not allow creating.
/// - `ELOOP`: a symbolic link bears the name.
/// - `EISDIR`: a directory bears the name.
/// - `ENXIO`: a FIFO, a socket or a device bears the name (a device: `EACCES`, where
///   `/dev/shm` is mounted `nodev`).
/// - `EPERM`: `NOATIME` on somebody else's object.
/// - `EMFILE`, `ENFILE`: the process, or the system, has too many open files.
/// - `ENOSPC`: `/dev/shm` holds as many files as it may.
/// - `ENOTDIR`: [`OFlags::DIRECTORY`] is set.
/// - `EROFS`: `/dev/shm` is mounted read-only.
/// - `ENOMEM`: no memory.
/// - `EAGAIN`: somebody holds a lease on it for more than some milliseconds, or again and
///   again the name vanished and appeared in the middle of the call.
///
/// # Reference
///
/// [shm_open(3)](https://man7.org/linux/man-pages/man3/shm_open.3.html)
///
/// ```
/// use rawshm::descriptor::{Mode, OFlags, ftruncate};
/// use rawshm::shm::{shm_open, shm_unlink};
///
/// # let name = format!("rawshm-doc-shm_open-{}", std::process::id());
/// # let name = name.as_str();
/// let flags = OFlags::RDWR | OFlags::CREAT | OFlags::EXCL;
/// let fd = shm_open(name, flags, Mode::RUSR | Mode::WUSR)?;
/// ftruncate(&fd, 4096)?;
/// shm_unlink(name)?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[inline]
pub fn shm_open(name: impl AsRef<[u8]>, flags: OFlags, mode: Mode) -> Result<OwnedFd> {
    open(name.as_ref(), flags, mode)
}

fn open(name: &[u8], flags: OFlags, mode: Mode) -> Result<OwnedFd> {
    sys::open_name(name, flags.bits(), mode.bits()).in_call(Call::ShmOpen)
}

/// `int shm_unlink(const char *name)`: removes a name. The memory goes with the last
/// descriptor and mapping.
///
/// # Errors
///
/// - `EINVAL`: the name is empty, `.` or `..`, or holds a slash or a NUL.
/// - `ENAMETOOLONG`: the name has more than 255 bytes.
/// - `ENOENT`: there is no such object.
/// - `EACCES`, `EPERM`: it is somebody else's.
/// - `EISDIR`: a directory bears the name.
/// - `EROFS`: `/dev/shm` is mounted read-only.
///
/// # Reference
///
/// [shm_unlink(3)](https://man7.org/linux/man-pages/man3/shm_unlink.3.html)
///
/// See [`shm_open`] for an example.
#[inline]
pub fn shm_unlink(name: impl AsRef<[u8]>) -> Result<()> {
    unlink(name.as_ref())
}

fn unlink(name: &[u8]) -> Result<()> {
    sys::unlink_name(name).in_call(Call::ShmUnlink)
}

/// Makes an object without a name: empty, for reading and writing, to be handed over as a
/// descriptor.
///
/// On Linux it is a memfd that is not executable, and seals may be set; systems without
/// `memfd_create` make an object and remove its name at once. The descriptor is close-on-exec:
/// [`fd_passing`](crate::fd_passing) hands it over. [`Memfd`](crate::Memfd) owns such memory.
///
/// # Errors
///
/// - `EMFILE`, `ENFILE`: the process, or the system, has too many open files.
/// - `ENOMEM`: no memory.
///
/// # Reference
///
/// [memfd_create(2)](https://man7.org/linux/man-pages/man2/memfd_create.2.html)
///
/// ```
/// use rawshm::{MapOptions, descriptor::ftruncate, shm::shm_anonymous};
///
/// let fd = shm_anonymous()?;
/// ftruncate(&fd, 4096)?;
/// MapOptions::new().map_shared(&fd)?.shared().store(0, 42_u32);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[doc(alias = "SHM_ANON")]
#[inline]
pub fn shm_anonymous() -> Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    create_not_executable(b"shm_anonymous", flags)
}
