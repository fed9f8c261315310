//! The kernel's calls through the trap.

mod c_string;
mod constants;
mod directory;
mod errno;
mod shm;
mod sysv;

use core::ffi::{CStr, c_void};
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::Errno;
use crate::arch::layout::PAGE_SIZES;
use crate::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use crate::syscall::{
    SYS_close, SYS_fallocate, SYS_fchmod, SYS_fchown, SYS_fcntl, SYS_fstat, SYS_fstatfs,
    SYS_ftruncate, SYS_lseek, SYS_madvise, SYS_memfd_create, SYS_mlock, SYS_mlock2, SYS_mlockall,
    SYS_mmap, SYS_mprotect, SYS_mremap, SYS_msync, SYS_munlock, SYS_munlockall, SYS_munmap,
    SYS_nanosleep, SYS_newfstatat, SYS_openat, SYS_pread64, SYS_pwrite64, SYS_read, SYS_sysinfo, SYS_unlinkat,
    SYS_write, syscall0, syscall1, syscall2, syscall3, syscall4, syscall5, syscall6,
};

use c_string::CString;

pub(crate) use crate::arch::layout::Stat;
pub(crate) use constants::*;
pub(crate) use errno::{for_each_errno, for_each_errno_alias};
pub(crate) use shm::{ObjectDirectory, shm_open, shm_unlink};
pub(crate) use sysv::*;

type Result<T> = core::result::Result<T, Errno>;

// --- descriptors -----------------------------------------------------------

/// A descriptor as the argument of a call; the kernel looks at the low 32 bits.
#[inline]
fn number(fd: BorrowedFd<'_>) -> usize {
    fd.as_raw_fd() as usize
}

/// Takes ownership of a descriptor that a call has just returned.
#[inline]
fn owned(fd: usize) -> OwnedFd {
    // SAFETY: the callers pass the answer of a call that opened a descriptor for them.
    unsafe { OwnedFd::from_raw_fd(fd as RawFd) }
}

#[inline]
fn openat(path: &CStr, flags: u32, mode: u32) -> Result<OwnedFd> {
    let (directory, path) = (AT_FDCWD as usize, path.as_ptr().expose_provenance());
    // SAFETY: openat reads the path, which ends with NUL.
    unsafe { syscall4(SYS_openat, directory, path, flags as usize, mode as usize) }.map(owned)
}

#[inline]
fn unlinkat(path: &CStr) -> Result<()> {
    let (directory, path) = (AT_FDCWD as usize, path.as_ptr().expose_provenance());
    // SAFETY: unlinkat reads the path, which ends with NUL.
    unsafe { syscall3(SYS_unlinkat, directory, path, 0) }.map(drop)
}

