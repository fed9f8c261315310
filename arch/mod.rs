//! What differs from one processor to the next; `README.md` says how to add one.
//!
//! Each folder has the same three modules. The tests include this list, too.

/// Copies and accesses to memory that others may write. Miri knows no assembly.
#[cfg_attr(all(not(miri), target_arch = "aarch64"), path = "aarch64/access.rs")]
#[cfg_attr(all(not(miri), target_arch = "riscv64"), path = "riscv64/access.rs")]
#[cfg_attr(all(not(miri), target_arch = "x86_64"), path = "x86_64/access.rs")]
#[cfg_attr(miri, path = "portable/access.rs")]
pub(crate) mod access;

/// A look at many bytes at once.
#[cfg_attr(target_arch = "x86_64", path = "x86_64/chunk.rs")]
#[cfg_attr(not(target_arch = "x86_64"), path = "portable/chunk.rs")]
pub(crate) mod chunk;

/// The kernel's structs and flag values.
#[cfg(target_os = "linux")]
#[cfg_attr(target_arch = "aarch64", path = "aarch64/layout.rs")]
#[cfg_attr(target_arch = "riscv64", path = "riscv64/layout.rs")]
#[cfg_attr(target_arch = "x86_64", path = "x86_64/layout.rs")]
pub(crate) mod layout;

/// The system-call instruction.
#[cfg(target_os = "linux")]
#[cfg_attr(target_arch = "aarch64", path = "aarch64/trap.rs")]
#[cfg_attr(target_arch = "riscv64", path = "riscv64/trap.rs")]
#[cfg_attr(target_arch = "x86_64", path = "x86_64/trap.rs")]
pub(crate) mod trap;
