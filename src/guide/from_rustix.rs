//! Coming from `rustix`.
//!
//! The two are alike where they overlap: no libc on Linux, `impl AsFd` in and `OwnedFd` out,
//! typed flags that keep what they do not know. With the feature `std` the descriptors are those
//! of the standard library in both, so that one crate's go into the other's functions.
//!
//! | rustix 1.1 | here | what differs |
//! |------------|------|--------------|
//! | `shm::open`, `shm::unlink` | [`shm_open`], [`shm_unlink`] | names are any bytes; a FIFO planted under the name cannot hang it |
//! | `fs::memfd_create` | [`memfd_create`] | |
//! | `fs::fcntl_add_seals`, `fs::fcntl_get_seals` | [`add_seals`], [`memfd::seals`] | |
//! | `mm::mmap`, `mm::mmap_anonymous`, `mm::munmap` | [`mmap`], [`mmap_anonymous`], [`munmap`] | `unsafe` in both; [`Mapping`] is not |
//! | `mm::mprotect`, `mm::MprotectFlags` | [`mprotect`], [`ProtFlags`] | one type for both calls |
//! | `mm::mremap`, `mm::mremap_fixed` | [`mremap`] | one function; the new address counts with `FIXED` |
//! | `mm::madvise`, `mm::msync` | [`madvise`], [`msync`] | |
//! | `mm::mlock`, `mm::mlock_with`, `mm::munlock` | [`mlock`], [`mlock2`], [`munlock`] | |
//! | `mm::mlockall`, `mm::munlockall` | [`mlockall`], [`munlockall`] | |
//! | `fs::ftruncate`, `fs::fallocate` | [`ftruncate`], [`fallocate`] | |
//! | `fs::fstat`, `fs::Stat` | [`fstat`], [`Stat`] | accessors, not fields; displays itself |
//! | `fs::Mode`, `fs::FileType` | [`Mode`] | type and permissions in one, as the kernel has them |
//! | `fs::major`, `fs::minor`, `fs::makedev` | [`DevT`] | |
//! | `io::fcntl_getfd`, `io::fcntl_setfd` | [`fcntl_getfd`], [`fcntl_setfd`] | |
//! | `net::sendmsg` with `ScmRights` | [`fd_passing::send`] | |
//! | `process::pidfd_open`, `process::pidfd_getfd` | [`fd_passing::pidfd_open`], [`fd_passing::pidfd_getfd`] | |
//! | `thread::futex` | [`futex_wait`], [`futex_wake`] | between processes, on memory that others write |
//! | `param::page_size` | [`page_size`] | needs no auxiliary vector |
//! | `io::Errno` | [`Errno`], [`Error`] | an [`Error`] knows which call failed, and [helps](Error::help) |
//!
//! What rustix has not: the mappings, slices and owning types, System V segments
//! ([`sysv`](crate::sysv)), [`memfd_secret`], [`mseal`], copies that survive a truncation, and
//! [`syscall`](crate::syscall) for the rest. What it has and this crate has not: everything that
//! is not about shared memory. Use both.

#[cfg(doc)]
use crate::{
    Errno, Error, Mapping,
    descriptor::{DevT, Mode, Stat, fallocate, fcntl_getfd, fcntl_setfd, fstat, ftruncate},
    fd_passing,
    futex::{futex_wait, futex_wake},
    memfd::{self, add_seals, memfd_create},
    mm::{
        ProtFlags, madvise, mlock, mlock2, mlockall, mmap, mmap_anonymous, mprotect, mremap, mseal,
        msync, munlock, munlockall, munmap, page_size,
    },
    secret::memfd_secret,
    shm::{shm_open, shm_unlink},
};
