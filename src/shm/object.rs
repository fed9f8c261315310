//! The owner of an object.

use core::time::Duration;

#[cfg(target_os = "linux")]
use super::name::NameToRemove;
use super::options::SharedMemoryOptions;
use super::shm_unlink;
#[cfg(target_os = "linux")]
use super::{orphan::Removal, publish::Outcome};
use crate::access::{ReadOnly, Shared};
use crate::descriptor::{self, Mode};
use crate::error::{Call, InCall, Refused, Result};
use crate::fd::{AsFd, OwnedFd, owns_descriptor};
#[cfg(target_os = "linux")]
use crate::io::reads_and_writes;
use crate::io::tells_status;
use crate::mm::{MapOptions, Mapping};
#[cfg(target_os = "linux")]
use crate::slice::SharedSlice;
use crate::{reserve, sys};

/// An object with a name, for processes that are started separately.
///
/// Dropping it closes it and leaves the name: [`unlink`](Self::unlink) removes that, or the
/// drop with [`unlink_on_drop`](SharedMemoryOptions::unlink_on_drop).
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
    #[expect(dead_code, reason = "its drop removes the name")]
    name_to_remove: Option<NameToRemove>,
    // The last field: the name is removed while the object is open.
    fd: OwnedFd,
}

/// Without names that go with their object there is nothing to remove.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub(super) enum NameToRemove {}

impl SharedMemory {
    pub(super) const fn new(fd: OwnedFd, name_to_remove: Option<NameToRemove>) -> Self {
        Self { name_to_remove, fd }
    }

    /// Creates an object of a size in bytes, zeroed and reserved, which only the owner may
    /// read and write.
    ///
    /// Reserved means that touching it later cannot fail for want of space. Until that is done
    /// the object has no size, so that nobody opens it; [`create_with`](Self::create_with)
    /// makes objects that are not even seen.
    ///
    /// # Errors
    ///
    /// - `EEXIST` of `shm_open`: the name is taken.
    /// - `ENOSPC` of `fallocate`: `/dev/shm` has not so much space.
    /// - `EINTR` of `fallocate`: again and again a signal came.
    /// - `EFBIG` of `ftruncate`: larger than `RLIMIT_FSIZE`.
    /// - `EINVAL` of `ftruncate`: over 2⁶³ − 1.
    /// - As [`shm_open`](super::shm_open).
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub fn create(name: impl AsRef<[u8]>, len: u64) -> Result<Self> {
        Self::options().create(name, len)
    }

