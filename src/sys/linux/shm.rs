//! POSIX shared memory: files in `/dev/shm`, or in a directory that somebody has open.

use core::ffi::CStr;

use crate::Errno;
use crate::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use crate::sys::name::has_nul;
use crate::sys::{ObjectName, OwnedName};
use crate::syscall::{SYS_mount, syscall5};

use super::c_string::{CString, Decimal};
use super::directory::Directory;
use super::{
    AT_EMPTY_PATH, AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW, NAME_MAX,
    O_CLOEXEC, O_CREAT, O_DIRECTORY, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_PATH, O_RDWR,
    O_TMPFILE, PATH_MAX, ProcLink, RENAME_NOREPLACE, Result, S_IFDIR, S_IFMT, S_IFREG, Stat, fstat,
    fstatat, linkat, mkdirat, openat, proc_link, renameat2, sleep, unlinkat,
};

const DIRECTORY_PATH: &CStr = c"/dev/shm/";
const DIRECTORY: &[u8] = DIRECTORY_PATH.to_bytes();

/// How often a name may appear and vanish again, or be leased, before we give up.
pub(crate) const ATTEMPTS: usize = 64;

/// How long somebody who holds a lease gets each time to give it up, in nanoseconds.
const PATIENCE: u32 = 1_000_000;

/// Room for the path of an object.
type Path = CString<{ DIRECTORY.len() + NAME_MAX + 1 }>;

/// Where objects are: in a directory that somebody has open, or in `/dev/shm`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'d>(pub(crate) Option<BorrowedFd<'d>>);

impl Place<'_> {
    /// Where objects are unless somebody says otherwise.
    pub(crate) const DEFAULT: Self = Self(None);

    /// Whether it is `/dev/shm`.
    pub(crate) fn is_default(self) -> bool {
        self.0.is_none()
    }

    /// What paths start from.
    #[inline]
    fn fd(self) -> RawFd {
        self.0.map_or(AT_FDCWD, |directory| directory.as_raw_fd())
    }

    fn path<'r>(self, name: ObjectName<'_>, room: &'r mut Path) -> &'r CStr {
        // SAFETY: a checked name holds no NUL, and is not too long.
        unsafe { self.join(name.as_bytes(), room) }
    }

    /// The directory itself.
    fn itself(self, room: &mut Path) -> &CStr {
        // SAFETY: there is no NUL in it.
        unsafe { self.join(b".", room) }
    }

    /// # Safety
    ///
    /// The part holds no NUL. It is not longer than a name.
    unsafe fn join<'r>(self, last: &[u8], room: &'r mut Path) -> &'r CStr {
        match self.0 {
            // SAFETY: no NUL, and no more than a name, by the caller's word.
            Some(_) => unsafe { room.join([last]) },
            // SAFETY: nor is there one in the directory, and the room is made for both.
            None => unsafe { room.join([DIRECTORY, last]) },
        }
    }
}

/// Opens an object; anything but a regular file is refused.
#[inline]
pub(crate) fn shm_open(
    place: Place<'_>,
    name: ObjectName<'_>,
    flags: u32,
    mode: u32,
) -> Result<OwnedFd> {
    regular_or_refused(open(place, name, flags, mode)?, flags)
}

/// As [`shm_open`] in `/dev/shm`, with a name that is not checked yet.
#[inline]
pub(crate) fn open_name(name: &[u8], flags: u32, mode: u32) -> Result<OwnedFd> {
    let mut room = Path::new();
    let path = named_path(name, &mut room)?;
    let fd = open_or_create(AT_FDCWD, path, safe_flags(flags)?, mode)?;
    regular_or_refused(fd, flags)
}

/// Gives back what was opened with these flags, if it is a regular file.
#[inline]
fn regular_or_refused(fd: OwnedFd, flags: u32) -> Result<OwnedFd> {
    // What the kernel has made itself is one; with O_PATH it makes nothing.
    if flags & (O_CREAT | O_EXCL | O_PATH) == O_CREAT | O_EXCL {
        return Ok(fd);
    }
    looked_at(fd)
}

/// Gives back a descriptor of a regular file, and closes any other.
fn looked_at(fd: OwnedFd) -> Result<OwnedFd> {
    check_regular(&fstat(fd.as_fd())?)?;
    Ok(fd)
}

/// The path in `/dev/shm` of a name, which is checked meanwhile.
#[inline]
fn named_path<'r>(name: &[u8], room: &'r mut Path) -> Result<&'r CStr> {
    let checked = |place| {
        // SAFETY: the room is made for a name behind the directory.
        unsafe { ObjectName::copied(name, place) }.map(|name| name.as_bytes().len())
    };
    // SAFETY: there is no NUL in the directory, nor in a checked name.
    unsafe { room.join_with(DIRECTORY, checked) }
}

