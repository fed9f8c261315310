//! What others may do with a memfd that is handed to them, and what one that arrives must not
//! let them do.

use core::fmt;

use bitflags::parser;

use super::{Memfd, SealFlags};
use crate::error::{Call, Error, Refused, Result};
use crate::fd::{AsFd, OwnedFd};
use crate::{Errno, sys};
#[cfg(target_os = "linux")]
use {
    super::{FrozenMemfd, add_seals},
    crate::descriptor::{Mode, fchmod},
    crate::error::InCall,
    crate::fd::AsRawFd as _,
};

/// Why a descriptor was refused: the seals that its file lacks.
///
/// It converts into the plain [`Error`], whose text does not name them: `EPERM`, or `EINVAL` if
/// the file is neither memfd nor POSIX object and has none at all.
///
/// ```
/// use rawshm::Memfd;
/// use rawshm::memfd::SealFlags;
///
/// let theirs = Memfd::options().resizable(true).create("doc", 100)?;
/// let refused = Memfd::try_from(rawshm::fd::OwnedFd::from(theirs)).unwrap_err();
/// assert_eq!(refused.error.missing(), SealFlags::SHRINK);
/// assert_eq!(
///     refused.to_string(),
///     "fcntl(F_GET_SEALS): operation not permitted (EPERM), missing seals: SHRINK",
/// );
/// # Ok::<(), rawshm::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MissingSeals {
    error: Error,
    missing: SealFlags,
}

impl MissingSeals {
    /// Which of the seals that were asked for; all of them if the file is one that has none.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn missing(self) -> SealFlags {
        self.missing
    }
}

impl fmt::Display for MissingSeals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)?;
        if self.missing.is_empty() {
            return Ok(());
        }
        f.write_str(", missing seals: ")?;
        parser::to_writer(&self.missing, f)
    }
}

impl core::error::Error for MissingSeals {}

impl From<MissingSeals> for Error {
    #[inline]
    fn from(missing: MissingSeals) -> Self {
        missing.error
    }
}

#[cfg(feature = "std")]
impl From<MissingSeals> for std::io::Error {
    /// Keeps the kind and the text; `raw_os_error()` is `None`.
    fn from(missing: MissingSeals) -> Self {
        Self::new(Self::from(missing.error).kind(), missing)
    }
}

/// Gives the descriptor back unless its file has all these seals.
fn require(fd: OwnedFd, required: SealFlags) -> Result<OwnedFd, Refused<OwnedFd, MissingSeals>> {
    let (missing, errno) = match sys::seals(fd.as_fd()).map(SealFlags::from_bits_retain) {
        Ok(seals) if seals.contains(required) => return Ok(fd),
        Ok(seals) => (required.difference(seals), Errno::EPERM),
        Err(errno) => (required, errno),
    };
    let error = Error::new(Call::Seals, errno);
    Err(Refused {
        error: MissingSeals { error, missing },
        value: fd,
    })
}

impl Memfd {
    /// Takes a descriptor that comes from others, if its file has all of these seals.
    ///
    /// A seal that is there stays for good, so that what it forbids needs no thought any
    /// more. Without `SHRINK` whoever has a descriptor can shorten the memory, and touching
    /// what is gone raises `SIGBUS`; `TryFrom` asks for that one. Without any the file still
    /// has to be one that can be sealed: a memfd or a POSIX object.
    ///
    /// Even a sealed size lets a peer punch holes, which read as zero; of huge pages such a
    /// hole may raise `SIGBUS`. Only `WRITE` rules that out (see [`FrozenMemfd`]), and
    /// `FUTURE_WRITE` as far as those go who do not map it yet.
    ///
    /// # Errors
    ///
    /// With the descriptor:
    ///
    /// - `EPERM` of `fcntl(F_GET_SEALS)`: seals are missing; the error names them.
    /// - `EINVAL` of `fcntl(F_GET_SEALS)`: neither memfd nor POSIX object.
    /// - `EBADF` of `fcntl(F_GET_SEALS)`: a descriptor of `O_PATH`.
    ///
    /// ```
    /// use rawshm::Memfd;
    /// use rawshm::memfd::SealFlags;
    ///
    /// # let received = rawshm::fd::OwnedFd::from(Memfd::create("doc", 100)?);
    /// let memfd = Memfd::from_fd(received, SealFlags::SHRINK | SealFlags::GROW)?;
    /// assert_eq!(memfd.map()?.len(), 100); // and it stays so
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    pub fn from_fd(
        fd: OwnedFd,
        required: SealFlags,
    ) -> Result<Self, Refused<OwnedFd, MissingSeals>> {
        require(fd, required).map(|fd| Self {
            #[cfg(not(target_os = "linux"))]
            seals: Self::seals_of_stranger(&fd),
            fd,
        })
    }

