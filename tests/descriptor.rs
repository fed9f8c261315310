//! The calls on descriptors: what each does, and each error that can be provoked.

#![cfg(target_os = "linux")]

mod common;

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, symlink};
use std::os::unix::net::UnixStream;
use std::time::Duration;
use std::{env, ptr, thread};

use rawshm::descriptor::{
    FallocateFlags, FdFlags, Lease, Mode, OFlags, Timespec, close, dup, fallocate, fchmod, fchown,
    fcntl, fcntl_getfd, fcntl_getfl, fcntl_getlease, fcntl_setfd, fcntl_setlease, fcntl_setsig,
    fstat, ftruncate,
};
use rawshm::fd::{AsRawFd, FromRawFd as _, OwnedFd};
use rawshm::memfd::{MemfdFlags, SealFlags, add_seals, memfd_create};
use rawshm::shm::shm_open;
use rawshm::{Call, Errno, SharedMemory};

use common::{UniqueName, adopt, assert_fails, not_open, open, path_only, reopen, skip};

const RESERVE: FallocateFlags = FallocateFlags::empty();

/// Ignored unless handled.
const SIGURG: i32 = libc::SIGURG;

/// A file in memory, empty and open for reading and writing.
fn file() -> OwnedFd {
    memfd_create("test", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap()
}

fn read_only(fd: &OwnedFd) -> OwnedFd {
    reopen(fd, File::options().read(true))
}

/// A file that belongs to root.
fn somebody_elses() -> OwnedFd {
    open("/etc/passwd", File::options().read(true))
}

fn pipe() -> (OwnedFd, OwnedFd) {
    let mut ends = [0; 2];
    // SAFETY: pipe2 writes two descriptors.
    let result = unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) };
    assert_eq!(result, 0, "pipe2: {}", io::Error::last_os_error());
    // SAFETY: just opened, and nobody else's.
    ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) }).into()
}

/// What is mounted read-only cannot be changed even through a descriptor.
fn on_read_only_file_system(check: impl FnOnce(&OwnedFd) + Send) {
    common::with_own_dev_shm(0, c"", || {
        let name = UniqueName::new("read-only");
        SharedMemory::create(&name, 0).unwrap();
        // A child that another test is just starting may have a copy of the descriptor,
        // open for writing, until it executes.
        let remount = || common::mount(c"/dev/shm", libc::MS_REMOUNT | libc::MS_RDONLY, c"");
        let mut tries = 500;
        while let Err(error) = remount() {
            assert_eq!(error.raw_os_error(), Some(libc::EBUSY), "{error}");
            assert_ne!(tries, 0, "still busy");
            tries -= 1;
            thread::sleep(Duration::from_millis(10));
        }
        check(&shm_open(&name, OFlags::RDONLY, Mode::empty()).unwrap());
    });
}

// --- ftruncate, fallocate --------------------------------------------------

#[test]
fn ftruncate_sets_the_size() {
    let mut file = common::into_file(file());
    file.write_all(b"text").unwrap();
    let fd = adopt(file.try_clone().unwrap());
    for len in [2, 10_000, 0, 1 << 40, 3] {
        ftruncate(&fd, len).unwrap();
        assert_eq!(file.metadata().unwrap().len(), len);
    }
    file.rewind().unwrap();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, [0; 3], "what was cut off is gone");
}

#[test]
fn ftruncate_says_why_not() {
    let file = file();
    let sealed = self::file();
    ftruncate(&sealed, 10).unwrap();
    add_seals(&sealed, SealFlags::SHRINK | SealFlags::GROW).unwrap();
    let directory = open("/dev", File::options().read(true));
    let (reader, writer) = pipe();
    for (result, errno) in [
        (ftruncate(read_only(&file), 1), Errno::EINVAL),
        (ftruncate(&file, i64::MAX as u64 + 1), Errno::EINVAL),
        (ftruncate(&file, u64::MAX), Errno::EINVAL),
        (ftruncate(directory, 1), Errno::EINVAL),
        (ftruncate(reader, 1), Errno::EINVAL),
        (ftruncate(writer, 1), Errno::EINVAL),
        (ftruncate(&sealed, 9), Errno::EPERM),
        (ftruncate(&sealed, 11), Errno::EPERM),
        (ftruncate(path_only(&file), 1), Errno::EBADF),
        (ftruncate(not_open(), 1), Errno::EBADF),
    ] {
        assert_fails(result, Call::Ftruncate, errno);
    }
    ftruncate(&sealed, 10).unwrap();
}

