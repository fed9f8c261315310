//! Coming from C, or from the crate `libc`.
//!
//! The calls have their names, in the module of their facility, and an error is a value: no
//! `-1`, no `errno`. The search of these pages finds constants by their C names.
//!
//! | C | one to one | the owning way |
//! |---|------------|----------------|
//! | `shm_open`, `shm_unlink` | [`shm_open`], [`shm_unlink`] | [`SharedMemory::create`], [`SharedMemory::open`], [`SharedMemory::unlink`] |
//! | `memfd_create` | [`memfd_create`] | [`Memfd::create`] |
//! | `memfd_secret` | [`memfd_secret`] | [`SecretMemory::create`] |
//! | `fcntl(F_ADD_SEALS)`, `fcntl(F_GET_SEALS)` | [`add_seals`], [`memfd::seals`] | [`Memfd::freeze`], [`Memfd::from_fd`] |
//! | `mmap`, `munmap` | [`mmap`], [`mmap_anonymous`], [`munmap`] | [`MapOptions`], [`Mapping`] |
//! | `mmap` with `MAP_FIXED_NOREPLACE` | [`mmap`] | [`MapOptions::exactly_at`] |
//! | `mremap` | [`mremap`] | [`Mapping::remap`], [`Mapping::shrink`] |
//! | `mprotect` | [`mprotect`] | [`Mapping::into_read_only`], [`Mapping::into_frozen`] |
//! | `madvise` | [`madvise`] | [`Mapping::advise`], [`Mapping::prefault`], [`Mapping::collapse`] |
//! | `msync`, `mlock`, `munlock` | [`msync`], [`mlock`], [`munlock`] | [`Mapping::sync`], [`Mapping::lock`], [`Mapping::unlock`] |
//! | `mseal` | [`mseal`] | [`Mapping::seal`] |
//! | `ftruncate`, `fallocate` | [`ftruncate`], [`fallocate`] | [`SharedMemory::resize`], [`Memfd::resize`] |
//! | `fstat`, `fchmod`, `fchown` | [`fstat`], [`fchmod`], [`fchown`] | [`SharedMemory::stat`], [`SharedMemory::set_mode`], [`SharedMemory::set_owner`] |
//! | `major`, `minor`, `makedev` | | [`DevT::major`], [`DevT::minor`], [`DevT::new`] |
//! | `S_ISREG`, `strmode` | | [`Mode::is_regular`], the `Display` of [`Mode`] |
//! | `ftok`, `shmget` | [`ftok`], [`shmget`] | [`Segment::create`], [`Segment::options`] |
//! | `shmat`, `shmdt` | [`shmat`], [`shmdt`] | [`Segment::attach`], [`Mapping::unmap`] |
//! | `shmctl(IPC_STAT)` and others | [`shmctl_stat`], [`shmctl_set`], [`shmctl_rmid`], [`shmctl`] | [`Segment::stat`], [`Segment::destroy`] |
//! | `sendmsg(SCM_RIGHTS)`, `recvmsg` | [`fd_passing::send`], [`fd_passing::receive`] | |
//! | `pidfd_open`, `pidfd_getfd` | [`fd_passing::pidfd_open`], [`fd_passing::pidfd_getfd`] | |
//! | `syscall(SYS_futex)` | [`futex_wait`], [`futex_wake`] | [`SharedAtomic::wait`], [`SharedAtomic::wake`] |
//! | `memcpy` to or from it | | [`SharedSlice::copy_from_slice`], [`SharedSlice::copy_to_slice`] |
//! | `atomic_fetch_add` and others | | [`SharedSlice::atomic_u32`] |
//! | `sigsetjmp` and a handler for `SIGBUS` | | [`SharedSlice::try_copy_to_slice`] |
//! | `sysconf(_SC_PAGESIZE)` | [`page_size`] | |
//! | `errno`, `strerror` | [`Errno`], [`Errno::message`] | [`Error`], [`Error::help`] |
//! | `syscall` | the functions of [`syscall`](crate::syscall) | |
//!
//! # What habits it changes
//!
//! - `O_CLOEXEC`, `O_NOFOLLOW`: set without being asked for. A child that is to have a
//!   descriptor gets it by [`fd_passing::inheritable`].
//! - `shm_open`, then `ftruncate`, then `mmap`: between them others see an object without a size.
//!   [`SharedMemory::create_with`] gives the name to the finished object.
//! - `volatile`, or a plain pointer, to what others write: both are undefined behaviour in Rust
//!   when they do. A [`SharedSlice`] is not.
//! - `MAP_FIXED`, which replaces what is there: only in the one-to-one call.
//! - `EINTR`: each call says whether it can; the owning types try again where that is right.

#[cfg(doc)]
use crate::{
    Errno, Error, MapOptions, Mapping, Memfd, SecretMemory, Segment, SharedMemory, SharedSlice,
    descriptor::{DevT, Mode, fallocate, fchmod, fchown, fstat, ftruncate},
    fd_passing,
    futex::{futex_wait, futex_wake},
    memfd::{self, add_seals, memfd_create},
    mm::{
        madvise, mlock, mmap, mmap_anonymous, mprotect, mremap, mseal, msync, munlock, munmap,
        page_size,
    },
    secret::memfd_secret,
    shm::{shm_open, shm_unlink},
    slice::SharedAtomic,
    sysv::{ftok, shmat, shmctl, shmctl_rmid, shmctl_set, shmctl_stat, shmdt, shmget},
};
