//! Each call as one would write it by hand: the registers, the instruction, the sign.

/// The answer of a system call, or nothing if it is an error.
macro_rules! call {
    ($number:literal $(, $argument:expr => $register:tt)*) => {{
        let answer: isize;
        // SAFETY: the kernel changes no other registers; the caller answers for the call.
        unsafe {
            std::arch::asm!(
                "syscall",
                inlateout("rax") $number as isize => answer,
                $(in($register) $argument,)*
                lateout("rcx") _,
                lateout("r11") _,
                options(nostack),
            );
        }
        if answer < 0 {
            super::candidates::failed();
        }
        answer
    }};
}

pub(crate) use call;
