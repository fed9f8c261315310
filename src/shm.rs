//! Shared memory with a name: POSIX objects, files in `/dev/shm`.
//!
//! [`shm_open`] and [`shm_unlink`] are the calls of the manual. [`SharedMemory`] owns such
//! an object.
//!
//! # Names
//!
//! A name is any bytes, checked as glibc does: leading slashes are dropped; then it must not
//! be empty, contain a slash or a NUL, or be longer than 255 bytes. `.` and `..` are refused
//! too. What is refused never reaches the kernel.

use core::fmt;

use crate::descriptor::{self, Lease, Mode, OFlags, Stat};
use crate::error::{Call, InCall, Refused, Result};
use crate::fd::{AsFd, OwnedFd, owns_descriptor};
use crate::io::{reads_and_writes, tells_status};
use crate::mm::{MapOptions, Mapping, ReadOnly, Shared};
use crate::sys::ObjectName;
use crate::{Errno, reserve, sys};

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
    ObjectName::new(name.as_ref())
        .and_then(|name| sys::shm_open(name, flags.bits(), mode.bits()))
        .in_call(Call::ShmOpen)
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
    ObjectName::new(name.as_ref())
        .and_then(sys::shm_unlink)
        .in_call(Call::ShmUnlink)
}

/// An object with a name, for processes that are started separately.
///
/// Dropping it closes it and leaves the name: [`unlink`](Self::unlink) removes that.
///
/// ```
/// use rawshm::SharedMemory;
///
/// # let name = format!("rawshm-doc-object-{}", std::process::id());
/// # let name = name.as_str();
/// let memory = SharedMemory::create(name, 4096)?;
/// memory.map()?.shared().store(0, 42_u64);
///
/// let theirs = SharedMemory::open_read_only(name)?; // in another process
/// assert_eq!(theirs.map_read_only()?.shared().load::<u64>(0), 42);
/// SharedMemory::unlink(name)?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[derive(Debug)]
pub struct SharedMemory {
    fd: OwnedFd,
}

/// How to create a [`SharedMemory`].
///
/// ```
/// use rawshm::{SharedMemory, descriptor::Mode};
///
/// # let name = format!("rawshm-doc-options-{}", std::process::id());
/// # let name = name.as_str();
/// let for_all = Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::ROTH;
/// let memory = SharedMemory::options().mode(for_all).create(name, 4096)?;
/// # SharedMemory::unlink(name)?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct SharedMemoryOptions {
    mode: Mode,
    sparse: bool,
}

impl SharedMemoryOptions {
    /// The permissions, less the umask; without it only the owner may read and write.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub const fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Whether memory is taken only when it is touched: where `/dev/shm` is full by then, the
    /// touch raises `SIGBUS`.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub const fn sparse(mut self, sparse: bool) -> Self {
        self.sparse = sparse;
        self
    }

    /// Creates the object with a size in bytes. If anything fails no name is left.
    ///
    /// # Errors
    ///
    /// As [`SharedMemory::create`].
    ///
    /// See the [type](Self) for an example.
    pub fn create(self, name: impl AsRef<[u8]>, len: u64) -> Result<SharedMemory> {
        let name = name.as_ref();
        // Before there is a name that a signal could leave behind.
        reserve::check_limit(len)?;
        let flags = OFlags::RDWR | OFlags::CREAT | OFlags::EXCL;
        let fd = shm_open(name, flags, self.mode)?;
        if let Err(error) = reserve::set_first_len(fd.as_fd(), len, self.sparse) {
            // The first error is the one to tell.
            let _ = shm_unlink(name);
            return Err(error);
        }
        Ok(SharedMemory { fd })
    }
}

impl SharedMemory {
    /// Creates an object of a size in bytes, zeroed and reserved, which only the owner may
    /// read and write.
    ///
    /// Reserved means that touching it later cannot fail for want of space.
    ///
    /// # Errors
    ///
    /// - `EEXIST` of `shm_open`: the name is taken.
    /// - `ENOSPC` of `fallocate`: `/dev/shm` has not so much space.
    /// - `EINTR` of `fallocate`: again and again a signal came.
    /// - `EFBIG` of `ftruncate`: larger than `RLIMIT_FSIZE`.
    /// - `EINVAL` of `ftruncate`: over 2⁶³ − 1.
    /// - As [`shm_open`].
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub fn create(name: impl AsRef<[u8]>, len: u64) -> Result<Self> {
        Self::options().create(name, len)
    }

    /// How to create one otherwise.
    ///
    /// See [`SharedMemoryOptions`] for an example.
    #[inline]
    pub const fn options() -> SharedMemoryOptions {
        SharedMemoryOptions {
            mode: Mode::RUSR.union(Mode::WUSR),
            sparse: false,
        }
    }

