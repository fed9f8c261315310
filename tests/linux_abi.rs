//! Every number and layout of `arch/` and `src/sys/linux/` against other sources of the same.
//!
//! The files are compiled into this test as they are, for the architecture that the
//! test is compiled for.

#![cfg(target_os = "linux")]
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the included files serve the crate, which uses all of them"
)]

#[path = "../arch/mod.rs"]
mod arch;
#[path = "../src/sys/linux/constants.rs"]
mod constants;
#[path = "../src/sys/linux/socket_layout.rs"]
mod socket_layout;
#[path = "../src/sys/linux/sysv_layout.rs"]
mod sysv_layout;

mod common;

use std::io::Write as _;
use std::process::{self, Command, Stdio};
use std::{env, fs};

use arch::layout;
use core::mem::offset_of;
use linux_raw_sys::general as raw;
use rawshm::descriptor::{FallocateFlags, FdFlags, Lease, Mode, OFlags, Whence};
use rawshm::fd_passing::{PidfdFlags, SocketType};
use rawshm::memfd::{MemfdFlags, SealFlags};
use rawshm::mm::{Advice, MapFlags, MlockFlags, MlockallFlags, MremapFlags, MsyncFlags, ProtFlags};
use rawshm::secret::SecretFlags;
use rawshm::shm::MountFlags;
use rawshm::sysv::{IpcMode, Key, ShmFlags, ShmatFlags};

#[test]
fn numbers_of_system_calls() {
    use linux_raw_sys::general::*;
    use rawshm::syscall::*;

    let calls: &[(&str, usize, u32)] = &include!(concat!(env!("OUT_DIR"), "/syscalls_check.rs"));
    assert!(calls.len() > 300, "only {} system calls", calls.len());
    for &(name, ours, theirs) in calls {
        assert_eq!(ours, theirs as usize, "SYS_{name}");
    }
}

/// Compares size, alignment, and offset and size of fields: ours and, where it differs, theirs.
macro_rules! same_layout {
    ($ours:ty, $theirs:ty: $($field:ident $(= $other:ident)?)*) => {
        assert_eq!(size_of::<$ours>(), size_of::<$theirs>());
        assert_eq!(align_of::<$ours>(), align_of::<$theirs>());
        // SAFETY: all zeroes are a value of both structs, which hold only integers.
        let (ours, theirs): ($ours, $theirs) = unsafe { core::mem::zeroed() };
        $(same_layout!(@ $ours, $theirs, ours, theirs, $field, $($other,)? $field);)*
    };
    (@ $ours:ty, $theirs:ty, $a:ident, $b:ident, $field:ident, $other:ident $(, $rest:ident)?) => {
        assert_eq!(
            (offset_of!($ours, $field), size_of_val(&$a.$field)),
            (offset_of!($theirs, $other), size_of_val(&$b.$other)),
            stringify!($field),
        );
    };
}

#[test]
fn layout_of_stat() {
    same_layout!(layout::Stat, raw::stat:
        st_dev st_ino st_nlink st_mode st_uid st_gid st_rdev st_size st_blksize st_blocks
        st_atime st_atime_nsec st_mtime st_mtime_nsec st_ctime st_ctime_nsec
    );
}

#[test]
fn layout_of_segments() {
    same_layout!(sysv_layout::IpcPerm, libc::ipc_perm:
        key = __key uid gid cuid cgid seq = __seq
    );
    // `libc` keeps the 16 bits and the padding that glibc once had there.
    assert_eq!(
        offset_of!(sysv_layout::IpcPerm, mode),
        offset_of!(libc::ipc_perm, mode)
    );
    same_layout!(sysv_layout::ShmidDs, libc::shmid_ds:
        shm_perm shm_segsz shm_atime shm_dtime shm_ctime shm_cpid shm_lpid shm_nattch
    );
}

