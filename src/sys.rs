//! The one door to the kernel: the same function names on every system.
//!
//! Nothing above this module knows which operating system it is on. The functions
//! here take checked arguments and return bare error numbers.

#[cfg(target_os = "macos")]
mod apple;
#[cfg(any(target_os = "macos", test))]
mod emulation;
#[cfg(target_os = "linux")]
mod linux;
mod name;

#[cfg(target_os = "macos")]
pub(crate) use apple::*;
#[cfg(target_os = "linux")]
pub(crate) use linux::*;
#[cfg(target_os = "linux")]
pub use linux::{ControlMessage, ControlMessages, messages};
pub(crate) use name::ObjectName;
#[cfg(target_os = "linux")]
pub(crate) use name::OwnedName;
