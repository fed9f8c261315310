//! What a program without libc has in place of it: arguments, output, and an end.

#![no_std]

use core::ffi::{CStr, c_char};
use core::fmt;
use core::panic::PanicInfo;

use rawshm::descriptor;
use rawshm::fd::BorrowedFd;
use rawshm::syscall::{SYS_exit_group, syscall1};

// It has the entry point.
extern crate origin;

/// Makes a function `fn(Arguments) -> u8` the program; it returns the status of the process.
#[macro_export]
macro_rules! main {
    ($main:ident) => {
        /// # Safety
        ///
        /// For `origin` only, which calls it once.
        #[unsafe(no_mangle)]
        unsafe fn origin_main(count: usize, arguments: *mut *mut u8, _: *mut *mut u8) -> i32 {
            // SAFETY: as the kernel left them, and there for as long as the process.
            let arguments = unsafe { $crate::Arguments::new(count, arguments) };
            let main: fn($crate::Arguments) -> u8 = $main;
            main(arguments).into()
        }
    };
}

/// What the program was started with, its own name first.
#[derive(Clone)]
pub struct Arguments {
    left: &'static [*const c_char],
}

impl Arguments {
    /// # Safety
    ///
    /// `count` pointers to strings that end with NUL, all of which stay as they are.
    pub unsafe fn new(count: usize, arguments: *mut *mut u8) -> Self {
        // SAFETY: the caller's word.
        let left = unsafe { core::slice::from_raw_parts(arguments.cast_const().cast(), count) };
        Self { left }
    }
}

impl Iterator for Arguments {
    type Item = &'static CStr;

    fn next(&mut self) -> Option<Self::Item> {
        let (&first, rest) = self.left.split_first()?;
        self.left = rest;
        // SAFETY: by the word of `new`'s caller.
        Some(unsafe { CStr::from_ptr(first) })
    }
}

/// Standard output or error.
#[derive(Clone, Copy, Debug)]
pub enum Output {
    Standard = 1,
    Error = 2,
}

impl fmt::Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // SAFETY: whoever started us has left it open; if not, the kernel says so.
        let fd = unsafe { BorrowedFd::borrow_raw(*self as i32) };
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let written = match descriptor::write(fd, rest) {
                Err(error) if error == rawshm::Errno::EINTR => 0,
                written => written.map_err(|_| fmt::Error)?,
            };
            rest = rest.get(written..).unwrap_or_default();
        }
        Ok(())
    }
}

/// Prints a line; that nobody reads it is no failure.
#[macro_export]
macro_rules! say {
    ($output:ident, $($line:tt)*) => {{
        use core::fmt::Write as _;
        let _ = writeln!($crate::Output::$output, $($line)*);
    }};
}

/// Ends the process.
pub fn exit(status: u8) -> ! {
    loop {
        // SAFETY: exit_group touches no memory.
        let refused = unsafe { syscall1(SYS_exit_group, status.into()) };
        // Nobody refuses it.
        let _ = refused;
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    use fmt::Write as _;

    let (file, line) = info
        .location()
        .map_or(("?", 0), |at| (at.file(), at.line()));
    // Texts as they are: to format one takes a kilobyte of code.
    for text in ["panicked at ", file] {
        let _ = Output::Error.write_str(text);
    }
    say!(Error, ", line {line}: {}", info.message());
    exit(101)
}
