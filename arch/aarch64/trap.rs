//! The `svc` instruction.
//!
//! The number goes in `x8`, the arguments in `x0` to `x5`; the answer comes back
//! in `x0`. The kernel preserves the flags and every other register but those of the
//! Scalable Vector Extension: of `z0` to `z31` it keeps the lowest 128 bits, of the
//! predicates nothing.

use core::arch::asm;

/// The instruction, and what it overwrites beside the operands.
#[cfg(not(target_feature = "sve"))]
macro_rules! svc {
    ($($operands:tt)*) => {
        asm!("svc 0", $($operands)* options(nostack, preserves_flags))
    };
}

/// The instruction, and what it overwrites beside the operands. A `v` register stands for the
/// whole of its `z` register.
#[cfg(target_feature = "sve")]
macro_rules! svc {
    ($($operands:tt)*) => {
        asm!(
            "svc 0",
            $($operands)*
            lateout("p0") _, lateout("p1") _, lateout("p2") _, lateout("p3") _,
            lateout("p4") _, lateout("p5") _, lateout("p6") _, lateout("p7") _,
            lateout("p8") _, lateout("p9") _, lateout("p10") _, lateout("p11") _,
            lateout("p12") _, lateout("p13") _, lateout("p14") _, lateout("p15") _,
            lateout("v0") _, lateout("v1") _, lateout("v2") _, lateout("v3") _,
            lateout("v4") _, lateout("v5") _, lateout("v6") _, lateout("v7") _,
            lateout("v8") _, lateout("v9") _, lateout("v10") _, lateout("v11") _,
            lateout("v12") _, lateout("v13") _, lateout("v14") _, lateout("v15") _,
            lateout("v16") _, lateout("v17") _, lateout("v18") _, lateout("v19") _,
            lateout("v20") _, lateout("v21") _, lateout("v22") _, lateout("v23") _,
            lateout("v24") _, lateout("v25") _, lateout("v26") _, lateout("v27") _,
            lateout("v28") _, lateout("v29") _, lateout("v30") _, lateout("v31") _,
            options(nostack, preserves_flags),
        )
    };
}

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
                svc!(
                    in("x8") number,
                    inlateout("x0") $first => result,
                    $(in($register) $argument,)*
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