#[test]
fn fallocate_reserves_grows_and_frees() {
    let page = rawshm::mm::page_size() as u64;
    let fd = file();
    let reserved = || fstat(&fd).unwrap().blocks() * 512;
    let size = || fstat(&fd).unwrap().size();

    fallocate(&fd, RESERVE, page, page + 1).unwrap();
    assert_eq!((size(), reserved()), (2 * page + 1, 2 * page));
    fallocate(&fd, FallocateFlags::KEEP_SIZE, 8 * page, page).unwrap();
    assert_eq!((size(), reserved()), (2 * page + 1, 3 * page));

    let mut file = common::into_file(dup(&fd).unwrap());
    file.write_all(&vec![7; 2 * page as usize]).unwrap();
    let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    fallocate(&fd, hole, 0, page).unwrap();
    assert_eq!((size(), reserved()), (2 * page + 1, 3 * page));
    file.rewind().unwrap();
    let mut bytes = vec![1; 2 * page as usize];
    file.read_exact(&mut bytes).unwrap();
    let (punched, kept) = bytes.split_at(page as usize);
    assert!(punched.iter().all(|&byte| byte == 0));
    assert!(kept.iter().all(|&byte| byte == 7));
}

#[test]
fn fallocate_says_why_not() {
    let largest = i64::MAX as u64;
    let file = file();
    let sealed = self::file();
    ftruncate(&sealed, 10).unwrap();
    add_seals(&sealed, SealFlags::GROW | SealFlags::WRITE).unwrap();
    let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    let (_reader, writer) = pipe();
    let device = || open("/dev/null", File::options().write(true));
    let socket = adopt(UnixStream::pair().unwrap().0);
    for (result, errno) in [
        (fallocate(&file, RESERVE, 0, 0), Errno::EINVAL),
        (fallocate(&file, RESERVE, largest + 1, 1), Errno::EINVAL),
        (fallocate(&file, RESERVE, 0, largest + 1), Errno::EINVAL),
        (fallocate(&file, RESERVE, largest, 1), Errno::EFBIG),
        (fallocate(read_only(&file), RESERVE, 0, 1), Errno::EBADF),
        (fallocate(path_only(&file), RESERVE, 0, 1), Errno::EBADF),
        (fallocate(not_open(), RESERVE, 0, 1), Errno::EBADF),
        (fallocate(&sealed, RESERVE, 0, 11), Errno::EPERM),
        (fallocate(&sealed, hole, 0, 1), Errno::EPERM),
        (
            fallocate(&file, FallocateFlags::COLLAPSE_RANGE, 0, 4096),
            Errno::EOPNOTSUPP,
        ),
        (
            fallocate(&file, FallocateFlags::from_bits_retain(1 << 30), 0, 1),
            Errno::EOPNOTSUPP,
        ),
        (
            fallocate(&file, FallocateFlags::PUNCH_HOLE, 0, 1),
            Errno::EOPNOTSUPP,
        ),
        (fallocate(device(), RESERVE, 0, 1), Errno::ENODEV),
        (fallocate(socket, RESERVE, 0, 1), Errno::ENODEV),
        (fallocate(writer, RESERVE, 0, 1), Errno::ESPIPE),
    ] {
        assert_fails(result, Call::Fallocate, errno);
    }
    assert_eq!(fstat(&file).unwrap().blocks(), 0);
}

#[test]
fn fallocate_says_when_the_file_system_is_full() {
    common::with_own_dev_shm(0, c"size=64k", || {
        let name = UniqueName::new("full");
        let memory = SharedMemory::create(&name, 0).unwrap();
        assert_fails(
            fallocate(&memory, RESERVE, 0, 1 << 20),
            Call::Fallocate,
            Errno::ENOSPC,
        );
        assert_eq!(memory.len().unwrap(), 0);
    });
}

