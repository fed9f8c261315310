//! POSIX shared memory: files in `/dev/shm`.

use core::ffi::CStr;

use crate::Errno;
use crate::fd::{AsFd, OwnedFd};
use crate::sys::ObjectName;

use super::c_string::CString;
use super::directory::Directory;
use super::{
    NAME_MAX, O_CLOEXEC, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_TMPFILE, Result, S_IFDIR,
    S_IFMT, S_IFREG, Stat, fstat, openat, sleep, unlinkat,
};

const DIRECTORY: &[u8] = b"/dev/shm/";

/// How often a name may appear and vanish again, or be leased, before we give up.
const ATTEMPTS: usize = 64;

/// How long somebody who holds a lease gets each time to give it up, in nanoseconds.
const PATIENCE: u32 = 1_000_000;

/// The path of an object.
type Path = CString<{ DIRECTORY.len() + NAME_MAX + 1 }>;

#[inline]
fn path(name: ObjectName<'_>) -> Path {
    // SAFETY: a checked name holds no NUL, nor does the directory.
    unsafe { Path::join([DIRECTORY, name.as_bytes()]) }
}

/// Opens an object; anything but a regular file is refused.
pub(crate) fn shm_open(name: ObjectName<'_>, flags: u32, mode: u32) -> Result<OwnedFd> {
    // A nameless file in a directory is no object, and the directory not ours.
    if flags & O_TMPFILE == O_TMPFILE {
        return Err(Errno::EINVAL);
    }
    // A planted FIFO must not make us wait, nor a planted link lead us elsewhere.
    let flags = flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    let fd = open_or_create(path(name).as_c_str(), flags, mode)?;
    check_regular(&fstat(fd.as_fd())?)?;
    Ok(fd)
}

/// Refuses what is not a regular file, as objects are.
pub(crate) fn check_regular(stat: &Stat) -> Result<()> {
    match stat.st_mode & S_IFMT {
        S_IFREG => Ok(()),
        S_IFDIR => Err(Errno::EISDIR),
        // What the kernel says itself of a socket.
        _ => Err(Errno::ENXIO),
    }
}

/// Opens, and creates where the flags say so.
///
/// An object that exists is opened without `O_CREAT`: in a sticky directory
/// `fs.protected_regular` refuses that flag on somebody else's file, even to root.
fn open_or_create(path: &CStr, flags: u32, mode: u32) -> Result<OwnedFd> {
    let two_steps = flags & (O_CREAT | O_EXCL) == O_CREAT;
    let first = if two_steps { flags & !O_CREAT } else { flags };
    for _ in 0..ATTEMPTS {
        match openat(path, first, mode) {
            Err(Errno::ENOENT) if two_steps => match openat(path, flags | O_EXCL, mode) {
                Err(Errno::EEXIST) => {}
                created => return created,
            },
            // Somebody has a lease on it, perhaps to see whether it is in use: with
            // O_NONBLOCK the kernel tells the holder and does not wait itself.
            Err(Errno::EAGAIN) => sleep(PATIENCE),
            opened => return opened,
        }
    }
    Err(Errno::EAGAIN)
}

/// Removes a name.
pub(crate) fn shm_unlink(name: ObjectName<'_>) -> Result<()> {
    unlinkat(path(name).as_c_str())
}

/// The names in the directory of objects, with their status.
#[derive(Debug)]
pub(crate) struct ObjectDirectory(Directory);

impl ObjectDirectory {
    pub(crate) fn open() -> Result<Self> {
        // SAFETY: the path holds no NUL.
        let path: Path = unsafe { Path::join([DIRECTORY]) };
        Directory::open(path.as_c_str()).map(Self)
    }

    /// The next object: hands its name to `keep` and returns its status. What is not a
    /// regular file, or vanishes meanwhile, is passed over.
    pub(crate) fn next_object(&mut self, mut keep: impl FnMut(&[u8])) -> Result<Option<Stat>> {
        while let Some((name, stat)) = self.0.next_entry()? {
            match stat {
                Ok(stat) if check_regular(&stat).is_ok() => {
                    keep(name);
                    return Ok(Some(stat));
                }
                _ => {}
            }
        }
        Ok(None)
    }
}
