//! Where the kernel starts the program.
//!
//! It jumps there, with a stack that is aligned to 16 bytes. On x86_64 that is not how a
//! function is called, which is the one thing here that cannot be said in Rust; on aarch64 it is.

#[cfg(target_arch = "x86_64")]
core::arch::global_asm!(
    ".globl _start",
    "_start:",
    "call {main}",
    main = sym crate::main
);

#[cfg(target_arch = "aarch64")]
#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    crate::main()
}
