//! POSIX shared memory: files in `/dev/shm`.

use core::ffi::CStr;

use crate::Errno;
use crate::fd::{AsFd, OwnedFd};
use crate::sys::ObjectName;

use super::c_string::CString;
use super::{
    NAME_MAX, O_CLOEXEC, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, Result, S_IFDIR, S_IFMT, S_IFREG,
    fstat, openat, unlinkat,
};

const DIRECTORY: &[u8] = b"/dev/shm/";

/// How often a name may appear and vanish again under our hands before we give up.
const ATTEMPTS: usize = 64;

/// The path of an object.
type Path = CString<{ DIRECTORY.len() + NAME_MAX + 1 }>;

#[inline]
fn path(name: ObjectName<'_>) -> Path {
    // SAFETY: a checked name holds no NUL, nor does the directory.
    unsafe { Path::join([DIRECTORY, name.as_bytes()]) }
}

/// Opens an object; anything but a regular file is refused.
pub(crate) fn shm_open(name: ObjectName<'_>, flags: u32, mode: u32) -> Result<OwnedFd> {
    // A planted FIFO must not make us wait, nor a planted link lead us elsewhere.
    let flags = flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    let fd = open_or_create(path(name).as_c_str(), flags, mode)?;
    match fstat(fd.as_fd())?.st_mode & S_IFMT {
        S_IFREG => Ok(fd),
        S_IFDIR => Err(Errno::EISDIR),
        // What the kernel says itself of a socket.
        _ => Err(Errno::ENXIO),
    }
}

/// Opens without `O_CREAT` where the object exists: in a sticky directory
/// `fs.protected_regular` refuses that flag on somebody else's file, even to root.
fn open_or_create(path: &CStr, flags: u32, mode: u32) -> Result<OwnedFd> {
    if flags & (O_CREAT | O_EXCL) != O_CREAT {
        return openat(path, flags, mode);
    }
    for _ in 0..ATTEMPTS {
        match openat(path, flags & !O_CREAT, 0) {
            Err(Errno::ENOENT) => {}
            opened => return opened,
        }
        match openat(path, flags | O_EXCL, mode) {
            Err(Errno::EEXIST) => {}
            created => return created,
        }
    }
    Err(Errno::EAGAIN)
}

/// Removes a name.
pub(crate) fn shm_unlink(name: ObjectName<'_>) -> Result<()> {
    unlinkat(path(name).as_c_str())
}