#[test]
fn layout_of_messages() {
    same_layout!(socket_layout::Iovec, libc::iovec: iov_base iov_len);
    same_layout!(socket_layout::Msghdr, libc::msghdr:
        msg_name msg_namelen msg_iov msg_iovlen msg_control msg_controllen msg_flags
    );
    same_layout!(socket_layout::Cmsghdr, libc::cmsghdr: cmsg_len cmsg_level cmsg_type);
}

#[test]
fn fields_that_are_read_by_index() {
    macro_rules! words {
        ($type:ty: $($field:ident $index:literal $size:literal)*) => {
            assert!(size_of::<$type>() <= size_of::<[u64; 16]>());
            $(
                assert_eq!(offset_of!($type, $field), 8 * $index, stringify!($field));
                // SAFETY: all zeroes are a value of these structs.
                let zeroed: $type = unsafe { core::mem::zeroed() };
                assert_eq!(size_of_val(&zeroed.$field), $size, stringify!($field));
            )*
        };
    }
    words!(raw::statfs: f_type 0 8 f_bsize 1 8 f_blocks 2 8 f_bavail 4 8);
    words!(libc::iovec: iov_base 0 8 iov_len 1 8);
    words!(libc::sysinfo: totalram 4 8 totalswap 8 8 mem_unit 13 4);
}

/// Compares our constants with those of the same name elsewhere.
macro_rules! same {
    ($source:ident: $($name:ident)*) => {
        $(assert_eq!(
            constants::$name as u32,
            $source::$name as u32,
            stringify!($name),
        );)*
    };
}