/// As [`shm_open`], with the status that tells what it is.
///
/// What has lost its name is not taken: between the kernel's look at the name and its opening
/// somebody may have removed or replaced it, and a lease that was to guard it may be gone.
pub(crate) fn shm_open_with_stat(
    place: Place<'_>,
    name: ObjectName<'_>,
    flags: u32,
    mode: u32,
) -> Result<(OwnedFd, Stat)> {
    for _ in 0..ATTEMPTS {
        let fd = open(place, name, flags, mode)?;
        let stat = fstat(fd.as_fd())?;
        if stat.st_nlink > 0 {
            check_regular(&stat)?;
            return Ok((fd, stat));
        }
    }
    Err(Errno::EAGAIN)
}

#[inline]
fn open(place: Place<'_>, name: ObjectName<'_>, flags: u32, mode: u32) -> Result<OwnedFd> {
    let flags = safe_flags(flags)?;
    let mut room = Path::new();
    open_or_create(place.fd(), place.path(name, &mut room), flags, mode)
}

#[inline]
fn safe_flags(flags: u32) -> Result<u32> {
    // A nameless file in a directory is no object, and the directory not ours.
    if flags & O_TMPFILE == O_TMPFILE {
        return Err(Errno::EINVAL);
    }
    // A planted FIFO must not make us wait, nor a planted link lead us elsewhere, nor a planted
    // terminal become ours.
    Ok(flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
}

/// Refuses what is not a regular file, as objects are.
#[inline]
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
#[inline]
fn open_or_create(directory: RawFd, path: &CStr, flags: u32, mode: u32) -> Result<OwnedFd> {
    let two_steps = flags & (O_CREAT | O_EXCL) == O_CREAT;
    let first = if two_steps { flags & !O_CREAT } else { flags };
    openat(directory, path, first, mode)
        .or_else(|errno| create_or_wait(errno, (directory, path), flags, mode))
}

/// Goes on where the first step did not open an object.
#[cold]
fn create_or_wait(
    errno: Errno,
    (directory, path): (RawFd, &CStr),
    flags: u32,
    mode: u32,
) -> Result<OwnedFd> {
    let two_steps = flags & (O_CREAT | O_EXCL) == O_CREAT;
    let first = if two_steps { flags & !O_CREAT } else { flags };
    let mut opened = Err(errno);
    for _ in 0..ATTEMPTS {
        match opened {
            Err(Errno::ENOENT) if two_steps => {
                match openat(directory, path, flags | O_EXCL, mode) {
                    Err(Errno::EEXIST) => {}
                    created => return created,
                }
            }
            // Somebody has a lease on it, perhaps to see whether it is in use: with
            // O_NONBLOCK the kernel tells the holder and does not wait itself.
            Err(Errno::EAGAIN) => sleep(PATIENCE),
            opened => return opened,
        }
        opened = openat(directory, path, first, mode);
    }
    match opened {
        Err(Errno::ENOENT) if two_steps => Err(Errno::EAGAIN),
        opened => opened,
    }
}

/// Removes a name.
pub(crate) fn shm_unlink(place: Place<'_>, name: ObjectName<'_>) -> Result<()> {
    unlinkat(place.fd(), place.path(name, &mut Path::new()), 0)
}

/// As [`shm_unlink`] from `/dev/shm`, with a name that is not checked yet.
#[inline]
pub(crate) fn unlink_name(name: &[u8]) -> Result<()> {
    let mut room = Path::new();
    unlinkat(AT_FDCWD, named_path(name, &mut room)?, 0)
}

/// The status of what bears a name, which is not opened for that.
pub(crate) fn object_stat(place: Place<'_>, name: ObjectName<'_>) -> Result<Stat> {
    let mut room = Path::new();
    fstatat(place.fd(), place.path(name, &mut room), AT_SYMLINK_NOFOLLOW)
}

/// Creates an object that has no name, and vanishes with its last descriptor unless it gets
/// one.
pub(crate) fn open_unnamed(place: Place<'_>, mode: u32) -> Result<OwnedFd> {
    let flags = O_TMPFILE | O_RDWR | O_CLOEXEC;
    openat(place.fd(), place.itself(&mut Path::new()), flags, mode)
}

/// How an object without a name can get one here.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Naming {
    /// By its descriptor: privileged processes, and all from Linux 6.10 on.
    Descriptor,
    /// By the link that `/proc` has for it.
    Proc,
}

/// How this object can get a name, if it can.
pub(crate) fn naming(place: Place<'_>, fd: BorrowedFd<'_>) -> Option<Naming> {
    let mut room = Path::new();
    let directory = (place.fd(), place.itself(&mut room));
    // The name `.` is always taken. The kernel says so after it has found what to link.
    let works = |naming| link(fd, naming, directory) == Err(Errno::EEXIST);
    [Naming::Descriptor, Naming::Proc]
        .into_iter()
        .find(|&naming| works(naming))
}

/// Gives the object a name, unless that is taken: `EEXIST`.
pub(crate) fn link_unnamed(
    fd: BorrowedFd<'_>,
    naming: Naming,
    place: Place<'_>,
    name: ObjectName<'_>,
) -> Result<()> {
    link(fd, naming, (place.fd(), place.path(name, &mut Path::new())))
}

