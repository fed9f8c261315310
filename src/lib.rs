//! Shared memory straight from the kernel: POSIX objects, memfd, System V segments and the
//! `mmap` family, without libc.
//!
//! On Linux every call traps into the kernel itself, so that the crate works in a static
//! binary without start files as well as in an ordinary program.
//!
//! # Where things are
//!
//! Start from the types that own something:
//!
//! - [`SharedMemory`]: an object with a name, for processes that are started separately.
//! - [`Memfd`]: memory without a name, handed over as a descriptor; [`FrozenMemfd`] is one
//!   whose contents nobody can change any more.
//! - [`SecretMemory`]: memory without a name that the kernel does not have mapped itself.
//! - [`Segment`]: System V shared memory, which the kernel keeps by number.
//! - [`Mapping`]: memory of this process, made by one of those or by [`MapOptions`].
//! - [`SharedSlice`]: how to read and write memory that others may write.
//!
//! Below them each module has the kernel's calls one to one, under the manual's names:
//! [`shm`], [`memfd`], [`secret`], [`sysv`], [`mm`], [`descriptor`], and [`syscall`] for all the others.
//! [`fd_passing`] hands descriptors to other processes.
//!
//! [`guide`] says which kind of memory to choose, solves problems, and has tables for those who
//! come from [Go](guide::from_go), [libc](guide::from_libc), [rustix](guide::from_rustix) and
//! [`shared_memory`](guide::from_shared_memory).
//!
//! # Who may write
//!
//! Shared memory goes wrong when code forgets that somebody else can change it. Here the
//! type of a mapping tells:
//!
#![doc = concat!("<div>\n", include_str!("../doc/mappings.svg"), "</div>")]
//!
//! |                      | others may write        | nobody else may write           |
//! |----------------------|-------------------------|---------------------------------|
//! | **we may write**     | `Mapping<`[`Shared`]`>`: copies | `Mapping<`[`Private`]`>`: `&mut [u8]` |
//! | **we may not write** | `Mapping<`[`ReadOnly`]`>`: copies | `Mapping<`[`Frozen`]`>`: `&[u8]` |
//!
//! Safe code has a slice only in the right-hand column, where the kernel guarantees it.
//!
//! ```
//! use rawshm::SharedMemory;
//!
//! # let name = format!("rawshm-doc-{}", std::process::id());
//! # let name = name.as_str();
//! let memory = SharedMemory::create(name, 4096)?;
//! let mapping = memory.map()?;
//! mapping.shared().store(0, 42_u32);
//!
//! let theirs = SharedMemory::open(name)?.map_read_only()?; // in another process
//! assert_eq!(theirs.shared().load::<u32>(0), 42);
//! SharedMemory::unlink(name)?;
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! # Features
//!
//! - `std` (on by default): the standard library's descriptors, conversions into
//!   `std::io::Error`, `Read`, `Write` and `Seek`. Implies `alloc`.
//! - `alloc`: what returns a `Vec`.
//! - `embedded-io-07`: `Read`, `Write` and `Seek` of `embedded_io` 0.7.
//! - `zerocopy-08`: values and views of types that derive the traits of `zerocopy` 0.8.
//!
//! # Requirements
//!
//! Linux 4.14 or later on x86_64, aarch64 or riscv64. Newer flags and calls say from which
//! version on they exist, and fail with an error before it.
//!
//! Or macOS on either processor, through the system's library: it is compiled and linked for
//! that, but was not run yet. What macOS has no like of says "Linux only" and does not exist
//! there; what it does otherwise is told by [`shm`](shm#macos), [`memfd`](memfd#macos),
//! [`fd_passing`](fd_passing#macos) and [`sysv`](sysv#macos).

#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Documentation that is built elsewhere names what exists only on Linux.
#![cfg_attr(
    not(target_os = "linux"),
    allow(rustdoc::broken_intra_doc_links, reason = "Linux only")
)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[path = "../arch/mod.rs"]
mod arch;

// `unsafe` stays in a few rooms; the others are forbidden to have it.
#[forbid(unsafe_code)]
mod access;
#[forbid(unsafe_code)]
mod cursor;
#[forbid(unsafe_code)]
mod errno;
#[forbid(unsafe_code)]
mod error;
#[forbid(unsafe_code)]
mod flags;
#[forbid(unsafe_code)]
mod help;
#[forbid(unsafe_code)]
mod io;
#[forbid(unsafe_code)]
mod number;
#[forbid(unsafe_code)]
mod range;
#[forbid(unsafe_code)]
mod reserve;
mod sys;

#[forbid(unsafe_code)]
pub mod descriptor;
pub mod fd;
#[forbid(unsafe_code)]
pub mod fd_passing;
#[cfg(target_os = "linux")]
#[forbid(unsafe_code)]
pub mod futex;
#[cfg(all(target_os = "linux", any(doc, doctest)))]
pub mod guide;
#[forbid(unsafe_code)]
pub mod memfd;
pub mod mm;
#[cfg(target_os = "linux")]
#[forbid(unsafe_code)]
pub mod secret;
#[forbid(unsafe_code)]
pub mod shm;
pub mod slice;
#[cfg(target_os = "linux")]
pub mod syscall;
pub mod sysv;

#[doc(inline)]
pub use errno::Errno;
#[doc(inline)]
pub use error::{Call, Error, PartialCopy, Refused, Result};
#[doc(inline)]
pub use help::Help;
#[doc(inline)]
pub use memfd::{FrozenMemfd, Memfd};
#[doc(inline)]
pub use mm::{Frozen, MapOptions, Mapping, Private, ReadOnly, Shared};
#[cfg(target_os = "linux")]
#[doc(inline)]
pub use secret::SecretMemory;
#[doc(inline)]
pub use shm::SharedMemory;
#[doc(inline)]
pub use slice::SharedSlice;
#[doc(inline)]
pub use sysv::Segment;

/// The README's programs are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