#[test]
#[allow(
    clippy::unnecessary_cast,
    reason = "the types differ from source to source"
)]
fn constants_of_both() {
    macro_rules! both {
        ($($name:ident)*) => {
            same!(libc: $($name)*);
            same!(raw: $($name)*);
        };
    }
    both! {
        PROT_NONE PROT_READ PROT_WRITE PROT_EXEC PROT_GROWSDOWN PROT_GROWSUP MAP_FILE
        MAP_SHARED MAP_PRIVATE MAP_SHARED_VALIDATE MAP_DROPPABLE MAP_TYPE MAP_FIXED
        MAP_ANONYMOUS MAP_GROWSDOWN MAP_DENYWRITE MAP_EXECUTABLE MAP_LOCKED MAP_NORESERVE
        MAP_POPULATE MAP_NONBLOCK MAP_STACK MAP_HUGETLB MAP_SYNC MAP_FIXED_NOREPLACE
        MAP_HUGE_MASK MAP_HUGE_64KB MAP_HUGE_512KB MAP_HUGE_1MB MAP_HUGE_2MB MAP_HUGE_8MB
        MAP_HUGE_16MB MAP_HUGE_32MB MAP_HUGE_256MB MAP_HUGE_512MB MAP_HUGE_1GB MAP_HUGE_2GB
        MAP_HUGE_16GB MADV_NORMAL MADV_RANDOM MADV_SEQUENTIAL MADV_WILLNEED MADV_DONTNEED
        MADV_FREE MADV_REMOVE MADV_DONTFORK MADV_DOFORK MADV_MERGEABLE MADV_UNMERGEABLE
        MADV_HUGEPAGE MADV_NOHUGEPAGE MADV_DONTDUMP MADV_DODUMP MADV_WIPEONFORK
        MADV_KEEPONFORK MADV_COLD MADV_PAGEOUT MADV_POPULATE_READ MADV_POPULATE_WRITE
        MADV_DONTNEED_LOCKED MADV_COLLAPSE MADV_HWPOISON MADV_SOFT_OFFLINE MS_ASYNC
        MS_INVALIDATE MS_SYNC MLOCK_ONFAULT MCL_CURRENT MCL_FUTURE MCL_ONFAULT
        MREMAP_MAYMOVE MREMAP_FIXED MREMAP_DONTUNMAP MFD_CLOEXEC MFD_ALLOW_SEALING
        MFD_HUGETLB MFD_NOEXEC_SEAL MFD_EXEC MFD_HUGE_MASK MFD_HUGE_64KB MFD_HUGE_512KB
        MFD_HUGE_1MB MFD_HUGE_2MB MFD_HUGE_8MB MFD_HUGE_16MB MFD_HUGE_32MB MFD_HUGE_256MB
        MFD_HUGE_512MB MFD_HUGE_1GB MFD_HUGE_2GB MFD_HUGE_16GB F_SEAL_SEAL F_SEAL_SHRINK
        F_SEAL_GROW F_SEAL_WRITE F_SEAL_FUTURE_WRITE F_SEAL_EXEC O_RDONLY O_WRONLY O_RDWR
        O_ACCMODE O_CREAT O_EXCL O_NOCTTY O_TRUNC O_APPEND O_NONBLOCK O_DSYNC O_DIRECT
        O_DIRECTORY O_NOFOLLOW O_NOATIME O_CLOEXEC O_SYNC O_PATH O_TMPFILE
        S_IRWXU S_IRUSR S_IWUSR S_IXUSR S_IRWXG S_IRGRP S_IWGRP S_IXGRP S_IRWXO S_IROTH
        S_IWOTH S_IXOTH S_ISUID S_ISGID S_ISVTX FD_CLOEXEC FALLOC_FL_KEEP_SIZE
        FALLOC_FL_PUNCH_HOLE FALLOC_FL_COLLAPSE_RANGE FALLOC_FL_ZERO_RANGE
        FALLOC_FL_INSERT_RANGE FALLOC_FL_UNSHARE_RANGE S_IFMT S_IFDIR S_IFREG S_IFIFO S_IFCHR S_IFBLK S_IFLNK S_IFSOCK F_GETFD
        F_SETFD F_GETFL F_SETLEASE F_GETLEASE F_DUPFD_CLOEXEC F_ADD_SEALS F_GET_SEALS
        F_RDLCK F_WRLCK F_UNLCK AT_FDCWD HUGETLBFS_MAGIC NAME_MAX MAP_HUGE_SHIFT
        MFD_HUGE_SHIFT SEEK_SET SEEK_CUR SEEK_END SEEK_DATA SEEK_HOLE SIGURG
        AT_SYMLINK_NOFOLLOW PATH_MAX RLIMIT_FSIZE FUTEX_WAIT FUTEX_WAKE FUTEX_WAIT_BITSET
        FUTEX_BITSET_MATCH_ANY CLOCK_MONOTONIC FUTEX_WAKE_OP FUTEX_PRIVATE_FLAG FUTEX_OP_ADD PIPE_BUF F_DUPFD
        AT_REMOVEDIR AT_SYMLINK_FOLLOW AT_EMPTY_PATH
        RENAME_NOREPLACE TMPFS_MAGIC MS_RDONLY MS_NOSUID MS_NODEV MS_NOEXEC MS_SYNCHRONOUS
        MS_REMOUNT MS_MANDLOCK MS_DIRSYNC MS_NOSYMFOLLOW MS_NOATIME MS_NODIRATIME MS_BIND MS_MOVE
        MS_REC MS_SILENT MS_POSIXACL MS_UNBINDABLE MS_PRIVATE MS_SLAVE MS_SHARED MS_RELATIME
        MS_KERNMOUNT MS_I_VERSION MS_STRICTATIME MS_LAZYTIME MS_ACTIVE MS_RMT_MASK MS_MGC_VAL
        MS_MGC_MSK
    }
}

