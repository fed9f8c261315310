//! The calls of the `mmap` family, one to one.

use core::ffi::c_void;

use super::{Advice, MapFlags, MsyncFlags, ProtFlags};
#[cfg(target_os = "linux")]
use super::{MlockFlags, MlockallFlags, MremapFlags};
use crate::error::{Call, InCall, Result};
use crate::fd::AsFd;
use crate::sys;

/// `void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)`:
/// maps a range of a file and returns its address.
///
/// `len` is in bytes and rounded up to pages; `offset` is a multiple of the page size. The
/// address is a hint unless a flag says otherwise.
///
/// # Errors
///
/// - `EINVAL`: `len` is 0; the offset, or with `FIXED` or `FIXED_NOREPLACE` the address, is
///   not a multiple of the page size; neither `SHARED` nor `PRIVATE`.
/// - `EACCES`: the descriptor is not open for reading; `SHARED` with `WRITE` and it is not
///   open for writing.
/// - `EPERM`: `EXEC` on a file system mounted `noexec`; a seal forbids it; an address below
///   `vm.mmap_min_addr`; `LOCKED`, and `RLIMIT_MEMLOCK` is 0.
/// - `EEXIST`: `FIXED_NOREPLACE` and something is mapped there.
/// - `ENODEV`: the file cannot be mapped.
/// - `ENOMEM`: no address space, no memory, `RLIMIT_AS`, too many mappings, or no huge pages.
/// - `EOPNOTSUPP`: `SHARED_VALIDATE` with a flag that the kernel or file does not know.
/// - `EOVERFLOW`: offset and length exceed the largest file.
/// - `EAGAIN`: `LOCKED` beyond `RLIMIT_MEMLOCK`.
/// - `ENFILE`: too many open files in the system.
/// - `EBADF`: the descriptor is not open.
///
/// # Safety
///
/// - With [`MapFlags::FIXED`] nothing uses what is mapped in the range: it is replaced.
/// - Memory behind the returned address is accessed only as far as nobody else's writes
///   race with it, and not past the end of the file, where it raises `SIGBUS`.
///
/// # Reference
///
/// [mmap(2)](https://man7.org/linux/man-pages/man2/mmap.2.html)
///
/// ```
/// use core::ptr;
/// use rawshm::{Memfd, mm};
///
/// let memfd = Memfd::create("doc", 4096)?;
/// let (protection, flags) = (mm::ProtFlags::READ | mm::ProtFlags::WRITE, mm::MapFlags::SHARED);
/// // SAFETY: without FIXED nothing is replaced.
/// let address = unsafe { mm::mmap(ptr::null_mut(), 4096, protection, flags, &memfd, 0) }?;
/// // SAFETY: the range was just mapped, and nobody uses it.
/// unsafe { mm::munmap(address, 4096) }?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[inline]
pub unsafe fn mmap(
    addr: *mut c_void,
    len: usize,
    protection: ProtFlags,
    flags: MapFlags,
    fd: impl AsFd,
    offset: u64,
) -> Result<*mut c_void> {
    let (protection, flags) = (protection.bits(), flags.bits());
    // SAFETY: the caller answers for what is replaced.
    unsafe { sys::mmap(addr, len, protection, flags, Some(fd.as_fd()), offset) }.in_call(Call::Mmap)
}

/// `void *mmap(void *addr, size_t length, int prot, int flags | MAP_ANONYMOUS, -1, 0)`:
/// maps zeroed memory without a file and returns its address.
///
/// [`MapFlags::ANONYMOUS`] is added. Otherwise as [`mmap`].
///
/// # Errors
///
/// As [`mmap`], except those of the descriptor.
///
/// # Safety
///
/// As [`mmap`].
///
/// # Reference
///
/// [mmap(2)](https://man7.org/linux/man-pages/man2/mmap.2.html)
///
/// ```
/// use core::ptr;
/// use rawshm::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
///
/// let protection = ProtFlags::READ | ProtFlags::WRITE;
/// // SAFETY: without FIXED nothing is replaced.
/// let address = unsafe { mmap_anonymous(ptr::null_mut(), 4096, protection, MapFlags::PRIVATE) }?;
/// // SAFETY: freshly mapped, and ours alone.
/// unsafe { address.cast::<u32>().write(7) };
/// // SAFETY: nobody uses the range.
/// unsafe { munmap(address, 4096) }?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[inline]
pub unsafe fn mmap_anonymous(
    addr: *mut c_void,
    len: usize,
    protection: ProtFlags,
    flags: MapFlags,
) -> Result<*mut c_void> {
    let flags = flags.union(MapFlags::ANONYMOUS).bits();
    // SAFETY: the caller answers for what is replaced.
    unsafe { sys::mmap(addr, len, protection.bits(), flags, None, 0) }.in_call(Call::Mmap)
}

