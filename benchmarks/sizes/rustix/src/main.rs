//! What `tiny` does, with rustix.

#![no_std]
#![no_main]

#[path = "../../../../examples/freestanding/tiny/src/start.rs"]
mod start;

use core::mem::ManuallyDrop;
use core::ptr;

use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::runtime::exit_group;

const LEN: usize = 4096;
const WORD: u32 = 0x600d_c0de;

/// What the entry point calls.
#[cfg_attr(target_arch = "aarch64", inline(always))]
extern "C" fn main() -> ! {
    exit_group(match write_and_read() {
        Ok(read) => u8::from(read != WORD).into(),
        Err(errno) => errno.raw_os_error(),
    })
}

// What never returns is thought to be seldom called, and gets nothing inlined unasked.
#[inline(always)]
fn write_and_read() -> rustix::io::Result<u32> {
    // The end of the process closes it.
    let memfd = ManuallyDrop::new(memfd_create("shm", MemfdFlags::CLOEXEC)?);
    ftruncate(&*memfd, LEN as u64)?;
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: without FIXED nothing is replaced.
    let address = unsafe {
        mmap(
            ptr::null_mut(),
            LEN,
            protection,
            MapFlags::SHARED,
            &*memfd,
            0,
        )
    }?;
    let word = address.cast::<u32>();
    // SAFETY: mapped for writing, and nobody else has the memfd.
    unsafe { word.write_volatile(WORD) };
    // SAFETY: as above, and mapped for reading.
    let read = unsafe { word.read_volatile() };
    // SAFETY: nobody uses the range any more.
    unsafe { munmap(address, LEN) }?;
    Ok(read)
}

/// Nothing here panics, and then this is left out.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    exit_group(101)
}