#[test]
#[allow(
    clippy::unnecessary_cast,
    reason = "the types differ from source to source"
)]
fn constants_of_one() {
    same!(libc: MAP_ANON O_ASYNC
        IPC_CREAT IPC_EXCL IPC_NOWAIT IPC_PRIVATE IPC_RMID IPC_SET IPC_STAT IPC_INFO SHM_R SHM_W
        SHM_HUGETLB SHM_NORESERVE SHM_RDONLY SHM_RND SHM_REMAP SHM_EXEC SHM_LOCK SHM_UNLOCK
        AF_UNIX SOCK_STREAM SOCK_DGRAM SOCK_SEQPACKET SOCK_CLOEXEC SOL_SOCKET SO_DOMAIN
        MSG_CTRUNC MSG_TRUNC MSG_NOSIGNAL MSG_CMSG_CLOEXEC SCM_RIGHTS PIDFD_NONBLOCK
    );
    // Newer than the sources; the kernel's headers define them so.
    assert_eq!(
        (constants::SCM_PIDFD, constants::PIDFD_THREAD),
        (4, constants::O_EXCL)
    );
    // Known to the kernel alone: `fd_passing` sends as many, and one more.
    assert_eq!(constants::SCM_MAX_FD, 253);
    // O_LARGEFILE: glibc has 0 where files are large anyway; the kernel still tells it.
    same!(raw: O_LARGEFILE
        PROT_SEM MAP_UNINITIALIZED MAP_HUGE_16KB FALLOC_FL_NO_HIDE_STALE F_SETSIG SECRETMEM_MAGIC
        MS_VERBOSE MS_SUBMOUNT MS_NOREMOTELOCK MS_NOSEC MS_BORN MS_NOUSER RAMFS_MAGIC
    );
    #[cfg(target_arch = "x86_64")]
    same!(libc: MAP_32BIT);
    #[cfg(target_arch = "x86_64")]
    same!(raw: MAP_32BIT MAP_ABOVE4G);
    #[cfg(target_arch = "aarch64")]
    same!(raw: PROT_BTI PROT_MTE);
    assert_eq!(
        constants::MEMFD_NAME_MAX,
        constants::NAME_MAX - "memfd:".len()
    );
}

/// What neither crate has.
#[test]
fn constants_of_c() {
    macro_rules! same_in_c {
        ($header:literal: $($name:ident)*) => {
            let ours = [$((stringify!($name), i64::from(constants::$name))),*];
            let Some(theirs) = c_values($header, &ours.map(|(name, _)| name)) else {
                return;
            };
            for ((name, ours), theirs) in ours.into_iter().zip(theirs) {
                assert_eq!(ours, theirs, "{name} of {}", $header);
            }
        };
    }
    same_in_c!("linux/shm.h":
        IPC_CREAT IPC_EXCL IPC_NOWAIT IPC_PRIVATE IPC_RMID IPC_SET IPC_STAT IPC_INFO SHM_R SHM_W
        SHM_HUGETLB SHM_NORESERVE SHM_HUGE_SHIFT SHM_HUGE_MASK SHM_HUGE_64KB SHM_HUGE_512KB
        SHM_HUGE_1MB SHM_HUGE_2MB SHM_HUGE_8MB SHM_HUGE_16MB SHM_HUGE_32MB SHM_HUGE_256MB
        SHM_HUGE_512MB SHM_HUGE_1GB SHM_HUGE_2GB SHM_HUGE_16GB SHM_RDONLY SHM_RND SHM_REMAP
        SHM_EXEC SHM_LOCK SHM_UNLOCK SHM_STAT SHM_INFO SHM_STAT_ANY
    );
    // The kernel does not export these two; glibc does.
    same_in_c!("sys/shm.h": SHM_DEST SHM_LOCKED);
}

