//! Two processes, one memory, without libc: the first puts a file there and forks, the second
//! answers with the checksum of what it found.
//!
//! ```sh
//! roundtrip [FILE]    without one, the program itself
//! ```

#![no_std]
#![no_main]

use core::ffi::CStr;
use core::fmt::Write;

use program::{Arguments, Output, say};
use rawshm::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use rawshm::syscall::{SYS_clone, SYS_getpid, SYS_openat, SYS_wait4, syscall0, syscall4, syscall5};
use rawshm::{Errno, Mapping, Memfd, Shared, SharedSlice, descriptor};

program::main!(main);

/// What is in front of the text.
mod header {
    pub(super) const CRC32: usize = 0;
    pub(super) const PROCESS: usize = 4;
    pub(super) const LEN: usize = 8;
}

const CHUNK: usize = 4096;

fn main(mut arguments: Arguments) -> u8 {
    let file = arguments.nth(1).unwrap_or(c"/proc/self/exe");
    match run(file) {
        Ok(true) => 0,
        Ok(false) => {
            say!(Error, "roundtrip: the two checksums differ");
            1
        }
        Err(Failed(call, errno)) => {
            // Texts as they are: to format one takes a kilobyte of code.
            for text in ["roundtrip: ", call] {
                let _ = Output::Error.write_str(text);
            }
            say!(Error, ": error {}", errno.raw());
            1
        }
    }
}

/// The call, and what the kernel said. It is printed as a number: the texts of all of them
/// would be half of the program.
struct Failed(&'static str, Errno);

impl From<rawshm::Error> for Failed {
    fn from(error: rawshm::Error) -> Self {
        Self(error.call().name(), error.errno())
    }
}

fn run(file: &CStr) -> Result<bool, Failed> {
    let file = open(file)?;
    let len = descriptor::fstat(&file)?.size();
    let memfd = Memfd::create("roundtrip", header::LEN as u64 + len)?;
    let mapping = memfd.map()?;
    let own = copy_and_sum(file.as_fd(), text(&mapping)?)?;

    let second = fork()?;
    if second == 0 {
        // Nothing of the parent's is dropped here: the process ends.
        program::exit(answer(&memfd).is_err().into());
    }
    wait(second)?;

    let crc32: u32 = mapping.shared().load(header::CRC32);
    let process: u32 = mapping.shared().load(header::PROCESS);
    say!(
        Standard,
        "parent, pid {}: {len} bytes, CRC-32 {own:08x}",
        process_id()?
    );
    say!(
        Standard,
        "second, pid {process}: {len} bytes, CRC-32 {crc32:08x}"
    );
    Ok(own == crc32)
}

/// What the second process does: it has inherited the descriptor, and maps it for itself.
fn answer(memfd: &Memfd) -> Result<(), Failed> {
    let mapping = memfd.map()?;
    let crc32 = sum(text(&mapping)?);
    mapping.shared().store(header::CRC32, crc32);
    mapping.shared().store(header::PROCESS, process_id()?);
    Ok(())
}

fn text(mapping: &Mapping<Shared>) -> Result<SharedSlice<'_>, Failed> {
    let text = mapping.shared().get(header::LEN..);
    text.ok_or(Failed("header", Errno::EINVAL))
}

/// Copies a file to shared memory, and sums it up on the way.
fn copy_and_sum(file: BorrowedFd<'_>, mut text: SharedSlice<'_>) -> Result<u32, Failed> {
    let mut crc32 = Crc32::new();
    let mut chunk = [0; CHUNK];
    while !text.is_empty() {
        let len = descriptor::read(file, &mut chunk)?.min(text.len());
        let read = chunk.get(..len).unwrap_or_default();
        if read.is_empty() {
            return Err(Failed("read", Errno::ENODATA));
        }
        let (place, rest) = text.split_at(len);
        place.copy_from_slice(read);
        crc32.add(read);
        text = rest;
    }
    Ok(crc32.finish())
}

/// Sums up what others may write: each part is copied out before it is looked at.
fn sum(text: SharedSlice<'_>) -> u32 {
    let mut crc32 = Crc32::new();
    let mut chunk = [0; CHUNK];
    for part in text.chunks(CHUNK) {
        if let Some(chunk) = chunk.get_mut(..part.len()) {
            part.copy_to_slice(chunk);
            crc32.add(chunk);
        }
    }
    crc32.finish()
}

/// The checksum of zip and PNG, bit by bit: a table would be as large as the rest.
struct Crc32(u32);

impl Crc32 {
    const fn new() -> Self {
        Self(!0)
    }

    fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 ^= u32::from(byte);
            for _ in 0..8 {
                let carry = self.0 & 1;
                self.0 = (self.0 >> 1) ^ (0xedb8_8320 * carry);
            }
        }
    }

    const fn finish(self) -> u32 {
        !self.0
    }
}

// ---- Calls that are about no memory ----

fn open(path: &CStr) -> Result<OwnedFd, Failed> {
    const AT_FDCWD: i32 = -100;
    const O_CLOEXEC: usize = 0o2_000_000;
    let path = path.as_ptr().expose_provenance();
    // SAFETY: openat reads the path, which ends with NUL.
    let fd = unsafe { syscall4(SYS_openat, AT_FDCWD as usize, path, O_CLOEXEC, 0) };
    let fd = fd.map_err(|errno| Failed("openat", errno))?;
    // SAFETY: it was just opened.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

fn process_id() -> Result<u32, Failed> {
    // SAFETY: getpid touches no memory.
    let id = unsafe { syscall0(SYS_getpid) };
    id.map(|id| id as u32)
        .map_err(|errno| Failed("getpid", errno))
}

/// 0 in the child.
fn fork() -> Result<usize, Failed> {
    const SIGCHLD: usize = 17;
    // SAFETY: a copy of the process that shares nothing with it but descriptors and what is
    // mapped as shared; there is no other thread that could hold something.
    let child = unsafe { syscall5(SYS_clone, SIGCHLD, 0, 0, 0, 0) };
    child.map_err(|errno| Failed("clone", errno))
}

/// Waits for a child, which is to end with 0. That also orders memory: what it wrote is there.
fn wait(child: usize) -> Result<(), Failed> {
    let mut status = 0_i32;
    let place = (&raw mut status).expose_provenance();
    // SAFETY: wait4 writes the status, and nothing else.
    let waited = unsafe { syscall4(SYS_wait4, child, place, 0, 0) };
    waited.map_err(|errno| Failed("wait4", errno))?;
    match status {
        0 => Ok(()),
        _ => Err(Failed("the second process", Errno::ECHILD)),
    }
}