#[inline]
pub(crate) fn read(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<usize> {
    let (start, len) = (buffer.as_mut_ptr().expose_provenance(), buffer.len());
    // SAFETY: read writes at most `len` bytes to the buffer.
    unsafe { syscall3(SYS_read, number(fd), start, len) }
}

#[inline]
pub(crate) fn write(fd: BorrowedFd<'_>, bytes: &[u8]) -> Result<usize> {
    let (start, len) = (bytes.as_ptr().expose_provenance(), bytes.len());
    // SAFETY: write reads `len` bytes.
    unsafe { syscall3(SYS_write, number(fd), start, len) }
}

#[inline]
pub(crate) fn pread(fd: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> Result<usize> {
    let (start, len) = (buffer.as_mut_ptr().expose_provenance(), buffer.len());
    // SAFETY: pread64 writes at most `len` bytes to the buffer.
    unsafe { syscall4(SYS_pread64, number(fd), start, len, offset as usize) }
}

#[inline]
pub(crate) fn pwrite(fd: BorrowedFd<'_>, bytes: &[u8], offset: u64) -> Result<usize> {
    let (start, len) = (bytes.as_ptr().expose_provenance(), bytes.len());
    // SAFETY: pwrite64 reads `len` bytes.
    unsafe { syscall4(SYS_pwrite64, number(fd), start, len, offset as usize) }
}

#[inline]
pub(crate) fn lseek(fd: BorrowedFd<'_>, offset: i64, whence: u32) -> Result<u64> {
    // SAFETY: lseek touches no memory.
    unsafe { syscall3(SYS_lseek, number(fd), offset as usize, whence as usize) }
        .map(|position| position as u64)
}

#[inline]
pub(crate) fn close(fd: OwnedFd) -> Result<()> {
    // SAFETY: the descriptor was owned, and is given up here.
    unsafe { close_raw(fd.into_raw_fd()) }
}

/// # Safety
///
/// The descriptor is open and the caller's, who does not use it again.
#[inline]
pub(crate) unsafe fn close_raw(fd: RawFd) -> Result<()> {
    // SAFETY: the caller gives the descriptor up.
    unsafe { syscall1(SYS_close, fd as usize) }.map(drop)
}

#[inline]
pub(crate) fn dup(fd: BorrowedFd<'_>) -> Result<OwnedFd> {
    // SAFETY: F_DUPFD_CLOEXEC takes the lowest number that the copy may have.
    unsafe { fcntl(fd, F_DUPFD_CLOEXEC, 0) }.map(owned)
}

/// # Safety
///
/// The command must be sound with this argument, which may be a pointer.
#[inline]
pub(crate) unsafe fn fcntl(fd: BorrowedFd<'_>, command: u32, argument: usize) -> Result<usize> {
    // SAFETY: the caller answers for the command.
    unsafe { syscall3(SYS_fcntl, number(fd), command as usize, argument) }
}

/// A command of `fcntl` whose argument is a number.
///
/// The commands used here change only the descriptor or what it refers to.
#[inline]
fn fcntl_number(fd: BorrowedFd<'_>, command: u32, argument: usize) -> Result<u32> {
    // SAFETY: the private callers below pass commands that take a number or nothing.
    unsafe { fcntl(fd, command, argument) }.map(|answer| answer as u32)
}

#[inline]
pub(crate) fn fcntl_getfd(fd: BorrowedFd<'_>) -> Result<u32> {
    fcntl_number(fd, F_GETFD, 0)
}

#[inline]
pub(crate) fn fcntl_setfd(fd: BorrowedFd<'_>, flags: u32) -> Result<()> {
    fcntl_number(fd, F_SETFD, flags as usize).map(drop)
}

#[inline]
pub(crate) fn fcntl_getfl(fd: BorrowedFd<'_>) -> Result<u32> {
    fcntl_number(fd, F_GETFL, 0)
}

#[inline]
pub(crate) fn fcntl_setsig(fd: BorrowedFd<'_>, signal: i32) -> Result<()> {
    fcntl_number(fd, F_SETSIG, signal as usize).map(drop)
}

#[inline]
pub(crate) fn fcntl_getlease(fd: BorrowedFd<'_>) -> Result<u32> {
    fcntl_number(fd, F_GETLEASE, 0)
}

#[inline]
pub(crate) fn fcntl_setlease(fd: BorrowedFd<'_>, lease: u32) -> Result<()> {
    fcntl_number(fd, F_SETLEASE, lease as usize).map(drop)
}

#[inline]
pub(crate) fn add_seals(fd: BorrowedFd<'_>, seals: u32) -> Result<()> {
    fcntl_number(fd, F_ADD_SEALS, seals as usize).map(drop)
}

#[inline]
pub(crate) fn seals(fd: BorrowedFd<'_>) -> Result<u32> {
    fcntl_number(fd, F_GET_SEALS, 0)
}

#[inline]
pub(crate) fn ftruncate(fd: BorrowedFd<'_>, len: u64) -> Result<()> {
    // SAFETY: ftruncate touches no memory of ours but what is mapped of the file,
    // and that is never behind a reference unless its size is sealed.
    unsafe { syscall2(SYS_ftruncate, number(fd), len as usize) }.map(drop)
}

#[inline]
pub(crate) fn fallocate(fd: BorrowedFd<'_>, flags: u32, offset: u64, len: u64) -> Result<()> {
    // SAFETY: as for ftruncate; a write seal forbids holes too.
    unsafe {
        syscall4(
            SYS_fallocate,
            number(fd),
            flags as usize,
            offset as usize,
            len as usize,
        )
    }
    .map(drop)
}

#[inline]
pub(crate) fn fstat(fd: BorrowedFd<'_>) -> Result<Stat> {
    let mut stat = MaybeUninit::<Stat>::uninit();
    // SAFETY: fstat writes one struct stat.
    unsafe { syscall2(SYS_fstat, number(fd), stat.as_mut_ptr().expose_provenance()) }?;
    // SAFETY: the call succeeded, so that every byte is written.
    Ok(unsafe { stat.assume_init() })
}

/// The status of a file by its path, from a directory's descriptor on.
fn fstatat(directory: RawFd, path: &CStr, flags: u32) -> Result<Stat> {
    let mut stat = MaybeUninit::<Stat>::uninit();
    let path = path.as_ptr().expose_provenance();
    let buffer = stat.as_mut_ptr().expose_provenance();
    // SAFETY: newfstatat reads the path, which ends with NUL, and writes one struct stat.
    unsafe {
        syscall4(
            SYS_newfstatat,
            directory as usize,
            path,
            buffer,
            flags as usize,
        )
    }?;
    // SAFETY: the call succeeded, so that every byte is written.
    Ok(unsafe { stat.assume_init() })
}

#[inline]
pub(crate) fn fchmod(fd: BorrowedFd<'_>, mode: u32) -> Result<()> {
    // SAFETY: fchmod touches no memory.
    unsafe { syscall2(SYS_fchmod, number(fd), mode as usize) }.map(drop)
}

/// An id of -1 is left as it is.
#[inline]
pub(crate) fn fchown(fd: BorrowedFd<'_>, user: u32, group: u32) -> Result<()> {
    // SAFETY: fchown touches no memory.
    unsafe { syscall3(SYS_fchown, number(fd), user as usize, group as usize) }.map(drop)
}

/// The first fields of `struct statfs`; it has 120 bytes on every 64-bit architecture.
struct FileSystem {
    kind: u64,
    block_size: u64,
    blocks: u64,
    available_blocks: u64,
}

fn fstatfs(fd: BorrowedFd<'_>) -> Result<FileSystem> {
    let mut statfs = [0_u64; 16];
    let buffer = statfs.as_mut_ptr().expose_provenance();
    // SAFETY: fstatfs writes one struct statfs, which is shorter than the array.
    unsafe { syscall2(SYS_fstatfs, number(fd), buffer) }?;
    let [kind, block_size, blocks, _free, available_blocks, ..] = statfs;
    Ok(FileSystem {
        kind,
        block_size,
        blocks,
        available_blocks,
    })
}

/// Whether pages of this file are the huge ones of hugetlbfs, so that its block size is theirs.
pub(crate) fn is_hugetlbfs(fd: BorrowedFd<'_>) -> Result<bool> {
    Ok(fstatfs(fd)?.kind == HUGETLBFS_MAGIC)
}

/// How many more bytes the file's file system may hold; of one without a limit, such as
/// that behind a memfd, how many bytes of memory and swap space there are at all.
pub(crate) fn available(fd: BorrowedFd<'_>) -> Result<u64> {
    let system = fstatfs(fd)?;
    if system.blocks != 0 {
        return Ok(system.available_blocks.saturating_mul(system.block_size));
    }
    // struct sysinfo has 112 bytes: uptime, three loads, total, free, shared and buffer
    // memory, total and free swap, numbers of 16 bits, and at byte 104 the unit.
    let mut sysinfo = [0_u64; 16];
    // SAFETY: sysinfo writes one struct sysinfo, which is shorter than the array.
    unsafe { syscall1(SYS_sysinfo, sysinfo.as_mut_ptr().expose_provenance()) }?;
    let (memory, swap, unit) = (sysinfo[4], sysinfo[8], sysinfo[13] & 0xffff_ffff);
    Ok(memory.saturating_add(swap).saturating_mul(unit.max(1)))
}

/// `EINVAL`, as the kernel says itself, for a name that is too long or holds a NUL.
#[inline]
pub(crate) fn memfd_create(name: &[u8], flags: u32) -> Result<OwnedFd> {
    if name.len() > MEMFD_NAME_MAX || name.contains(&0) {
        return Err(Errno::EINVAL);
    }
    // SAFETY: the name holds no NUL.
    let name: CString<{ MEMFD_NAME_MAX + 1 }> = unsafe { CString::join([name]) };
    let name = name.as_c_str().as_ptr().expose_provenance();
    // SAFETY: memfd_create reads the name, which ends with NUL.
    unsafe { syscall2(SYS_memfd_create, name, flags as usize) }.map(owned)
}

/// Sleeps for less than a second; a signal ends it early.
fn sleep(nanoseconds: u32) {
    let time = [0_i64, i64::from(nanoseconds)];
    let time = time.as_ptr().expose_provenance();
    // SAFETY: nanosleep reads one struct timespec: seconds and nanoseconds.
    let slept = unsafe { syscall2(SYS_nanosleep, time, 0) };
    // Sleeping less is no error.
    let _ = slept;
}

// --- memory ----------------------------------------------------------------

/// Maps, or returns the error. Without a descriptor the kernel gets -1.
///
/// # Safety
///
/// With a fixed address, nothing that is in use is mapped there.
#[inline]
pub(crate) unsafe fn mmap(
    address: *mut c_void,
    len: usize,
    protection: u32,
    flags: u32,
    fd: Option<BorrowedFd<'_>>,
    offset: u64,
) -> Result<*mut c_void> {
    // SAFETY: the caller answers for what is replaced.
    unsafe {
        syscall6(
            SYS_mmap,
            address.expose_provenance(),
            len,
            protection as usize,
            flags as usize,
            fd.map_or(usize::MAX, number),
            offset as usize,
        )
    }
    .map(core::ptr::with_exposed_provenance_mut)
}

/// # Safety
///
/// Nothing uses the range any more.
#[inline]
pub(crate) unsafe fn munmap(address: *mut c_void, len: usize) -> Result<()> {
    // SAFETY: the caller gives the range up.
    unsafe { syscall2(SYS_munmap, address.expose_provenance(), len) }.map(drop)
}

/// # Safety
///
/// Nothing uses the range in a way that the new protection forbids.
#[inline]
pub(crate) unsafe fn mprotect(address: *mut c_void, len: usize, protection: u32) -> Result<()> {
    // SAFETY: the caller answers for the users of the range.
    unsafe {
        syscall3(
            SYS_mprotect,
            address.expose_provenance(),
            len,
            protection as usize,
        )
    }
    .map(drop)
}

/// # Safety
///
/// Nothing uses what is unmapped, shrunk or replaced.
#[inline]
pub(crate) unsafe fn mremap(
    old_address: *mut c_void,
    old_len: usize,
    new_len: usize,
    flags: u32,
    new_address: *mut c_void,
) -> Result<*mut c_void> {
    // SAFETY: the caller answers for both ranges.
    unsafe {
        syscall5(
            SYS_mremap,
            old_address.expose_provenance(),
            old_len,
            new_len,
            flags as usize,
            new_address.expose_provenance(),
        )
    }
    .map(core::ptr::with_exposed_provenance_mut)
}

/// # Safety
///
/// The users of the range can bear what the advice does to it.
#[inline]
pub(crate) unsafe fn madvise(address: *mut c_void, len: usize, advice: u32) -> Result<()> {
    // SAFETY: the caller answers for the users of the range.
    unsafe {
        syscall3(
            SYS_madvise,
            address.expose_provenance(),
            len,
            advice as usize,
        )
    }
    .map(drop)
}

/// # Safety
///
/// With `MS_INVALIDATE`, nothing relies on contents that were not written back.
#[inline]
pub(crate) unsafe fn msync(address: *mut c_void, len: usize, flags: u32) -> Result<()> {
    // SAFETY: the caller answers for the users of the range.
    unsafe { syscall3(SYS_msync, address.expose_provenance(), len, flags as usize) }.map(drop)
}

/// # Safety
///
/// Nothing relies on the range not being locked.
#[inline]
pub(crate) unsafe fn mlock(address: *mut c_void, len: usize) -> Result<()> {
    // SAFETY: mlock alters no contents.
    unsafe { syscall2(SYS_mlock, address.expose_provenance(), len) }.map(drop)
}

/// # Safety
///
/// Nothing relies on the range not being locked.
#[inline]
pub(crate) unsafe fn mlock2(address: *mut c_void, len: usize, flags: u32) -> Result<()> {
    // SAFETY: mlock2 alters no contents.
    unsafe { syscall3(SYS_mlock2, address.expose_provenance(), len, flags as usize) }.map(drop)
}

/// # Safety
///
/// Nothing relies on the range being locked.
#[inline]
pub(crate) unsafe fn munlock(address: *mut c_void, len: usize) -> Result<()> {
    // SAFETY: the caller answers for the users of the range.
    unsafe { syscall2(SYS_munlock, address.expose_provenance(), len) }.map(drop)
}

#[inline]
pub(crate) fn mlockall(flags: u32) -> Result<()> {
    // SAFETY: mlockall alters no contents.
    unsafe { syscall1(SYS_mlockall, flags as usize) }.map(drop)
}

#[inline]
pub(crate) fn munlockall() -> Result<()> {
    // SAFETY: munlockall alters no contents.
    unsafe { syscall0(SYS_munlockall) }.map(drop)
}

/// The size of a page in bytes: a constant where there is one, else asked for once.
#[inline]
pub(crate) fn page_size() -> usize {
    static KNOWN: AtomicUsize = AtomicUsize::new(0);
    if let [only] = PAGE_SIZES {
        return *only;
    }
    match KNOWN.load(Ordering::Relaxed) {
        0 => {
            let size = probe_page_size();
            // Two threads that probe at once store the same.
            KNOWN.store(size, Ordering::Relaxed);
            size
        }
        size => size,
    }
}

/// The smallest candidate that the kernel takes for the start of a page.
///
/// `madvise` checks the alignment of its address before anything else, and an empty
/// range needs nothing mapped.
#[cold]
fn probe_page_size() -> usize {
    let (largest, smaller) = match PAGE_SIZES {
        [smaller @ .., largest] => (*largest, smaller),
        [] => (4096, PAGE_SIZES),
    };
    smaller
        .iter()
        .copied()
        .find(|&size| {
            let address = core::ptr::without_provenance_mut(size);
            // SAFETY: the range is empty.
            unsafe { madvise(address, 0, MADV_NORMAL) }.is_ok()
        })
        .unwrap_or(largest)
}
