//! The `ecall` instruction.
//!
//! The number goes in `a7`, the arguments in `a0` to `a5`; the answer comes back in `a0`. The
//! kernel preserves every other register but those of the vector extension, which it may
//! change as it likes: `v0` to `v31`, and their length and type, which every block of
//! assembly gives up that does not say `preserves_flags`.

use core::arch::asm;

/// Defines a trap with the given number of arguments; the first shares `a0` with the answer.
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
                    "ecall",
                    in("a7") number,
                    inlateout("a0") $first => result,
                    $(in($register) $argument,)*
                    lateout("v0") _, lateout("v1") _, lateout("v2") _, lateout("v3") _,
                    lateout("v4") _, lateout("v5") _, lateout("v6") _, lateout("v7") _,
                    lateout("v8") _, lateout("v9") _, lateout("v10") _, lateout("v11") _,
                    lateout("v12") _, lateout("v13") _, lateout("v14") _, lateout("v15") _,
                    lateout("v16") _, lateout("v17") _, lateout("v18") _, lateout("v19") _,
                    lateout("v20") _, lateout("v21") _, lateout("v22") _, lateout("v23") _,
                    lateout("v24") _, lateout("v25") _, lateout("v26") _, lateout("v27") _,
                    lateout("v28") _, lateout("v29") _, lateout("v30") _, lateout("v31") _,
                    options(nostack),
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
trap!(trap2, a, b in "a1");
trap!(trap3, a, b in "a1", c in "a2");
trap!(trap4, a, b in "a1", c in "a2", d in "a3");
trap!(trap5, a, b in "a1", c in "a2", d in "a3", e in "a4");
trap!(trap6, a, b in "a1", c in "a2", d in "a3", e in "a4", f in "a5");
