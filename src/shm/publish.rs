//! Objects that get their name when they are complete.

use super::name::{KeptPlace, NameToRemove};
use super::object::SharedMemory;
use super::options::SharedMemoryOptions;
use super::temporary;
use crate::Errno;
use crate::access::Shared;
use crate::error::{Call, Error, InCall, Result};
use crate::fd::{AsFd as _, OwnedFd};
use crate::mm::MapOptions;
use crate::reserve;
use crate::slice::SharedSlice;
use crate::sys::{self, Naming, ObjectName};

/// What a closure that fills a new object returns: nothing, or a `Result` whose error ends
/// the creation.
///
/// See [`SharedMemory::create_with`] for an example.
pub trait Outcome {
    /// What the creation may fail with.
    type Error: From<Error>;

    /// As a `Result` in any case.
    ///
    /// # Errors
    ///
    /// The closure's own.
    fn into_result(self) -> Result<(), Self::Error>;
}

impl Outcome for () {
    type Error = Error;

    #[inline]
    fn into_result(self) -> Result<()> {
        Ok(())
    }
}

impl<E: From<Error>> Outcome for Result<(), E> {
    type Error = E;

    #[inline]
    fn into_result(self) -> Self {
        self
    }
}

/// A new object that does not have its name yet. Dropped before, it leaves nothing.
pub(super) struct Hidden<'o> {
    options: &'o SharedMemoryOptions<'o>,
    name: ObjectName<'o>,
    reached: Reached,
    name_to_remove: Option<NameToRemove>,
    // The last field: names are removed while the object is open.
    fd: OwnedFd,
}

/// How an object is reached that does not have its name.
#[expect(
    clippy::large_enum_variant,
    reason = "nothing is allocated, and there is only one"
)]
enum Reached {
    ByDescriptor(Naming),
    ByTemporaryName(NameToRemove),
}

impl<'o> Hidden<'o> {
    /// An object of a size, reserved.
    pub(super) fn new(
        options: &'o SharedMemoryOptions<'o>,
        name: ObjectName<'o>,
        len: u64,
    ) -> Result<Self> {
        reserve::check_limit(len)?;
        let (fd, reached) = open(options, name)?;
        let mut object = Self {
            options,
            name,
            reached,
            name_to_remove: None,
            fd,
        };
        options.set_first_len(object.fd.as_fd(), len)?;
        if options.unlink_on_drop {
            let directory = KeptPlace::new(options.place).in_call(Call::Dup)?;
            let stat = sys::fstat(object.fd.as_fd()).in_call(Call::Fstat)?;
            object.name_to_remove = Some(NameToRemove::new(directory, name, &stat));
        }
        Ok(object)
    }

    /// Has it filled.
    pub(super) fn fill<R: Outcome>(
        &self,
        init: impl FnOnce(SharedSlice<'_, Shared>) -> R,
    ) -> Result<(), R::Error> {
        let mapping = MapOptions::new().map_shared(&self.fd)?;
        init(mapping.shared()).into_result()
    }

    /// Gives it its name, which must be free: `EEXIST`.
    pub(super) fn publish(&self) -> Result<()> {
        let (place, name) = (self.options.place, self.name);
        match &self.reached {
            Reached::ByDescriptor(naming) => {
                sys::link_unnamed(self.fd.as_fd(), *naming, place, name).in_call(Call::Linkat)
            }
            Reached::ByTemporaryName(temporary) => {
                sys::rename_to_new(place, temporary.name(), name).in_call(Call::Renameat2)
            }
        }
    }

    /// Gives it its name, whatever has borne that.
    pub(super) fn replace(&self) -> Result<()> {
        let (place, name) = (self.options.place, self.name);
        let linked;
        let temporary = match &self.reached {
            Reached::ByTemporaryName(temporary) => temporary,
            Reached::ByDescriptor(naming) => {
                let fd = self.fd.as_fd();
                let link = |name: ObjectName<'_>| sys::link_unnamed(fd, *naming, place, name);
                let stat = sys::fstat(fd).in_call(Call::Fstat)?;
                linked = temporary::name(place, name, &stat, link)?;
                &linked
            }
        };
        sys::rename_over(place, temporary.name(), name).in_call(Call::Renameat2)
    }

    /// The object, which has its name.
    pub(super) fn into_object(self) -> SharedMemory {
        SharedMemory::new(self.fd, self.name_to_remove)
    }
}

/// Creates an object without a name, or with a temporary one where that cannot be.
fn open(options: &SharedMemoryOptions<'_>, name: ObjectName<'_>) -> Result<(OwnedFd, Reached)> {
    let (place, mode) = (options.place, options.mode.bits());
    match sys::open_unnamed(place, mode) {
        Ok(fd) => {
            if let Some(naming) = sys::naming(place, fd.as_fd()) {
                return Ok((fd, Reached::ByDescriptor(naming)));
            }
        }
        // The file system knows no such files, or the kernel (or what emulates it) does not.
        Err(Errno::EOPNOTSUPP | Errno::EISDIR | Errno::EINVAL) => {}
        Err(errno) => return Err(Error::new(Call::ShmOpen, errno)),
    }
    temporary::reclaim(place, name);
    let (fd, temporary) = temporary::create(place, name, mode)?;
    Ok((fd, Reached::ByTemporaryName(temporary)))
}