/// `int munmap(void *addr, size_t length)`: unmaps every page of a range, in bytes.
///
/// # Errors
///
/// - `EINVAL`: `len` is 0, or the address is not a multiple of the page size; of huge
///   pages, `len` too must be a multiple.
/// - `ENOMEM`: a hole in the middle of a mapping, and there are too many mappings.
/// - `EPERM`: the range is sealed (`mseal`).
///
/// # Safety
///
/// - Nothing uses the range any more: no pointer, reference or owning type.
///
/// # Reference
///
/// [munmap(2)](https://man7.org/linux/man-pages/man2/munmap.2.html)
///
/// See [`mmap`] for an example.
#[inline]
pub unsafe fn munmap(addr: *mut c_void, len: usize) -> Result<()> {
    // SAFETY: the caller gives the range up.
    unsafe { sys::munmap(addr, len) }.in_call(Call::Munmap)
}

/// `int mprotect(void *addr, size_t len, int prot)`: sets what a range may be used for.
///
/// # Errors
///
/// - `EACCES`: writing to a shared mapping whose descriptor was not open for it, or a
///   write seal.
/// - `EINVAL`: the address is not a multiple of the page size, or unknown flags.
/// - `ENOMEM`: part of the range is not mapped, or there are too many mappings.
/// - `EPERM`: the range is sealed (`mseal`).
///
/// # Safety
///
/// - Nothing uses the range in a way that the new protection forbids: such an access
///   raises `SIGSEGV`, and references to it are void.
///
/// # Reference
///
/// [mprotect(2)](https://man7.org/linux/man-pages/man2/mprotect.2.html)
///
/// ```
/// use core::ptr;
/// use rawshm::mm::{MapFlags, ProtFlags, mmap_anonymous, mprotect, munmap};
///
/// // SAFETY: without FIXED nothing is replaced.
/// let address =
///     unsafe { mmap_anonymous(ptr::null_mut(), 4096, ProtFlags::NONE, MapFlags::PRIVATE) }?;
/// // SAFETY: nobody uses the range yet.
/// unsafe { mprotect(address, 4096, ProtFlags::READ) }?;
/// // SAFETY: readable now, and zeroed.
/// assert_eq!(unsafe { address.cast::<u32>().read() }, 0);
/// // SAFETY: nobody uses the range any more.
/// unsafe { munmap(address, 4096) }?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[inline]
pub unsafe fn mprotect(addr: *mut c_void, len: usize, protection: ProtFlags) -> Result<()> {
    // SAFETY: the caller answers for the users of the range.
    unsafe { sys::mprotect(addr, len, protection.bits()) }.in_call(Call::Mprotect)
}

