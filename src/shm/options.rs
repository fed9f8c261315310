//! How to create and open objects, and where.

use core::time::Duration;

use super::DEV_SHM;
use super::object::SharedMemory;
use crate::Errno;
use crate::descriptor::{Mode, OFlags};
use crate::error::{Call, InCall, Result};
use crate::fd::{AsFd, BorrowedFd};
use crate::reserve::{self, Pages};
use crate::sys::{self, ObjectName, Place, Stat};
#[cfg(target_os = "linux")]
use {
    super::name::{Identity, KeptPlace, NameToRemove},
    super::orphan::{self, Removal},
    super::publish::{Hidden, Outcome},
    super::temporary,
    crate::Error,
    crate::access::Shared,
    crate::slice::SharedSlice,
};

/// How to create or open a [`SharedMemory`], and in which directory.
///
/// ```
/// use rawshm::{SharedMemory, descriptor::Mode};
///
/// # let name = format!("rawshm-doc-options-{}", std::process::id());
/// # let name = name.as_str();
/// let for_all = Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::ROTH;
/// let options = SharedMemory::options().mode(for_all).unlink_on_drop(true);
/// let memory = options.create(name, 4096)?;
///
/// let mine = memory.stat()?.uid();
/// let trusted = SharedMemory::options().require_owner(mine).require_len(4096);
/// assert_eq!(trusted.read_only(true).open(name)?.len()?, 4096);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct SharedMemoryOptions<'d> {
    pub(super) place: Place<'d>,
    pub(super) mode: Mode,
    pub(super) sparse: bool,
    #[cfg(target_os = "linux")]
    pub(super) unlink_on_drop: bool,
    read_only: bool,
    required: Required,
}

/// What an object that is opened must be like.
#[derive(Clone, Copy, Debug)]
struct Required {
    min_len: u64,
    max_len: u64,
    owner: Option<u32>,
    only_owner_writes: bool,
}

impl Required {
    fn check(&self, stat: &Stat) -> Result<(), Errno> {
        let len = stat.st_size as u64;
        let writable_by_others = Mode::WGRP.union(Mode::WOTH);
        // Nobody shall wait for an object that is not to be trusted: who made it comes first.
        if self.owner.is_some_and(|owner| owner != stat.st_uid) {
            Err(Errno::EPERM)
        } else if self.only_owner_writes && stat.st_mode & writable_by_others.bits() != 0 {
            Err(Errno::EACCES)
        } else if len == 0 && self.min_len > 0 {
            Err(Errno::ENODATA)
        } else if len < self.min_len || len > self.max_len {
            Err(Errno::ERANGE)
        } else {
            Ok(())
        }
    }
}

/// Sleeping between two looks, longer and longer.
struct Naps {
    count: usize,
    nanoseconds: u32,
}

impl Naps {
    const SHORTEST: u32 = 50_000;
    const LONGEST: u32 = 5_000_000;

    const fn new() -> Self {
        Self {
            count: 0,
            nanoseconds: Self::SHORTEST,
        }
    }

    #[cfg(target_os = "linux")]
    fn take(&mut self) {
        self.take_within(Duration::MAX);
    }

    fn take_within(&mut self, left: Duration) {
        let nap = Duration::from_nanos(self.nanoseconds.into()).min(left);
        sys::sleep(nap.subsec_nanos());
        self.count += 1;
        self.nanoseconds = Self::LONGEST.min(self.nanoseconds * 2);
    }
}

impl<'d> SharedMemoryOptions<'d> {
    pub(super) const fn new() -> Self {
        Self {
            place: DEV_SHM,
            mode: Mode::RUSR.union(Mode::WUSR),
            sparse: false,
            #[cfg(target_os = "linux")]
            unlink_on_drop: false,
            read_only: false,
            required: Required {
                min_len: 1,
                max_len: u64::MAX,
                owner: None,
                only_owner_writes: false,
            },
        }
    }

