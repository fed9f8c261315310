//! That the tables are complete, that each text can be reached, and that it reads as one.

use std::format;
use std::prelude::v1::*;
use std::vec;

use super::{Row, UNEXPECTED, apple, texts};
use crate::error::{Call, Error};
use crate::{Errno, error};

/// The numbers of macOS, which are data on every system.
#[path = "../sys/apple/errno.rs"]
#[allow(
    unused_imports,
    unused_macros,
    reason = "second names are not looked for"
)]
mod apple_errno;

macro_rules! names {
    ($($name:ident $number:literal $message:literal;)*) => {
        &[$(stringify!($name)),*]
    };
}

/// The names of each system, without the second ones.
const LINUX: &[&str] = crate::sys::for_each_errno!(names);
const APPLE: &[&str] = apple_errno::for_each_errno!(names);

/// A manual page, the calls that it is of, the errors that they can return, and those that they
/// cannot, with the reason.
type Page = (
    &'static str,
    &'static [Call],
    &'static str,
    &'static str,
    &'static str,
);

/// The ERRORS sections of man-pages 6.03; of mseal, which that has not, of the kernel's own
/// documentation. The crate's own errors follow behind.
const PAGES: &[Page] = &[
    (
        "shm_open(3)",
        &[Call::ShmOpen],
        "EACCES EEXIST EINVAL EMFILE ENAMETOOLONG ENFILE ENOENT",
        "",
        "",
    ),
    (
        "open(2)",
        &[Call::ShmOpen],
        "EACCES EDQUOT EEXIST EINVAL EISDIR ELOOP EMFILE ENAMETOOLONG ENFILE ENOENT ENOMEM ENOSPC \
         ENOTDIR ENXIO EPERM EROFS ETXTBSY EAGAIN",
        "EBADF EBUSY EFAULT EFBIG EINTR ENODEV EOPNOTSUPP EOVERFLOW",
        "devices, 32 bits, unnamed files, and what this crate passes itself",
    ),
    (
        "open(2)",
        &[Call::Openat],
        "EACCES EISDIR ELOOP EMFILE ENFILE ENODEV ENOENT ENOMEM ENXIO EPERM EROFS ETXTBSY",
        "EBADF EBUSY EDQUOT EEXIST EFAULT EFBIG EINTR EINVAL ENAMETOOLONG ENOSPC ENOTDIR \
         EOPNOTSUPP EOVERFLOW EAGAIN",
        "nothing is created, and the path is /proc/self/fd/NUMBER",
    ),
    (
        "open(2)",
        &[Call::OpenDirectory],
        "EACCES EINVAL ELOOP EMFILE ENAMETOOLONG ENFILE ENOENT ENOMEM ENOTDIR",
        "EBADF EBUSY EDQUOT EEXIST EFAULT EFBIG EINTR EISDIR ENODEV ENOSPC ENXIO EOPNOTSUPP \
         EOVERFLOW EPERM EROFS ETXTBSY EAGAIN",
        "with O_PATH nothing but the path counts",
    ),
    (
        "unlink(2)",
        &[Call::ShmUnlink],
        "EACCES EBUSY EINVAL EIO EISDIR ENAMETOOLONG ENOENT ENOMEM ENOTDIR EPERM EROFS",
        "EBADF EFAULT ELOOP",
        "the directory is open, and the name is one part",
    ),
    (
        "link(2)",
        &[Call::Linkat],
        "EACCES EDQUOT EEXIST EIO ELOOP EMLINK ENAMETOOLONG ENOENT ENOMEM ENOSPC ENOTDIR EPERM \
         EROFS EXDEV",
        "EBADF EFAULT EINVAL",
        "what this crate passes itself",
    ),
    (
        "rename(2)",
        &[Call::Renameat2],
        "EACCES EBUSY EDQUOT EEXIST EINVAL EISDIR ENAMETOOLONG ENOENT ENOMEM ENOSPC ENOTDIR EPERM \
         EROFS EXDEV",
        "EBADF EFAULT ELOOP EMLINK ENOTEMPTY",
        "neither name is of a directory, and both are of one part",
    ),
    (
        "statfs(2)",
        &[Call::Fstatfs],
        "EBADF EINTR EIO ENOMEM ENOSYS EOVERFLOW",
        "EACCES EFAULT ELOOP ENAMETOOLONG ENOENT ENOTDIR",
        "only of a path",
    ),
    (
        "mkdir(2)",
        &[Call::Mkdir],
        "EACCES EDQUOT EEXIST EMLINK ENOENT ENOMEM ENOSPC ENOTDIR EPERM EROFS",
        "EBADF EFAULT EINVAL ELOOP ENAMETOOLONG",
        "the path is /dev/shm",
    ),
    (
        "mount(2)",
        &[Call::Mount],
        "EACCES EBUSY EINVAL EMFILE ENODEV ENOENT ENOMEM ENOTDIR EPERM EROFS",
        "EFAULT ELOOP ENAMETOOLONG ENOTBLK ENXIO",
        "the path is /dev/shm, and there is no block device",
    ),
    (
        "memfd_create(2)",
        &[Call::MemfdCreate],
        "EINVAL EMFILE ENFILE ENOMEM",
        "EFAULT",
        "what this crate passes itself",
    ),
    (
        "memfd_secret(2)",
        &[Call::MemfdSecret],
        "EINVAL EMFILE ENOMEM ENOSYS",
        "",
        "",
    ),
    (
        "fcntl(2)",
        &[Call::Fcntl],
        "EACCES EAGAIN EBADF EBUSY EDEADLK EFAULT EINTR EINVAL EMFILE ENOLCK ENOTDIR EPERM",
        "",
        "",
    ),
    (
        "mmap(2)",
        &[Call::Mmap],
        "EACCES EAGAIN EBADF EEXIST EINVAL ENFILE ENODEV ENOMEM EOVERFLOW EPERM",
        "ETXTBSY",
        "MAP_DENYWRITE does nothing any more",
    ),
    (
        "mmap(2)",
        &[Call::MmapHugetlb],
        "EAGAIN EEXIST EINVAL ENOMEM EPERM",
        "EACCES EBADF ENFILE ENODEV EOVERFLOW ETXTBSY",
        "the memory has no file",
    ),
    ("mmap(2)", &[Call::Munmap], "EINVAL ENOMEM", "", ""),
    (
        "mprotect(2)",
        &[Call::Mprotect],
        "EACCES EINVAL ENOMEM",
        "EFAULT",
        "Linux before 2.4",
    ),
    (
        "mremap(2)",
        &[Call::Mremap],
        "EAGAIN EFAULT EINVAL ENOMEM",
        "",
        "",
    ),
    (
        "madvise(2)",
        &[Call::Madvise],
        "EACCES EAGAIN EBADF EBUSY EFAULT EHWPOISON EINVAL EIO ENOMEM EPERM",
        "",
        "",
    ),
    (
        "madvise(2)",
        &[Call::MadvisePopulateRead, Call::MadvisePopulateWrite],
        "EFAULT EHWPOISON EINVAL ENOMEM",
        "EACCES EAGAIN EBADF EBUSY EIO EPERM",
        "of other advice",
    ),
    (
        "madvise(2)",
        &[Call::MadviseCollapse],
        "EAGAIN EBUSY EINVAL ENOMEM",
        "EACCES EBADF EFAULT EHWPOISON EIO EPERM",
        "of other advice",
    ),
    (
        "mseal",
        &[Call::Mseal],
        "EINVAL ENOMEM EPERM ENOSYS",
        "",
        "",
    ),
    ("msync(2)", &[Call::Msync], "EBUSY EINVAL ENOMEM", "", ""),
    (
        "mlock(2)",
        &[Call::Mlock, Call::Mlock2],
        "EAGAIN EINVAL ENOMEM EPERM",
        "",
        "",
    ),
    (
        "mlock(2)",
        &[Call::Mlockall],
        "EINVAL ENOMEM EPERM",
        "EAGAIN",
        "of the other calls",
    ),
    (
        "mlock(2)",
        &[Call::Munlock],
        "EINVAL ENOMEM",
        "EAGAIN EPERM",
        "of the other calls",
    ),
    (
        "mlock(2)",
        &[Call::Munlockall],
        "EPERM",
        "EAGAIN EINVAL ENOMEM",
        "of the other calls",
    ),
    (
        "truncate(2)",
        &[Call::Ftruncate],
        "EBADF EFBIG EINTR EINVAL EIO EPERM",
        "EACCES EFAULT EISDIR ELOOP ENAMETOOLONG ENOENT ENOTDIR EROFS ETXTBSY",
        "only of a path",
    ),
    (
        "fallocate(2)",
        &[Call::Fallocate],
        "EBADF EFBIG EINTR EINVAL EIO ENODEV ENOSPC ENOSYS EOPNOTSUPP EPERM ESPIPE ETXTBSY",
        "",
        "",
    ),
    (
        "fallocate(2)",
        &[Call::FallocateHugetlb],
        "EBADF EFBIG EINTR EINVAL EIO ENOSPC ENOSYS EOPNOTSUPP EPERM",
        "ENODEV ESPIPE ETXTBSY",
        "of other files",
    ),
    (
        "stat(2)",
        &[Call::Fstat],
        "EBADF ENOMEM EOVERFLOW",
        "EACCES EFAULT EINVAL ELOOP ENAMETOOLONG ENOENT ENOTDIR",
        "only of a path",
    ),
    (
        "stat(2)",
        &[Call::Ftok],
        "EACCES ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR EOVERFLOW EINVAL",
        "EBADF EFAULT",
        "only of a descriptor",
    ),
    (
        "chmod(2)",
        &[Call::Fchmod],
        "EBADF EIO EPERM EROFS",
        "EACCES EFAULT EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR ENOTSUP",
        "only of a path",
    ),
    (
        "chown(2)",
        &[Call::Fchown],
        "EBADF EINVAL EIO EPERM EROFS",
        "EACCES EFAULT ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR",
        "only of a path",
    ),
    (
        "dup(2)",
        &[Call::Dup, Call::DupInheritable],
        "EBADF EINVAL EMFILE",
        "EBUSY EINTR",
        "only of dup2 and dup3",
    ),
    ("close(2)", &[Call::Close], "EBADF EINTR EIO ENOSPC", "", ""),
    (
        "read(2)",
        &[Call::Read, Call::Pread],
        "EAGAIN EBADF EFAULT EINTR EINVAL EIO EISDIR",
        "",
        "",
    ),
    (
        "write(2)",
        &[Call::Write],
        "EAGAIN EBADF EDESTADDRREQ EDQUOT EFAULT EFBIG EINTR EINVAL EIO ENOSPC EPERM EPIPE",
        "",
        "",
    ),
    (
        "write(2)",
        &[Call::Pwrite],
        "EAGAIN EBADF EDQUOT EFAULT EFBIG EINTR EINVAL EIO ENOSPC EPERM EPIPE",
        "EDESTADDRREQ",
        "a socket has no positions",
    ),
    (
        "lseek(2)",
        &[Call::Lseek],
        "EBADF EINVAL ENXIO EOVERFLOW ESPIPE",
        "",
        "",
    ),
    (
        "getdents(2)",
        &[Call::Getdents],
        "EBADF EINVAL ENOENT ENOTDIR",
        "EFAULT",
        "what this crate passes itself",
    ),
    (
        "futex(2)",
        &[Call::FutexWait],
        "EACCES EAGAIN EFAULT EINTR EINVAL ENOSYS ETIMEDOUT",
        "EDEADLK ENFILE ENOMEM EPERM ESRCH",
        "of other operations",
    ),
    (
        "futex(2)",
        &[Call::FutexWake],
        "EACCES EFAULT EINVAL ENOSYS",
        "EAGAIN EDEADLK EINTR ENFILE ENOMEM EPERM ESRCH ETIMEDOUT",
        "of other operations",
    ),
    (
        "clock_getres(2)",
        &[Call::ClockGettime],
        "EINVAL EPERM",
        "EACCES EFAULT ENODEV ENOTSUP",
        "of other clocks",
    ),
    (
        "pipe(2)",
        &[Call::Pipe2],
        "EMFILE ENFILE",
        "EFAULT EINVAL ENOPKG",
        "what this crate passes itself",
    ),
    (
        "process_vm_readv(2)",
        &[Call::ProcessVmReadv, Call::ProcessVmWritev],
        "EFAULT EINVAL ENOMEM EPERM ESRCH",
        "",
        "",
    ),
    (
        "socketpair(2)",
        &[Call::Socketpair],
        "EAFNOSUPPORT EMFILE ENFILE EOPNOTSUPP EPROTONOSUPPORT",
        "EFAULT",
        "what this crate passes itself",
    ),
    (
        "getsockopt(2)",
        &[Call::GetsockoptDomain],
        "EBADF EINVAL ENOPROTOOPT ENOTSOCK",
        "EFAULT",
        "what this crate passes itself",
    ),
    (
        "send(2)",
        &[Call::Sendmsg],
        "EACCES EAGAIN EBADF ECONNRESET EDESTADDRREQ EINVAL EMSGSIZE ENOBUFS ENOMEM ENOTCONN \
         ENOTSOCK EOPNOTSUPP EPIPE",
        "EALREADY EFAULT EINTR EISCONN",
        "it goes to no address, and is sent again after a signal",
    ),
    (
        "recv(2)",
        &[Call::Recvmsg],
        "EAGAIN EBADF ECONNREFUSED EINVAL ENOMEM ENOTCONN ENOTSOCK",
        "EFAULT EINTR",
        "what this crate passes itself; it receives again after a signal",
    ),
    (
        "unix(7)",
        &[Call::Sendmsg],
        "EBADF ECONNREFUSED ECONNRESET EINVAL ENOMEM ENOTCONN EOPNOTSUPP EPERM EPIPE ETOOMANYREFS",
        "EADDRINUSE EFAULT EISCONN ENFILE ENOENT EPROTONOSUPPORT EPROTOTYPE ESOCKTNOSUPPORT ESRCH",
        "of binding and connecting, and of credentials, which are not sent",
    ),
    (
        "pidfd_open(2)",
        &[Call::PidfdOpen],
        "EINVAL EMFILE ENFILE ENODEV ENOMEM ESRCH",
        "",
        "",
    ),
    (
        "pidfd_getfd(2)",
        &[Call::PidfdGetfd],
        "EBADF EINVAL EMFILE ENFILE EPERM ESRCH",
        "",
        "",
    ),
    (
        "shmget(2)",
        &[Call::Shmget],
        "EACCES EEXIST EINVAL ENFILE ENOENT ENOMEM ENOSPC EPERM",
        "",
        "",
    ),
    (
        "shmop(2)",
        &[Call::Shmat],
        "EACCES EIDRM EINVAL ENOMEM",
        "",
        "",
    ),
    (
        "shmop(2)",
        &[Call::Shmdt],
        "EINVAL",
        "EACCES EIDRM ENOMEM",
        "of shmat",
    ),
    (
        "shmctl(2)",
        &[Call::Shmctl],
        "EACCES EFAULT EIDRM EINVAL ENOMEM EOVERFLOW EPERM",
        "",
        "",
    ),
    (
        "shmctl(2)",
        &[Call::ShmctlIpcStat],
        "EACCES EIDRM EINVAL EOVERFLOW",
        "EFAULT ENOMEM EPERM",
        "of other commands",
    ),
    (
        "shmctl(2)",
        &[Call::ShmctlIpcSet],
        "EIDRM EINVAL EOVERFLOW EPERM",
        "EACCES EFAULT ENOMEM",
        "of other commands",
    ),
    (
        "shmctl(2)",
        &[Call::ShmctlIpcRmid],
        "EIDRM EINVAL EPERM",
        "EACCES EFAULT ENOMEM EOVERFLOW",
        "of other commands",
    ),
    (
        "shmctl(2)",
        &[Call::ShmctlShmLock],
        "EIDRM EINVAL ENOMEM EPERM",
        "EACCES EFAULT EOVERFLOW",
        "of other commands",
    ),
    (
        "shmctl(2)",
        &[Call::ShmctlShmUnlock],
        "EIDRM EINVAL EPERM",
        "EACCES EFAULT ENOMEM EOVERFLOW",
        "of other commands",
    ),
    (
        "shmctl(2)",
        &[Call::ShmctlShmStat],
        "EACCES EIDRM EINVAL",
        "EFAULT ENOMEM EOVERFLOW EPERM",
        "of other commands",
    ),
    (
        "shmctl(2)",
        &[Call::ShmctlShmStatAny],
        "EIDRM EINVAL",
        "EACCES EFAULT ENOMEM EOVERFLOW EPERM",
        "of other commands",
    ),
    (
        "shmctl(2)",
        &[Call::ShmctlIpcInfo, Call::ShmctlShmInfo],
        "EINVAL",
        "EACCES EFAULT EIDRM ENOMEM EOVERFLOW EPERM",
        "of other commands",
    ),
    (
        "fcntl(2)",
        &[Call::AddSeals],
        "EBADF EBUSY EINVAL EPERM",
        "EACCES EAGAIN EDEADLK EFAULT EINTR EMFILE ENOLCK ENOTDIR",
        "of other commands",
    ),
    (
        "fcntl(2)",
        &[Call::Seals, Call::FcntlGetfd, Call::FcntlSetsig],
        "EBADF EINVAL",
        "EACCES EAGAIN EBUSY EDEADLK EFAULT EINTR EMFILE ENOLCK ENOTDIR EPERM",
        "of other commands",
    ),
    (
        "fcntl(2)",
        &[Call::FcntlSetfd, Call::FcntlGetfl, Call::FcntlGetlease],
        "EBADF",
        "EACCES EAGAIN EBUSY EDEADLK EFAULT EINTR EINVAL EMFILE ENOLCK ENOTDIR EPERM",
        "of other commands",
    ),
    (
        "fcntl(2)",
        &[Call::FcntlSetlease],
        "EACCES EAGAIN EBADF EINVAL",
        "EBUSY EDEADLK EFAULT EINTR EMFILE ENOLCK ENOTDIR EPERM",
        "of other commands",
    ),
    // What this crate says itself, before it asks the kernel or instead.
    ("", &[Call::Open], "EACCES ENODATA EPERM ERANGE", "", ""),
    ("", &[Call::Atomic], "EFAULT EINVAL", "", ""),
    ("", &[Call::Mmap], "ENXIO", "", ""),
    ("", &[Call::Mremap], "EBADF ENODEV ENXIO", "", ""),
    ("", &[Call::Linkat], "EAGAIN", "", ""),
    ("", &[Call::Seals], "EPERM", "", ""),
    ("", &[Call::Sendmsg], "EAFNOSUPPORT", "", ""),
    (
        "",
        &[Call::Recvmsg],
        "EBADMSG EMFILE EMSGSIZE EPIPE",
        "",
        "",
    ),
    ("", &[Call::Shmat], "EEXIST", "", ""),
];