/// `void *mremap(void *old_address, size_t old_size, size_t new_size, int flags,
/// void *new_address)`: grows, shrinks or moves a mapping, and returns its address.
///
/// Linux only.
///
/// Sizes are in bytes and rounded up to pages. `new_address` counts only with
/// [`MremapFlags::FIXED`] (and is a hint with `DONTUNMAP`).
///
/// # Errors
///
/// - `EFAULT`: the range is not mapped, or is more than one mapping.
/// - `EINVAL`: an address that is not a multiple of the page size, a new size of 0 or beyond
///   the address space, flags that do not fit each other, or ranges that overlap.
/// - `ENOMEM`: no room to grow where it is, and `MAYMOVE` is not set; or no address space.
/// - `EAGAIN`: locked memory beyond `RLIMIT_MEMLOCK`.
/// - `EPERM`: the range is sealed (`mseal`).
///
/// # Safety
///
/// - Nothing uses the old range if it moves, nor what is cut off if it shrinks.
/// - With `FIXED` nothing uses what is mapped in the new range: it is replaced.
///
/// # Reference
///
/// [mremap(2)](https://man7.org/linux/man-pages/man2/mremap.2.html)
///
/// ```
/// use core::ptr;
/// use rawshm::mm::{self, MapFlags, MremapFlags, ProtFlags};
///
/// let size = mm::page_size();
/// // SAFETY: without FIXED nothing is replaced.
/// let old = unsafe {
///     mm::mmap_anonymous(ptr::null_mut(), size, ProtFlags::READ, MapFlags::PRIVATE)
/// }?;
/// // SAFETY: nobody uses the range.
/// let new = unsafe { mm::mremap(old, size, 2 * size, MremapFlags::MAYMOVE, ptr::null_mut()) }?;
/// // SAFETY: nobody uses the range.
/// unsafe { mm::munmap(new, 2 * size) }?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[cfg(target_os = "linux")]
#[inline]
pub unsafe fn mremap(
    old_addr: *mut c_void,
    old_len: usize,
    new_len: usize,
    flags: MremapFlags,
    new_addr: *mut c_void,
) -> Result<*mut c_void> {
    // SAFETY: the caller answers for both ranges.
    unsafe { sys::mremap(old_addr, old_len, new_len, flags.bits(), new_addr) }.in_call(Call::Mremap)
}

/// `int madvise(void *addr, size_t length, int advice)`: tells the kernel how a range is used.
///
/// # Errors
///
/// - `EINVAL`: the address is not a multiple of the page size; an advice that the kernel
///   does not know or that does not fit the mapping (locked, or huge pages).
/// - `ENOMEM`: part of the range is not mapped; populating ran out of memory.
/// - `EACCES`: `REMOVE` on a mapping of a file that is not shared and writable (on anonymous
///   private memory `EINVAL`).
/// - `EAGAIN`, `EBUSY`: resources for it are short at the moment.
/// - `EFAULT`: populating met a page that raises a signal.
/// - `EHWPOISON`: populating met broken memory.
/// - `EPERM`: the privilege for it is missing; the range is sealed (`mseal`).
/// - `EIO`: reading ahead exceeds the limits of the process.
/// - `EBADF`: the mapping is not of a file, and the advice needs one; so does `WILLNEED` if the
///   kernel was built without swap.
///
/// # Safety
///
/// - The users of the range can bear what the advice does: [`Advice::DONTNEED`],
///   [`Advice::FREE`], [`Advice::REMOVE`] and [`Advice::WIPEONFORK`] change contents,
///   [`Advice::DONTFORK`] and [`Advice::HWPOISON`] take away access.
///
/// # Reference
///
/// [madvise(2)](https://man7.org/linux/man-pages/man2/madvise.2.html)
///
/// ```
/// use rawshm::{MapOptions, mm};
///
/// let mut mapping = MapOptions::new().len(1 << 20).map_anonymous()?;
/// let address = mapping.as_mut_ptr().cast();
/// // SAFETY: MADV_HUGEPAGE changes neither contents nor access.
/// let advised = unsafe { mm::madvise(address, mapping.len(), mm::Advice::HUGEPAGE) };
/// # let _ = advised; // kernels can be built without transparent huge pages
/// # Ok::<(), rawshm::Error>(())
/// ```
#[inline]
pub unsafe fn madvise(addr: *mut c_void, len: usize, advice: Advice) -> Result<()> {
    // SAFETY: the caller answers for the users of the range.
    unsafe { sys::madvise(addr, len, advice.raw()) }.in_call(Call::Madvise)
}

/// `int msync(void *addr, size_t length, int flags)`: writes a mapped file back.
///
/// Memory without a disk behind it has nothing to write back: no error.
///
/// # Errors
///
/// - `EINVAL`: the address is not a multiple of the page size; `ASYNC` with `SYNC`, or
///   unknown flags.
/// - `ENOMEM`: part of the range is not mapped.
/// - `EBUSY`: `INVALIDATE`, and part of the range is locked.
///
/// # Safety
///
/// - With `INVALIDATE`, nothing relies on contents that were not written back.
///
/// # Reference
///
/// [msync(2)](https://man7.org/linux/man-pages/man2/msync.2.html)
///
/// ```
/// use rawshm::{MapOptions, mm};
///
/// let mut mapping = MapOptions::new().len(4096).map_anonymous()?;
/// // SAFETY: SYNC changes nothing.
/// unsafe { mm::msync(mapping.as_mut_ptr().cast(), 4096, mm::MsyncFlags::SYNC) }?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[inline]
pub unsafe fn msync(addr: *mut c_void, len: usize, flags: MsyncFlags) -> Result<()> {
    // SAFETY: the caller answers for the users of the range.
    unsafe { sys::msync(addr, len, flags.bits()) }.in_call(Call::Msync)
}