/// What expressions are worth in C, after a header was included.
///
/// `None`, with the reason printed, if this machine has no compiler for its own programs.
fn c_values(header: &str, expressions: &[&str]) -> Option<Vec<i64>> {
    if common::is_emulated() {
        common::skip("the compiler is one for another processor");
        return None;
    }
    let name = format!("rawshm-test-{}-{}", process::id(), header.replace('/', "-"));
    let program = env::temp_dir().join(name);
    let compiler = Command::new("cc")
        .args(["-D_GNU_SOURCE", "-x", "c", "-", "-o"])
        .arg(&program)
        .stdin(Stdio::piped())
        .spawn();
    let mut compiler = match compiler {
        Ok(compiler) => compiler,
        Err(error) => {
            common::skip(format_args!("cc: {error}"));
            return None;
        }
    };
    let mut source = compiler.stdin.take().expect("it is piped");
    writeln!(source, "#include <stdio.h>\n#include <{header}>").unwrap();
    writeln!(source, "int main(void) {{").unwrap();
    for expression in expressions {
        writeln!(source, "printf(\"%lld\\n\", (long long)({expression}));").unwrap();
    }
    writeln!(source, "}}").unwrap();
    drop(source);
    assert!(compiler.wait().unwrap().success(), "cc fails on {header}");
    let output = Command::new(&program).output();
    fs::remove_file(&program).unwrap();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    let values: Vec<i64> = text.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(values.len(), expressions.len());
    Some(values)
}