/// The files with the calls one to one, and what each function there is called.
const SOURCES: &[(&str, &[(&str, Call)])] = &[
    (
        include_str!("../shm/calls.rs"),
        &[("shm_open", Call::ShmOpen), ("shm_unlink", Call::ShmUnlink)],
    ),
    (
        include_str!("../memfd.rs"),
        &[
            ("memfd_create", Call::MemfdCreate),
            ("add_seals", Call::AddSeals),
            ("seals", Call::Seals),
        ],
    ),
    (
        include_str!("../secret.rs"),
        &[("memfd_secret", Call::MemfdSecret)],
    ),
    (
        include_str!("../mm/calls.rs"),
        &[
            ("mmap", Call::Mmap),
            ("munmap", Call::Munmap),
            ("mprotect", Call::Mprotect),
            ("mremap", Call::Mremap),
            ("madvise", Call::Madvise),
            ("mseal", Call::Mseal),
            ("msync", Call::Msync),
            ("mlock", Call::Mlock),
            ("mlock2", Call::Mlock2),
            ("munlock", Call::Munlock),
            ("mlockall", Call::Mlockall),
            ("munlockall", Call::Munlockall),
        ],
    ),
    (
        include_str!("../descriptor.rs"),
        &[
            ("read", Call::Read),
            ("write", Call::Write),
            ("pread", Call::Pread),
            ("pwrite", Call::Pwrite),
            ("lseek", Call::Lseek),
            ("ftruncate", Call::Ftruncate),
            ("fallocate", Call::Fallocate),
            ("fstat", Call::Fstat),
            ("fchmod", Call::Fchmod),
            ("fchown", Call::Fchown),
            ("fcntl_getfd", Call::FcntlGetfd),
            ("fcntl_setfd", Call::FcntlSetfd),
            ("fcntl_getfl", Call::FcntlGetfl),
            ("fcntl_getlease", Call::FcntlGetlease),
            ("fcntl_setlease", Call::FcntlSetlease),
            ("fcntl_setsig", Call::FcntlSetsig),
            ("dup", Call::Dup),
            ("close", Call::Close),
        ],
    ),
    (
        include_str!("../fd_passing.rs"),
        &[
            ("socketpair", Call::Socketpair),
            ("send", Call::Sendmsg),
            ("receive", Call::Recvmsg),
            ("inheritable", Call::DupInheritable),
            ("open_inherited", Call::Openat),
            ("pidfd_open", Call::PidfdOpen),
            ("pidfd_getfd", Call::PidfdGetfd),
        ],
    ),
    (
        include_str!("../futex.rs"),
        &[
            ("futex_wait", Call::FutexWait),
            ("futex_wake", Call::FutexWake),
        ],
    ),
    (
        include_str!("../sysv/calls.rs"),
        &[
            ("ftok", Call::Ftok),
            ("shmget", Call::Shmget),
            ("shmat", Call::Shmat),
            ("shmdt", Call::Shmdt),
            ("shmctl_stat", Call::ShmctlIpcStat),
            ("shmctl_set", Call::ShmctlIpcSet),
            ("shmctl_rmid", Call::ShmctlIpcRmid),
            ("shmctl_lock", Call::ShmctlShmLock),
            ("shmctl_unlock", Call::ShmctlShmUnlock),
            ("shmctl_ipc_info", Call::ShmctlIpcInfo),
            ("shmctl_shm_info", Call::ShmctlShmInfo),
            ("shmctl_shm_stat", Call::ShmctlShmStat),
            ("shmctl_shm_stat_any", Call::ShmctlShmStatAny),
        ],
    ),
];

