//! The `svc` instruction.
//!
//! The number goes in `x8`, the arguments in `x0` to `x5`; the answer comes back
//! in `x0`. The kernel preserves every other register and the flags.

use core::arch::asm;

/// Defines a trap with the given number of arguments; the first shares `x0` with the answer.
macro_rules! trap {
    ($name:ident, $first:ident $(, $argument:ident in $register:tt)*) => {
        /// Traps into the kernel and returns what it left in the result register.
        ///
        /// # Safety
        ///
        /// The call must be sound with these arguments: what the kernel reads and
        /// writes through them must be valid for that.
        #[inline(always)]
        pub(crate) unsafe fn $name(number: usize, $first: usize $(, $argument: usize)*) -> usize {
            let result;
            // SAFETY: the registers are those of the kernel's convention, and every
            // one that it changes is declared; the caller answers for the call itself.
            unsafe {
                asm!(
                    "svc 0",
                    in("x8") number,
                    inlateout("x0") $first => result,
                    $(in($register) $argument,)*
                    options(nostack, preserves_flags),
                );
            }
            result
        }
    };
}

/// Traps into the kernel without arguments.
///
/// # Safety
///
/// The call must be sound without arguments.
#[inline(always)]
pub(crate) unsafe fn trap0(number: usize) -> usize {
    // SAFETY: a call without arguments ignores the first register.
    unsafe { trap1(number, 0) }
}

trap!(trap1, a);
trap!(trap2, a, b in "x1");
trap!(trap3, a, b in "x1", c in "x2");
trap!(trap4, a, b in "x1", c in "x2", d in "x3");
trap!(trap5, a, b in "x1", c in "x2", d in "x3", e in "x4");
trap!(trap6, a, b in "x1", c in "x2", d in "x3", e in "x4", f in "x5");