fn link(fd: BorrowedFd<'_>, naming: Naming, to: (RawFd, &CStr)) -> Result<()> {
    match naming {
        Naming::Descriptor => linkat((fd.as_raw_fd(), c""), to, AT_EMPTY_PATH),
        Naming::Proc => {
            let mut room = ProcLink::new();
            let from = (AT_FDCWD, proc_link(fd.as_raw_fd(), &mut room));
            linkat(from, to, AT_SYMLINK_FOLLOW)
        }
    }
}

/// Renames an object; what bears the new name loses it.
pub(crate) fn rename_over(
    place: Place<'_>,
    from: ObjectName<'_>,
    to: ObjectName<'_>,
) -> Result<()> {
    let mut rooms = [const { Path::new() }; 2];
    let [from_room, to_room] = &mut rooms;
    let (from, to) = (place.path(from, from_room), place.path(to, to_room));
    renameat2(place.fd(), from, to, 0)
}

/// Renames an object, unless the new name is taken: `EEXIST`.
///
/// Where the file system cannot do that in one step the object has both names then.
pub(crate) fn rename_to_new(
    place: Place<'_>,
    from: ObjectName<'_>,
    to: ObjectName<'_>,
) -> Result<()> {
    let mut rooms = [const { Path::new() }; 2];
    let [from_room, to_room] = &mut rooms;
    let (from, to) = (place.path(from, from_room), place.path(to, to_room));
    let directory = place.fd();
    match renameat2(directory, from, to, RENAME_NOREPLACE) {
        Err(Errno::EINVAL | Errno::ENOSYS | Errno::EPERM) => {
            linkat((directory, from), (directory, to), 0)
        }
        renamed => renamed,
    }
}

/// Opens a directory as a mere place.
pub(crate) fn open_place(place: Place<'_>) -> Result<OwnedFd> {
    let flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    openat(place.fd(), place.itself(&mut Path::new()), flags, 0)
}

/// Opens a directory by its path as a mere place. `EINVAL`, `ENAMETOOLONG`, `ENOENT`: the path
/// holds a NUL, is too long, or empty.
pub(crate) fn open_directory(path: &[u8]) -> Result<OwnedFd> {
    if has_nul(path) {
        return Err(Errno::EINVAL);
    }
    if path.len() >= PATH_MAX {
        return Err(Errno::ENAMETOOLONG);
    }
    let mut room = CString::<PATH_MAX>::new();
    // SAFETY: there is no NUL in it, and it has room.
    let path = unsafe { room.join([path]) };
    openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0)
}

/// Makes `/dev/shm`; `false` if it is there.
pub(crate) fn make_directory(mode: u32) -> Result<bool> {
    match mkdirat(AT_FDCWD, DIRECTORY_PATH, mode) {
        Ok(()) => Ok(true),
        Err(Errno::EEXIST) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// Removes `/dev/shm`, which must be empty.
pub(crate) fn remove_directory() -> Result<()> {
    unlinkat(AT_FDCWD, DIRECTORY_PATH, AT_REMOVEDIR)
}

/// Mounts a tmpfs at `/dev/shm` that everybody may write to: of so many bytes, or of half of
/// the memory.
pub(crate) fn mount_objects(flags: u32, size: Option<u64>) -> Result<()> {
    let number = Decimal::new(size.unwrap_or(0));
    let options: [&[u8]; 3] = match size {
        Some(_) => [b"mode=1777", b",size=", number.as_bytes()],
        None => [b"mode=1777", b"", b""],
    };
    let mut room = CString::<48>::new();
    // SAFETY: digits are no NUL, nor is there one in the other parts, which have 15 bytes.
    let options = unsafe { room.join(options) }.as_ptr().expose_provenance();
    let kind = c"tmpfs".as_ptr().expose_provenance();
    let target = DIRECTORY_PATH.as_ptr().expose_provenance();
    // SAFETY: mount reads the strings, which end with NUL.
    unsafe { syscall5(SYS_mount, kind, target, kind, flags as usize, options) }.map(drop)
}

/// The names in a directory of objects, with their status.
#[derive(Debug)]
pub(crate) struct ObjectDirectory(Directory);

impl ObjectDirectory {
    pub(crate) fn open(place: Place<'_>) -> Result<Self> {
        Directory::open(place.fd(), place.itself(&mut Path::new())).map(Self)
    }

    /// The next object whose name is `wanted`: its name and status. What is not a regular
    /// file, or vanishes meanwhile, is passed over.
    pub(crate) fn next_object(
        &mut self,
        wanted: impl Fn(&[u8]) -> bool,
    ) -> Result<Option<(OwnedName, Stat)>> {
        while let Some((name, stat)) = self.0.next_entry(&wanted)? {
            let (Ok(name), Ok(stat)) = (ObjectName::new(name), stat) else {
                continue;
            };
            if check_regular(&stat).is_ok() {
                return Ok(Some((name.to_owned(), stat)));
            }
        }
        Ok(None)
    }
}