/// The calls that macOS has, under the same names.
const ON_APPLE: &[Call] = &[
    Call::ShmOpen,
    Call::ShmUnlink,
    Call::Open,
    Call::Mmap,
    Call::Munmap,
    Call::Mprotect,
    Call::Madvise,
    Call::Msync,
    Call::Mlock,
    Call::Munlock,
    Call::Ftruncate,
    Call::Fstat,
    Call::Fchmod,
    Call::Fchown,
    Call::Fcntl,
    Call::FcntlGetfd,
    Call::FcntlSetfd,
    Call::FcntlGetfl,
    Call::Dup,
    Call::DupInheritable,
    Call::Close,
    Call::Read,
    Call::Write,
    Call::Pread,
    Call::Pwrite,
    Call::Lseek,
    Call::Atomic,
    Call::FutexWait,
    Call::FutexWake,
    Call::ClockGettime,
    Call::Pipe2,
    Call::Socketpair,
    Call::GetsockoptDomain,
    Call::Sendmsg,
    Call::Recvmsg,
    Call::Ftok,
    Call::Shmget,
    Call::Shmat,
    Call::Shmdt,
    Call::ShmctlIpcStat,
    Call::ShmctlIpcSet,
    Call::ShmctlIpcRmid,
    Call::Shmctl,
];

