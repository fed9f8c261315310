//! All objects in a directory.

use core::fmt;

use super::name::Identity;
use super::orphan::{self, Holder};
use super::{DEV_SHM, temporary};
use crate::descriptor::Stat;
use crate::error::{Call, InCall, Result};
use crate::fd::AsFd;
use crate::sys::{self, OwnedName, Place};

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
pub fn list() -> Result<List<'static>> {
    List::new(DEV_SHM)
}

/// Goes through all objects in a directory, as [`list`] does in `/dev/shm`.
///
/// # Errors
///
/// As [`list`]; `ENOTDIR`: it is none.
///
/// ```
/// use rawshm::shm;
///
/// let directory = shm::open_directory("/tmp")?;
/// for object in shm::list_in(&directory)? {
///     println!("{:?}", object?);
/// }
/// # Ok::<(), rawshm::Error>(())
/// ```
pub fn list_in(directory: &impl AsFd) -> Result<List<'_>> {
    List::new(Place(Some(directory.as_fd())))
}

/// The objects that [`list`] goes through.
///
/// See [`list`] for an example.
#[derive(Debug)]
pub struct List<'d> {
    place: Place<'d>,
    directory: sys::ObjectDirectory,
    ended: bool,
}

impl<'d> List<'d> {
    fn new(place: Place<'d>) -> Result<Self> {
        Ok(Self {
            place,
            directory: sys::ObjectDirectory::open(place).in_call(Call::Getdents)?,
            ended: false,
        })
    }
}

/// An object as [`list`] found it.
///
/// See [`list`] for an example.
#[derive(Clone)]
pub struct ListedObject<'d> {
    place: Place<'d>,
    name: OwnedName,
    identity: Identity,
    stat: Stat,
}

impl ListedObject<'_> {
    /// Its name, without the slash that portable programs put before it.
    ///
    /// See [`list`] for an example.
    #[inline]
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.name.borrow().as_bytes()
    }

    /// Its size, owner, mode and times.
    ///
    /// See [`list`] for an example.
    #[inline]
    #[must_use]
    pub const fn stat(&self) -> &Stat {
        &self.stat
    }

    /// Whether the name is a temporary one, of an object that
    /// [`replace_with`](super::SharedMemory::replace_with) is about to rename; if nobody has
    /// it [in use](Self::is_in_use) a process was killed while it did that.
    ///
    /// Where objects cannot be made without a name the others that end in `_with` need such
    /// names too: see the [module](super#what-is-made-how).
    ///
    /// ```
    /// use rawshm::shm;
    ///
    /// let left = shm::list()?.flatten().filter(|object| object.is_temporary());
    /// for object in left.filter(|object| object.is_in_use() == Some(false)) {
    ///     println!("{object:?}");
    /// }
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.name().starts_with(temporary::PREFIX)
    }

    /// Whether anybody has it open or mapped; `None` if this process may not ask.
    ///
    /// The kernel is asked for a lease, which (from Linux 5.4 on; before that never, so that
    /// everything is in use) it grants only if nobody has it, whatever
    /// process, user or namespace that is in. To ask one must be the owner or have
    /// `CAP_LEASE`, and be allowed to read. Whoever opens the object at the very moment
    /// waits for it, [`shm_open`](super::shm_open) included; only those who open with `O_NONBLOCK` by other
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
        let (fd, stat) =
            sys::shm_open_with_stat(self.place, self.name.borrow(), sys::O_RDONLY, 0).ok()?;
        if Identity::new(&stat) != self.identity {
            return None;
        }
        let holder = orphan::holder(fd.as_fd(), orphan::QUESTIONS)?;
        Some(matches!(holder, Holder::Somebody))
    }
}

impl fmt::Debug for ListedObject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListedObject")
            .field("name", &self.name)
            .field("stat", &self.stat)
            .finish()
    }
}

impl<'d> Iterator for List<'d> {
    type Item = Result<ListedObject<'d>>;

    /// The next object. After an error there is no other.
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let found = self.directory.next_object(|_| true);
        self.ended = !matches!(found, Ok(Some(_)));
        let (name, stat) = match found.in_call(Call::Getdents).transpose()? {
            Ok(found) => found,
            Err(error) => return Some(Err(error)),
        };
        Some(Ok(ListedObject {
            place: self.place,
            name,
            identity: Identity::new(&stat),
            stat: Stat::from_sys(stat),
        }))
    }
}

impl core::iter::FusedIterator for List<'_> {}
