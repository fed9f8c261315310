//! The calls on segments, one to one.

use core::ffi::c_void;

use super::{Key, ShmFlags, ShmId, ShmatFlags, ShmidDs};
#[cfg(target_os = "linux")]
use super::{ShmInfo, Shminfo};
use crate::descriptor::Mode;
use crate::error::{Call, InCall, Result};
use crate::sys::{self, PlainCommand, StatCommand};

/// `key_t ftok(const char *pathname, int proj_id)`: makes a key of a file and a number.
///
/// The arithmetic is glibc's: eight bits of the number, eight of the device, sixteen of the
/// inode. So two files can yield the same key, and a file that is replaced yields another.
/// Of a C `proj_id` only the lowest eight bits count; it should not be 0.
///
/// # Errors
///
/// - `ENOENT`: there is no such file.
/// - `EACCES`: a directory of the path may not be searched.
/// - `ENOTDIR`: a part of the path is no directory.
/// - `EINVAL`: a NUL in the path.
/// - `ENAMETOOLONG`: a path of 4096 bytes or more, or a part of over 255.
/// - `ELOOP`: too many symbolic links.
///
/// # Reference
///
/// [ftok(3)](https://man7.org/linux/man-pages/man3/ftok.3.html)
///
/// ```
/// use rawshm::sysv::ftok;
///
/// let key = ftok("/", b'r')?;
/// assert_eq!(key.raw() >> 24, i32::from(b'r'));
/// # Ok::<(), rawshm::Error>(())
/// ```
pub fn ftok(path: impl AsRef<[u8]>, project: u8) -> Result<Key> {
    let stat = sys::stat(path.as_ref()).in_call(Call::Ftok)?;
    let (inode, device) = (stat.st_ino as u32, stat.st_dev as u32);
    let key = inode & 0xffff | (device & 0xff) << 16 | u32::from(project) << 24;
    Ok(Key::new(key as i32))
}

/// `int shmget(key_t key, size_t size, int shmflg)`: finds or creates a segment.
///
/// `len` is in bytes, and takes whole pages. Of a segment that exists it is the least that
/// it must have; 0 finds one of any size. [`ShmFlags::from_mode`] makes the permissions of
/// a new one; the umask does not count.
///
/// # Errors
///
/// - `EINVAL`: a new segment of 0 bytes or more than `kernel.shmmax`; one that exists is
///   smaller than `len`; not a size of huge pages that the kernel has.
/// - `ENOENT`: there is none with this key, and `CREAT` is not set.
/// - `EEXIST`: there is one, and `CREAT` and `EXCL` are set.
/// - `EACCES`: there is one whose mode does not allow what the flags' permissions ask.
/// - `ENOSPC`: as many segments as `kernel.shmmni` allows, or as many pages as `kernel.shmall`.
/// - `ENOMEM`: no memory; no huge pages reserved.
/// - `EPERM`: `HUGETLB`, neither privileged nor of the group `vm.hugetlb_shm_group`.
/// - `ENFILE`: too many open files in the system.
/// - `ENOSYS`: the kernel has no System V calls.
///
/// # Reference
///
/// [shmget(2)](https://man7.org/linux/man-pages/man2/shmget.2.html)
///
/// ```
/// use rawshm::sysv::{self, Key, ShmFlags};
///
/// let id = sysv::shmget(Key::PRIVATE, 65_536, ShmFlags::CREAT | ShmFlags::R | ShmFlags::W)?;
/// assert_eq!(sysv::shmctl_stat(id)?.segsz(), 65_536);
/// sysv::shmctl_rmid(id)?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[inline]
pub fn shmget(key: Key, len: usize, flags: ShmFlags) -> Result<ShmId> {
    sys::shmget(key.raw(), len, flags.bits())
        .map(ShmId::from_raw)
        .in_call(Call::Shmget)
}