/// What a text names that macOS has not.
const OF_LINUX: &[&str] = &[
    "/proc",
    "/sys/",
    "/dev/shm",
    "Linux",
    "emfd",
    "sysctl",
    "kernel.",
    "fs.",
    "vm.",
    "CAP_",
    "Yama",
    "systemd",
    "ocker",
    "container",
    "tmpfs",
    "uge page",
    "mseal",
    " seal",
    "F_SEAL",
    "SEQPACKET",
    "namespace",
    "O_PATH",
    "dmesg",
    "strace",
    "namei",
    "fuser",
    "findmnt",
    "O_TMPFILE",
    "SHM_STAT_ANY",
    "process_vm",
    "ecret",
    "emulator",
];

/// All pairs of a table, each with its text.
fn pairs(table: &[Row]) -> Vec<(Call, &'static str, &'static str)> {
    let mut pairs = Vec::new();
    for row in table {
        for &call in row.calls {
            pairs.extend(row.errnos.iter().map(|&errno| (call, errno, row.text)));
        }
    }
    pairs
}

fn text(table: &[Row], call: Call, errno: &str) -> Option<&'static str> {
    let mut pairs = pairs(table).into_iter();
    pairs
        .find(|pair| pair.0 == call && pair.1 == errno)
        .map(|pair| pair.2)
}

