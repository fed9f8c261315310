//! The numbers behind the flags, by the names of the manual.
//!
//! The same on every architecture that we support, except those that come from
//! its `layout.rs`. Held against `libc` and `linux-raw-sys` by `tests/linux_abi.rs`.

use crate::arch::layout;

pub(crate) const PROT_NONE: u32 = 0;
pub(crate) const PROT_READ: u32 = 0x1;
pub(crate) const PROT_WRITE: u32 = 0x2;
pub(crate) const PROT_EXEC: u32 = 0x4;
pub(crate) const PROT_SEM: u32 = 0x8;
#[cfg(target_arch = "aarch64")]
pub(crate) const PROT_BTI: u32 = 0x10;
#[cfg(target_arch = "aarch64")]
pub(crate) const PROT_MTE: u32 = 0x20;
pub(crate) const PROT_GROWSDOWN: u32 = 0x0100_0000;
pub(crate) const PROT_GROWSUP: u32 = 0x0200_0000;

pub(crate) const MAP_FILE: u32 = 0;
pub(crate) const MAP_SHARED: u32 = 0x01;
pub(crate) const MAP_PRIVATE: u32 = 0x02;
pub(crate) const MAP_SHARED_VALIDATE: u32 = 0x03;
pub(crate) const MAP_DROPPABLE: u32 = 0x08;
pub(crate) const MAP_TYPE: u32 = 0x0f;
pub(crate) const MAP_FIXED: u32 = 0x10;
pub(crate) const MAP_ANONYMOUS: u32 = 0x20;
pub(crate) const MAP_ANON: u32 = MAP_ANONYMOUS;
#[cfg(target_arch = "x86_64")]
pub(crate) const MAP_32BIT: u32 = 0x40;
#[cfg(target_arch = "x86_64")]
pub(crate) const MAP_ABOVE4G: u32 = 0x80;
pub(crate) const MAP_GROWSDOWN: u32 = 0x0100;
pub(crate) const MAP_DENYWRITE: u32 = 0x0800;
pub(crate) const MAP_EXECUTABLE: u32 = 0x1000;
pub(crate) const MAP_LOCKED: u32 = 0x2000;
pub(crate) const MAP_NORESERVE: u32 = 0x4000;
pub(crate) const MAP_POPULATE: u32 = 0x8000;
pub(crate) const MAP_NONBLOCK: u32 = 0x01_0000;
pub(crate) const MAP_STACK: u32 = 0x02_0000;
pub(crate) const MAP_HUGETLB: u32 = 0x04_0000;
pub(crate) const MAP_SYNC: u32 = 0x08_0000;
pub(crate) const MAP_FIXED_NOREPLACE: u32 = 0x10_0000;
pub(crate) const MAP_UNINITIALIZED: u32 = 0x0400_0000;
pub(crate) const MAP_HUGE_SHIFT: u32 = 26;
pub(crate) const MAP_HUGE_MASK: u32 = 0x3f;
pub(crate) const MAP_HUGE_16KB: u32 = 14 << MAP_HUGE_SHIFT;
pub(crate) const MAP_HUGE_64KB: u32 = 16 << MAP_HUGE_SHIFT;
pub(crate) const MAP_HUGE_512KB: u32 = 19 << MAP_HUGE_SHIFT;
pub(crate) const MAP_HUGE_1MB: u32 = 20 << MAP_HUGE_SHIFT;
pub(crate) const MAP_HUGE_2MB: u32 = 21 << MAP_HUGE_SHIFT;
pub(crate) const MAP_HUGE_8MB: u32 = 23 << MAP_HUGE_SHIFT;
pub(crate) const MAP_HUGE_16MB: u32 = 24 << MAP_HUGE_SHIFT;
pub(crate) const MAP_HUGE_32MB: u32 = 25 << MAP_HUGE_SHIFT;
pub(crate) const MAP_HUGE_256MB: u32 = 28 << MAP_HUGE_SHIFT;
pub(crate) const MAP_HUGE_512MB: u32 = 29 << MAP_HUGE_SHIFT;
pub(crate) const MAP_HUGE_1GB: u32 = 30 << MAP_HUGE_SHIFT;
pub(crate) const MAP_HUGE_2GB: u32 = 31 << MAP_HUGE_SHIFT;
pub(crate) const MAP_HUGE_16GB: u32 = 34 << MAP_HUGE_SHIFT;