/// `void *shmat(int shmid, const void *shmaddr, int shmflg)`: attaches a segment and returns
/// its address.
///
/// A null address lets the kernel choose; another is exact, and taken is an error unless
/// `REMAP` is set.
///
/// # Errors
///
/// - `EINVAL`: no such segment; the address is not a multiple of the page size (without
///   `RND`), or something is mapped there (without `REMAP`); `REMAP` without an address.
/// - `EPERM`: the address is below `vm.mmap_min_addr`.
/// - `EIDRM`: the segment is destroyed at this moment.
/// - `EACCES`: its mode does not allow it: reading, without `RDONLY` writing too, and with
///   `EXEC` executing.
/// - `ENOMEM`: no address space or no memory, too many mappings.
/// - `ENFILE`: too many open files in the system.
///
/// # Safety
///
/// - With [`ShmatFlags::REMAP`] nothing uses what is mapped in the range: it is replaced.
/// - Memory behind the returned address is accessed only as far as nobody else's writes
///   race with it.
///
/// # Reference
///
/// [shmat(2)](https://man7.org/linux/man-pages/man2/shmat.2.html)
///
/// ```
/// use core::ptr;
/// use rawshm::sysv::{self, Key, ShmFlags, ShmatFlags};
///
/// let id = sysv::shmget(Key::PRIVATE, 65_536, ShmFlags::CREAT | ShmFlags::R | ShmFlags::W)?;
/// // SAFETY: without REMAP nothing is replaced.
/// let address = unsafe { sysv::shmat(id, ptr::null(), ShmatFlags::empty()) };
/// sysv::shmctl_rmid(id)?; // as soon as it is detached
/// // SAFETY: nobody else knows the segment, and nobody uses it any more.
/// unsafe { sysv::shmdt(address?) }?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[inline]
pub unsafe fn shmat(id: ShmId, addr: *const c_void, flags: ShmatFlags) -> Result<*mut c_void> {
    // SAFETY: the caller answers for what is replaced.
    unsafe { sys::shmat(id.raw(), addr, flags.bits()) }.in_call(Call::Shmat)
}

/// `int shmdt(const void *shmaddr)`: detaches the segment that is attached at an address.
///
/// # Errors
///
/// - `EINVAL`: none is attached there.
///
/// Where the range is sealed (`mseal`) it stays attached, and the kernel reports success.
///
/// # Safety
///
/// - Nothing uses the segment through this address any more.
///
/// # Reference
///
/// [shmdt(2)](https://man7.org/linux/man-pages/man2/shmdt.2.html)
///
/// See [`shmat`] for an example.
#[inline]
pub unsafe fn shmdt(addr: *const c_void) -> Result<()> {
    // SAFETY: the caller gives the range up.
    unsafe { sys::shmdt(addr) }.in_call(Call::Shmdt)
}

/// `int shmctl(int shmid, IPC_STAT, struct shmid_ds *buf)`: tells the status of a segment.
///
/// # Errors
///
/// - `EINVAL`: no such segment.
/// - `EIDRM`: it is destroyed at this moment.
/// - `EACCES`: its mode does not allow reading.
///
/// # Reference
///
/// [shmctl(2)](https://man7.org/linux/man-pages/man2/shmctl.2.html)
///
/// See [`shmget`] for an example.
#[doc(alias = "IPC_STAT")]
#[inline]
pub fn shmctl_stat(id: ShmId) -> Result<ShmidDs> {
    sys::shmctl_stat(id.raw(), StatCommand::IpcStat)
        .map(|(_, status)| ShmidDs(status))
        .in_call(Call::ShmctlIpcStat)
}

/// `int shmctl(int shmid, IPC_SET, struct shmid_ds *buf)`: sets owner, group and permissions,
/// all three at once.
///
/// # Errors
///
/// - `EINVAL`: no such segment; an id that the user namespace does not map.
/// - `EIDRM`: it is destroyed at this moment.
/// - `EPERM`: neither its owner nor its creator nor privileged.
///
/// # Reference
///
/// [shmctl(2)](https://man7.org/linux/man-pages/man2/shmctl.2.html)
///
/// ```
/// use rawshm::{Segment, descriptor::Mode, sysv};
///
/// let segment = Segment::create(4096)?.destroy_on_drop();
/// let perm = segment.stat()?.perm();
/// sysv::shmctl_set(segment.id(), perm.uid(), perm.gid(), Mode::RUSR)?;
/// assert_eq!(segment.stat()?.perm().mode().permissions(), Mode::RUSR);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[doc(alias = "IPC_SET")]
#[inline]
pub fn shmctl_set(id: ShmId, owner: u32, group: u32, mode: Mode) -> Result<()> {
    sys::shmctl_set(id.raw(), owner, group, mode.bits()).in_call(Call::ShmctlIpcSet)
}