#[test]
fn sizes_beyond_the_limits_are_refused() {
    common::in_own_process("sizes_beyond_the_limits_are_refused", || {
        // SAFETY: no handler is involved.
        unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
        let fd = file();
        common::with_limit(libc::RLIMIT_FSIZE, 4096, || {
            ftruncate(&fd, 4096).unwrap();
            fallocate(&fd, RESERVE, 0, 4096).unwrap();
            assert_fails(ftruncate(&fd, 4097), Call::Ftruncate, Errno::EFBIG);
            assert_fails(
                fallocate(&fd, RESERVE, 0, 4097),
                Call::Fallocate,
                Errno::EFBIG,
            );
        });
        ftruncate(&fd, 4097).unwrap();
    });

    let directory = env::temp_dir();
    let mut options = File::options();
    options.write(true).custom_flags(libc::O_TMPFILE);
    let file = open(directory.to_str().unwrap(), &mut options);
    match ftruncate(file, i64::MAX as u64) {
        Ok(()) => skip(format_args!(
            "{} takes files of any size",
            directory.display()
        )),
        result => assert_fails(result, Call::Ftruncate, Errno::EFBIG),
    }
}

// --- fstat -----------------------------------------------------------------

/// Opens whatever bears the path, without the effects that opening a device can have.
fn place(path: &std::path::Path) -> OwnedFd {
    let flags = libc::O_PATH | libc::O_NOFOLLOW;
    adopt(
        File::options()
            .read(true)
            .custom_flags(flags)
            .open(path)
            .unwrap(),
    )
}

#[test]
fn fstat_agrees_with_the_standard_library() {
    let (name, link) = (UniqueName::new("stat"), UniqueName::new("link"));
    symlink("/dev/null", link.path()).unwrap();
    SharedMemory::create(&name, 10_000).unwrap();
    for path in [
        "/dev/null".as_ref(),
        &*link.path(),
        "/dev".as_ref(),
        &*name.path(),
    ] {
        let theirs = fs::symlink_metadata(path).unwrap();
        let ours = fstat(place(path)).unwrap();
        let time = |seconds, nanoseconds: i64| Timespec {
            seconds,
            nanoseconds: nanoseconds.try_into().unwrap(),
        };
        assert_eq!(ours.dev().raw(), theirs.dev());
        assert_eq!(ours.ino(), theirs.ino());
        assert_eq!(ours.mode().bits(), theirs.mode());
        assert_eq!(ours.mode().is_regular(), theirs.is_file());
        assert_eq!(ours.mode().permissions().bits(), theirs.mode() & 0o7777);
        assert_eq!(ours.nlink(), theirs.nlink());
        assert_eq!((ours.uid(), ours.gid()), (theirs.uid(), theirs.gid()));
        assert_eq!(ours.rdev().raw(), theirs.rdev());
        assert_eq!(ours.size(), theirs.size());
        assert_eq!(
            (ours.blksize(), ours.blocks()),
            (theirs.blksize(), theirs.blocks())
        );
        assert_eq!(ours.atime(), time(theirs.atime(), theirs.atime_nsec()));
        assert_eq!(ours.mtime(), time(theirs.mtime(), theirs.mtime_nsec()));
        assert_eq!(ours.ctime(), time(theirs.ctime(), theirs.ctime_nsec()));
    }
}

#[test]
fn fstat_says_why_not() {
    assert_fails(fstat(not_open()), Call::Fstat, Errno::EBADF);
}

#[test]
fn device_numbers_are_those_of_libc() {
    let devices = fs::read_dir("/dev")
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let is_device = |path: &std::path::PathBuf| {
        let kind = fs::symlink_metadata(path).unwrap().file_type();
        kind.is_char_device() || kind.is_block_device()
    };
    let mut numbers: Vec<_> = devices
        .filter(is_device)
        .map(|path| fstat(place(&path)).unwrap().rdev())
        .collect();
    if common::is_root() {
        let name = UniqueName::new("device");
        let path = std::ffi::CString::new(name.path().as_os_str().as_bytes()).unwrap();
        let widest = libc::makedev(0xfff, 0xf_ffff);
        // SAFETY: mknod reads the path, which ends with NUL.
        let made = unsafe { libc::mknod(path.as_ptr(), libc::S_IFCHR, widest) };
        assert_eq!(made, 0, "mknod: {}", io::Error::last_os_error());
        let number = fstat(place(&name.path())).unwrap().rdev();
        assert_eq!((number.major(), number.minor()), (0xfff, 0xf_ffff));
        numbers.push(number);
    }
    assert!(!numbers.is_empty());
    for number in numbers {
        let theirs = (libc::major(number.raw()), libc::minor(number.raw()));
        assert_eq!((number.major() as _, number.minor() as _), theirs);
    }
}