/// `int mlock(const void *addr, size_t len)`: faults the pages of a range in and keeps them
/// in memory.
///
/// Locks do not nest: one [`munlock`] undoes any number of them.
///
/// # Errors
///
/// - `ENOMEM`: part of the range is not mapped, may not be accessed or is past the end of its
///   object; beyond `RLIMIT_MEMLOCK`; too many mappings.
/// - `EPERM`: `RLIMIT_MEMLOCK` is 0 and the caller has no `CAP_IPC_LOCK`.
/// - `EAGAIN`: some page could not be locked.
/// - `EINVAL`: the range overflows.
///
/// # Safety
///
/// - Nothing relies on the range not being locked (such as an `msync` with `INVALIDATE`).
///
/// # Reference
///
/// [mlock(2)](https://man7.org/linux/man-pages/man2/mlock.2.html)
///
/// ```
/// use rawshm::{MapOptions, mm};
///
/// let mut mapping = MapOptions::new().len(4096).map_anonymous()?;
/// let address = mapping.as_mut_ptr().cast();
/// // SAFETY: the range is ours, and nothing relies on its not being locked.
/// unsafe { mm::mlock(address, 4096) }?;
/// // SAFETY: nor on its being locked.
/// unsafe { mm::munlock(address, 4096) }?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[inline]
pub unsafe fn mlock(addr: *mut c_void, len: usize) -> Result<()> {
    // SAFETY: the caller answers for the users of the range.
    unsafe { sys::mlock(addr, len) }.in_call(Call::Mlock)
}

/// `int mlock2(const void *addr, size_t len, unsigned int flags)`: as [`mlock`], with flags.
///
/// Linux only.
///
/// # Errors
///
/// - As [`mlock`].
/// - `EINVAL`: unknown flags.
/// - `ENOSYS`: user-mode emulation does not know the call.
///
/// # Safety
///
/// As [`mlock`].
///
/// # Reference
///
/// [mlock2(2)](https://man7.org/linux/man-pages/man2/mlock2.2.html)
///
/// ```
/// use rawshm::{Errno, MapOptions, mm};
///
/// let mut mapping = MapOptions::new().len(4096).map_anonymous()?;
/// let address = mapping.as_mut_ptr().cast();
/// // SAFETY: the range is ours, and nothing relies on its not being locked.
/// match unsafe { mm::mlock2(address, 4096, mm::MlockFlags::ONFAULT) } {
///     Err(error) if error == Errno::ENOSYS => {} // an emulator
///     result => result?,
/// }
/// # Ok::<(), rawshm::Error>(())
/// ```
#[cfg(target_os = "linux")]
#[inline]
pub unsafe fn mlock2(addr: *mut c_void, len: usize, flags: MlockFlags) -> Result<()> {
    // SAFETY: the caller answers for the users of the range.
    unsafe { sys::mlock2(addr, len, flags.bits()) }.in_call(Call::Mlock2)
}

