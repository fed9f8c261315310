//! The calls on System V shared memory.

use core::ffi::c_void;
use core::mem::MaybeUninit;

use super::c_string::CString;
use super::sysv_layout::{ShmInfo, ShmidDs, Shminfo};
use super::{
    AT_FDCWD, IPC_INFO, IPC_RMID, IPC_SET, IPC_STAT, PATH_MAX, Result, SHM_INFO, SHM_LOCK,
    SHM_STAT, SHM_STAT_ANY, SHM_UNLOCK, Stat, fstatat,
};
use crate::Errno;
use crate::sys::name::has_nul;
use crate::syscall::{
    SYS_getpid, SYS_kill, SYS_shmat, SYS_shmctl, SYS_shmdt, SYS_shmget, syscall0, syscall1,
    syscall2, syscall3,
};

#[inline]
pub(crate) fn shmget(key: i32, len: usize, flags: u32) -> Result<i32> {
    // SAFETY: shmget touches no memory.
    unsafe { syscall3(SYS_shmget, key as usize, len, flags as usize) }.map(|id| id as i32)
}

/// # Safety
///
/// With `SHM_REMAP` nothing uses what is mapped in the range.
#[inline]
pub(crate) unsafe fn shmat(id: i32, address: *const c_void, flags: u32) -> Result<*mut c_void> {
    // SAFETY: the caller answers for what is replaced.
    unsafe {
        syscall3(
            SYS_shmat,
            id as usize,
            address.expose_provenance(),
            flags as usize,
        )
    }
    .map(core::ptr::with_exposed_provenance_mut)
}

/// # Safety
///
/// Nothing uses the attached range any more.
#[inline]
pub(crate) unsafe fn shmdt(address: *const c_void) -> Result<()> {
    // SAFETY: the caller gives the range up.
    unsafe { syscall1(SYS_shmdt, address.expose_provenance()) }.map(drop)
}

/// # Safety
///
/// The command must be sound with this buffer.
#[inline]
pub(crate) unsafe fn shmctl(id: i32, command: u32, buffer: *mut c_void) -> Result<usize> {
    // SAFETY: the caller answers for the command.
    unsafe {
        syscall3(
            SYS_shmctl,
            id as usize,
            command as usize,
            buffer.expose_provenance(),
        )
    }
}

/// The commands that touch no memory of ours.
#[derive(Clone, Copy)]
#[repr(u32)]
pub(crate) enum PlainCommand {
    Rmid = IPC_RMID,
    Lock = SHM_LOCK,
    Unlock = SHM_UNLOCK,
}

#[inline]
pub(crate) fn shmctl_plain(id: i32, command: PlainCommand) -> Result<()> {
    // SAFETY: these commands ignore the buffer.
    unsafe { shmctl(id, command as u32, core::ptr::null_mut()) }.map(drop)
}

/// `IPC_SET`: owner, group and the nine bits of the mode.
pub(crate) fn shmctl_set(id: i32, uid: u32, gid: u32, mode: u32) -> Result<()> {
    // SAFETY: all zeroes are a value of the struct, which holds only integers.
    let mut status: ShmidDs = unsafe { core::mem::zeroed() };
    status.shm_perm.uid = uid;
    status.shm_perm.gid = gid;
    status.shm_perm.mode = mode;
    // SAFETY: IPC_SET reads one struct shmid_ds.
    unsafe { shmctl(id, IPC_SET, (&raw mut status).cast()) }.map(drop)
}

/// The commands that fill a `struct shmid_ds`: of an id, and of an index.
#[derive(Clone, Copy)]
#[repr(u32)]
pub(crate) enum StatCommand {
    IpcStat = IPC_STAT,
    ShmStat = SHM_STAT,
    ShmStatAny = SHM_STAT_ANY,
}

/// The answer and the status.
pub(crate) fn shmctl_stat(id: i32, command: StatCommand) -> Result<(usize, ShmidDs)> {
    // SAFETY: these commands fill a struct shmid_ds, which holds only integers.
    unsafe { shmctl_read(id, command as u32) }
}

/// `IPC_INFO`: the highest index and the limits.
pub(crate) fn shmctl_ipc_info() -> Result<(usize, Shminfo)> {
    // SAFETY: the command fills a struct shminfo, which holds only integers.
    unsafe { shmctl_read(0, IPC_INFO) }
}

/// `SHM_INFO`: the highest index and what is in use.
pub(crate) fn shmctl_shm_info() -> Result<(usize, ShmInfo)> {
    // SAFETY: the command fills a struct shm_info, which holds only integers.
    unsafe { shmctl_read(0, SHM_INFO) }
}

/// A command that fills one struct: the answer and the struct.
///
/// # Safety
///
/// `T` is the struct that the command fills, and any bytes are a value of it.
#[inline]
unsafe fn shmctl_read<T>(id: i32, command: u32) -> Result<(usize, T)> {
    let mut buffer = MaybeUninit::<T>::zeroed();
    // SAFETY: the command fills one `T`, by the caller's word.
    let answer = unsafe { shmctl(id, command, buffer.as_mut_ptr().cast()) }?;
    // SAFETY: zeroed first and then filled, and any bytes are a value.
    Ok((answer, unsafe { buffer.assume_init() }))
}

/// The status of a file by its path, links followed.
///
/// `EINVAL` for a NUL in the path, `ENAMETOOLONG` as the kernel says itself.
pub(crate) fn stat(path: &[u8]) -> Result<Stat> {
    if has_nul(path) {
        return Err(Errno::EINVAL);
    }
    if path.len() >= PATH_MAX {
        return Err(Errno::ENAMETOOLONG);
    }
    let mut room = CString::<PATH_MAX>::new();
    // SAFETY: the path holds no NUL, and has room.
    let path = unsafe { room.join([path]) };
    fstatat(AT_FDCWD, path, 0)
}

/// Whether a process exists, as far as this one can see.
pub(crate) fn process_exists(pid: i32) -> bool {
    // SAFETY: signal 0 is not sent: only the checks are made.
    match unsafe { syscall2(SYS_kill, pid as usize, 0) } {
        Ok(_) | Err(Errno::EPERM) => true,
        Err(_) => false,
    }
}

/// The number of this process, asked anew: a child after `fork` has another.
pub(crate) fn getpid() -> i32 {
    // SAFETY: getpid touches no memory.
    unsafe { syscall0(SYS_getpid) }.map_or(0, |pid| pid as i32)
}
