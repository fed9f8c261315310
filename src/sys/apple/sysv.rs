//! The calls on System V shared memory, through `libc`: `rustix` lacks them.

use core::ffi::c_void;
use core::mem::MaybeUninit;

use super::{Result, answer, last_errno};

/// The fields of `struct ipc_perm`, in the widths of Linux.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct IpcPerm {
    pub(crate) key: i32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) cuid: u32,
    pub(crate) cgid: u32,
    pub(crate) mode: u32,
    pub(crate) seq: u16,
}

/// The fields of `struct shmid_ds`, in the widths of Linux.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ShmidDs {
    pub(crate) shm_perm: IpcPerm,
    pub(crate) shm_segsz: usize,
    pub(crate) shm_atime: i64,
    pub(crate) shm_dtime: i64,
    pub(crate) shm_ctime: i64,
    pub(crate) shm_cpid: i32,
    pub(crate) shm_lpid: i32,
    pub(crate) shm_nattch: u64,
}

impl ShmidDs {
    /// Fields are copied, not borrowed: the struct is packed.
    fn new(status: &libc::shmid_ds) -> Self {
        let perm = status.shm_perm;
        Self {
            shm_perm: IpcPerm {
                key: perm._key,
                uid: perm.uid,
                gid: perm.gid,
                cuid: perm.cuid,
                cgid: perm.cgid,
                mode: perm.mode.into(),
                seq: perm._seq,
            },
            shm_segsz: status.shm_segsz,
            shm_atime: status.shm_atime,
            shm_dtime: status.shm_dtime,
            shm_ctime: status.shm_ctime,
            shm_cpid: status.shm_cpid,
            shm_lpid: status.shm_lpid,
            shm_nattch: status.shm_nattch.into(),
        }
    }
}

#[inline]
pub(crate) fn shmget(key: i32, len: usize, flags: u32) -> Result<i32> {
    // SAFETY: shmget touches no memory.
    answer(unsafe { libc::shmget(key, len, flags as libc::c_int) }).map(|id| id as i32)
}

/// # Safety
///
/// Nothing to keep: no flag replaces what is mapped.
#[inline]
pub(crate) unsafe fn shmat(id: i32, address: *const c_void, flags: u32) -> Result<*mut c_void> {
    // SAFETY: the segment is attached where there is room.
    let start = unsafe { libc::shmat(id, address, flags as libc::c_int) };
    if start.addr() == usize::MAX {
        return Err(last_errno());
    }
    Ok(start)
}

/// # Safety
///
/// Nothing uses the attached range any more.
#[inline]
pub(crate) unsafe fn shmdt(address: *const c_void) -> Result<()> {
    // SAFETY: the caller gives the range up.
    answer(unsafe { libc::shmdt(address) }).map(drop)
}

/// # Safety
///
/// The command must be sound with this buffer.
#[inline]
pub(crate) unsafe fn shmctl(id: i32, command: u32, buffer: *mut c_void) -> Result<usize> {
    // SAFETY: the caller answers for the command.
    answer(unsafe { libc::shmctl(id, command as libc::c_int, buffer.cast()) })
        .map(|answer| answer as usize)
}

/// The commands that touch no memory of ours.
#[derive(Clone, Copy)]
#[repr(u32)]
pub(crate) enum PlainCommand {
    Rmid = libc::IPC_RMID as u32,
}

#[inline]
pub(crate) fn shmctl_plain(id: i32, command: PlainCommand) -> Result<()> {
    // SAFETY: these commands ignore the buffer.
    unsafe { shmctl(id, command as u32, core::ptr::null_mut()) }.map(drop)
}

/// `IPC_SET`: owner, group and the nine bits of the mode.
pub(crate) fn shmctl_set(id: i32, uid: u32, gid: u32, mode: u32) -> Result<()> {
    // SAFETY: all zeroes are a value of the struct, which holds only integers and a pointer.
    let mut status: libc::shmid_ds = unsafe { core::mem::zeroed() };
    let mut perm = status.shm_perm;
    (perm.uid, perm.gid, perm.mode) = (uid, gid, mode as libc::mode_t);
    status.shm_perm = perm;
    // SAFETY: IPC_SET reads one struct shmid_ds.
    unsafe { shmctl(id, libc::IPC_SET as u32, (&raw mut status).cast()) }.map(drop)
}

/// The commands that fill a `struct shmid_ds`.
#[derive(Clone, Copy)]
#[repr(u32)]
pub(crate) enum StatCommand {
    IpcStat = libc::IPC_STAT as u32,
}

/// The answer and the status.
pub(crate) fn shmctl_stat(id: i32, command: StatCommand) -> Result<(usize, ShmidDs)> {
    let mut status = MaybeUninit::<libc::shmid_ds>::zeroed();
    // SAFETY: the command fills one struct shmid_ds.
    let answer = unsafe { shmctl(id, command as u32, status.as_mut_ptr().cast()) }?;
    // SAFETY: zeroed first and then filled.
    let status = unsafe { status.assume_init() };
    Ok((answer, ShmidDs::new(&status)))
}