/// Whether Linux's table has a text for the pair, second names of numbers included.
#[track_caller]
fn assert_has_text(call: Call, errno: &str) {
    let errno = Errno::from_name(errno).expect(errno);
    let name = errno.name().unwrap();
    assert!(text(texts::TEXTS, call, name).is_some(), "{call} {errno:?}");
}

#[test]
fn every_error_of_a_manual_page_has_a_text() {
    let mut covered = Vec::new();
    for &(page, calls, errnos, others, reason) in PAGES {
        assert_eq!(others.is_empty(), reason.is_empty(), "{page}");
        for &call in calls {
            for errno in errnos.split_whitespace() {
                assert_has_text(call, errno);
            }
            covered.push(call);
        }
    }
    for call in Call::ALL {
        assert!(covered.contains(call), "{call} is of no page");
    }
}

/// What one page names is the same for each of its calls, as far as they can return it.
#[test]
fn a_page_is_transcribed_as_a_whole() {
    for &(page, calls, errnos, others, _) in PAGES.iter().filter(|page| !page.0.is_empty()) {
        let whole = |errnos: &str, others: &str| {
            let all = format!("{errnos} {others}");
            let mut all: Vec<String> = all.split_whitespace().map(String::from).collect();
            all.sort();
            all
        };
        let ours = whole(errnos, others);
        let mut once = ours.clone();
        once.dedup();
        assert_eq!(ours, once, "{page} {calls:?}");
    }
}

