//! Shared memory in the smallest program: a memfd, sized and mapped, a word written and read
//! back, unmapped.
//!
//! It exits with 0 if all went well, else with the number of the error. There is no libc in it, no loader and nothing that is not
//! run; `guide::freestanding` in rawshm's documentation says how that is done.
//!
//! ```sh
//! cargo build --release && target/release/tiny && wc -c target/release/tiny
//! ```

#![no_std]
#![no_main]

mod start;

use core::mem::ManuallyDrop;
use core::{hint, ptr};

use rawshm::descriptor::ftruncate;
use rawshm::memfd::{MemfdFlags, memfd_create};
use rawshm::mm::{MapFlags, ProtFlags, mmap, munmap};
use rawshm::syscall::{SYS_exit_group, syscall1};

const LEN: usize = 4096;
const WORD: u32 = 0x600d_c0de;

/// What the entry point calls.
#[cfg_attr(target_arch = "aarch64", inline(always))]
extern "C" fn main() -> ! {
    let status = match write_and_read() {
        Ok(read) => u8::from(read != WORD).into(),
        Err(error) => error.errno().raw(),
    };
    exit(status as usize)
}

// What never returns is thought to be seldom called, and gets nothing inlined unasked.
#[inline(always)]
fn write_and_read() -> rawshm::Result<u32> {
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

fn exit(status: usize) -> ! {
    // SAFETY: exit_group touches no memory.
    let _ = unsafe { syscall1(SYS_exit_group, status) };
    // SAFETY: it does not return.
    unsafe { hint::unreachable_unchecked() }
}

/// Nothing here panics, and then this is left out.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    exit(101)
}