    /// Opens an object for reading and writing.
    ///
    /// # Errors
    ///
    /// - `ENOENT`: there is none.
    /// - As [`shm_open`].
    ///
    /// ```
    /// let error = rawshm::SharedMemory::open("rawshm-no-such-object").unwrap_err();
    /// assert!(error == rawshm::Errno::ENOENT);
    /// ```
    #[inline]
    pub fn open(name: impl AsRef<[u8]>) -> Result<Self> {
        let fd = shm_open(name, OFlags::RDWR, Mode::empty())?;
        Ok(Self { fd })
    }

    /// Opens an object for reading: [`map`](Self::map) is refused then (`EACCES`).
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub fn open_read_only(name: impl AsRef<[u8]>) -> Result<Self> {
        let fd = shm_open(name, OFlags::RDONLY, Mode::empty())?;
        Ok(Self { fd })
    }

    /// Removes a name; who has the object keeps it.
    ///
    /// # Errors
    ///
    /// As [`shm_unlink`].
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub fn unlink(name: impl AsRef<[u8]>) -> Result<()> {
        shm_unlink(name)
    }

    /// Sets the permissions.
    ///
    /// # Errors
    ///
    /// As [`descriptor::fchmod`].
    ///
    /// ```
    /// # let name = format!("rawshm-doc-mode-{}", std::process::id());
    /// # let name = name.as_str();
    /// # use rawshm::{SharedMemory, descriptor::Mode};
    /// let memory = SharedMemory::create(name, 10)?;
    /// # SharedMemory::unlink(name)?;
    /// memory.set_mode(Mode::RUSR | Mode::RGRP)?;
    /// assert_eq!(memory.stat()?.mode().permissions(), Mode::RUSR | Mode::RGRP);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub fn set_mode(&self, mode: Mode) -> Result<()> {
        descriptor::fchmod(&self.fd, mode)
    }

    /// Sets owner and group; `None` leaves as it is.
    ///
    /// # Errors
    ///
    /// As [`descriptor::fchown`].
    ///
    /// ```
    /// # let name = format!("rawshm-doc-owner-{}", std::process::id());
    /// # let name = name.as_str();
    /// # use rawshm::SharedMemory;
    /// let memory = SharedMemory::create(name, 10)?;
    /// # SharedMemory::unlink(name)?;
    /// let group = memory.stat()?.gid();
    /// memory.set_owner(None, Some(group))?;
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub fn set_owner(&self, owner: Option<u32>, group: Option<u32>) -> Result<()> {
        descriptor::fchown(&self.fd, owner, group)
    }

    /// Sets the size; what is added is zeroed and reserved. Mappings keep their length:
    /// touching what is cut off raises `SIGBUS`.
    ///
    /// Processes that resize it at the same time must agree on who does: the last one wins.
    ///
    /// # Errors
    ///
    /// - `ENOSPC` of `fallocate`: `/dev/shm` has not so much space; the size is as before.
    /// - `EINTR` of `fallocate`: again and again a signal came; the size is as before.
    /// - `EFBIG` of `ftruncate`: larger than `RLIMIT_FSIZE`.
    /// - `EBADF` of `fallocate`, `EINVAL` of `ftruncate`: opened for reading only.
    /// - `EINVAL` of `ftruncate`: over 2⁶³ − 1.
    ///
    /// ```
    /// # let name = format!("rawshm-doc-resize-{}", std::process::id());
    /// # let name = name.as_str();
    /// # use rawshm::SharedMemory;
    /// let memory = SharedMemory::create(name, 10)?;
    /// # SharedMemory::unlink(name)?;
    /// memory.resize(20)?;
    /// assert_eq!(memory.len()?, 20);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    pub fn resize(&self, len: u64) -> Result<()> {
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
}

owns_descriptor!(SharedMemory);
tells_status!(SharedMemory);
reads_and_writes!(SharedMemory);

impl TryFrom<OwnedFd> for SharedMemory {
    type Error = Refused<OwnedFd>;

    /// Takes a descriptor that was received or inherited, if it is one of a regular file.
    ///
    /// `EISDIR`, `ENXIO` of `fstat`: it is a directory, or neither file nor directory.
    fn try_from(fd: OwnedFd) -> Result<Self, Refused<OwnedFd>> {
        let checked = sys::fstat(fd.as_fd()).and_then(|stat| sys::check_regular(&stat));
        match checked.in_call(Call::Fstat) {
            Ok(()) => Ok(Self { fd }),
            Err(error) => Err(Refused { error, value: fd }),
        }
    }
}