/// `int shmctl(int shmid, IPC_RMID, NULL)`: destroys a segment as soon as nobody has it
/// attached; at once it loses its key.
///
/// Linux lets those who know the id attach it even then, as long as somebody else has it.
///
/// # Errors
///
/// - `EINVAL`: no such segment.
/// - `EIDRM`: it is destroyed at this moment.
/// - `EPERM`: neither its owner nor its creator nor privileged.
///
/// # Reference
///
/// [shmctl(2)](https://man7.org/linux/man-pages/man2/shmctl.2.html)
///
/// See [`shmget`] for an example.
#[doc(alias = "IPC_RMID")]
#[inline]
pub fn shmctl_rmid(id: ShmId) -> Result<()> {
    sys::shmctl_plain(id.raw(), PlainCommand::Rmid).in_call(Call::ShmctlIpcRmid)
}

/// `int shmctl(int shmid, SHM_LOCK, NULL)`: keeps the pages of a segment in memory once they
/// were touched.
///
/// Linux only.
///
/// # Errors
///
/// - `EINVAL`: no such segment.
/// - `EIDRM`: it is destroyed at this moment.
/// - `EPERM`: neither its owner nor its creator nor privileged, or `RLIMIT_MEMLOCK` is 0.
/// - `ENOMEM`: beyond `RLIMIT_MEMLOCK`.
///
/// # Reference
///
/// [shmctl(2)](https://man7.org/linux/man-pages/man2/shmctl.2.html)
///
/// ```
/// use rawshm::{Segment, sysv, sysv::IpcMode};
///
/// let segment = Segment::create(4096)?.destroy_on_drop();
/// sysv::shmctl_lock(segment.id())?;
/// assert!(segment.stat()?.perm().mode().contains(IpcMode::LOCKED));
/// sysv::shmctl_unlock(segment.id())?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[cfg(target_os = "linux")]
#[doc(alias = "SHM_LOCK")]
#[inline]
pub fn shmctl_lock(id: ShmId) -> Result<()> {
    sys::shmctl_plain(id.raw(), PlainCommand::Lock).in_call(Call::ShmctlShmLock)
}

/// `int shmctl(int shmid, SHM_UNLOCK, NULL)`: lets the pages of a segment be swapped again.
///
/// Linux only.
///
/// # Errors
///
/// - `EINVAL`: no such segment.
/// - `EIDRM`: it is destroyed at this moment.
/// - `EPERM`: neither its owner nor its creator nor privileged.
///
/// # Reference
///
/// [shmctl(2)](https://man7.org/linux/man-pages/man2/shmctl.2.html)
///
/// See [`shmctl_lock`] for an example.
#[cfg(target_os = "linux")]
#[doc(alias = "SHM_UNLOCK")]
#[inline]
pub fn shmctl_unlock(id: ShmId) -> Result<()> {
    sys::shmctl_plain(id.raw(), PlainCommand::Unlock).in_call(Call::ShmctlShmUnlock)
}

/// `int shmctl(0, IPC_INFO, struct shminfo *buf)`: tells the limits, and the highest index
/// in the kernel's table of segments.
///
/// Linux only.
///
/// # Errors
///
/// - `ENOSYS`: the kernel has no System V calls.
///
/// # Reference
///
/// [shmctl(2)](https://man7.org/linux/man-pages/man2/shmctl.2.html)
///
/// ```
/// let (limits, _highest) = rawshm::sysv::shmctl_ipc_info()?;
/// println!("at most {} segments of {} bytes", limits.shmmni(), limits.shmmax());
/// # Ok::<(), rawshm::Error>(())
/// ```
#[cfg(target_os = "linux")]
#[doc(alias = "IPC_INFO")]
#[inline]
pub fn shmctl_ipc_info() -> Result<(Shminfo, usize)> {
    sys::shmctl_ipc_info()
        .map(|(highest, info)| (Shminfo(info), highest))
        .in_call(Call::ShmctlIpcInfo)
}

