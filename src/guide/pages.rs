//! Recipes: what happens to the pages.
//!
//! # The first touch fails, or stutters
//!
//! A page of a sparse object, or one that is mapped for the first time, costs a fault when it
//! is touched, and where there is no memory for it a signal. Have both happen at a moment of
//! your choice, as an error:
//!
//! ```
//! use rawshm::Memfd;
//!
//! let mapping = Memfd::options().sparse(true).create("frames", 1 << 20)?.map()?;
//! if let Err(error) = mapping.prefault(..) {
//!     eprintln!("{error}: {}", error.help());
//! }
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! Swap can undo it, so lock what must never wait; a peer can, so seal the object's size.
//!
//! # The object has grown, the mapping has not
//!
//! Resize the object, then exchange the mapping for a longer one. It may move, which is why it
//! is taken and nothing that points into it survives:
//!
//! ```
//! use rawshm::Memfd;
//!
//! let memfd = Memfd::options().resizable(true).create("log", 4096)?;
//! let mapping = memfd.map()?;
//! memfd.resize(1 << 20)?; // reserved, or `ENOSPC`
//! let mapping = mapping.remap(&memfd, 1 << 20)?;
//! # assert_eq!(mapping.len(), 1 << 20);
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! Others do not hear of it: keep the length in the memory itself, or compare
//! [`len`](crate::Memfd::len) now and then. If it cannot be had, the mapping comes back in the
//! error as it was.
//!
//! # `mlock` says that there is no memory, and there is
//!
//! `ENOMEM` means the limit `RLIMIT_MEMLOCK`, by default 8 MiB, before Linux 5.16 only 64 KiB.
//! The error's help says how to raise it:
//!
//! ```
//! use rawshm::MapOptions;
//!
//! let mapping = MapOptions::new().len(1 << 20).map_anonymous()?;
//! if let Err(error) = mapping.lock(..) {
//!     eprintln!("{error}: {}", error.help());
//! }
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! [`MapOptions::locked`](crate::MapOptions::locked) does not report pages that could not be
//! locked; `lock` does. Of a large sparse mapping
//! [`lock_on_fault`](crate::Mapping::lock_on_fault) keeps only what is touched.
//!
//! # A key must not leak
//!
//! Not into a core dump, not to swap, not to a debugger, not into the kernel's own buffers:
//! that is secret memory. Where the kernel has none, lock ordinary memory, keep it out of
//! dumps, and have forked children find zeroes:
//!
//! ```
//! use rawshm::{MapOptions, Mapping, Result, SecretMemory, Shared, mm::Hint};
//!
//! fn memory_for_keys(len: usize) -> Result<Mapping<Shared>> {
//!     if let Ok(mapping) = SecretMemory::create(len as u64).and_then(|memory| memory.map()) {
//!         return Ok(mapping);
//!     }
//!     let mapping = MapOptions::new().len(len).map_anonymous()?;
//!     mapping.lock(..)?;
//!     mapping.advise(.., Hint::DontDump)?;
//!     Ok(mapping.into_wiped_on_fork()?)
//! }
//!
//! let key = memory_for_keys(32)?;
//! key.shared().copy_from_slice(&[7; 32]);
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! Neither zeroes the memory for you: [`fill`](crate::SharedSlice::fill) it when you are done,
//! which the compiler never leaves out. A child shares secret memory.
//!
//! # Somebody unmaps it
//!
//! A stray `munmap` of another library, or of an attacker, replaces memory that everything
//! relies on. Sealed memory stays until the process ends, and so is `'static`:
//!
//! ```
//! use rawshm::Memfd;
//!
//! let mapping = Memfd::create("table", 4096)?.map()?;
//! match mapping.seal() {
//!     Ok(table) => drop(std::thread::spawn(move || table.store(0, 1_u8))),
//!     Err(refused) => println!("Linux before 6.10: {}", refused.value.len()),
//! }
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! # Large memory is slow for its many pages
//!
//! Reserved huge pages are certain, if the administrator has reserved some; gathering ordinary
//! ones is a matter of luck, and needs nobody:
//!
//! ```
//! use rawshm::{Memfd, Result};
//!
//! fn large(len: u64) -> Result<Memfd> {
//!     let reserved = Memfd::options().huge_pages(2 << 20).create("large", len);
//!     reserved.or_else(|error| {
//!         eprintln!("{error}: {}", error.help());
//!         Memfd::create("large", len)
//!     })
//! }
//!
//! let mapping = large(4 << 20)?.map()?;
//! let _ = mapping.collapse(..); // small pages do as well
//! # Ok::<(), rawshm::Error>(())
//! ```