// --- fchmod, fchown --------------------------------------------------------

#[test]
fn fchmod_sets_the_permissions() {
    let fd = file();
    let file = common::into_file(dup(&fd).unwrap());
    for mode in [0o000, 0o400, 0o666, 0o777, 0o1750] {
        fchmod(&fd, Mode::from_bits_retain(mode)).unwrap();
        assert_eq!(file.metadata().unwrap().mode(), libc::S_IFREG | mode);
    }
}

#[test]
fn fchmod_says_why_not() {
    common::as_ordinary_user(|| {
        assert_fails(
            fchmod(somebody_elses(), Mode::RWXU),
            Call::Fchmod,
            Errno::EPERM,
        );
    });
    assert_fails(
        fchmod(path_only(&file()), Mode::RWXU),
        Call::Fchmod,
        Errno::EBADF,
    );
    assert_fails(fchmod(not_open(), Mode::RWXU), Call::Fchmod, Errno::EBADF);
    on_read_only_file_system(|fd| {
        assert_fails(fchmod(fd, Mode::RWXU), Call::Fchmod, Errno::EROFS);
    });
}

#[test]
fn fchown_sets_owner_and_group() {
    let fd = file();
    let file = common::into_file(dup(&fd).unwrap());
    let ids = || {
        let metadata = file.metadata().unwrap();
        (metadata.uid(), metadata.gid())
    };
    let (user, group) = ids();
    fchown(&fd, Some(user), Some(group)).unwrap();
    fchown(&fd, None, None).unwrap();
    assert_eq!(ids(), (user, group));
    if !common::is_root() {
        return skip("another owner needs privilege");
    }
    for (owner, group, then) in [
        (Some(1234), None, (1234, group)),
        (None, Some(5678), (1234, 5678)),
        (Some(0), Some(u32::MAX - 1), (0, u32::MAX - 1)),
    ] {
        fchown(&fd, owner, group).unwrap();
        assert_eq!(ids(), then);
    }
}

#[test]
fn fchown_says_why_not() {
    common::as_ordinary_user(|| {
        assert_fails(fchown(file(), Some(0), None), Call::Fchown, Errno::EPERM);
        assert_fails(fchown(file(), None, Some(0)), Call::Fchown, Errno::EPERM);
    });
    assert_fails(
        fchown(path_only(&file()), None, None),
        Call::Fchown,
        Errno::EBADF,
    );
    assert_fails(fchown(not_open(), None, None), Call::Fchown, Errno::EBADF);
    on_read_only_file_system(|fd| {
        assert_fails(fchown(fd, None, None), Call::Fchown, Errno::EROFS);
    });
}

#[test]
fn fchown_says_when_an_id_is_not_mapped() {
    fn unshare_users() -> io::Result<()> {
        // SAFETY: touches no memory; the new process has no other thread.
        match unsafe { libc::unshare(libc::CLONE_NEWUSER) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
    let test = "fchown_says_when_an_id_is_not_mapped";
    common::in_own_process_after(test, Some(unshare_users), || {
        assert_fails(fchown(file(), Some(1), None), Call::Fchown, Errno::EINVAL);
        assert_fails(fchown(file(), None, Some(1)), Call::Fchown, Errno::EINVAL);
    });
}

// --- fcntl -----------------------------------------------------------------

/// The flags that the kernel shows of a descriptor.
fn flags_of(fd: &impl AsRawFd) -> u32 {
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", fd.as_raw_fd())).unwrap();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:\t"));
    u32::from_str_radix(flags.unwrap(), 8).unwrap()
}

