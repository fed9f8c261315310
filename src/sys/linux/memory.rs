//! The calls on memory.

use core::ffi::c_void;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::{MADV_NORMAL, Result, number};
use crate::arch::layout::PAGE_SIZES;
use crate::fd::BorrowedFd;
use crate::syscall::{
    SYS_madvise, SYS_mlock, SYS_mlock2, SYS_mlockall, SYS_mmap, SYS_mprotect, SYS_mremap,
    SYS_mseal, SYS_msync, SYS_munlock, SYS_munlockall, SYS_munmap, syscall0, syscall1, syscall2,
    syscall3, syscall5, syscall6,
};

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

/// # Safety
///
/// Nothing relies on unmapping, replacing or protecting the range later.
#[inline]
pub(crate) unsafe fn mseal(address: *mut c_void, len: usize) -> Result<()> {
    // SAFETY: mseal alters no contents; the caller answers for the users of the range.
    unsafe { syscall3(SYS_mseal, address.expose_provenance(), len, 0) }.map(drop)
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