#[test]
fn names_of_flags() {
    macro_rules! named {
        ($type:ty, $number:ident(): $($ours:ident=$manual:ident),* $(,)?) => {
            $(assert_eq!(
                <$type>::$ours.$number(),
                constants::$manual,
                concat!(stringify!($type), "::", stringify!($ours)),
            );)*
        };
    }
    named!(ProtFlags, bits():
        NONE=PROT_NONE, READ=PROT_READ, WRITE=PROT_WRITE, EXEC=PROT_EXEC, SEM=PROT_SEM,
        GROWSDOWN=PROT_GROWSDOWN, GROWSUP=PROT_GROWSUP
    );
    #[cfg(target_arch = "aarch64")]
    named!(ProtFlags, bits():
        BTI=PROT_BTI, MTE=PROT_MTE
    );
    named!(MapFlags, bits():
        FILE=MAP_FILE, SHARED=MAP_SHARED, PRIVATE=MAP_PRIVATE,
        SHARED_VALIDATE=MAP_SHARED_VALIDATE, DROPPABLE=MAP_DROPPABLE, TYPE=MAP_TYPE,
        FIXED=MAP_FIXED, ANONYMOUS=MAP_ANONYMOUS, ANON=MAP_ANON, GROWSDOWN=MAP_GROWSDOWN,
        DENYWRITE=MAP_DENYWRITE, EXECUTABLE=MAP_EXECUTABLE, LOCKED=MAP_LOCKED,
        NORESERVE=MAP_NORESERVE, POPULATE=MAP_POPULATE, NONBLOCK=MAP_NONBLOCK,
        STACK=MAP_STACK, HUGETLB=MAP_HUGETLB, SYNC=MAP_SYNC,
        FIXED_NOREPLACE=MAP_FIXED_NOREPLACE, UNINITIALIZED=MAP_UNINITIALIZED,
        HUGE_16KB=MAP_HUGE_16KB, HUGE_64KB=MAP_HUGE_64KB,
        HUGE_512KB=MAP_HUGE_512KB, HUGE_1MB=MAP_HUGE_1MB, HUGE_2MB=MAP_HUGE_2MB,
        HUGE_8MB=MAP_HUGE_8MB, HUGE_16MB=MAP_HUGE_16MB, HUGE_32MB=MAP_HUGE_32MB,
        HUGE_256MB=MAP_HUGE_256MB, HUGE_512MB=MAP_HUGE_512MB, HUGE_1GB=MAP_HUGE_1GB,
        HUGE_2GB=MAP_HUGE_2GB, HUGE_16GB=MAP_HUGE_16GB
    );
    #[cfg(target_arch = "x86_64")]
    named!(MapFlags, bits():
        BITS_32=MAP_32BIT, ABOVE4G=MAP_ABOVE4G
    );
    named!(Advice, raw():
        NORMAL=MADV_NORMAL, RANDOM=MADV_RANDOM, SEQUENTIAL=MADV_SEQUENTIAL,
        WILLNEED=MADV_WILLNEED, DONTNEED=MADV_DONTNEED, FREE=MADV_FREE, REMOVE=MADV_REMOVE,
        DONTFORK=MADV_DONTFORK, DOFORK=MADV_DOFORK, MERGEABLE=MADV_MERGEABLE,
        UNMERGEABLE=MADV_UNMERGEABLE, HUGEPAGE=MADV_HUGEPAGE, NOHUGEPAGE=MADV_NOHUGEPAGE,
        DONTDUMP=MADV_DONTDUMP, DODUMP=MADV_DODUMP, WIPEONFORK=MADV_WIPEONFORK,
        KEEPONFORK=MADV_KEEPONFORK, COLD=MADV_COLD, PAGEOUT=MADV_PAGEOUT,
        POPULATE_READ=MADV_POPULATE_READ, POPULATE_WRITE=MADV_POPULATE_WRITE,
        DONTNEED_LOCKED=MADV_DONTNEED_LOCKED, COLLAPSE=MADV_COLLAPSE,
        HWPOISON=MADV_HWPOISON, SOFT_OFFLINE=MADV_SOFT_OFFLINE
    );
    named!(MsyncFlags, bits():
        ASYNC=MS_ASYNC, INVALIDATE=MS_INVALIDATE, SYNC=MS_SYNC
    );
    named!(MlockFlags, bits():
        ONFAULT=MLOCK_ONFAULT
    );
    named!(MlockallFlags, bits():
        CURRENT=MCL_CURRENT, FUTURE=MCL_FUTURE, ONFAULT=MCL_ONFAULT
    );
    named!(MremapFlags, bits():
        MAYMOVE=MREMAP_MAYMOVE, FIXED=MREMAP_FIXED, DONTUNMAP=MREMAP_DONTUNMAP
    );
    named!(SecretFlags, bits():
        CLOEXEC=O_CLOEXEC
    );
    named!(MemfdFlags, bits():
        CLOEXEC=MFD_CLOEXEC, ALLOW_SEALING=MFD_ALLOW_SEALING, HUGETLB=MFD_HUGETLB,
        NOEXEC_SEAL=MFD_NOEXEC_SEAL, EXEC=MFD_EXEC,
        HUGE_64KB=MFD_HUGE_64KB, HUGE_512KB=MFD_HUGE_512KB, HUGE_1MB=MFD_HUGE_1MB,
        HUGE_2MB=MFD_HUGE_2MB, HUGE_8MB=MFD_HUGE_8MB, HUGE_16MB=MFD_HUGE_16MB,
        HUGE_32MB=MFD_HUGE_32MB, HUGE_256MB=MFD_HUGE_256MB, HUGE_512MB=MFD_HUGE_512MB,
        HUGE_1GB=MFD_HUGE_1GB, HUGE_2GB=MFD_HUGE_2GB, HUGE_16GB=MFD_HUGE_16GB
    );
    named!(SealFlags, bits():
        SEAL=F_SEAL_SEAL, SHRINK=F_SEAL_SHRINK, GROW=F_SEAL_GROW, WRITE=F_SEAL_WRITE,
        FUTURE_WRITE=F_SEAL_FUTURE_WRITE, EXEC=F_SEAL_EXEC
    );
    named!(OFlags, bits():
        RDONLY=O_RDONLY, WRONLY=O_WRONLY, RDWR=O_RDWR, ACCMODE=O_ACCMODE, CREAT=O_CREAT,
        EXCL=O_EXCL, NOCTTY=O_NOCTTY, TRUNC=O_TRUNC, APPEND=O_APPEND, NONBLOCK=O_NONBLOCK,
        DSYNC=O_DSYNC, ASYNC=O_ASYNC, DIRECT=O_DIRECT, LARGEFILE=O_LARGEFILE,
        DIRECTORY=O_DIRECTORY, NOFOLLOW=O_NOFOLLOW, NOATIME=O_NOATIME, CLOEXEC=O_CLOEXEC,
        SYNC=O_SYNC, PATH=O_PATH, TMPFILE=O_TMPFILE
    );
    named!(Mode, bits():
        RWXU=S_IRWXU, RUSR=S_IRUSR, WUSR=S_IWUSR, XUSR=S_IXUSR, RWXG=S_IRWXG, RGRP=S_IRGRP,
        WGRP=S_IWGRP, XGRP=S_IXGRP, RWXO=S_IRWXO, ROTH=S_IROTH, WOTH=S_IWOTH, XOTH=S_IXOTH,
        SUID=S_ISUID, SGID=S_ISGID, SVTX=S_ISVTX,
        IFMT=S_IFMT, IFIFO=S_IFIFO, IFCHR=S_IFCHR, IFDIR=S_IFDIR, IFBLK=S_IFBLK, IFREG=S_IFREG,
        IFLNK=S_IFLNK, IFSOCK=S_IFSOCK
    );
    named!(FdFlags, bits():
        CLOEXEC=FD_CLOEXEC
    );
    named!(FallocateFlags, bits():
        KEEP_SIZE=FALLOC_FL_KEEP_SIZE, PUNCH_HOLE=FALLOC_FL_PUNCH_HOLE,
        NO_HIDE_STALE=FALLOC_FL_NO_HIDE_STALE, COLLAPSE_RANGE=FALLOC_FL_COLLAPSE_RANGE,
        ZERO_RANGE=FALLOC_FL_ZERO_RANGE, INSERT_RANGE=FALLOC_FL_INSERT_RANGE,
        UNSHARE_RANGE=FALLOC_FL_UNSHARE_RANGE
    );
    named!(ShmFlags, bits():
        CREAT=IPC_CREAT, EXCL=IPC_EXCL, NOWAIT=IPC_NOWAIT, R=SHM_R, W=SHM_W,
        HUGETLB=SHM_HUGETLB, NORESERVE=SHM_NORESERVE,
        HUGE_64KB=SHM_HUGE_64KB, HUGE_512KB=SHM_HUGE_512KB, HUGE_1MB=SHM_HUGE_1MB,
        HUGE_2MB=SHM_HUGE_2MB, HUGE_8MB=SHM_HUGE_8MB, HUGE_16MB=SHM_HUGE_16MB,
        HUGE_32MB=SHM_HUGE_32MB, HUGE_256MB=SHM_HUGE_256MB, HUGE_512MB=SHM_HUGE_512MB,
        HUGE_1GB=SHM_HUGE_1GB, HUGE_2GB=SHM_HUGE_2GB, HUGE_16GB=SHM_HUGE_16GB
    );
    named!(ShmatFlags, bits():
        RDONLY=SHM_RDONLY, RND=SHM_RND, REMAP=SHM_REMAP, EXEC=SHM_EXEC
    );
    named!(IpcMode, bits(): DEST=SHM_DEST, LOCKED=SHM_LOCKED);
    named!(Key, raw(): PRIVATE=IPC_PRIVATE);
    named!(Whence, raw():
        SET=SEEK_SET, CUR=SEEK_CUR, END=SEEK_END, DATA=SEEK_DATA, HOLE=SEEK_HOLE
    );
    named!(SocketType, raw(): STREAM=SOCK_STREAM, DGRAM=SOCK_DGRAM, SEQPACKET=SOCK_SEQPACKET);
    named!(PidfdFlags, bits(): NONBLOCK=PIDFD_NONBLOCK, THREAD=PIDFD_THREAD);
    named!(MountFlags, bits():
        RDONLY=MS_RDONLY, NOSUID=MS_NOSUID, NODEV=MS_NODEV, NOEXEC=MS_NOEXEC,
        SYNCHRONOUS=MS_SYNCHRONOUS, REMOUNT=MS_REMOUNT, MANDLOCK=MS_MANDLOCK,
        DIRSYNC=MS_DIRSYNC, NOSYMFOLLOW=MS_NOSYMFOLLOW, NOATIME=MS_NOATIME,
        NODIRATIME=MS_NODIRATIME, BIND=MS_BIND, MOVE=MS_MOVE, REC=MS_REC, SILENT=MS_SILENT,
        VERBOSE=MS_VERBOSE, POSIXACL=MS_POSIXACL, UNBINDABLE=MS_UNBINDABLE, PRIVATE=MS_PRIVATE,
        SLAVE=MS_SLAVE, SHARED=MS_SHARED, RELATIME=MS_RELATIME, KERNMOUNT=MS_KERNMOUNT,
        I_VERSION=MS_I_VERSION, STRICTATIME=MS_STRICTATIME, LAZYTIME=MS_LAZYTIME,
        SUBMOUNT=MS_SUBMOUNT, NOREMOTELOCK=MS_NOREMOTELOCK, NOSEC=MS_NOSEC, BORN=MS_BORN,
        ACTIVE=MS_ACTIVE, NOUSER=MS_NOUSER, RMT_MASK=MS_RMT_MASK, MGC_VAL=MS_MGC_VAL,
        MGC_MSK=MS_MGC_MSK
    );
    named!(Lease, raw(): RDLCK=F_RDLCK, WRLCK=F_WRLCK, UNLCK=F_UNLCK);
    assert_eq!(MapFlags::HUGE_SHIFT, constants::MAP_HUGE_SHIFT);
    assert_eq!(MapFlags::HUGE_MASK, constants::MAP_HUGE_MASK);
    assert_eq!(MemfdFlags::HUGE_SHIFT, constants::MFD_HUGE_SHIFT);
    assert_eq!(MemfdFlags::HUGE_MASK, constants::MFD_HUGE_MASK);
    assert_eq!(ShmFlags::HUGE_SHIFT, constants::SHM_HUGE_SHIFT);
    assert_eq!(ShmFlags::HUGE_MASK, constants::SHM_HUGE_MASK);
}

