//! The numbers behind the flags, by the names of the manual.

pub(crate) const PROT_NONE: u32 = libc::PROT_NONE as u32;
pub(crate) const PROT_READ: u32 = libc::PROT_READ as u32;
pub(crate) const PROT_WRITE: u32 = libc::PROT_WRITE as u32;
pub(crate) const PROT_EXEC: u32 = libc::PROT_EXEC as u32;

pub(crate) const MAP_FILE: u32 = libc::MAP_FILE as u32;
pub(crate) const MAP_SHARED: u32 = libc::MAP_SHARED as u32;
pub(crate) const MAP_PRIVATE: u32 = libc::MAP_PRIVATE as u32;
pub(crate) const MAP_FIXED: u32 = libc::MAP_FIXED as u32;
pub(crate) const MAP_ANONYMOUS: u32 = libc::MAP_ANON as u32;
pub(crate) const MAP_ANON: u32 = MAP_ANONYMOUS;
pub(crate) const MAP_NORESERVE: u32 = libc::MAP_NORESERVE as u32;
/// There is no such flag: the address stays a hint, and who gives it looks at the answer.
pub(crate) const MAP_FIXED_NOREPLACE: u32 = 0;

pub(crate) const MADV_NORMAL: u32 = libc::MADV_NORMAL as u32;
pub(crate) const MADV_RANDOM: u32 = libc::MADV_RANDOM as u32;
pub(crate) const MADV_SEQUENTIAL: u32 = libc::MADV_SEQUENTIAL as u32;
pub(crate) const MADV_WILLNEED: u32 = libc::MADV_WILLNEED as u32;
pub(crate) const MADV_DONTNEED: u32 = libc::MADV_DONTNEED as u32;
pub(crate) const MADV_FREE: u32 = libc::MADV_FREE as u32;

pub(crate) const MS_ASYNC: u32 = libc::MS_ASYNC as u32;
pub(crate) const MS_INVALIDATE: u32 = libc::MS_INVALIDATE as u32;
pub(crate) const MS_SYNC: u32 = libc::MS_SYNC as u32;

pub(crate) const O_RDONLY: u32 = libc::O_RDONLY as u32;
pub(crate) const O_WRONLY: u32 = libc::O_WRONLY as u32;
pub(crate) const O_RDWR: u32 = libc::O_RDWR as u32;
pub(crate) const O_ACCMODE: u32 = libc::O_ACCMODE as u32;
pub(crate) const O_CREAT: u32 = libc::O_CREAT as u32;
pub(crate) const O_EXCL: u32 = libc::O_EXCL as u32;
pub(crate) const O_NOCTTY: u32 = libc::O_NOCTTY as u32;
pub(crate) const O_TRUNC: u32 = libc::O_TRUNC as u32;
pub(crate) const O_APPEND: u32 = libc::O_APPEND as u32;
pub(crate) const O_NONBLOCK: u32 = libc::O_NONBLOCK as u32;
pub(crate) const O_DSYNC: u32 = libc::O_DSYNC as u32;
pub(crate) const O_ASYNC: u32 = libc::O_ASYNC as u32;
pub(crate) const O_DIRECTORY: u32 = libc::O_DIRECTORY as u32;
pub(crate) const O_NOFOLLOW: u32 = libc::O_NOFOLLOW as u32;
pub(crate) const O_CLOEXEC: u32 = libc::O_CLOEXEC as u32;
pub(crate) const O_SYNC: u32 = libc::O_SYNC as u32;

pub(crate) const S_IRWXU: u32 = libc::S_IRWXU as u32;
pub(crate) const S_IRUSR: u32 = libc::S_IRUSR as u32;
pub(crate) const S_IWUSR: u32 = libc::S_IWUSR as u32;
pub(crate) const S_IXUSR: u32 = libc::S_IXUSR as u32;
pub(crate) const S_IRWXG: u32 = libc::S_IRWXG as u32;
pub(crate) const S_IRGRP: u32 = libc::S_IRGRP as u32;
pub(crate) const S_IWGRP: u32 = libc::S_IWGRP as u32;
pub(crate) const S_IXGRP: u32 = libc::S_IXGRP as u32;
pub(crate) const S_IRWXO: u32 = libc::S_IRWXO as u32;
pub(crate) const S_IROTH: u32 = libc::S_IROTH as u32;
pub(crate) const S_IWOTH: u32 = libc::S_IWOTH as u32;
pub(crate) const S_IXOTH: u32 = libc::S_IXOTH as u32;
pub(crate) const S_ISUID: u32 = libc::S_ISUID as u32;
pub(crate) const S_ISGID: u32 = libc::S_ISGID as u32;
pub(crate) const S_ISVTX: u32 = libc::S_ISVTX as u32;
pub(crate) const S_IFMT: u32 = libc::S_IFMT as u32;
pub(crate) const S_IFDIR: u32 = libc::S_IFDIR as u32;
pub(crate) const S_IFREG: u32 = libc::S_IFREG as u32;
pub(crate) const S_IFIFO: u32 = libc::S_IFIFO as u32;
pub(crate) const S_IFCHR: u32 = libc::S_IFCHR as u32;
pub(crate) const S_IFBLK: u32 = libc::S_IFBLK as u32;
pub(crate) const S_IFLNK: u32 = libc::S_IFLNK as u32;
pub(crate) const S_IFSOCK: u32 = libc::S_IFSOCK as u32;

pub(crate) const FD_CLOEXEC: u32 = libc::FD_CLOEXEC as u32;

/// The longest name of an object, in bytes: 31 (`PSHMNAMLEN`) less the slash before it.
pub(crate) const NAME_MAX: usize = 30;

/// So many bytes fit into an empty pipe at once, however small it is.
pub(crate) const PIPE_BUF: usize = libc::PIPE_BUF;

/// The longest path, in bytes, the NUL at the end included.
pub(super) const PATH_MAX: usize = libc::PATH_MAX as usize;

pub(crate) const IPC_CREAT: u32 = libc::IPC_CREAT as u32;
pub(crate) const IPC_EXCL: u32 = libc::IPC_EXCL as u32;
pub(crate) const IPC_NOWAIT: u32 = libc::IPC_NOWAIT as u32;
pub(crate) const IPC_PRIVATE: i32 = libc::IPC_PRIVATE;
pub(crate) const SHM_R: u32 = libc::SHM_R as u32;
pub(crate) const SHM_W: u32 = libc::SHM_W as u32;
pub(crate) const SHM_RDONLY: u32 = libc::SHM_RDONLY as u32;
pub(crate) const SHM_RND: u32 = libc::SHM_RND as u32;

pub(crate) const SOCK_STREAM: u32 = libc::SOCK_STREAM as u32;
pub(crate) const SOCK_DGRAM: u32 = libc::SOCK_DGRAM as u32;
pub(crate) const MSG_CTRUNC: u32 = libc::MSG_CTRUNC as u32;
pub(crate) const MSG_TRUNC: u32 = libc::MSG_TRUNC as u32;
/// How many descriptors a message carries at most: as on Linux, and fewer than the system
/// would take, so that programs agree.
pub(crate) const SCM_MAX_FD: usize = 253;

// What is emulated bears the numbers of Linux.
pub(crate) const MFD_CLOEXEC: u32 = 0x01;
pub(crate) const MFD_ALLOW_SEALING: u32 = 0x02;
pub(crate) use crate::sys::emulation::{
    F_SEAL_FUTURE_WRITE, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE,
};
