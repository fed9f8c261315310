//! The calls on descriptors and files.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use super::c_string::{CString, Decimal};
use super::{
    AT_FDCWD, F_ADD_SEALS, F_DUPFD, F_DUPFD_CLOEXEC, F_GET_SEALS, F_GETFD, F_GETFL, F_GETLEASE,
    F_SETFD, F_SETLEASE, F_SETSIG, FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, HUGETLBFS_MAGIC,
    MEMFD_NAME_MAX, RAMFS_MAGIC, RLIMIT_FSIZE, Result, SECRETMEM_MAGIC, Stat, TMPFS_MAGIC, number,
    owned,
};
use crate::Errno;
use crate::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use crate::sys::name::has_nul;
use crate::syscall::{
    SYS_close, SYS_fallocate, SYS_fchmod, SYS_fchown, SYS_fcntl, SYS_fstat, SYS_fstatfs,
    SYS_ftruncate, SYS_getrlimit, SYS_linkat, SYS_lseek, SYS_memfd_create, SYS_memfd_secret,
    SYS_mkdirat, SYS_nanosleep, SYS_newfstatat, SYS_openat, SYS_pipe2, SYS_pread64, SYS_pwrite64,
    SYS_read, SYS_renameat2, SYS_sysinfo, SYS_unlinkat, SYS_write, syscall1, syscall2, syscall3,
    syscall4, syscall5,
};

#[inline]
pub(super) fn openat(directory: RawFd, path: &CStr, flags: u32, mode: u32) -> Result<OwnedFd> {
    let (directory, path) = (directory as usize, path.as_ptr().expose_provenance());
    // SAFETY: openat reads the path, which ends with NUL.
    let fd = unsafe { syscall4(SYS_openat, directory, path, flags as usize, mode as usize) }?;
    // SAFETY: openat opened it.
    Ok(unsafe { owned(fd) })
}

#[inline]
pub(super) fn unlinkat(directory: RawFd, path: &CStr, flags: u32) -> Result<()> {
    let (directory, path) = (directory as usize, path.as_ptr().expose_provenance());
    // SAFETY: unlinkat reads the path, which ends with NUL.
    unsafe { syscall3(SYS_unlinkat, directory, path, flags as usize) }.map(drop)
}

/// Gives a file another name.
pub(super) fn linkat(from: (RawFd, &CStr), to: (RawFd, &CStr), flags: u32) -> Result<()> {
    let path = from.1.as_ptr().expose_provenance();
    let new_path = to.1.as_ptr().expose_provenance();
    // SAFETY: linkat reads both paths, which end with NUL.
    unsafe {
        syscall5(
            SYS_linkat,
            from.0 as usize,
            path,
            to.0 as usize,
            new_path,
            flags as usize,
        )
    }
    .map(drop)
}

/// Renames a file within a directory.
pub(super) fn renameat2(directory: RawFd, from: &CStr, to: &CStr, flags: u32) -> Result<()> {
    let path = from.as_ptr().expose_provenance();
    let new_path = to.as_ptr().expose_provenance();
    // SAFETY: renameat2 reads both paths, which end with NUL.
    unsafe {
        syscall5(
            SYS_renameat2,
            directory as usize,
            path,
            directory as usize,
            new_path,
            flags as usize,
        )
    }
    .map(drop)
}

#[inline]
pub(super) fn mkdirat(directory: RawFd, path: &CStr, mode: u32) -> Result<()> {
    let (directory, path) = (directory as usize, path.as_ptr().expose_provenance());
    // SAFETY: mkdirat reads the path, which ends with NUL.
    unsafe { syscall3(SYS_mkdirat, directory, path, mode as usize) }.map(drop)
}