pub(crate) const MADV_NORMAL: u32 = 0;
pub(crate) const MADV_RANDOM: u32 = 1;
pub(crate) const MADV_SEQUENTIAL: u32 = 2;
pub(crate) const MADV_WILLNEED: u32 = 3;
pub(crate) const MADV_DONTNEED: u32 = 4;
pub(crate) const MADV_FREE: u32 = 8;
pub(crate) const MADV_REMOVE: u32 = 9;
pub(crate) const MADV_DONTFORK: u32 = 10;
pub(crate) const MADV_DOFORK: u32 = 11;
pub(crate) const MADV_MERGEABLE: u32 = 12;
pub(crate) const MADV_UNMERGEABLE: u32 = 13;
pub(crate) const MADV_HUGEPAGE: u32 = 14;
pub(crate) const MADV_NOHUGEPAGE: u32 = 15;
pub(crate) const MADV_DONTDUMP: u32 = 16;
pub(crate) const MADV_DODUMP: u32 = 17;
pub(crate) const MADV_WIPEONFORK: u32 = 18;
pub(crate) const MADV_KEEPONFORK: u32 = 19;
pub(crate) const MADV_COLD: u32 = 20;
pub(crate) const MADV_PAGEOUT: u32 = 21;
pub(crate) const MADV_POPULATE_READ: u32 = 22;
pub(crate) const MADV_POPULATE_WRITE: u32 = 23;
pub(crate) const MADV_DONTNEED_LOCKED: u32 = 24;
pub(crate) const MADV_COLLAPSE: u32 = 25;
pub(crate) const MADV_HWPOISON: u32 = 100;
pub(crate) const MADV_SOFT_OFFLINE: u32 = 101;

pub(crate) const MS_ASYNC: u32 = 1;
pub(crate) const MS_INVALIDATE: u32 = 2;
pub(crate) const MS_SYNC: u32 = 4;

pub(crate) const MLOCK_ONFAULT: u32 = 1;

pub(crate) const MCL_CURRENT: u32 = 1;
pub(crate) const MCL_FUTURE: u32 = 2;
pub(crate) const MCL_ONFAULT: u32 = 4;

pub(crate) const MREMAP_MAYMOVE: u32 = 1;
pub(crate) const MREMAP_FIXED: u32 = 2;
pub(crate) const MREMAP_DONTUNMAP: u32 = 4;

pub(crate) const MFD_CLOEXEC: u32 = 0x01;
pub(crate) const MFD_ALLOW_SEALING: u32 = 0x02;
pub(crate) const MFD_HUGETLB: u32 = 0x04;
pub(crate) const MFD_NOEXEC_SEAL: u32 = 0x08;
pub(crate) const MFD_EXEC: u32 = 0x10;
pub(crate) const MFD_HUGE_SHIFT: u32 = 26;
pub(crate) const MFD_HUGE_MASK: u32 = 0x3f;
pub(crate) const MFD_HUGE_64KB: u32 = 16 << MFD_HUGE_SHIFT;
pub(crate) const MFD_HUGE_512KB: u32 = 19 << MFD_HUGE_SHIFT;
pub(crate) const MFD_HUGE_1MB: u32 = 20 << MFD_HUGE_SHIFT;
pub(crate) const MFD_HUGE_2MB: u32 = 21 << MFD_HUGE_SHIFT;
pub(crate) const MFD_HUGE_8MB: u32 = 23 << MFD_HUGE_SHIFT;
pub(crate) const MFD_HUGE_16MB: u32 = 24 << MFD_HUGE_SHIFT;
pub(crate) const MFD_HUGE_32MB: u32 = 25 << MFD_HUGE_SHIFT;
pub(crate) const MFD_HUGE_256MB: u32 = 28 << MFD_HUGE_SHIFT;
pub(crate) const MFD_HUGE_512MB: u32 = 29 << MFD_HUGE_SHIFT;
pub(crate) const MFD_HUGE_1GB: u32 = 30 << MFD_HUGE_SHIFT;
pub(crate) const MFD_HUGE_2GB: u32 = 31 << MFD_HUGE_SHIFT;
pub(crate) const MFD_HUGE_16GB: u32 = 34 << MFD_HUGE_SHIFT;

pub(crate) const F_SEAL_SEAL: u32 = 0x01;
pub(crate) const F_SEAL_SHRINK: u32 = 0x02;
pub(crate) const F_SEAL_GROW: u32 = 0x04;
pub(crate) const F_SEAL_WRITE: u32 = 0x08;
pub(crate) const F_SEAL_FUTURE_WRITE: u32 = 0x10;
pub(crate) const F_SEAL_EXEC: u32 = 0x20;