#[test]
fn every_documented_error_of_a_function_has_a_text() {
    let mut checked = 0;
    for (source, functions) in SOURCES {
        let mut found = 0;
        let mut documented = vec![];
        for line in source.lines().map(str::trim_start) {
            // Such as "/// - `EINTR`, `EAGAIN`: a reason.", or several reasons in a line.
            if let Some(errors) = line.strip_prefix("/// - `E") {
                let (errors, _) = errors.split_once(':').unwrap_or((errors, ""));
                let errors = format!("`E{errors}");
                documented.extend(errors.split('`').skip(1).step_by(2).map(String::from));
            }
            let function = line.split("fn ").nth(1).filter(|_| !line.starts_with("//"));
            let Some(function) = function else { continue };
            let name = function.split(['(', '<']).next().unwrap();
            let of_module = line.starts_with("pub");
            let errors = std::mem::take(&mut documented);
            let call = functions.iter().find(|(function, _)| *function == name);
            let (Some((_, call)), true) = (call, of_module) else {
                continue;
            };
            // Methods of the same name refer to other calls too.
            if found >= functions.len() || errors.is_empty() {
                continue;
            }
            found += 1;
            for errno in errors.iter().filter(|errno| !errno.contains('(')) {
                assert_has_text(*call, errno);
                checked += 1;
            }
        }
        assert_eq!(found, functions.len(), "{functions:?}");
    }
    assert!(checked > 180, "only {checked} pairs");
}