    /// The directory that the objects are in, instead of `/dev/shm`.
    ///
    /// Linux only.
    ///
    /// Any descriptor of a directory will do, one opened with `O_PATH` included; see
    /// [`open_directory`](super::open_directory). Memory it is only if the directory is in a
    /// file system that is kept there, a tmpfs for example.
    ///
    /// ```
    /// use rawshm::{SharedMemory, shm};
    ///
    /// # let name = format!("rawshm-doc-directory-{}", std::process::id());
    /// # let name = name.as_str();
    /// let directory = shm::open_directory("/tmp")?;
    /// let options = SharedMemory::options().directory(&directory);
    /// let memory = options.create(name, 100)?;
    /// assert!(SharedMemory::open(name).is_err());
    /// options.unlink(name)?;
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(target_os = "linux")]
    #[inline]
    pub fn directory(mut self, directory: &'d impl AsFd) -> Self {
        self.place = Place(Some(directory.as_fd()));
        self
    }

    /// The permissions, less the umask; without it only the owner may read and write.
    ///
    /// Some kernels before Linux 6.0 leave the umask out of account for objects that are made
    /// before they are named ([`create_with`](Self::create_with) and its like).
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

    /// Whether an object that is created takes its name along when it is dropped. One that is
    /// opened never does.
    ///
    /// Linux only.
    ///
    /// Only the process that has created it removes the name, not a child that it forks; and
    /// only if the name bears this very object then, by device and inode. Between this look and
    /// the removal somebody can still put another object under the name: two who
    /// [replace](Self::replace_with) each other's should leave the removal to one of them. A
    /// process that is killed removes nothing: see
    /// [`remove_if_orphaned`](Self::remove_if_orphaned). Taking the descriptor out
    /// (`OwnedFd::from`) counts as a drop.
    ///
    /// ```
    /// use rawshm::{Errno, SharedMemory};
    ///
    /// # let name = format!("rawshm-doc-unlink-on-drop-{}", std::process::id());
    /// # let name = name.as_str();
    /// let memory = SharedMemory::options().unlink_on_drop(true).create(name, 100)?;
    /// drop(SharedMemory::options().unlink_on_drop(true).open(name)?);
    /// drop(memory);
    /// assert!(SharedMemory::open(name).unwrap_err() == Errno::ENOENT);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(target_os = "linux")]
    #[inline]
    pub const fn unlink_on_drop(mut self, unlink: bool) -> Self {
        self.unlink_on_drop = unlink;
        self
    }

    /// Whether an object that exists is opened for reading only. One that is created is for
    /// reading and writing in any case.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub const fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Opens only what has exactly this many bytes: else `ERANGE`.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub const fn require_len(mut self, len: u64) -> Self {
        (self.required.min_len, self.required.max_len) = (len, len);
        self
    }

    /// Opens only what has at least this many bytes: else `ERANGE`. With 0 what has no size yet
    /// is opened too.
    ///
    /// ```
    /// use rawshm::{Errno, SharedMemory};
    ///
    /// # let name = format!("rawshm-doc-require-{}", std::process::id());
    /// # let name = name.as_str();
    /// let memory = SharedMemory::options().unlink_on_drop(true).create(name, 100)?;
    /// let opened = SharedMemory::options().require_min_len(101).open(name);
    /// assert!(opened.unwrap_err() == Errno::ERANGE);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub const fn require_min_len(mut self, len: u64) -> Self {
        (self.required.min_len, self.required.max_len) = (len, u64::MAX);
        self
    }

    /// Opens only what belongs to this user: else `EPERM`.
    ///
    /// `/dev/shm` is everybody's: somebody else may have put an object under the name.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub const fn require_owner(mut self, uid: u32) -> Self {
        self.required.owner = Some(uid);
        self
    }

    /// Opens only what neither its group nor others may write by its mode: else `EACCES`.
    ///
    /// ```
    /// use rawshm::{Errno, SharedMemory, descriptor::Mode};
    ///
    /// # let name = format!("rawshm-doc-only-owner-{}", std::process::id());
    /// # let name = name.as_str();
    /// let memory = SharedMemory::options().unlink_on_drop(true).create(name, 100)?;
    /// let trusted = SharedMemory::options().require_only_owner_writes(true);
    /// trusted.open(name)?;
    /// memory.set_mode(Mode::RUSR | Mode::WUSR | Mode::WGRP)?;
    /// assert!(trusted.open(name).unwrap_err() == Errno::EACCES);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub const fn require_only_owner_writes(mut self, required: bool) -> Self {
        self.required.only_owner_writes = required;
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
        let name = checked(name.as_ref())?;
        // Before there is a name that a signal could leave behind.
        reserve::check_limit(len)?;
        #[cfg(target_os = "linux")]
        let directory = match self.unlink_on_drop {
            true => Some(KeptPlace::new(self.place).in_call(Call::Dup)?),
            false => None,
        };
        let flags = OFlags::RDWR | OFlags::CREAT | OFlags::EXCL;
        let fd = sys::shm_open(self.place, name, flags.bits(), self.mode.bits())
            .in_call(Call::ShmOpen)?;
        let prepared = self.set_first_len(fd.as_fd(), len);
        #[cfg(target_os = "linux")]
        let prepared = prepared.and_then(|()| {
            let Some(directory) = directory else {
                return Ok(None);
            };
            let stat = sys::fstat(fd.as_fd()).in_call(Call::Fstat)?;
            Ok(Some(NameToRemove::new(directory, name, &stat)))
        });
        #[cfg(not(target_os = "linux"))]
        let prepared = prepared.map(|()| None);
        match prepared {
            Ok(name_to_remove) => Ok(SharedMemory::new(fd, name_to_remove)),
            Err(error) => {
                // By now the name may be that of an object which replaces this one.
                if sys::fstat(fd.as_fd()).is_ok_and(|stat| self.has_name(name, &stat)) {
                    // The first error is the one to tell.
                    let _ = sys::shm_unlink(self.place, name);
                }
                Err(error)
            }
        }
    }

    /// Sets the size of an object that was just created here.
    pub(super) fn set_first_len(&self, fd: BorrowedFd<'_>, len: u64) -> Result<()> {
        let pages = match self.place.is_default() {
            true => Pages::Small,
            false => Pages::Unknown,
        };
        reserve::set_first_len(fd, len, self.sparse, pages)
    }

    /// Creates the object, has it filled, and only then gives it its name.
    ///
    /// Linux only.
    ///
    /// # Errors
    ///
    /// As [`SharedMemory::create_with`], which has an example.
    #[cfg(target_os = "linux")]
    pub fn create_with<R: Outcome>(
        self,
        name: impl AsRef<[u8]>,
        len: u64,
        init: impl FnOnce(SharedSlice<'_, Shared>) -> R,
    ) -> Result<SharedMemory, R::Error> {
        let name = checked(name.as_ref())?;
        // Nobody shall fill for a minute what cannot be published.
        if sys::object_stat(self.place, name).is_ok() {
            return Err(Error::new(Call::Linkat, Errno::EEXIST).into());
        }
        let object = Hidden::new(&self, name, len)?;
        object.fill(init)?;
        object.publish()?;
        Ok(object.into_object())
    }

    /// Opens the object, or creates it, filled, if there is none.
    ///
    /// Linux only.
    ///
    /// # Errors
    ///
    /// As [`SharedMemory::open_or_create_with`], which has an example.
    #[cfg(target_os = "linux")]
    pub fn open_or_create_with<R: Outcome>(
        mut self,
        name: impl AsRef<[u8]>,
        len: u64,
        init: impl FnOnce(SharedSlice<'_, Shared>) -> R,
    ) -> Result<SharedMemory, R::Error> {
        let name = checked(name.as_ref())?;
        self.required.min_len = self.required.min_len.max(len);
        let mut naps = Naps::new();
        let ours = loop {
            if let Some(object) = self.open_if_there(name)? {
                return Ok(object);
            }
            match Hidden::new(&self, name, len) {
                // What is missing may be what others have taken to make theirs, all but one of
                // which go: those who come too late need not fail.
                Err(error) if error == Errno::ENOSPC && naps.count < sys::ATTEMPTS => naps.take(),
                made => break made?,
            }
        };
        ours.fill(init)?;
        // Whoever comes first wins; who removes the winner's object meanwhile starts it anew.
        for _ in 0..sys::ATTEMPTS {
            match ours.publish() {
                Err(error) if error == Errno::EEXIST => {}
                published => return Ok(published.map(|()| ours.into_object())?),
            }
            if let Some(object) = self.open_if_there(name)? {
                return Ok(object);
            }
        }
        Err(Error::new(Call::Linkat, Errno::EAGAIN).into())
    }

    /// Creates the object, has it filled, and gives it a name that another one may have had.
    ///
    /// Linux only.
    ///
    /// # Errors
    ///
    /// As [`SharedMemory::replace_with`], which has an example.
    #[cfg(target_os = "linux")]
    pub fn replace_with<R: Outcome>(
        self,
        name: impl AsRef<[u8]>,
        len: u64,
        init: impl FnOnce(SharedSlice<'_, Shared>) -> R,
    ) -> Result<SharedMemory, R::Error> {
        let name = checked(name.as_ref())?;
        // First: what was left takes up space.
        temporary::reclaim(self.place, name);
        let object = Hidden::new(&self, name, len)?;
        object.fill(init)?;
        object.replace()?;
        Ok(object.into_object())
    }

    /// Opens an object that exists, if it is as required.
    ///
    /// # Errors
    ///
    /// As [`SharedMemory::open`]. Of `SharedMemory::open`:
    ///
    /// - `ERANGE`: its size is another than [`require_len`](Self::require_len) or
    ///   [`require_min_len`](Self::require_min_len) says.
    /// - `EPERM`: it is not the [required owner's](Self::require_owner).
    /// - `EACCES`: others than its owner may write it, against
    ///   [`require_only_owner_writes`](Self::require_only_owner_writes).
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub fn open(self, name: impl AsRef<[u8]>) -> Result<SharedMemory> {
        self.open_checked(checked(name.as_ref())?)
    }

    /// Opens an object, and waits until there is one that has a size.
    ///
    /// # Errors
    ///
    /// As [`SharedMemory::open_ready`], which has an example.
    pub fn open_ready(self, name: impl AsRef<[u8]>, timeout: Duration) -> Result<SharedMemory> {
        let name = checked(name.as_ref())?;
        let start = sys::monotonic_time().in_call(Call::ClockGettime)?;
        let mut naps = Naps::new();
        loop {
            let error = match self.open_checked(name) {
                Err(error) if error == Errno::ENOENT || error == Errno::ENODATA => error,
                opened => return opened,
            };
            let now = sys::monotonic_time().in_call(Call::ClockGettime)?;
            let left = timeout.saturating_sub(now.saturating_sub(start));
            if left.is_zero() {
                return Err(error);
            }
            naps.take_within(left);
        }
    }

    /// Removes a name; who has the object keeps it.
    ///
    /// # Errors
    ///
    /// As [`shm_unlink`](super::shm_unlink).
    ///
    /// See [`directory`](Self::directory) for an example.
    #[inline]
    pub fn unlink(self, name: impl AsRef<[u8]>) -> Result<()> {
        ObjectName::new(name.as_ref())
            .and_then(|name| sys::shm_unlink(self.place, name))
            .in_call(Call::ShmUnlink)
    }

    /// Removes the name of an object that nobody has open or mapped.
    ///
    /// Linux only.
    ///
    /// # Errors
    ///
    /// As [`SharedMemory::remove_if_orphaned`], which has an example.
    #[cfg(target_os = "linux")]
    #[inline]
    pub fn remove_if_orphaned(self, name: impl AsRef<[u8]>) -> Result<Removal> {
        orphan::remove_if_orphaned(self.place, checked(name.as_ref())?, orphan::QUESTIONS)
    }

    /// Whether the name bears this object, as far as the system tells one from another.
    fn has_name(&self, name: ObjectName<'_>, stat: &Stat) -> bool {
        #[cfg(target_os = "linux")]
        return Identity::new(stat).has_name(self.place, name);
        #[cfg(not(target_os = "linux"))]
        return sys::object_stat(self.place, name) == Ok(*stat);
    }

    #[cfg(target_os = "linux")]
    fn open_if_there(&self, name: ObjectName<'_>) -> Result<Option<SharedMemory>> {
        match self.open_checked(name) {
            Err(error) if error == Errno::ENOENT => Ok(None),
            opened => opened.map(Some),
        }
    }

    fn open_checked(&self, name: ObjectName<'_>) -> Result<SharedMemory> {
        let flags = match self.read_only {
            true => OFlags::RDONLY,
            false => OFlags::RDWR,
        };
        let (fd, stat) =
            sys::shm_open_with_stat(self.place, name, flags.bits(), 0).in_call(Call::ShmOpen)?;
        self.required.check(&stat).in_call(Call::Open)?;
        Ok(SharedMemory::new(fd, None))
    }
}

fn checked(name: &[u8]) -> Result<ObjectName<'_>> {
    ObjectName::new(name).in_call(Call::ShmOpen)
}