pub(crate) const O_RDONLY: u32 = 0o0;
pub(crate) const O_WRONLY: u32 = 0o1;
pub(crate) const O_RDWR: u32 = 0o2;
pub(crate) const O_ACCMODE: u32 = 0o3;
pub(crate) const O_CREAT: u32 = 0o100;
pub(crate) const O_EXCL: u32 = 0o200;
pub(crate) const O_NOCTTY: u32 = 0o400;
pub(crate) const O_TRUNC: u32 = 0o1000;
pub(crate) const O_APPEND: u32 = 0o2000;
pub(crate) const O_NONBLOCK: u32 = 0o4000;
pub(crate) const O_DSYNC: u32 = 0o10_000;
pub(crate) const O_ASYNC: u32 = 0o20_000;
pub(crate) const O_DIRECT: u32 = layout::O_DIRECT;
pub(crate) const O_LARGEFILE: u32 = layout::O_LARGEFILE;
pub(crate) const O_DIRECTORY: u32 = layout::O_DIRECTORY;
pub(crate) const O_NOFOLLOW: u32 = layout::O_NOFOLLOW;
pub(crate) const O_NOATIME: u32 = 0o1_000_000;
pub(crate) const O_CLOEXEC: u32 = 0o2_000_000;
pub(crate) const O_SYNC: u32 = 0o4_000_000 | O_DSYNC;
pub(crate) const O_PATH: u32 = 0o10_000_000;
pub(crate) const O_TMPFILE: u32 = 0o20_000_000 | O_DIRECTORY;

pub(crate) const S_IRWXU: u32 = 0o700;
pub(crate) const S_IRUSR: u32 = 0o400;
pub(crate) const S_IWUSR: u32 = 0o200;
pub(crate) const S_IXUSR: u32 = 0o100;
pub(crate) const S_IRWXG: u32 = 0o070;
pub(crate) const S_IRGRP: u32 = 0o040;
pub(crate) const S_IWGRP: u32 = 0o020;
pub(crate) const S_IXGRP: u32 = 0o010;
pub(crate) const S_IRWXO: u32 = 0o007;
pub(crate) const S_IROTH: u32 = 0o004;
pub(crate) const S_IWOTH: u32 = 0o002;
pub(crate) const S_IXOTH: u32 = 0o001;
pub(crate) const S_ISUID: u32 = 0o4000;
pub(crate) const S_ISGID: u32 = 0o2000;
pub(crate) const S_ISVTX: u32 = 0o1000;

pub(crate) const FD_CLOEXEC: u32 = 1;

pub(crate) const FALLOC_FL_KEEP_SIZE: u32 = 0x01;
pub(crate) const FALLOC_FL_PUNCH_HOLE: u32 = 0x02;
pub(crate) const FALLOC_FL_NO_HIDE_STALE: u32 = 0x04;
pub(crate) const FALLOC_FL_COLLAPSE_RANGE: u32 = 0x08;
pub(crate) const FALLOC_FL_ZERO_RANGE: u32 = 0x10;
pub(crate) const FALLOC_FL_INSERT_RANGE: u32 = 0x20;
pub(crate) const FALLOC_FL_UNSHARE_RANGE: u32 = 0x40;

pub(crate) const S_IFMT: u32 = 0o170_000;
pub(crate) const S_IFIFO: u32 = 0o010_000;
pub(crate) const S_IFCHR: u32 = 0o020_000;
pub(crate) const S_IFDIR: u32 = 0o040_000;
pub(crate) const S_IFBLK: u32 = 0o060_000;
pub(crate) const S_IFREG: u32 = 0o100_000;
pub(crate) const S_IFLNK: u32 = 0o120_000;
pub(crate) const S_IFSOCK: u32 = 0o140_000;

pub(crate) const F_DUPFD: u32 = 0;
pub(crate) const F_GETFD: u32 = 1;
pub(crate) const F_SETFD: u32 = 2;
pub(crate) const F_GETFL: u32 = 3;
pub(crate) const F_SETSIG: u32 = 10;
pub(crate) const F_SETLEASE: u32 = 1024;
pub(crate) const F_GETLEASE: u32 = 1025;
pub(crate) const F_DUPFD_CLOEXEC: u32 = 1030;
pub(crate) const F_ADD_SEALS: u32 = 1033;
pub(crate) const F_GET_SEALS: u32 = 1034;

pub(crate) const F_RDLCK: u32 = 0;
pub(crate) const F_WRLCK: u32 = 1;
pub(crate) const F_UNLCK: u32 = 2;