#[test]
fn no_pair_stands_twice_and_each_has_a_known_name() {
    for (table, names) in [
        (texts::TEXTS, LINUX),
        (apple::TEXTS, &[LINUX, APPLE].concat()),
    ] {
        let pairs = pairs(table);
        for (index, &(call, errno, _)) in pairs.iter().enumerate() {
            assert!(names.contains(&errno), "{call} {errno}");
            let again = pairs[..index]
                .iter()
                .any(|pair| (pair.0, pair.1) == (call, errno));
            assert!(!again, "{call} {errno} stands twice");
        }
    }
    let general = texts::GENERAL.iter().flat_map(|row| row.0.iter());
    let general: Vec<_> = general.collect();
    for (index, errno) in general.iter().enumerate() {
        assert!(LINUX.contains(errno) || APPLE.contains(errno), "{errno}");
        assert!(!general[..index].contains(errno), "{errno} stands twice");
    }
}

/// Every number that some call is known to return is explained for the other calls, too.
#[test]
fn every_number_that_one_meets_has_a_general_text() {
    for (call, errno, _) in pairs(texts::TEXTS).into_iter().chain(pairs(apple::TEXTS)) {
        let general = texts::GENERAL.iter().any(|row| row.0.contains(&errno));
        assert!(general, "{errno} of {call}");
    }
}

#[test]
fn texts_are_at_most_three_sentences_on_one_line() {
    let tables = [texts::TEXTS, apple::TEXTS].concat_texts();
    let general = texts::GENERAL.iter().map(|row| row.1);
    let mut all: Vec<&str> = tables.into_iter().chain(general).collect();
    all.push(UNEXPECTED);
    for text in &all {
        let starts = text.chars().next().unwrap();
        assert!(starts.is_ascii_uppercase() || starts == '/', "{text}");
        assert!(text.ends_with('.') && !text.ends_with(".."), "{text}");
        assert!(
            !text.contains(['\n', '\t']) && !text.contains("  "),
            "{text}"
        );
        assert!(text.is_ascii(), "{text}");
        assert_eq!(text.matches('`').count() % 2, 0, "{text}");
        assert!(
            text.matches('(').count() == text.matches(')').count(),
            "{text}"
        );
        assert!(
            sentences(text) <= 3,
            "{} sentences: {text}",
            sentences(text)
        );
        assert!(text.len() <= 400, "{} bytes: {text}", text.len());
    }
    let mut once = all.clone();
    once.sort_unstable();
    once.dedup();
    // A text that is right for several calls has one row.
    for text in &once {
        let rows = [texts::TEXTS, apple::TEXTS]
            .map(|table| table.iter().filter(|row| row.text == *text).count());
        assert!(rows[0] <= 2 && rows[1] <= 2, "{text}");
    }
}

/// How many sentences a text has: a full stop, or another end, before a space.
fn sentences(text: &str) -> usize {
    1 + [". ", "? ", "! "]
        .map(|end| text.matches(end).count())
        .iter()
        .sum::<usize>()
}

/// The texts of two tables, one after the other.
trait ConcatTexts {
    fn concat_texts(self) -> Vec<&'static str>;
}

impl ConcatTexts for [&'static [Row]; 2] {
    fn concat_texts(self) -> Vec<&'static str> {
        self.into_iter().flatten().map(|row| row.text).collect()
    }
}