#[test]
fn unknown_bits_are_kept() {
    assert_eq!(
        MapFlags::from_bits(1 << 30),
        Some(MapFlags::from_bits_retain(1 << 30))
    );
    assert_eq!(OFlags::from_bits_truncate(1 << 31).bits(), 1 << 31);
    assert_eq!(Advice::from_raw(102).raw(), 102);
    assert_eq!(Lease::from_raw(9).raw(), 9);
    assert!(MountFlags::all().bits() == u32::MAX);
    assert_eq!(Whence::from_raw(9).raw(), 9);
    assert_eq!(ShmFlags::from_bits_truncate(1 << 31).bits(), 1 << 31);
    assert_eq!(ShmatFlags::from_bits_truncate(1 << 31).bits(), 1 << 31);
    assert_eq!(IpcMode::from_bits_truncate(1 << 31).bits(), 1 << 31);
}

#[test]
fn no_constant_is_forgotten_here() {
    let words: std::collections::HashSet<&str> = include_str!("linux_abi.rs")
        .split(|separator: char| !separator.is_ascii_alphanumeric() && separator != '_')
        .collect();
    let mut text = include_str!("../src/sys/linux/constants.rs").to_owned();
    let mut layouts = 0;
    for folder in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/arch")).unwrap() {
        if let Ok(layout) = fs::read_to_string(folder.unwrap().path().join("layout.rs")) {
            text.push_str(&layout);
            layouts += 1;
        }
    }
    assert!(layouts >= 3, "{layouts} layouts");
    let names = text
        .lines()
        .filter_map(|line| line.strip_prefix("pub(crate) const ")?.split(':').next());
    for name in names.filter(|&name| name != "PAGE_SIZES") {
        assert!(words.contains(name), "{name} is compared with nothing");
    }
}