/// `int mseal(void *addr, size_t len, unsigned long flags)`: from now on a range can be neither
/// unmapped, replaced, moved, resized nor given another protection (Linux 6.10).
///
/// Linux only.
///
/// For as long as the process has its memory: nothing undoes it. Memory of the process alone
/// that is not writable cannot be discarded either. There are no flags yet: 0 is passed.
///
/// # Errors
///
/// - `ENOMEM`: part of the range is not mapped, or there are too many mappings.
/// - `EINVAL`: the address is not a multiple of the page size, or the range overflows.
/// - `EPERM`: a kernel or process of 32 bits.
/// - `ENOSYS`: the kernel is older, or an emulator does not know the call.
///
/// # Safety
///
/// - Nothing relies on unmapping, replacing or protecting the range later, as a memory
///   allocator or the end of a thread does with its own.
///
/// # Reference
///
/// [Introduction of mseal](https://docs.kernel.org/userspace-api/mseal.html)
///
/// ```
/// use core::ptr;
/// use rawshm::Errno;
/// use rawshm::mm::{MapFlags, ProtFlags, mmap_anonymous, mseal, munmap, page_size};
///
/// // SAFETY: without FIXED nothing is replaced.
/// let address = unsafe {
///     mmap_anonymous(ptr::null_mut(), page_size(), ProtFlags::READ, MapFlags::PRIVATE)
/// }?;
/// // SAFETY: the range was just mapped, and nobody uses it.
/// match unsafe { mseal(address, page_size()) } {
///     Err(error) if error == Errno::ENOSYS => {} // a kernel before 6.10
///     sealed => {
///         sealed?;
///         // SAFETY: as above.
///         let unmapped = unsafe { munmap(address, page_size()) };
///         assert!(unmapped.unwrap_err() == Errno::EPERM);
///     }
/// }
/// # Ok::<(), rawshm::Error>(())
/// ```
#[cfg(target_os = "linux")]
#[inline]
pub unsafe fn mseal(addr: *mut c_void, len: usize) -> Result<()> {
    // SAFETY: the caller answers for the users of the range.
    unsafe { sys::mseal(addr, len) }.in_call(Call::Mseal)
}

/// `int munlock(const void *addr, size_t len)`: lets the pages of a range be reclaimed again.
///
/// # Errors
///
/// - `ENOMEM`: part of the range is not mapped, or too many mappings.
/// - `EINVAL`: the range overflows.
///
/// # Safety
///
/// - Nothing relies on the range being locked, such as a secret that must not be swapped.
///
/// # Reference
///
/// [munlock(2)](https://man7.org/linux/man-pages/man2/munlock.2.html)
///
/// See [`mlock`] for an example.
#[inline]
pub unsafe fn munlock(addr: *mut c_void, len: usize) -> Result<()> {
    // SAFETY: the caller answers for the users of the range.
    unsafe { sys::munlock(addr, len) }.in_call(Call::Munlock)
}

/// `int mlockall(int flags)`: locks all memory of the process, present or future.
///
/// Linux only.
///
/// # Errors
///
/// - `ENOMEM`: more is mapped than `RLIMIT_MEMLOCK` allows.
/// - `EPERM`: `RLIMIT_MEMLOCK` is 0 and the caller has no `CAP_IPC_LOCK`.
/// - `EINVAL`: no flags, unknown ones, or `ONFAULT` alone.
///
/// # Reference
///
/// [mlockall(2)](https://man7.org/linux/man-pages/man2/mlockall.2.html)
///
/// ```
/// use rawshm::mm::{MlockallFlags, mlockall, munlockall};
///
/// // Each page as it is touched, so that little is locked at once.
/// if mlockall(MlockallFlags::CURRENT | MlockallFlags::ONFAULT).is_ok() {
///     munlockall()?;
/// }
/// # Ok::<(), rawshm::Error>(())
/// ```
#[cfg(target_os = "linux")]
#[inline]
pub fn mlockall(flags: MlockallFlags) -> Result<()> {
    sys::mlockall(flags.bits()).in_call(Call::Mlockall)
}

/// `int munlockall(void)`: unlocks all memory of the process.
///
/// Linux only.
///
/// # Errors
///
/// - `EINTR`: the process is being killed.
///
/// # Reference
///
/// [munlockall(2)](https://man7.org/linux/man-pages/man2/munlockall.2.html)
///
/// See [`mlockall`] for an example.
#[cfg(target_os = "linux")]
#[inline]
pub fn munlockall() -> Result<()> {
    sys::munlockall().in_call(Call::Munlockall)
}

/// `int getpagesize(void)`: the size of a page, in bytes.
///
/// A constant on x86_64; on aarch64 4096, 16384 or 65536, found out at the first call.
///
/// # Reference
///
/// [getpagesize(2)](https://man7.org/linux/man-pages/man2/getpagesize.2.html)
///
/// ```
/// assert!(rawshm::mm::page_size().is_power_of_two());
/// ```
#[doc(alias = "getpagesize")]
#[inline]
#[must_use]
pub fn page_size() -> usize {
    sys::page_size()
}