    /// How to create or open one otherwise.
    ///
    /// See [`SharedMemoryOptions`] for an example.
    #[inline]
    pub const fn options() -> SharedMemoryOptions<'static> {
        SharedMemoryOptions::new()
    }

    /// Creates an object, has it filled, and only then gives it its name: whoever opens it
    /// finds it complete, and a process that is killed before leaves nothing.
    ///
    /// Linux only.
    ///
    /// The closure gets all `len` bytes, zeroed. If it returns an error or panics there is no
    /// object. The weaker promise where the kernel cannot do that, and what is left when the
    /// process is killed there: see the [module](super#what-is-made-how).
    ///
    /// # Errors
    ///
    /// - `EEXIST` of `linkat`: the name is taken. That it is taken already is found before the
    ///   closure is called.
    /// - `ENOSPC` of `fallocate`: `/dev/shm` has not so much space.
    /// - `EINVAL` of `mmap`: the size is 0.
    /// - `EXDEV` of `linkat`: the directory is not of the mount that it was opened through.
    /// - Whatever the closure returns.
    /// - As [`create`](Self::create).
    ///
    /// ```
    /// use rawshm::SharedMemory;
    ///
    /// # let name = format!("rawshm-doc-create-with-{}", std::process::id());
    /// # let name = name.as_str();
    /// SharedMemory::create_with(name, 4096, |slice| slice.copy_from_slice(&[7; 4096]))?;
    /// assert_eq!(SharedMemory::open(name)?.map()?.shared().load::<u8>(4095), 7);
    /// # SharedMemory::unlink(name)?;
    ///
    /// // A closure that can fail says with what.
    /// # #[cfg(feature = "std")]
    /// # {
    /// let made = SharedMemory::create_with(name, 4096, |slice| {
    ///     slice.get(..100).unwrap().copy_from_slice(&std::fs::read("/no/such/file")?);
    ///     Ok::<(), std::io::Error>(())
    /// });
    /// assert_eq!(made.unwrap_err().kind(), std::io::ErrorKind::NotFound);
    /// # }
    /// assert!(SharedMemory::open(name).is_err());
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(target_os = "linux")]
    #[inline]
    pub fn create_with<R: Outcome>(
        name: impl AsRef<[u8]>,
        len: u64,
        init: impl FnOnce(SharedSlice<'_, Shared>) -> R,
    ) -> Result<Self, R::Error> {
        Self::options().create_with(name, len, init)
    }

    /// Opens an object, or creates it, filled, if there is none: of any number of processes
    /// that do so exactly one's object gets the name, and all have that one.
    ///
    /// Linux only.
    ///
    /// Nobody waits for anybody. Those who find no object each fill one of their own, which
    /// nobody sees; the first that is complete gets the name, and the others drop theirs. So
    /// the closure may run in several processes, and should do nothing but fill; what it does
    /// in all but one of them is never seen. Each takes `len` bytes of space for that moment;
    /// where that is too much for all, those who get none look again for a third of a second.
    ///
    /// An object that exists must have at least `len` bytes.
    ///
    /// # Errors
    ///
    /// - `ENODATA` of `SharedMemory::open`: somebody is creating the object otherwise, and it
    ///   has no size yet.
    /// - `ERANGE` of `SharedMemory::open`: it has less than `len` bytes.
    /// - `EAGAIN` of `linkat`: again and again the name appeared and vanished.
    /// - As [`create_with`](Self::create_with), but for `EEXIST`, and [`open`](Self::open).
    ///
    /// ```
    /// use rawshm::SharedMemory;
    ///
    /// # let name = format!("rawshm-doc-open-or-create-with-{}", std::process::id());
    /// # let name = name.as_str();
    /// // In as many processes as you like, started in any order.
    /// let memory = SharedMemory::open_or_create_with(name, 8, |slice| slice.store(0, 42_u64))?;
    /// assert_eq!(memory.map()?.shared().load::<u64>(0), 42);
    /// # SharedMemory::unlink(name)?;
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(target_os = "linux")]
    #[inline]
    pub fn open_or_create_with<R: Outcome>(
        name: impl AsRef<[u8]>,
        len: u64,
        init: impl FnOnce(SharedSlice<'_, Shared>) -> R,
    ) -> Result<Self, R::Error> {
        Self::options().open_or_create_with(name, len, init)
    }

    /// Creates an object, has it filled, and gives it a name that another one may have: whoever
    /// opens the name gets the old one or the new one, complete, and is never told that there
    /// is none. Those who have the old one keep it.
    ///
    /// Linux only.
    ///
    /// A process that is killed at the very end may leave a [temporary
    /// name](super::ListedObject::is_temporary), which the next `replace_with` of this name
    /// removes. For that it reads through the directory.
    ///
    /// # Errors
    ///
    /// - `EPERM`, `EACCES` of `renameat2`: the old one is somebody else's.
    /// - `EISDIR` of `renameat2`: a directory bears the name.
    /// - `EAGAIN` of `linkat`: no temporary name is free.
    /// - As [`create_with`](Self::create_with), but for `EEXIST`.
    ///
    /// ```
    /// use rawshm::SharedMemory;
    ///
    /// # let name = format!("rawshm-doc-replace-with-{}", std::process::id());
    /// # let name = name.as_str();
    /// let old = SharedMemory::replace_with(name, 8, |slice| slice.store(0, 1_u64))?;
    /// SharedMemory::replace_with(name, 8, |slice| slice.store(0, 2_u64))?;
    /// assert_eq!(SharedMemory::open(name)?.map()?.shared().load::<u64>(0), 2);
    /// assert_eq!(old.map()?.shared().load::<u64>(0), 1);
    /// # SharedMemory::unlink(name)?;
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(target_os = "linux")]
    #[inline]
    pub fn replace_with<R: Outcome>(
        name: impl AsRef<[u8]>,
        len: u64,
        init: impl FnOnce(SharedSlice<'_, Shared>) -> R,
    ) -> Result<Self, R::Error> {
        Self::options().replace_with(name, len, init)
    }

    /// Opens an object for reading and writing.
    ///
    /// What else it must be like the [options](SharedMemoryOptions) say: that is looked at
    /// before anything is mapped.
    ///
    /// # Errors
    ///
    /// - `ENOENT`: there is none.
    /// - `ENODATA` of `SharedMemory::open`: it is not ready. Its creator has not given it a
    ///   size yet; [`open_ready`](Self::open_ready) waits for that.
    /// - As [`shm_open`](super::shm_open).
    ///
    /// ```
    /// let error = rawshm::SharedMemory::open("rawshm-no-such-object").unwrap_err();
    /// assert!(error == rawshm::Errno::ENOENT);
    /// ```
    #[inline]
    pub fn open(name: impl AsRef<[u8]>) -> Result<Self> {
        Self::options().open(name)
    }

    /// Opens an object for reading and writing, and waits until there is one that has a size:
    /// not longer than `timeout`.
    ///
    /// It looks again after some milliseconds at most. That the object has a size does not mean
    /// that it is filled, unless it was made by [`create_with`](Self::create_with) or its kin.
    ///
    /// # Errors
    ///
    /// - `ENOENT`: there is none, at the end either.
    /// - `ENODATA` of `SharedMemory::open`: it has no size, at the end either.
    /// - As [`open`](Self::open), at once.
    ///
    /// ```
    /// use core::time::Duration;
    /// use rawshm::SharedMemory;
    ///
    /// # let name = format!("rawshm-doc-open-ready-{}", std::process::id());
    /// # let name = name.as_str();
    /// # std::thread::scope(|scope| {
    /// # scope.spawn(|| {
    /// # std::thread::sleep(Duration::from_millis(10));
    /// SharedMemory::create(name, 100).unwrap(); // in another process, which starts later
    /// # });
    /// let memory = SharedMemory::open_ready(name, Duration::from_secs(10))?;
    /// # SharedMemory::unlink(name)?;
    /// assert_eq!(memory.len()?, 100);
    /// # Ok::<(), rawshm::Error>(())
    /// # })?;
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub fn open_ready(name: impl AsRef<[u8]>, timeout: Duration) -> Result<Self> {
        Self::options().open_ready(name, timeout)
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
        Self::options().read_only(true).open(name)
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

    /// Removes the name of an object that nobody has open or mapped, such as a process that was
    /// killed leaves behind.
    ///
    /// Linux only.
    ///
    /// The kernel is asked for a lease, which (from Linux 5.4 on; before that never, so that
    /// nothing is removed) it grants only if nobody has the object, whatever
    /// process, user or namespace that is in; while it lasts nobody can open the object. To ask
    /// one must be the owner or have `CAP_LEASE`, and be allowed to read. That the name still
    /// bears the object and that nobody is just opening it is looked at last; if another one is
    /// put under the name right after that, it is that one's name which goes, and who opens the
    /// object right after that has it without a name.
    ///
    /// # Errors
    ///
    /// - `ENOENT`: there is none.
    /// - `EPERM`, `EACCES` of `shm_unlink`: the directory does not allow it.
    /// - As [`shm_open`](super::shm_open).
    ///
    /// ```
    /// use rawshm::{Errno, SharedMemory, shm::Removal};
    ///
    /// # let name = format!("rawshm-doc-orphan-{}", std::process::id());
    /// # let name = name.as_str();
    /// let memory = SharedMemory::create(name, 100)?;
    /// assert_ne!(SharedMemory::remove_if_orphaned(name)?, Removal::Removed);
    /// drop(memory);
    /// match SharedMemory::remove_if_orphaned(name)? {
    ///     Removal::Removed => assert!(SharedMemory::open(name).unwrap_err() == Errno::ENOENT),
    ///     Removal::InUse | Removal::Unknown => SharedMemory::unlink(name)?,
    /// }
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(target_os = "linux")]
    #[inline]
    pub fn remove_if_orphaned(name: impl AsRef<[u8]>) -> Result<Removal> {
        Self::options().remove_if_orphaned(name)
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
#[cfg(target_os = "linux")]
reads_and_writes!(SharedMemory);

impl TryFrom<OwnedFd> for SharedMemory {
    type Error = Refused<OwnedFd>;

    /// Takes a descriptor that was received or inherited, if it is one of a regular file.
    ///
    /// `EISDIR`, `ENXIO` of `fstat`: it is a directory, or neither file nor directory.
    fn try_from(fd: OwnedFd) -> Result<Self, Refused<OwnedFd>> {
        let checked = sys::fstat(fd.as_fd()).and_then(|stat| sys::check_regular(&stat));
        match checked.in_call(Call::Fstat) {
            Ok(()) => Ok(Self::new(fd, None)),
            Err(error) => Err(Refused { error, value: fd }),
        }
    }
}
