//! The kernel's structs of System V shared memory.
//!
//! The generic ones of every 64-bit architecture that we support; held against `libc` by
//! `tests/linux_abi.rs`.

use static_assertions::const_assert_eq;

/// `struct ipc64_perm`.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct IpcPerm {
    pub(crate) key: i32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) cuid: u32,
    pub(crate) cgid: u32,
    pub(crate) mode: u32,
    pub(crate) seq: u16,
    __pad2: u16,
    __unused1: u64,
    __unused2: u64,
}

const_assert_eq!(size_of::<IpcPerm>(), 48);

/// `struct shmid64_ds`.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct ShmidDs {
    pub(crate) shm_perm: IpcPerm,
    pub(crate) shm_segsz: usize,
    pub(crate) shm_atime: i64,
    pub(crate) shm_dtime: i64,
    pub(crate) shm_ctime: i64,
    pub(crate) shm_cpid: i32,
    pub(crate) shm_lpid: i32,
    pub(crate) shm_nattch: u64,
    __unused4: u64,
    __unused5: u64,
}

const_assert_eq!(size_of::<ShmidDs>(), 112);

/// `struct shminfo64`: the limits.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Shminfo {
    pub(crate) shmmax: u64,
    pub(crate) shmmin: u64,
    pub(crate) shmmni: u64,
    pub(crate) shmseg: u64,
    pub(crate) shmall: u64,
    __unused: [u64; 4],
}

const_assert_eq!(size_of::<Shminfo>(), 72);

/// `struct shm_info`: what is in use.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct ShmInfo {
    pub(crate) used_ids: i32,
    pub(crate) shm_tot: u64,
    pub(crate) shm_rss: u64,
    pub(crate) shm_swp: u64,
    swap_attempts: u64,
    swap_successes: u64,
}

const_assert_eq!(size_of::<ShmInfo>(), 48);
