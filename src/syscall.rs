//! The kernel's door itself: numbers and raw traps, for a call that this crate does not wrap.
//!
//! The constants are named as in
//! [syscall(2)](https://man7.org/linux/man-pages/man2/syscall.2.html); they are those of
//! the architecture that the crate is compiled for, out of `arch/*/syscalls.tbl`.
//! The functions return the kernel's answer, or the [`Errno`] that it encodes.
//!
//! ```
//! use rawshm::syscall::{SYS_getppid, syscall0};
//!
//! // SAFETY: getppid takes no arguments and touches no memory.
//! let parent = unsafe { syscall0(SYS_getppid) }?;
//! assert_ne!(parent, std::process::id() as usize);
//! # Ok::<(), rawshm::Errno>(())
//! ```

#![allow(
    non_upper_case_globals,
    reason = "the names are those of syscall(2): SYS_ and the call's own"
)]

use crate::Errno;
use crate::arch::trap;

include!(concat!(env!("OUT_DIR"), "/syscalls.rs"));

macro_rules! syscall {
    ($name:ident, $trap:ident, $text:literal $(, $argument:ident)*) => {
        #[doc = concat!("`long syscall(long number, ...)` with ", $text, ".")]
        ///
        /// The kernel's answer is returned as it is; a small negative one is the error.
        ///
        /// # Errors
        ///
        /// Whatever the call returns; `ENOSYS` if the kernel has no such call.
        ///
        /// # Safety
        ///
        /// - The duties of the call itself hold: its manual page says which memory it
        ///   reads and writes, and what it does to descriptors, mappings and threads.
        /// - Pointers among the arguments had their provenance exposed.
        ///
        /// # Reference
        ///
        /// [syscall(2)](https://man7.org/linux/man-pages/man2/syscall.2.html)
        ///
        /// See the [module](self) for an example.
        #[inline]
        pub unsafe fn $name(number: usize $(, $argument: usize)*) -> Result<usize, Errno> {
            // SAFETY: the caller answers for the call.
            let result = unsafe { trap::$trap(number $(, $argument)*) };
            Errno::decode(result)
        }
    };
}

syscall!(syscall0, trap0, "no argument");
syscall!(syscall1, trap1, "one argument", a);
syscall!(syscall2, trap2, "two arguments", a, b);
syscall!(syscall3, trap3, "three arguments", a, b, c);
syscall!(syscall4, trap4, "four arguments", a, b, c, d);
syscall!(syscall5, trap5, "five arguments", a, b, c, d, e);
syscall!(syscall6, trap6, "six arguments", a, b, c, d, e, f);
