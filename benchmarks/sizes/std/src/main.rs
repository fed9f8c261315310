//! What `tiny` does, with Rust's standard library and libc.

use std::fs::File;
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd};
use std::process::ExitCode;
use std::ptr;

const LEN: usize = 4096;
const WORD: u32 = 0x600d_c0de;

fn main() -> ExitCode {
    match write_and_read() {
        Ok(WORD) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn write_and_read() -> io::Result<u32> {
    // SAFETY: the name ends with NUL.
    let fd = unsafe { libc::memfd_create(c"shm".as_ptr(), libc::MFD_CLOEXEC) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor was just opened.
    let memfd = ManuallyDrop::new(unsafe { File::from_raw_fd(fd) });
    memfd.set_len(LEN as u64)?;
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let (flags, fd) = (libc::MAP_SHARED, memfd.as_raw_fd());
    // SAFETY: without MAP_FIXED nothing is replaced.
    let address = unsafe { libc::mmap(ptr::null_mut(), LEN, protection, flags, fd, 0) };
    if address == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    let word = address.cast::<u32>();
    // SAFETY: mapped for writing, and nobody else has the memfd.
    unsafe { word.write_volatile(WORD) };
    // SAFETY: as above, and mapped for reading.
    let read = unsafe { word.read_volatile() };
    // SAFETY: nobody uses the range any more.
    if unsafe { libc::munmap(address, LEN) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(read)
}