#[inline]
pub(crate) fn read(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<usize> {
    // SAFETY: the buffer is borrowed mutably.
    unsafe { read_raw(fd, buffer.as_mut_ptr(), buffer.len()) }
}

/// # Safety
///
/// Nothing uses the range in a way that forbids writing it. It may lack memory.
#[inline]
pub(crate) unsafe fn read_raw(fd: BorrowedFd<'_>, start: *mut u8, len: usize) -> Result<usize> {
    // SAFETY: read writes at most `len` bytes; the caller answers for who uses them.
    unsafe { syscall3(SYS_read, number(fd), start.expose_provenance(), len) }
}

#[inline]
pub(crate) fn write(fd: BorrowedFd<'_>, bytes: &[u8]) -> Result<usize> {
    // SAFETY: the bytes are borrowed.
    unsafe { write_raw(fd, bytes.as_ptr(), bytes.len()) }
}

/// # Safety
///
/// Nothing uses the range in a way that forbids reading it. It may lack memory.
#[inline]
pub(crate) unsafe fn write_raw(fd: BorrowedFd<'_>, start: *const u8, len: usize) -> Result<usize> {
    // SAFETY: write reads at most `len` bytes; the caller answers for who uses them.
    unsafe { syscall3(SYS_write, number(fd), start.expose_provenance(), len) }
}

/// The end to read from, and the end to write to.
pub(crate) fn pipe2(flags: u32) -> Result<(OwnedFd, OwnedFd)> {
    let mut ends: [RawFd; 2] = [-1; 2];
    let pointer = ends.as_mut_ptr().expose_provenance();
    // SAFETY: pipe2 writes two descriptors.
    unsafe { syscall2(SYS_pipe2, pointer, flags as usize) }?;
    let [reader, writer] = ends;
    // SAFETY: pipe2 opened it.
    let reader = unsafe { OwnedFd::from_raw_fd(reader) };
    // SAFETY: as above.
    let writer = unsafe { OwnedFd::from_raw_fd(writer) };
    Ok((reader, writer))
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

const PROC_DIRECTORY: &[u8] = b"/proc/thread-self/fd/";

/// Room for such a link.
pub(super) type ProcLink = CString<{ PROC_DIRECTORY.len() + Decimal::MOST + 1 }>;

/// The link that `/proc` has for a descriptor of this thread, which may have others than its
/// process.
#[inline]
pub(super) fn proc_link(number: RawFd, room: &mut ProcLink) -> &CStr {
    let number = Decimal::new(u64::from(number as u32));
    // SAFETY: digits are no NUL, nor is there one in the directory; the room is made for both.
    unsafe { room.join([PROC_DIRECTORY, number.as_bytes()]) }
}

/// Opens the file of a descriptor once more, with access of its own.
pub(crate) fn reopen(number: RawFd, flags: u32) -> Result<OwnedFd> {
    let mut room = ProcLink::new();
    openat(AT_FDCWD, proc_link(number, &mut room), flags, 0)
}

#[inline]
pub(crate) fn dup(fd: BorrowedFd<'_>) -> Result<OwnedFd> {
    dup_number(fd.as_raw_fd())
}

/// A copy of whatever has this number, which need not be open; close-on-exec.
#[inline]
pub(crate) fn dup_number(number: RawFd) -> Result<OwnedFd> {
    // SAFETY: F_DUPFD_CLOEXEC takes the lowest number that the copy may have.
    let copy = unsafe { fcntl_raw(number, F_DUPFD_CLOEXEC, 0) }?;
    // SAFETY: fcntl opened it.
    Ok(unsafe { owned(copy) })
}

/// A copy that is not close-on-exec.
#[inline]
pub(crate) fn dup_inheritable(fd: BorrowedFd<'_>) -> Result<OwnedFd> {
    // SAFETY: F_DUPFD takes the lowest number that the copy may have.
    let copy = unsafe { fcntl(fd, F_DUPFD, 0) }?;
    // SAFETY: fcntl opened it.
    Ok(unsafe { owned(copy) })
}

/// # Safety
///
/// The command must be sound with this argument, which may be a pointer.
#[inline]
pub(crate) unsafe fn fcntl(fd: BorrowedFd<'_>, command: u32, argument: usize) -> Result<usize> {
    // SAFETY: the caller answers for the command.
    unsafe { fcntl_raw(fd.as_raw_fd(), command, argument) }
}

/// # Safety
///
/// As [`fcntl`], whatever has this number.
#[inline]
unsafe fn fcntl_raw(number: RawFd, command: u32, argument: usize) -> Result<usize> {
    // SAFETY: the caller answers for the command.
    unsafe { syscall3(SYS_fcntl, number as usize, command as usize, argument) }
}

/// The commands of `fcntl` whose argument is a number, or nothing.
#[derive(Clone, Copy)]
#[repr(u32)]
enum Command {
    GetFd = F_GETFD,
    SetFd = F_SETFD,
    GetFl = F_GETFL,
    SetSig = F_SETSIG,
    GetLease = F_GETLEASE,
    SetLease = F_SETLEASE,
    AddSeals = F_ADD_SEALS,
    GetSeals = F_GET_SEALS,
}

#[inline]
fn fcntl_number(fd: BorrowedFd<'_>, command: Command, argument: usize) -> Result<u32> {
    // SAFETY: these commands touch no memory, only the descriptor or what it refers to.
    unsafe { fcntl(fd, command as u32, argument) }.map(|answer| answer as u32)
}

#[inline]
pub(crate) fn fcntl_getfd(fd: BorrowedFd<'_>) -> Result<u32> {
    fcntl_number(fd, Command::GetFd, 0)
}

/// The flags of whatever has this number, which need not be open.
#[inline]
pub(crate) fn fcntl_getfd_number(number: RawFd) -> Result<u32> {
    // SAFETY: F_GETFD changes nothing.
    unsafe { fcntl_raw(number, F_GETFD, 0) }.map(|answer| answer as u32)
}

/// Sets the flags of whatever has this number, which need not be open.
#[inline]
pub(crate) fn fcntl_setfd_number(number: RawFd, flags: u32) -> Result<()> {
    // SAFETY: F_SETFD touches no memory.
    unsafe { fcntl_raw(number, F_SETFD, flags as usize) }.map(drop)
}

#[inline]
pub(crate) fn fcntl_setfd(fd: BorrowedFd<'_>, flags: u32) -> Result<()> {
    fcntl_number(fd, Command::SetFd, flags as usize).map(drop)
}

#[inline]
pub(crate) fn fcntl_getfl(fd: BorrowedFd<'_>) -> Result<u32> {
    fcntl_number(fd, Command::GetFl, 0)
}

#[inline]
pub(crate) fn fcntl_setsig(fd: BorrowedFd<'_>, signal: i32) -> Result<()> {
    fcntl_number(fd, Command::SetSig, signal as usize).map(drop)
}

#[inline]
pub(crate) fn fcntl_getlease(fd: BorrowedFd<'_>) -> Result<u32> {
    fcntl_number(fd, Command::GetLease, 0)
}

#[inline]
pub(crate) fn fcntl_setlease(fd: BorrowedFd<'_>, lease: u32) -> Result<()> {
    fcntl_number(fd, Command::SetLease, lease as usize).map(drop)
}

#[inline]
pub(crate) fn add_seals(fd: BorrowedFd<'_>, seals: u32) -> Result<()> {
    fcntl_number(fd, Command::AddSeals, seals as usize).map(drop)
}

#[inline]
pub(crate) fn seals(fd: BorrowedFd<'_>) -> Result<u32> {
    fcntl_number(fd, Command::GetSeals, 0)
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

// A device's number, in 64 bits since Linux 2.6 and as glibc has it: the major number's low 12
// bits from bit 8 on, its others from bit 44; the minor's low 8 from bit 0, its others from 20.

pub(crate) const fn major(device: u64) -> u32 {
    ((device >> 32) as u32 & 0xffff_f000) | ((device >> 8) as u32 & 0xfff)
}

pub(crate) const fn minor(device: u64) -> u32 {
    ((device >> 12) as u32 & 0xffff_ff00) | (device as u32 & 0xff)
}

pub(crate) const fn makedev(major: u32, minor: u32) -> u64 {
    let (major, minor) = (major as u64, minor as u64);
    (major & 0xffff_f000) << 32
        | (major & 0xfff) << 8
        | (minor & 0xffff_ff00) << 12
        | (minor & 0xff)
}

/// Reserves a range; the size stays.
pub(crate) fn reserve(fd: BorrowedFd<'_>, offset: u64, len: u64) -> Result<()> {
    fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, len)
}

/// Reserves a range; the size becomes its end, if it was less.
pub(crate) fn reserve_and_size(fd: BorrowedFd<'_>, offset: u64, len: u64) -> Result<()> {
    fallocate(fd, 0, offset, len)
}

/// Frees what was reserved, before an error is told; a second one has nobody to tell.
pub(crate) fn give_back(fd: BorrowedFd<'_>, offset: u64, len: u64) {
    let hole = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;
    let _ = fallocate(fd, hole, offset, len);
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
pub(super) fn fstatat(directory: RawFd, path: &CStr, flags: u32) -> Result<Stat> {
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
    let [kind, transfer_size, blocks, _free, available_blocks, ..] = statfs;
    let fragment_size = statfs[9];
    Ok(FileSystem {
        kind,
        // What blocks are counted in.
        block_size: match fragment_size {
            0 => transfer_size,
            size => size,
        },
        blocks,
        available_blocks,
    })
}

/// Whether pages of this file are the huge ones of hugetlbfs, so that its block size is theirs.
pub(crate) fn is_hugetlbfs(fd: BorrowedFd<'_>) -> Result<bool> {
    Ok(fstatfs(fd)?.kind == HUGETLBFS_MAGIC)
}

/// Whether this is memory that `memfd_secret` made.
pub(crate) fn is_secret(fd: BorrowedFd<'_>) -> Result<bool> {
    Ok(fstatfs(fd)?.kind == SECRETMEM_MAGIC)
}

/// Whether the file is in a file system that keeps its files in memory.
pub(crate) fn is_in_memory(fd: BorrowedFd<'_>) -> Result<bool> {
    Ok(matches!(fstatfs(fd)?.kind, TMPFS_MAGIC | RAMFS_MAGIC))
}

/// How many bytes the file's file system may hold, and how many more; `None` without a limit.
pub(crate) fn space(fd: BorrowedFd<'_>) -> Result<Option<(u64, u64)>> {
    let system = fstatfs(fd)?;
    let bytes = |blocks: u64| blocks.saturating_mul(system.block_size);
    Ok((system.blocks != 0).then(|| (bytes(system.blocks), bytes(system.available_blocks))))
}

/// How many more bytes the file's file system may hold; of one without a limit, such as
/// that behind a memfd, how many bytes of memory and swap space there are at all. Without
/// an answer (a container may deny the question) there is no limit.
pub(crate) fn available(fd: BorrowedFd<'_>) -> u64 {
    match space(fd) {
        Ok(Some((_, free))) => free,
        _ => memory_and_swap().unwrap_or(u64::MAX),
    }
}

fn memory_and_swap() -> Result<u64> {
    // struct sysinfo has 112 bytes: uptime, three loads, total, free, shared and buffer
    // memory, total and free swap, numbers of 16 bits, and at byte 104 the unit.
    let mut sysinfo = [0_u64; 16];
    // SAFETY: sysinfo writes one struct sysinfo, which is shorter than the array.
    unsafe { syscall1(SYS_sysinfo, sysinfo.as_mut_ptr().expose_provenance()) }?;
    let (memory, swap, unit) = (sysinfo[4], sysinfo[8], sysinfo[13] & 0xffff_ffff);
    Ok(memory.saturating_add(swap).saturating_mul(unit.max(1)))
}

/// The soft limit `RLIMIT_FSIZE`, in bytes; without an answer there is none.
pub(crate) fn file_size_limit() -> u64 {
    // struct rlimit: the soft and the hard limit. prlimit64 takes longer.
    let mut limit = [u64::MAX; 2];
    let buffer = limit.as_mut_ptr().expose_provenance();
    // SAFETY: getrlimit writes one struct rlimit.
    match unsafe { syscall2(SYS_getrlimit, RLIMIT_FSIZE as usize, buffer) } {
        Ok(_) => limit[0],
        Err(_) => u64::MAX,
    }
}

/// `EINVAL`, as the kernel says itself, for a name that is too long or holds a NUL.
#[inline]
pub(crate) fn memfd_create(name: &[u8], flags: u32) -> Result<OwnedFd> {
    if name.len() > MEMFD_NAME_MAX || has_nul(name) {
        return Err(Errno::EINVAL);
    }
    let mut room = CString::<{ MEMFD_NAME_MAX + 1 }>::new();
    // SAFETY: the name holds no NUL, and has room.
    let name = unsafe { room.join([name]) }.as_ptr().expose_provenance();
    // SAFETY: memfd_create reads the name, which ends with NUL.
    let fd = unsafe { syscall2(SYS_memfd_create, name, flags as usize) }?;
    // SAFETY: memfd_create opened it.
    Ok(unsafe { owned(fd) })
}

#[inline]
pub(crate) fn memfd_secret(flags: u32) -> Result<OwnedFd> {
    // SAFETY: memfd_secret takes no pointer.
    let fd = unsafe { syscall1(SYS_memfd_secret, flags as usize) }?;
    // SAFETY: memfd_secret opened it.
    Ok(unsafe { owned(fd) })
}

/// Sleeps for less than a second; a signal ends it early.
pub(crate) fn sleep(nanoseconds: u32) {
    let time = [0_i64, i64::from(nanoseconds)];
    let time = time.as_ptr().expose_provenance();
    // SAFETY: nanosleep reads one struct timespec: seconds and nanoseconds.
    let slept = unsafe { syscall2(SYS_nanosleep, time, 0) };
    // Sleeping less is no error.
    let _ = slept;
}
