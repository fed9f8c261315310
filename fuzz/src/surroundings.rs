//! Objects and segments that are this process's alone, so that a run that crashes leaves none.

use std::path::{Path, PathBuf};
use std::{fs, io, process};

use rawshm::fd::OwnedFd;
use rawshm::shm;

/// Where a target makes objects.
pub struct Arena {
    /// The path, for looking without the crate.
    pub path: PathBuf,
    /// The directory.
    pub directory: OwnedFd,
    /// Whether `/dev/shm` itself is ours: then it is the directory.
    pub is_dev_shm: bool,
}

impl Arena {
    /// A `/dev/shm` of our own in a mount namespace of our own; where that is not allowed, a
    /// directory in everybody's.
    ///
    /// Call it before there are other threads: the namespace is the thread's.
    pub fn new() -> Self {
        let own = unshare(libc::CLONE_NEWNS).and_then(|()| mount_dev_shm());
        let path = match &own {
            Ok(()) => PathBuf::from("/dev/shm"),
            Err(error) => {
                eprintln!("a directory in everybody's /dev/shm: {error}");
                directory().expect("a directory in /dev/shm can be made")
            }
        };
        let bytes = path.as_os_str().as_encoded_bytes();
        Self {
            directory: shm::open_directory(bytes).expect("it is there"),
            is_dev_shm: own.is_ok(),
            path,
        }
    }
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

/// System V segments of our own, if that is allowed.
pub fn own_segments() -> bool {
    match unshare(libc::CLONE_NEWIPC) {
        Ok(()) => true,
        Err(error) => {
            eprintln!("among everybody's segments: {error}");
            false
        }
    }
}

fn unshare(flags: libc::c_int) -> io::Result<()> {
    // SAFETY: unshare touches no memory.
    succeeded(unsafe { libc::unshare(flags) })
}

fn mount_dev_shm() -> io::Result<()> {
    let (root, kind) = (c"/".as_ptr(), c"tmpfs".as_ptr());
    let flags = libc::MS_REC | libc::MS_PRIVATE;
    // SAFETY: all strings end with NUL; there are no options.
    succeeded(unsafe { libc::mount(kind, root, kind, flags, std::ptr::null()) })?;
    let (target, options) = (c"/dev/shm".as_ptr(), c"mode=1777,size=64m".as_ptr());
    // SAFETY: as above.
    succeeded(unsafe { libc::mount(kind, target, kind, 0, options.cast()) })
}

fn succeeded(result: libc::c_int) -> io::Result<()> {
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

const PREFIX: &str = "rawshm-fuzz-";

/// Made anew; those of processes that are gone are removed.
fn directory() -> io::Result<PathBuf> {
    for entry in fs::read_dir("/dev/shm")? {
        let name = entry?.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            // Perhaps somebody else's.
            let _ = fs::remove_dir_all(Path::new("/dev/shm").join(name));
        }
    }
    let path = PathBuf::from(format!("/dev/shm/{PREFIX}{}", process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir(&path)?;
    Ok(path)
}