pub(crate) const SEEK_SET: u32 = 0;
pub(crate) const SEEK_CUR: u32 = 1;
pub(crate) const SEEK_END: u32 = 2;
pub(crate) const SEEK_DATA: u32 = 3;
pub(crate) const SEEK_HOLE: u32 = 4;

pub(crate) const RLIMIT_FSIZE: u32 = 1;
pub(crate) const SIGURG: i32 = 23;
pub(crate) const AT_FDCWD: i32 = -100;
pub(crate) const AT_SYMLINK_NOFOLLOW: u32 = 0x100;
pub(crate) const AT_REMOVEDIR: u32 = 0x200;
pub(crate) const AT_SYMLINK_FOLLOW: u32 = 0x400;
pub(crate) const AT_EMPTY_PATH: u32 = 0x1000;
pub(crate) const RENAME_NOREPLACE: u32 = 1;
pub(crate) const HUGETLBFS_MAGIC: u64 = 0x9584_58f6;
pub(crate) const SECRETMEM_MAGIC: u64 = 0x5345_434d;

/// So many bytes fit into an empty pipe at once, however small it is.
pub(crate) const PIPE_BUF: usize = 4096;
pub(crate) const RAMFS_MAGIC: u64 = 0x8584_58f6;
pub(crate) const TMPFS_MAGIC: u64 = 0x0102_1994;

/// The longest name of an object, in bytes.
pub(crate) const NAME_MAX: usize = 255;
/// The longest name of a memfd, in bytes: `NAME_MAX` less the kernel's `memfd:`.
pub(crate) const MEMFD_NAME_MAX: usize = 249;

pub(crate) const IPC_CREAT: u32 = 0o1000;
pub(crate) const IPC_EXCL: u32 = 0o2000;
pub(crate) const IPC_NOWAIT: u32 = 0o4000;
pub(crate) const IPC_PRIVATE: i32 = 0;
pub(crate) const SHM_R: u32 = 0o400;
pub(crate) const SHM_W: u32 = 0o200;
pub(crate) const SHM_HUGETLB: u32 = 0o4000;
pub(crate) const SHM_NORESERVE: u32 = 0o10_000;
pub(crate) const SHM_HUGE_SHIFT: u32 = 26;
pub(crate) const SHM_HUGE_MASK: u32 = 0x3f;
pub(crate) const SHM_HUGE_64KB: u32 = 16 << SHM_HUGE_SHIFT;
pub(crate) const SHM_HUGE_512KB: u32 = 19 << SHM_HUGE_SHIFT;
pub(crate) const SHM_HUGE_1MB: u32 = 20 << SHM_HUGE_SHIFT;
pub(crate) const SHM_HUGE_2MB: u32 = 21 << SHM_HUGE_SHIFT;
pub(crate) const SHM_HUGE_8MB: u32 = 23 << SHM_HUGE_SHIFT;
pub(crate) const SHM_HUGE_16MB: u32 = 24 << SHM_HUGE_SHIFT;
pub(crate) const SHM_HUGE_32MB: u32 = 25 << SHM_HUGE_SHIFT;
pub(crate) const SHM_HUGE_256MB: u32 = 28 << SHM_HUGE_SHIFT;
pub(crate) const SHM_HUGE_512MB: u32 = 29 << SHM_HUGE_SHIFT;
pub(crate) const SHM_HUGE_1GB: u32 = 30 << SHM_HUGE_SHIFT;
pub(crate) const SHM_HUGE_2GB: u32 = 31 << SHM_HUGE_SHIFT;
pub(crate) const SHM_HUGE_16GB: u32 = 34 << SHM_HUGE_SHIFT;

pub(crate) const SHM_RDONLY: u32 = 0o10_000;
pub(crate) const SHM_RND: u32 = 0o20_000;
pub(crate) const SHM_REMAP: u32 = 0o40_000;
pub(crate) const SHM_EXEC: u32 = 0o100_000;

pub(crate) const SHM_DEST: u32 = 0o1000;
pub(crate) const SHM_LOCKED: u32 = 0o2000;

pub(crate) const IPC_RMID: u32 = 0;
pub(crate) const IPC_SET: u32 = 1;
pub(crate) const IPC_STAT: u32 = 2;
pub(crate) const IPC_INFO: u32 = 3;
pub(crate) const SHM_LOCK: u32 = 11;
pub(crate) const SHM_UNLOCK: u32 = 12;
pub(crate) const SHM_STAT: u32 = 13;
pub(crate) const SHM_INFO: u32 = 14;
pub(crate) const SHM_STAT_ANY: u32 = 15;

