//! The `syscall` instruction.
//!
//! The number goes in `rax`, the arguments in `rdi`, `rsi`, `rdx`, `r10`, `r8`
//! and `r9`; the answer comes back in `rax`. The instruction overwrites `rcx`
//! and `r11` and restores the flags.

use core::arch::asm;

/// Defines a trap with the given number of arguments.
macro_rules! trap {
    ($name:ident $(, $argument:ident in $register:tt)*) => {
        /// Traps into the kernel and returns what it left in the result register.
        ///
        /// # Safety
        ///
        /// The call must be sound with these arguments: what the kernel reads and
        /// writes through them must be valid for that.
        #[inline(always)]
        pub(crate) unsafe fn $name(number: usize $(, $argument: usize)*) -> usize {
            let result;
            // SAFETY: the registers are those of the kernel's convention, and every
            // one that it changes is declared; the caller answers for the call itself.
            unsafe {
                asm!(
                    "syscall",
                    inlateout("rax") number => result,
                    $(in($register) $argument,)*
                    lateout("rcx") _,
                    lateout("r11") _,
                    options(nostack, preserves_flags),
                );
            }
            result
        }
    };
}

trap!(trap0);
trap!(trap1, a in "rdi");
trap!(trap2, a in "rdi", b in "rsi");
trap!(trap3, a in "rdi", b in "rsi", c in "rdx");
trap!(trap4, a in "rdi", b in "rsi", c in "rdx", d in "r10");
trap!(trap5, a in "rdi", b in "rsi", c in "rdx", d in "r10", e in "r8");
trap!(trap6, a in "rdi", b in "rsi", c in "rdx", d in "r10", e in "r8", f in "r9");
