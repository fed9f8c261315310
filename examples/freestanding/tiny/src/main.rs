//! Shared memory in the smallest program: a memfd, sized and mapped, a word written and read
//! back, unmapped.
//!
//! It exits with 0 if all went well. There is no libc in it, no loader and nothing that is not
//! run; `guide::freestanding` in rawshm's documentation says how that is done.
//!
//! ```sh
//! cargo build --release && target/release/tiny && wc -c target/release/tiny
//! ```

#![no_std]
#![no_main]

use core::ptr;

// Nothing calls it: it calls us.
extern crate origin;

use rawshm::descriptor::ftruncate;
use rawshm::memfd::{MemfdFlags, memfd_create};
use rawshm::mm::{MapFlags, ProtFlags, mmap, munmap};

const LEN: usize = 4096;
const WORD: u32 = 0x600d_c0de;

/// What `origin` calls; returns the status of the process.
///
/// # Safety
///
/// For `origin` only.
#[unsafe(no_mangle)]
unsafe fn origin_main(_argc: usize, _argv: *mut *mut u8, _envp: *mut *mut u8) -> i32 {
    match write_and_read() {
        Ok(WORD) => 0,
        _ => 1,
    }
}

fn write_and_read() -> rawshm::Result<u32> {
    let memfd = memfd_create("tiny", MemfdFlags::CLOEXEC)?;
    ftruncate(&memfd, LEN as u64)?;
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: without FIXED nothing is replaced.
    let address = unsafe {
        mmap(
            ptr::null_mut(),
            LEN,
            protection,
            MapFlags::SHARED,
            &memfd,
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
