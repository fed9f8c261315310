//! POSIX shared memory: objects in a name space of their own, which nobody can list.

use core::ffi::CStr;
use core::marker::PhantomData;

use rustix::fs::Mode;
use rustix::io::FdFlags;
use rustix::shm::OFlags;

use super::{
    MFD_ALLOW_SEALING, MFD_CLOEXEC, NAME_MAX, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, Result, Stat,
    errno, fstat, take,
};
use crate::fd::{AsFd as _, BorrowedFd, OwnedFd};
use crate::sys::ObjectName;
use crate::sys::emulation::{self, Objects, RANDOM_LEN};

/// Where objects are: there is one place for all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'d>(PhantomData<BorrowedFd<'d>>);

impl Place<'_> {
    /// Where objects are unless somebody says otherwise.
    pub(crate) const DEFAULT: Self = Self(PhantomData);

    /// There is no other.
    #[expect(clippy::unused_self, reason = "elsewhere there are others")]
    pub(crate) fn is_default(self) -> bool {
        true
    }
}

/// A name as the system takes it: a slash before it, a NUL behind it.
struct Path([u8; 1 + NAME_MAX + 1]);

impl Path {
    fn new(name: ObjectName<'_>) -> Self {
        let mut bytes = [0; 1 + NAME_MAX + 1];
        bytes[0] = b'/';
        bytes[1..][..name.as_bytes().len()].copy_from_slice(name.as_bytes());
        Self(bytes)
    }

    fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }
}

fn open(path: &CStr, flags: u32, mode: u32) -> Result<OwnedFd> {
    let flags = OFlags::from_bits_retain(flags);
    let mode = Mode::from_bits_retain(mode as libc::mode_t);
    rustix::shm::open(path, flags, mode)
        .map(take)
        .map_err(errno)
}

/// Opens an object. Nothing but objects has names there, and the descriptor is close-on-exec.
pub(crate) fn shm_open(
    _place: Place<'_>,
    name: ObjectName<'_>,
    flags: u32,
    mode: u32,
) -> Result<OwnedFd> {
    open(Path::new(name).as_c_str(), flags, mode)
}

/// As [`shm_open`], with a name that is not checked yet.
pub(crate) fn open_name(name: &[u8], flags: u32, mode: u32) -> Result<OwnedFd> {
    shm_open(Place::DEFAULT, ObjectName::new(name)?, flags, mode)
}

/// As [`shm_open`], with its status.
pub(crate) fn shm_open_with_stat(
    place: Place<'_>,
    name: ObjectName<'_>,
    flags: u32,
    mode: u32,
) -> Result<(OwnedFd, Stat)> {
    let fd = shm_open(place, name, flags, mode)?;
    let stat = fstat(fd.as_fd())?;
    Ok((fd, stat))
}

/// The status of what bears a name.
pub(crate) fn object_stat(place: Place<'_>, name: ObjectName<'_>) -> Result<Stat> {
    shm_open_with_stat(place, name, O_RDONLY, 0).map(|(_, stat)| stat)
}

/// Removes a name.
pub(crate) fn shm_unlink(_place: Place<'_>, name: ObjectName<'_>) -> Result<()> {
    rustix::shm::unlink(Path::new(name).as_c_str()).map_err(errno)
}

/// As [`shm_unlink`], with a name that is not checked yet.
pub(crate) fn unlink_name(name: &[u8]) -> Result<()> {
    shm_unlink(Place::DEFAULT, ObjectName::new(name)?)
}

/// The name space of objects, for those who make one without a name.
struct NameSpace {
    /// The permissions of what is created.
    mode: u32,
}

impl Objects for NameSpace {
    type Object = OwnedFd;

    fn random(&mut self) -> Result<[u8; RANDOM_LEN]> {
        let mut bytes = [0; RANDOM_LEN];
        // SAFETY: getentropy writes so many bytes to the buffer.
        super::answer(unsafe { libc::getentropy(bytes.as_mut_ptr().cast(), RANDOM_LEN) })?;
        Ok(bytes)
    }

    fn create(&mut self, name: &CStr) -> Result<OwnedFd> {
        open(name, O_RDWR | O_CREAT | O_EXCL, self.mode)
    }

    fn unlink(&mut self, name: &CStr) -> Result<()> {
        rustix::shm::unlink(name).map_err(errno)
    }
}

/// As `memfd_create`: an object whose name is gone when this returns. What `prepare` does to
/// it, as setting its size, is done before.
///
/// `EINVAL`: a name of more than 249 bytes or with a NUL in it, which counts for nothing else
/// here; flags that are not emulated.
pub(crate) fn memfd_create_with<T>(
    name: &[u8],
    flags: u32,
    prepare: impl FnOnce(BorrowedFd<'_>) -> T,
) -> Result<(OwnedFd, T)> {
    emulation::check_memfd(name, flags, MFD_CLOEXEC | MFD_ALLOW_SEALING)?;
    let mut objects = NameSpace {
        mode: super::S_IRUSR | super::S_IWUSR,
    };
    let prepare = |fd: &OwnedFd, _: &CStr| Ok(prepare(fd.as_fd()));
    let (fd, prepared) = emulation::create_unnamed(&mut objects, prepare)?;
    if flags & MFD_CLOEXEC == 0 {
        rustix::io::fcntl_setfd(super::lend(fd.as_fd()), FdFlags::empty()).map_err(errno)?;
    }
    Ok((fd, prepared))
}

pub(crate) fn memfd_create(name: &[u8], flags: u32) -> Result<OwnedFd> {
    memfd_create_with(name, flags, |_| ()).map(|(fd, ())| fd)
}

/// Two descriptors of one new object without a name: the first can write, the second cannot.
///
/// The object's mode allows nobody to write, so that nobody but root could have opened it for
/// that while it had a name, and no descriptor that cannot write can be made one that can. When
/// the first is closed, and what was mapped through it unmapped, nobody can write it any more.
pub(crate) fn writer_and_reader<T>(
    prepare: impl FnOnce(BorrowedFd<'_>) -> T,
) -> Result<(OwnedFd, OwnedFd, T)> {
    let mut objects = NameSpace {
        mode: super::S_IRUSR,
    };
    let prepare = |fd: &OwnedFd, name: &CStr| Ok((open(name, O_RDONLY, 0)?, prepare(fd.as_fd())));
    let (writer, (reader, prepared)) = emulation::create_unnamed(&mut objects, prepare)?;
    Ok((writer, reader, prepared))
}