pub(crate) const MS_RDONLY: u32 = 1;
pub(crate) const MS_NOSUID: u32 = 1 << 1;
pub(crate) const MS_NODEV: u32 = 1 << 2;
pub(crate) const MS_NOEXEC: u32 = 1 << 3;
pub(crate) const MS_SYNCHRONOUS: u32 = 1 << 4;
pub(crate) const MS_REMOUNT: u32 = 1 << 5;
pub(crate) const MS_MANDLOCK: u32 = 1 << 6;
pub(crate) const MS_DIRSYNC: u32 = 1 << 7;
pub(crate) const MS_NOSYMFOLLOW: u32 = 1 << 8;
pub(crate) const MS_NOATIME: u32 = 1 << 10;
pub(crate) const MS_NODIRATIME: u32 = 1 << 11;
pub(crate) const MS_BIND: u32 = 1 << 12;
pub(crate) const MS_MOVE: u32 = 1 << 13;
pub(crate) const MS_REC: u32 = 1 << 14;
pub(crate) const MS_SILENT: u32 = 1 << 15;
pub(crate) const MS_VERBOSE: u32 = MS_SILENT;
pub(crate) const MS_POSIXACL: u32 = 1 << 16;
pub(crate) const MS_UNBINDABLE: u32 = 1 << 17;
pub(crate) const MS_PRIVATE: u32 = 1 << 18;
pub(crate) const MS_SLAVE: u32 = 1 << 19;
pub(crate) const MS_SHARED: u32 = 1 << 20;
pub(crate) const MS_RELATIME: u32 = 1 << 21;
pub(crate) const MS_KERNMOUNT: u32 = 1 << 22;
pub(crate) const MS_I_VERSION: u32 = 1 << 23;
pub(crate) const MS_STRICTATIME: u32 = 1 << 24;
pub(crate) const MS_LAZYTIME: u32 = 1 << 25;
pub(crate) const MS_SUBMOUNT: u32 = 1 << 26;
pub(crate) const MS_NOREMOTELOCK: u32 = 1 << 27;
pub(crate) const MS_NOSEC: u32 = 1 << 28;
pub(crate) const MS_BORN: u32 = 1 << 29;
pub(crate) const MS_ACTIVE: u32 = 1 << 30;
pub(crate) const MS_NOUSER: u32 = 1 << 31;
pub(crate) const MS_RMT_MASK: u32 =
    MS_RDONLY | MS_SYNCHRONOUS | MS_MANDLOCK | MS_I_VERSION | MS_LAZYTIME;
pub(crate) const MS_MGC_VAL: u32 = 0xc0ed_0000;
pub(crate) const MS_MGC_MSK: u32 = 0xffff_0000;

pub(crate) const FUTEX_WAIT: u32 = 0;
pub(crate) const FUTEX_WAKE: u32 = 1;
pub(crate) const FUTEX_WAKE_OP: u32 = 5;
pub(crate) const FUTEX_WAIT_BITSET: u32 = 9;
pub(crate) const FUTEX_PRIVATE_FLAG: u32 = 128;
pub(crate) const FUTEX_OP_ADD: u32 = 1;
pub(crate) const FUTEX_BITSET_MATCH_ANY: u32 = u32::MAX;
pub(crate) const CLOCK_MONOTONIC: u32 = 1;

/// The longest path, in bytes, the NUL at the end included.
pub(crate) const PATH_MAX: usize = 4096;

pub(crate) const AF_UNIX: u32 = 1;
pub(crate) const SOCK_STREAM: u32 = 1;
pub(crate) const SOCK_DGRAM: u32 = 2;
pub(crate) const SOCK_SEQPACKET: u32 = 5;
pub(crate) const SOCK_CLOEXEC: u32 = O_CLOEXEC;
pub(crate) const SOL_SOCKET: u32 = 1;
pub(crate) const SO_DOMAIN: u32 = 39;
pub(crate) const MSG_CTRUNC: u32 = 0x08;
pub(crate) const MSG_TRUNC: u32 = 0x20;
pub(crate) const MSG_NOSIGNAL: u32 = 0x4000;
pub(crate) const MSG_CMSG_CLOEXEC: u32 = 0x4000_0000;
pub(crate) const SCM_RIGHTS: u32 = 1;
pub(crate) const SCM_PIDFD: u32 = 4;
/// How many descriptors a message can carry.
pub(crate) const SCM_MAX_FD: usize = 253;

pub(crate) const PIDFD_NONBLOCK: u32 = O_NONBLOCK;
pub(crate) const PIDFD_THREAD: u32 = O_EXCL;