#[test]
fn fcntl_tells_and_sets_the_flags_of_a_descriptor() {
    let fd = file();
    let close_on_exec = || flags_of(&fd) & OFlags::CLOEXEC.bits() != 0;
    assert_eq!(fcntl_getfd(&fd).unwrap(), FdFlags::CLOEXEC);
    for flags in [FdFlags::empty(), FdFlags::CLOEXEC] {
        fcntl_setfd(&fd, flags).unwrap();
        assert_eq!(fcntl_getfd(&fd).unwrap(), flags);
        assert_eq!(close_on_exec(), flags == FdFlags::CLOEXEC);
    }
    assert_fails(fcntl_getfd(not_open()), Call::FcntlGetfd, Errno::EBADF);
    assert_fails(
        fcntl_setfd(not_open(), FdFlags::CLOEXEC),
        Call::FcntlSetfd,
        Errno::EBADF,
    );
}

#[test]
fn fcntl_tells_how_a_file_was_opened() {
    let fd = file();
    let append = reopen(
        &fd,
        File::options().append(true).custom_flags(libc::O_NONBLOCK),
    );
    for (fd, expected) in [
        (&fd, OFlags::RDWR),
        (&read_only(&fd), OFlags::RDONLY),
        (&append, OFlags::WRONLY | OFlags::APPEND | OFlags::NONBLOCK),
        (&path_only(&fd), OFlags::PATH),
    ] {
        let flags = fcntl_getfl(fd).unwrap();
        assert_eq!(flags.difference(OFlags::LARGEFILE), expected);
        if !common::is_emulated() {
            assert_eq!(flags.bits(), flags_of(fd) & !OFlags::CLOEXEC.bits());
        }
    }
    assert_fails(fcntl_getfl(not_open()), Call::FcntlGetfl, Errno::EBADF);
}

// The leases are tried in processes of their own: every other one that a test starts has our
// descriptors open for a moment.

#[test]
fn a_write_lease_is_granted_if_nobody_else_has_it_open() {
    common::in_own_process(
        "a_write_lease_is_granted_if_nobody_else_has_it_open",
        || {
            let name = UniqueName::new("lease");
            let memory = SharedMemory::create(&name, 10).unwrap();
            fcntl_setsig(&memory, SIGURG).unwrap();
            assert_eq!(fcntl_getlease(&memory).unwrap(), Lease::UNLCK);

            let theirs = SharedMemory::open_read_only(&name).unwrap();
            let granted = || fcntl_setlease(&memory, Lease::WRLCK);
            assert_fails(granted(), Call::FcntlSetlease, Errno::EAGAIN);
            let mapping = theirs.map_read_only().unwrap();
            drop(theirs);
            assert_fails(granted(), Call::FcntlSetlease, Errno::EAGAIN);
            drop(mapping);

            granted().unwrap();
            assert_eq!(fcntl_getlease(&memory).unwrap(), Lease::WRLCK);
            fcntl_setlease(&memory, Lease::UNLCK).unwrap();
            assert_eq!(fcntl_getlease(&memory).unwrap(), Lease::UNLCK);
        },
    );
}

#[test]
fn a_read_lease_is_granted_if_nobody_has_it_open_for_writing() {
    common::in_own_process(
        "a_read_lease_is_granted_if_nobody_has_it_open_for_writing",
        || {
            let name = UniqueName::new("lease");
            let memory = SharedMemory::create(&name, 10).unwrap();
            let reader = SharedMemory::open_read_only(&name).unwrap();
            let granted = || fcntl_setlease(&reader, Lease::RDLCK);
            assert_fails(granted(), Call::FcntlSetlease, Errno::EAGAIN);
            drop(memory);
            granted().unwrap();
            assert_eq!(fcntl_getlease(&reader).unwrap(), Lease::RDLCK);
            fcntl_setlease(&reader, Lease::UNLCK).unwrap();
        },
    );
}

