//! Names that go with their object.

use crate::access::Shared;
use crate::fd::{AsFd as _, OwnedFd};
use crate::mm::{MapOptions, Mapping};
use crate::sys::{self, ObjectName, OwnedName, Place, Stat};
use crate::{Errno, Error};

/// What tells a file from all others while it exists: device and inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(u64, u64);

impl Identity {
    pub(super) fn new(stat: &Stat) -> Self {
        Self(stat.st_dev, stat.st_ino)
    }

    /// Whether the name bears this very file.
    pub(super) fn has_name(self, place: Place<'_>, name: ObjectName<'_>) -> bool {
        sys::object_stat(place, name).is_ok_and(|stat| Self::new(&stat) == self)
    }
}

/// A directory that is kept: `/dev/shm`, or another one's descriptor.
#[derive(Debug)]
pub(super) struct KeptPlace(Option<OwnedFd>);

impl KeptPlace {
    pub(super) fn new(place: Place<'_>) -> Result<Self, Errno> {
        place.0.map(sys::dup).transpose().map(Self)
    }

    fn place(&self) -> Place<'_> {
        Place(self.0.as_ref().map(|directory| directory.as_fd()))
    }
}

/// A byte that is 1 here, and 0 in whatever is forked.
fn mark() -> Result<Mapping<Shared>, Error> {
    let mark = MapOptions::new()
        .len(1)
        .map_anonymous()?
        .into_wiped_on_fork()?;
    mark.shared().store(0, 1_u8);
    Ok(mark)
}

/// A name that is removed on drop: by the process that made this, if it bears the object then.
///
/// The object must be open until then, so that its inode's number is no other's.
#[derive(Debug)]
pub(super) struct NameToRemove {
    directory: KeptPlace,
    name: OwnedName,
    identity: Identity,
    /// A forked child is another ...
    process: i32,
    /// ... even if it is the first process of a namespace, as this one may be: it finds a zero.
    mark: Option<Mapping<Shared>>,
}

impl NameToRemove {
    pub(super) fn new(directory: KeptPlace, name: ObjectName<'_>, stat: &Stat) -> Self {
        Self {
            directory,
            name: name.to_owned(),
            identity: Identity::new(stat),
            process: sys::getpid(),
            mark: mark().ok(),
        }
    }

    /// The name.
    pub(super) fn name(&self) -> ObjectName<'_> {
        self.name.borrow()
    }
}

impl Drop for NameToRemove {
    fn drop(&mut self) {
        let is_forked = |mark: &Mapping<Shared>| mark.shared().load::<u8>(0) == 0;
        if self.process != sys::getpid() || self.mark.as_ref().is_some_and(is_forked) {
            return;
        }
        let place = self.directory.place();
        let name = self.name.borrow();
        if self.identity.has_name(place, name) {
            // A destructor has nobody to tell.
            let _ = sys::shm_unlink(place, name);
        }
    }
}