    /// Lets only mappings write that there are by now: every descriptor, whoever has it, is
    /// read-only from here on, for good (`F_SEAL_FUTURE_WRITE`, and the size is sealed too).
    ///
    /// Linux only.
    ///
    /// So a writer maps first, seals, and then hands out the descriptor itself: nobody who
    /// gets it can write to it, truncate it, punch holes, map it for writing or make a mapping
    /// writable, not even as root, and opening it anew does not help. A later
    /// [`map`](Self::map) is refused to us as well. The receiver sees the seal (`FUTURE_WRITE`)
    /// but must still expect that the contents change: [`map_read_only`](Self::map_read_only).
    ///
    /// # Errors
    ///
    /// - `EINVAL`: Linux before 5.1 (those before 5.5 still let private mappings write, and
    ///   those before 5.13 any mapping of huge pages, unless that was repaired).
    /// - `EPERM`: somebody sealed it against further seals.
    ///
    /// ```
    /// use rawshm::{Errno, Memfd};
    ///
    /// let memfd = Memfd::create("doc", 100)?;
    /// let ours = memfd.map()?;
    /// # let supported = memfd.refuse_new_writers().is_ok();
    /// # if !supported { return Ok(()) }
    /// memfd.refuse_new_writers()?;
    ///
    /// assert!(memfd.map().unwrap_err() == Errno::EPERM);
    /// let theirs = memfd.map_read_only()?;
    /// ours.shared().store(0, 7_u8);
    /// assert_eq!(theirs.shared().load::<u8>(0), 7);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(target_os = "linux")]
    #[doc(alias = "F_SEAL_FUTURE_WRITE")]
    pub fn refuse_new_writers(&self) -> Result<()> {
        add_seals(
            &self.fd,
            SealFlags::FUTURE_WRITE | SealFlags::SHRINK | SealFlags::GROW,
        )
    }

    /// A descriptor of the same memory that is open for reading only, close-on-exec.
    ///
    /// Linux only.
    ///
    /// For kernels that lack [`refuse_new_writers`](Self::refuse_new_writers), and for those
    /// who want to map for writing later. It cannot write to the memory, truncate or seal it,
    /// nor be mapped for writing. Whoever has it could open the file anew through `/proc`, as
    /// its mode allows; therefore the permission to write is taken out of the mode, for
    /// everybody. Descriptors that are open keep what they may do.
    ///
    /// That is firm towards other users, and no more: processes of the same user can set the mode
    /// again, and those with `CAP_DAC_OVERRIDE` need not.
    ///
    /// # Errors
    ///
    /// - `EPERM` of `fchmod`: neither the memfd's creator nor privileged.
    /// - `ENOENT` of `openat`: `/proc` is not mounted.
    /// - `EACCES` of `openat`: it may not be read, or the descriptor be followed.
    /// - `EMFILE`, `ENFILE` of `openat`: too many open files.
    ///
    /// ```
    /// use rawshm::{Errno, MapOptions, Memfd};
    ///
    /// let memfd = Memfd::create("doc", 100)?;
    /// let for_others = memfd.reopen_read_only()?;
    /// let refused = MapOptions::new().map_shared(&for_others).unwrap_err();
    /// assert!(refused == Errno::EACCES);
    ///
    /// memfd.map()?.shared().store(0, 7_u8);
    /// let theirs = MapOptions::new().map_read_only(&for_others)?;
    /// assert_eq!(theirs.shared().load::<u8>(0), 7);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(target_os = "linux")]
    pub fn reopen_read_only(&self) -> Result<OwnedFd> {
        const WRITE: Mode = Mode::WUSR.union(Mode::WGRP).union(Mode::WOTH);
        let mode = self.stat()?.mode().permissions();
        if mode.intersects(WRITE) {
            fchmod(&self.fd, mode.difference(WRITE))?;
        }
        sys::reopen(self.fd.as_raw_fd(), sys::O_RDONLY | sys::O_CLOEXEC).in_call(Call::Openat)
    }
}

impl TryFrom<OwnedFd> for Memfd {
    type Error = Refused<OwnedFd, MissingSeals>;

    /// Takes a descriptor that was received or inherited, if nobody can shorten its file: it
    /// has the seal `SHRINK`, as every [`Memfd`] that is not
    /// [resizable](super::MemfdOptions::resizable).
    ///
    /// [`Memfd::from_fd`] asks for others, or for none; the errors are the same.
    fn try_from(fd: OwnedFd) -> Result<Self, Self::Error> {
        Self::from_fd(fd, SealFlags::SHRINK)
    }
}

#[cfg(target_os = "linux")]
impl TryFrom<OwnedFd> for FrozenMemfd {
    type Error = Refused<OwnedFd, MissingSeals>;

    /// Takes a descriptor whose file has the seals `WRITE` and `SHRINK`.
    ///
    /// The errors are those of [`Memfd::from_fd`].
    fn try_from(fd: OwnedFd) -> Result<Self, Self::Error> {
        require(fd, SealFlags::WRITE | SealFlags::SHRINK).map(|fd| Self { fd })
    }
}