#[test]
fn leases_say_why_not() {
    common::as_ordinary_user(|| {
        let result = fcntl_setlease(somebody_elses(), Lease::RDLCK);
        assert_fails(result, Call::FcntlSetlease, Errno::EACCES);
    });
    let file = file();
    for (result, errno) in [
        (fcntl_setlease(&file, Lease::from_raw(99)), Errno::EINVAL),
        (fcntl_setlease(pipe().0, Lease::RDLCK), Errno::EINVAL),
        (fcntl_setlease(path_only(&file), Lease::RDLCK), Errno::EBADF),
        (fcntl_setlease(not_open(), Lease::RDLCK), Errno::EBADF),
    ] {
        assert_fails(result, Call::FcntlSetlease, errno);
    }
    assert_fails(
        fcntl_getlease(path_only(&file)),
        Call::FcntlGetlease,
        Errno::EBADF,
    );
    assert_fails(
        fcntl_getlease(not_open()),
        Call::FcntlGetlease,
        Errno::EBADF,
    );
    assert_fails(fcntl_setsig(&file, -1), Call::FcntlSetsig, Errno::EINVAL);
    assert_fails(fcntl_setsig(&file, 65), Call::FcntlSetsig, Errno::EINVAL);
    assert_fails(
        fcntl_setsig(not_open(), SIGURG),
        Call::FcntlSetsig,
        Errno::EBADF,
    );
}

#[test]
fn raw_fcntl_passes_argument_and_answer() {
    let fd = file();
    fcntl_setsig(&fd, SIGURG).unwrap();
    // SAFETY: F_GETSIG takes no argument.
    let signal = unsafe { fcntl(&fd, linux_raw_sys::general::F_GETSIG, 0) };
    assert_eq!(signal.unwrap(), SIGURG as usize);

    // SAFETY: F_DUPFD_CLOEXEC takes the least number, not a pointer; the copy is owned below.
    let number = unsafe { fcntl(&fd, libc::F_DUPFD_CLOEXEC as u32, 100) }.unwrap();
    assert!(number >= 100);
    // SAFETY: just opened, and nobody else's.
    let copy = unsafe { OwnedFd::from_raw_fd(number as i32) };
    assert_eq!(fstat(copy).unwrap().ino(), fstat(&fd).unwrap().ino());

    // SAFETY: a struct of numbers, for which zero is a value.
    let mut lock: libc::flock64 = unsafe { std::mem::zeroed() };
    lock.l_type = libc::F_WRLCK as _;
    let pointer = ptr::from_mut(&mut lock).expose_provenance();
    // SAFETY: F_OFD_GETLK reads and writes one struct flock.
    let answer = unsafe { fcntl(&fd, libc::F_OFD_GETLK as u32, pointer) };
    assert_eq!(answer.unwrap(), 0);
    assert_eq!(lock.l_type, libc::F_UNLCK as _, "nobody is in the way");

    // SAFETY: no kernel knows the command.
    let unknown = unsafe { fcntl(&fd, 0x7fff, 0) };
    assert_fails(unknown, Call::Fcntl, Errno::EINVAL);
    // SAFETY: F_GETFL takes no argument.
    let closed = unsafe { fcntl(not_open(), libc::F_GETFL as u32, 0) };
    assert_fails(closed, Call::Fcntl, Errno::EBADF);
}

// --- dup, close ------------------------------------------------------------

#[test]
fn dup_shares_the_open_file_and_is_close_on_exec() {
    let fd = file();
    fcntl_setfd(&fd, FdFlags::empty()).unwrap();
    let copy = dup(&fd).unwrap();
    assert_ne!(copy.as_raw_fd(), fd.as_raw_fd());
    assert_eq!(fcntl_getfd(&copy).unwrap(), FdFlags::CLOEXEC);
    let mut file = common::into_file(fd);
    file.write_all(b"text").unwrap();
    assert_eq!(common::into_file(copy).stream_position().unwrap(), 4);
}

#[test]
fn dup_says_why_not() {
    assert_fails(dup(not_open()), Call::Dup, Errno::EBADF);
    common::in_own_process("dup_says_why_not", || {
        let fd = file();
        let result = common::with_limit(libc::RLIMIT_NOFILE, 3, || dup(&fd));
        assert_fails(result, Call::Dup, Errno::EMFILE);
    });
}

#[test]
fn close_closes() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    close(adopt(ours)).unwrap();
    assert_eq!(theirs.read(&mut [0]).unwrap(), 0, "the other end is closed");
}
