//! Memory without a name, on a system that has none and no seals.

use super::{FrozenMemfd, Memfd, MemfdOptions, SealFlags};
use crate::error::{Call, Error, InCall, Refused, Result};
use crate::fd::{AsFd, OwnedFd};
use crate::mm::MapOptions;
use crate::reserve::Pages;
use crate::{Errno, reserve, sys};

/// Adds seals, which this [`Memfd`] keeps: its own methods obey them, and nobody else.
///
/// There are no seals on macOS. This is for programs that are written for both systems: on
/// Linux the kernel keeps them, and takes any descriptor here.
///
/// # Errors
///
/// - `EPERM`: [`SealFlags::SEAL`] is set.
/// - `EINVAL`: a seal that is not known.
///
/// # Reference
///
/// [F_ADD_SEALS(2const)](https://man7.org/linux/man-pages/man2/F_ADD_SEALS.2const.html)
///
/// ```
/// use rawshm::{Errno, Memfd};
/// use rawshm::memfd::{SealFlags, add_seals, seals};
///
/// let memfd = Memfd::create("doc", 100)?;
/// add_seals(&memfd, SealFlags::FUTURE_WRITE)?;
/// assert!(seals(&memfd)?.contains(SealFlags::FUTURE_WRITE));
/// assert!(memfd.map().unwrap_err() == Errno::EPERM);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[doc(alias = "F_ADD_SEALS")]
pub fn add_seals(memfd: &Memfd, seals: SealFlags) -> Result<()> {
    memfd.seals.add(seals.bits()).in_call(Call::AddSeals)
}

/// Tells the seals that this [`Memfd`] keeps, and those that any object has by what the system
/// is: the size of one that has a size is set for good.
///
/// # Errors
///
/// None that a descriptor which is open can cause.
///
/// See [`add_seals`] for an example.
#[doc(alias = "F_GET_SEALS")]
pub fn seals(memfd: &Memfd) -> Result<SealFlags> {
    let by_nature = sys::seals(memfd.fd.as_fd()).in_call(Call::Seals)?;
    Ok(SealFlags::from_bits_retain(by_nature | memfd.seals.get()))
}

impl MemfdOptions {
    /// Creates it with a size in bytes, rounded up to whole pages.
    ///
    /// # Errors
    ///
    /// As [`Memfd::create`].
    ///
    /// See the [type](Self) for an example.
    pub fn create(self, name: impl AsRef<[u8]>, len: u64) -> Result<Memfd> {
        reserve::check_limit(len)?;
        // The size first: then the name goes.
        let (fd, sized) = sys::memfd_create_with(name.as_ref(), sys::MFD_CLOEXEC, |fd| {
            reserve::set_first_len(fd, len, self.sparse, Pages::Small)
        })
        .in_call(Call::MemfdCreate)?;
        sized?;
        let seals = match self.resizable {
            true => 0,
            false => sys::F_SEAL_SHRINK | sys::F_SEAL_GROW,
        };
        Ok(Memfd {
            fd,
            seals: sys::Seals::new(seals),
        })
    }
}

impl Memfd {
    /// The seals of one that comes from others: those that any object has.
    pub(super) fn seals_of_stranger(fd: &OwnedFd) -> sys::Seals {
        sys::Seals::new(sys::seals(fd.as_fd()).unwrap_or(0))
    }

    /// What our own seals say to another size.
    pub(super) fn check_resize(&self, len: u64) -> Result<()> {
        self.seals
            .check_resize(self.len()?, len)
            .in_call(Call::Ftruncate)
    }

    /// Makes the contents final: copies them to new memory that nobody can write.
    ///
    /// The system cannot take the right to write away from those who have it. Hence the copy,
    /// to an object that is read-only from the start but for one descriptor, which is closed
    /// before this returns. Whoever has the old memory keeps that, and may go on writing to it:
    /// what they write while it is copied may or may not be in the copy, and later nothing is.
    /// For the moment it takes twice the memory.
    ///
    /// Two could get in between, in the moment in which the new object has a name of 100 random
    /// bits: root, who may open it for writing, and a process of the same user that watches the
    /// descriptors of this one and is quick enough to put another object under the name. As a
    /// debugger's, what such processes do to our memory is not guarded against. A process that
    /// another thread forks while this runs has a copy of the descriptor and of the mapping that
    /// are about to go: no function of this crate reaches them there, and `exec` ends them. That
    /// a mapping of the read-only descriptor cannot be made writable is the system's rule (XNU
    /// takes the right away when it maps).
    ///
    /// # Errors
    ///
    /// With the memfd, as it was:
    ///
    /// - `EPERM`: [`SealFlags::SEAL`] is set.
    /// - `ENODATA`: it has no size yet.
    /// - As [`Memfd::create`] and [`map`](Self::map).
    ///
    /// ```
    /// use rawshm::Memfd;
    ///
    /// let memfd = Memfd::create("doc", 4)?;
    /// memfd.map()?.shared().get(..4).unwrap().copy_from_slice(b"text");
    /// let frozen = memfd.freeze()?;
    /// assert_eq!(&frozen.map()?[..4], b"text");
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    pub fn freeze(self) -> Result<FrozenMemfd, Refused<Self>> {
        match self.frozen_copy() {
            Ok(frozen) => Ok(frozen),
            Err(error) => Err(Refused { error, value: self }),
        }
    }

    fn frozen_copy(&self) -> Result<FrozenMemfd> {
        let refuse = |errno| Err(Error::new(Call::AddSeals, errno));
        if self.seals.get() & sys::F_SEAL_SEAL != 0 {
            return refuse(Errno::EPERM);
        }
        let len = self.len()?;
        if len == 0 {
            return refuse(Errno::ENODATA);
        }
        let ours = self.map_read_only()?;
        let (writer, reader, sized) =
            sys::writer_and_reader(|fd| reserve::set_first_len(fd, len, false, Pages::Small))
                .in_call(Call::MemfdCreate)?;
        sized?;
        // No other code of this process ever has the writer or this mapping.
        let copy = MapOptions::new().map_shared(&writer)?;
        copy.shared().copy_from_shared(ours.shared());
        copy.unmap()?;
        drop(writer);
        Ok(FrozenMemfd { fd: reader })
    }
}