/// Goes through all objects in `/dev/shm`, without allocating.
///
/// What is not a regular file is passed over. glibc keeps its named semaphores there too:
/// their names begin with `sem.`.
///
/// # Errors
///
/// - `ENOENT` of `getdents64`: there is no `/dev/shm`.
/// - `EACCES`: the directory may not be read.
/// - `EMFILE`, `ENFILE`: the process, or the system, has too many open files.
///
/// ```
/// use rawshm::{SharedMemory, shm};
///
/// # let name = format!("rawshm-doc-list-{}", std::process::id());
/// # let name = name.as_str();
/// let memory = SharedMemory::create(name, 100)?;
/// let mut sizes = Vec::new();
/// for object in shm::list()? {
///     let object = object?;
///     if object.name() == name.as_bytes() {
///         sizes.push(object.stat().size());
///     }
/// }
/// # SharedMemory::unlink(name)?;
/// assert_eq!(sizes, [100]);
/// # Ok::<(), rawshm::Error>(())
/// ```
pub fn list() -> Result<List> {
    let directory = sys::ObjectDirectory::open().in_call(Call::Getdents)?;
    Ok(List {
        directory,
        ended: false,
    })
}

/// How often [`ListedObject::is_in_use`] asks, a millisecond apart, before it takes a no.
const QUESTIONS: u32 = 4;

/// The objects that [`list`] goes through.
///
/// See [`list`] for an example.
#[derive(Debug)]
pub struct List {
    directory: sys::ObjectDirectory,
    ended: bool,
}

/// An object as [`list`] found it.
///
/// See [`list`] for an example.
#[derive(Clone)]
pub struct ListedObject {
    name: [u8; sys::NAME_MAX],
    name_len: usize,
    stat: Stat,
}

impl ListedObject {
    /// Its name, without the slash that portable programs put before it.
    ///
    /// See [`list`] for an example.
    #[inline]
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.name[..self.name_len]
    }

    /// Its size, owner, mode and times.
    ///
    /// See [`list`] for an example.
    #[inline]
    #[must_use]
    pub const fn stat(&self) -> &Stat {
        &self.stat
    }

    /// Whether anybody has it open or mapped; `None` if this process may not ask.
    ///
    /// The kernel is asked for a lease, which it grants only if nobody has it, whatever
    /// process, user or namespace that is in. To ask one must be the owner or have
    /// `CAP_LEASE`, and be allowed to read. Whoever opens the object at the very moment
    /// waits for it, [`shm_open`] included; only those who open with `O_NONBLOCK` by other
    /// means get `EAGAIN`. That others ask the same is allowed for, some milliseconds long.
    ///
    /// ```
    /// use rawshm::{SharedMemory, shm};
    ///
    /// # let name = format!("rawshm-doc-in-use-{}", std::process::id());
    /// # let name = name.as_str();
    /// let memory = SharedMemory::create(name, 100)?;
    /// let ours = |object: &shm::ListedObject| object.name() == name.as_bytes();
    /// let object = shm::list()?.flatten().find(ours).unwrap();
    /// # SharedMemory::unlink(name)?;
    /// assert_ne!(object.is_in_use(), Some(false));
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[must_use]
    pub fn is_in_use(&self) -> Option<bool> {
        let fd = shm_open(self.name(), OFlags::RDONLY, Mode::empty()).ok()?;
        let same = descriptor::fstat(&fd).ok()?;
        if (same.dev(), same.ino()) != (self.stat.dev(), self.stat.ino()) {
            return None;
        }
        // What tells of a broken lease must not be SIGIO, which kills.
        descriptor::fcntl_setsig(&fd, sys::SIGURG).ok()?;
        for attempt in 0..QUESTIONS {
            if attempt > 0 {
                sys::sleep(1_000_000);
            }
            match descriptor::fcntl_setlease(&fd, Lease::WRLCK) {
                // Given up again when the descriptor is closed.
                Ok(()) => return Some(false),
                // Or somebody else is just asking the same.
                Err(error) if error == Errno::EAGAIN => {}
                Err(_) => return None,
            }
        }
        Some(true)
    }
}

impl fmt::Debug for ListedObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListedObject")
            .field("name", &format_args!("\"{}\"", self.name().escape_ascii()))
            .field("stat", &self.stat)
            .finish()
    }
}

impl Iterator for List {
    type Item = Result<ListedObject>;

    /// The next object. After an error there is no other.
    fn next(&mut self) -> Option<Result<ListedObject>> {
        if self.ended {
            return None;
        }
        let (mut name, mut name_len) = ([0; sys::NAME_MAX], 0);
        let found = self.directory.next_object(|bytes| {
            name_len = bytes.len().min(name.len());
            name[..name_len].copy_from_slice(&bytes[..name_len]);
        });
        self.ended = !matches!(found, Ok(Some(_)));
        let object = found
            .in_call(Call::Getdents)
            .transpose()?
            .map(|stat| ListedObject {
                name,
                name_len,
                stat: Stat::from_sys(stat),
            });
        Some(object)
    }
}

impl core::iter::FusedIterator for List {}