/// `int shmctl(0, SHM_INFO, struct shm_info *buf)`: tells what the segments take, and the
/// highest index in the kernel's table of them.
///
/// Linux only.
///
/// # Errors
///
/// - `ENOSYS`: the kernel has no System V calls.
///
/// # Reference
///
/// [shmctl(2)](https://man7.org/linux/man-pages/man2/shmctl.2.html)
///
/// ```
/// let (info, _highest) = rawshm::sysv::shmctl_shm_info()?;
/// println!("{} segments, {} pages in memory", info.used_ids(), info.shm_rss());
/// # Ok::<(), rawshm::Error>(())
/// ```
#[cfg(target_os = "linux")]
#[doc(alias = "SHM_INFO")]
#[inline]
pub fn shmctl_shm_info() -> Result<(ShmInfo, usize)> {
    sys::shmctl_shm_info()
        .map(|(highest, info)| (ShmInfo(info), highest))
        .in_call(Call::ShmctlShmInfo)
}

/// `int shmctl(index, SHM_STAT, struct shmid_ds *buf)`: id and status of the segment at an
/// index of the kernel's table. [`list`](super::list) goes through all.
///
/// Linux only.
///
/// # Errors
///
/// - `EINVAL`: none at this index.
/// - `EIDRM`: it is destroyed at this moment.
/// - `EACCES`: its mode does not allow reading.
///
/// # Reference
///
/// [shmctl(2)](https://man7.org/linux/man-pages/man2/shmctl.2.html)
///
/// ```
/// use rawshm::sysv;
///
/// let (_, highest) = sysv::shmctl_shm_info()?;
/// for index in 0..=highest {
///     if let Ok((id, stat)) = sysv::shmctl_shm_stat(index) {
///         println!("{id}: {} bytes", stat.segsz());
///     }
/// }
/// # Ok::<(), rawshm::Error>(())
/// ```
#[cfg(target_os = "linux")]
#[doc(alias = "SHM_STAT")]
#[inline]
pub fn shmctl_shm_stat(index: usize) -> Result<(ShmId, ShmidDs)> {
    by_index(index, StatCommand::ShmStat, Call::ShmctlShmStat)
}

/// `int shmctl(index, SHM_STAT_ANY, struct shmid_ds *buf)`: as [`shmctl_shm_stat`], whatever
/// the mode allows (Linux 4.17).
///
/// Linux only.
///
/// # Errors
///
/// - `EINVAL`: none at this index; before Linux 4.17.
/// - `EIDRM`: it is destroyed at this moment.
///
/// # Reference
///
/// [shmctl(2)](https://man7.org/linux/man-pages/man2/shmctl.2.html)
///
/// See [`shmctl_shm_stat`] for an example.
#[cfg(target_os = "linux")]
#[doc(alias = "SHM_STAT_ANY")]
#[inline]
pub fn shmctl_shm_stat_any(index: usize) -> Result<(ShmId, ShmidDs)> {
    by_index(index, StatCommand::ShmStatAny, Call::ShmctlShmStatAny)
}

#[cfg(target_os = "linux")]
#[inline]
fn by_index(index: usize, command: StatCommand, call: Call) -> Result<(ShmId, ShmidDs)> {
    // No table has so many places.
    let index = i32::try_from(index).unwrap_or(i32::MAX);
    sys::shmctl_stat(index, command)
        .map(|(id, status)| (ShmId::from_raw(id as i32), ShmidDs(status)))
        .in_call(call)
}

/// `int shmctl(int shmid, int cmd, struct shmid_ds *buf)`: any command, raw.
///
/// The functions beside this one are its commands with types. Arguments and answer are
/// passed as they are.
///
/// # Errors
///
/// Whatever the command returns; `EINVAL` if the kernel does not know it.
///
/// # Safety
///
/// - The command is sound with this buffer: what the kernel reads and writes there is valid
///   for it, and its provenance was exposed.
///
/// # Reference
///
/// [shmctl(2)](https://man7.org/linux/man-pages/man2/shmctl.2.html)
///
/// ```
/// use core::ptr;
/// use rawshm::{Segment, sysv};
///
/// const IPC_RMID: u32 = 0;
/// let segment = Segment::create(4096)?;
/// // SAFETY: IPC_RMID ignores the buffer.
/// unsafe { sysv::shmctl(segment.id().raw(), IPC_RMID, ptr::null_mut()) }?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[inline]
pub unsafe fn shmctl(id: i32, command: u32, buffer: *mut c_void) -> Result<usize> {
    // SAFETY: the caller answers for the command.
    unsafe { sys::shmctl(id, command, buffer) }.in_call(Call::Shmctl)
}
