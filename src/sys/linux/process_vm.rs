//! Copies within this process that the kernel makes: of a fault it tells by an error.

use core::mem::offset_of;

use static_assertions::const_assert_eq;

use super::Result;
use crate::Errno;
use crate::syscall::{SYS_gettid, SYS_process_vm_readv, SYS_process_vm_writev, syscall0, syscall6};

/// `struct iovec`: the address of the first byte, and how many there are.
#[repr(C)]
struct Iovec {
    iov_base: usize,
    iov_len: usize,
}

const_assert_eq!(size_of::<Iovec>(), 16);
const_assert_eq!(offset_of!(Iovec, iov_base), 0);
const_assert_eq!(offset_of!(Iovec, iov_len), 8);

/// Copies `remote` to `local`, and tells how many bytes, never 0.
///
/// # Safety
///
/// Neither range is in use in a way that forbids reading `remote` and writing `local`. Both
/// may lack memory.
pub(crate) unsafe fn process_vm_readv(
    local: *mut u8,
    remote: *const u8,
    len: usize,
) -> Result<usize> {
    // SAFETY: the caller's duty.
    unsafe { process_vm(SYS_process_vm_readv, local, remote, len) }
}

/// Copies `local` to `remote`, and tells how many bytes, never 0.
///
/// # Safety
///
/// Neither range is in use in a way that forbids reading `local` and writing `remote`. Both
/// may lack memory.
pub(crate) unsafe fn process_vm_writev(
    local: *const u8,
    remote: *mut u8,
    len: usize,
) -> Result<usize> {
    // SAFETY: the caller's duty.
    unsafe { process_vm(SYS_process_vm_writev, local, remote, len) }
}

/// # Safety
///
/// As of the call that `number` is the number of.
unsafe fn process_vm(
    number: usize,
    local: *const u8,
    remote: *const u8,
    len: usize,
) -> Result<usize> {
    let [local, remote] = [local, remote].map(|start| Iovec {
        iov_base: start.expose_provenance(),
        iov_len: len,
    });
    let local = (&raw const local).expose_provenance();
    let remote = (&raw const remote).expose_provenance();
    // SAFETY: the call reads one struct iovec on each side, and the caller answers for the
    // ranges in them.
    match unsafe { syscall6(number, gettid()?, local, 1, remote, 1, 0) } {
        // So that nobody waits for ever for an emulator that does nothing.
        Ok(0) => Err(Errno::EFAULT),
        result => result,
    }
}

/// The calling thread, which stands for its process: the process's own number is of no use
/// here once the first thread has ended. Asked for each time, because after a fork the
/// answer is another one.
fn gettid() -> Result<usize> {
    // SAFETY: gettid touches no memory.
    unsafe { syscall0(SYS_gettid) }
}