#[test]
fn flags_limits_and_calls_are_spelled_as_elsewhere() {
    /// Names in capitals that are no flags of this crate: the manual's, or everybody's.
    const KNOWN: &[&str] = &[
        "AF_UNIX",
        "ASLR",
        "CAP_CHOWN",
        "CAP_FOWNER",
        "CAP_IPC_LOCK",
        "CAP_LEASE",
        "CAP_SYS_ADMIN",
        "CLOCK_MONOTONIC",
        "CONFIG_TMPFS",
        "DAX",
        "IPC",
        "FUTEX_LOCK_PI",
        "LANG",
        "PATH",
        "PID",
        "FILE",
        "NAME",
        "NUMBER",
        "KEY",
        "ID",
        "KIB",
        "NUL",
        "POSIX",
        "RLIMIT_AS",
        "RLIMIT_FSIZE",
        "RLIMIT_MEMLOCK",
        "RLIMIT_NOFILE",
        "SIGBUS",
        "SIGIO",
        "SO_RCVTIMEO",
        "SO_SNDTIMEO",
        "PSHMNAMLEN",
        "SA_RESTART",
        "PROT_GROWSUP",
        "PROT_GROWSDOWN",
        "F_NOTIFY",
        "MSG_OOB",
        "MCL_CURRENT",
        "MCL_FUTURE",
        "MCL_ONFAULT",
        "RDONLY",
        "REMOUNT",
        "PUNCH_HOLE",
        "SYSV",
        "MAP_LOCKED",
        "MAP_SYNC",
        "O_NOATIME",
        "O_TMPFILE",
        "O_DIRECTORY",
        "O_PATH",
        "O_NONBLOCK",
        "O_APPEND",
        "FD_CLOEXEC",
    ];
    let sources = [
        include_str!("../sys/linux/constants.rs"),
        include_str!("../mm/flags.rs"),
        include_str!("../sysv/flags.rs"),
        include_str!("../memfd.rs"),
        include_str!("../descriptor.rs"),
        include_str!("../fd_passing.rs"),
        include_str!("../sysv/calls.rs"),
    ];
    let mut misspelled = Vec::new();
    let general = texts::GENERAL.iter().map(|row| row.1);
    for text in [texts::TEXTS, apple::TEXTS]
        .concat_texts()
        .into_iter()
        .chain(general)
    {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let capitals = |word: &&str| {
            word.len() > 2
                && word.chars().all(|c| !c.is_ascii_lowercase())
                && word.chars().filter(char::is_ascii_uppercase).count() > 2
        };
        let unknown = words.filter(capitals).filter(|word| {
            !KNOWN.contains(word) && !sources.iter().any(|source| source.contains(word))
        });
        misspelled.extend(unknown);
    }
    assert!(misspelled.is_empty(), "{misspelled:?}");
}

#[test]
fn texts_that_name_linux_are_not_left_to_macos() {
    let mut left = Vec::new();
    for (call, errno, linux) in pairs(texts::TEXTS) {
        if !ON_APPLE.contains(&call) || !APPLE.contains(&errno) {
            continue;
        }
        let names_linux = OF_LINUX.iter().find(|word| linux.contains(**word));
        if let (Some(word), None) = (names_linux, text(apple::TEXTS, call, errno)) {
            left.push(format!("{call} {errno} names {word}: {linux}"));
        }
    }
    assert!(left.is_empty(), "{}\n{} left", left.join("\n"), left.len());
    for text in apple::TEXTS.iter().map(|row| row.text) {
        let linux = OF_LINUX.iter().find(|word| text.contains(**word));
        let also_there = ["sysctl", "SEQPACKET", "vm."];
        assert!(
            linux.is_none_or(|word| also_there.contains(word)),
            "{linux:?}: {text}"
        );
    }
    for (errnos, text) in texts::GENERAL {
        let linux = OF_LINUX.iter().find(|word| text.contains(**word));
        let also_there = ["container", " seal", "emulator", "namespace"];
        assert!(
            linux.is_none_or(|word| also_there.contains(word)),
            "{errnos:?} {linux:?}"
        );
    }
}

#[test]
fn help_finds_the_text_of_the_call_else_the_general_one() {
    for (call, errno, expected) in pairs(texts::TEXTS) {
        let help = Error::new(call, Errno::from_name(errno).unwrap()).help();
        assert!(help.is_of_call());
        if !cfg!(target_vendor = "apple") {
            assert_eq!(help.text(), expected);
        }
    }
    let help = Error::new(Call::Mseal, Errno::EMLINK).help();
    assert!(!help.is_of_call());
    assert_eq!(help.text(), Errno::EMLINK.help().text());
    assert!(!Errno::EMLINK.help().is_of_call());
    for unexpected in [Errno::ENOTBLK, Errno::from_raw(4095).unwrap()] {
        assert_eq!(
            Error::new(Call::Close, unexpected).help().text(),
            UNEXPECTED
        );
        assert_eq!(unexpected.help().text(), UNEXPECTED);
    }
}

/// `man` finds a page by this name; only what is no call of the kernel has none.
#[test]
fn every_call_has_a_page_of_the_manual() {
    for &call in Call::ALL {
        match call.manual_page() {
            None => assert!([Call::Open, Call::Atomic].contains(&call), "{call}"),
            Some(page) => {
                let (name, section) = page.split_once('(').unwrap();
                assert!(["2)", "3)"].contains(&section), "{page}");
                let base = call.name().split('(').next().unwrap();
                let other = ["openat", "getdents64", "pipe2"];
                assert!(name == base || other.contains(&base), "{call}: {page}");
            }
        }
        assert_eq!(Call::from_name(call.name()), Some(call));
    }
    assert_eq!(error::Call::from_name("Mmap"), None);
}
